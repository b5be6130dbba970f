//! Rooms 3 to 5: refreshing stored models bucket by bucket, and the parameters that rules give them.
//! Which steps a job has stands in `pipeline::job`; committing what was refreshed in `pipeline::run`.

mod balance;
mod cells;
mod findings;
mod reach;
mod refresh;
pub mod rules;
mod stated;
mod trial;

pub use cells::Cells;
pub use findings::{FindingRow, read_findings};
pub use findings::{Findings, MEMBERS, counties, is_handed_in, lines_of, refresh_findings, sources_in};
pub use reach::{Bound, CLAIMS, CLAIMS_IN_REACH, REACH, narrow};
pub use refresh::{Task, refresh};
pub use rules::{Lines, income_figures};
pub use stated::Stated;
pub use trial::{Data, Prepared, Trial, together};
