//! From a landed file to accepted rows: the gate opens it, the resolution places its rows.
//!
//! Pure parts and the child process live here; the order of the steps is the pipeline's business.

pub mod gate;

pub use gate::{GateError, GateJob, GateLimits, GateReport, GateVerdict, StagedFile, TagAlias, run_gate};
