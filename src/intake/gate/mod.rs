//! The gate: the only place where foreign files are opened, in a child process under limits.
//!
//! `run_gate` (parent) starts the program again as `gate --job FILE`; `child_main` (child) limits itself,
//! decodes the file, checks it against its contract, applies the row rules and stages the good rows as
//! Arrow files per bucket. What the rows mean together (versions, reversals) is decided elsewhere.

mod child;
mod decode;
mod job;
mod named;
mod notes;
mod parent;
mod rejects;
mod row_keys;
mod rules;
mod spread;
mod stage;
mod sums;
mod waiting;

pub use child::{child_main, open_here};
pub use job::{GateError, GateJob, GateLimits, GateReport, GateVerdict, StagedFile, TagAlias};
pub(crate) use named::NAMED;
pub use parent::{look_at, run_gate};
pub(crate) use rejects::COLUMNS as REJECT_COLUMNS;
pub(crate) use row_keys::{key_columns, keys};
pub(crate) use rules::{day_in, fen_in, own_key};
pub(crate) use stage::WAITING;
