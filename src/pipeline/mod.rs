//! Jobs: ordered steps from `pipelines/*.toml`, carried out over the warehouse, the engine and the ledger.
//!
//! Writes lists, never sends them; records cases, never decides them.

mod balance;
mod check;
mod compute;
mod context;
mod error;
mod explain;
mod findings;
mod job;
mod lists;
mod rules;
mod run;
pub mod seal;
mod stated;
mod status;
mod tables;

pub use check::check;
pub use context::{Context, Declared, Progress};
pub use error::PipelineError;
pub use explain::{Explanation, explain, person_named};
pub use findings::{FindingRow, read_findings};
pub use job::{Job, Split, Step};
pub use lists::Sealed;
pub use rules::{Lines, income_figures};
pub use run::{RunReport, run_intake, run_job};
pub use status::{Status, status};
pub use tables::{County, Office};
