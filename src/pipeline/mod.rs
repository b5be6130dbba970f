//! Jobs: ordered steps from `pipelines/*.toml`, carried out over the warehouse, the engine and the ledger.
//!
//! Writes lists, never sends them; records cases, never decides them.

mod ask;
mod casebook;
mod compute;
mod context;
mod error;
mod job;
mod lists;
mod official;
mod run;
pub mod seal;
mod tables;

pub use ask::{
    Backtest, Explanation, MethodScore, RuleScores, Score, Status, backtest, check, explain, person_named,
    policy_layers, status,
};
pub use casebook::{
    CaseFailure, CaseReport, CaseSelection, Coverage, Done, case_folder, cases_by_rule, check_case_books, coverage,
    read_cases, run_case_books,
};
pub use compute::{FindingRow, Lines, income_figures, read_findings};
pub use context::{Context, Declared, Progress};
pub use error::PipelineError;
pub use job::{Job, Split, Step};
pub use lists::Sealed;
pub use official::{Need, Rhythm, State, needs};
pub use run::{RunReport, rehearse_job, run_intake, run_job};
pub use tables::County;
