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
mod lock;
mod official;
mod plan;
mod run;
pub mod seal;
mod simulate;
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
pub use lists::{PlannedList, Sealed};
pub use official::{Need, Rhythm, State, needs};
pub use plan::{
    Changed, FigureChange, Hold, LineChange, Move, PersonMove, Plan, PlannedFile, RuleEffect, Stale, StatusTotals, plan,
};
pub use run::{RunReport, rehearse_job, run_intake, run_job, run_job_accepting};
pub use simulate::{
    FlipPart, Label, MadeFrom, Persons, PolicyPart, PolicyText, Row, RulePart, Simulation, SimulationRequest, Table,
    VariantPart, simulate,
};
pub use tables::County;
