//! Reach, burden and findings: the rules of a period on data, bucket by bucket, by one evaluator.
//! Which steps a job has stands in `job`; committing what was refreshed in `watch::run`.

mod balance;
mod data;
mod evaluation;
mod findings;
mod judging;
mod links;
mod raised;
mod reach;
mod refresh;
pub mod rules;
mod stated;
mod tables;
mod task;

pub use data::Data;
pub use evaluation::{Evaluation, MadeOnce, Setting, together};
pub use findings::{FindingRow, Findings};
pub use findings::{lines_of, read_findings, refresh_findings, require_known, stated_by_rosters};
pub use judging::Judging;
pub use links::{Linked, Links, Raised, Settled, linked_people};
pub use raised::upper_amounts;
pub use refresh::refresh;
pub use rules::LINK;
pub use rules::{Lines, Span, income_figures};
pub use stated::{SNAPSHOTS, Stated, roster_files};
pub use tables::{Area, CLAIMS, CLAIMS_IN_REACH, MEMBERS, OPEN_ITEMS, REACH, TAGS, is_handed_in, sources_in};
pub use task::Task;
