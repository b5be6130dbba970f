//! Rooms 3 to 5: refreshing stored models bucket by bucket, and the parameters that rules give them.
//! Which steps a job has stands in `pipeline::job`; committing what was refreshed in `pipeline::run`.

mod balance;
mod data;
mod evaluation;
mod findings;
mod reach;
mod refresh;
pub mod rules;
mod stated;
mod task;

pub use data::Data;
pub use evaluation::{Evaluation, Judging, Setting, together};
pub use findings::{Area, FindingRow, read_findings, require_known};
pub use findings::{Findings, MEMBERS, is_handed_in, lines_of, refresh_findings, sources_in};
pub use reach::{CLAIMS, CLAIMS_IN_REACH, REACH};
pub use refresh::refresh;
pub use rules::{Lines, income_figures};
pub use stated::Stated;
pub use task::Task;
