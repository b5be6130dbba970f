//! Jobs: ordered steps from `pipelines/*.toml`, carried out over the warehouse, the engine and the ledger.
//!
//! Writes lists, never sends them; records cases, never decides them.
//! When jobs are due is `schedule`'s to say; `operate` asks it with the ledger's history.

mod ask;
mod casebook;
mod compute;
mod context;
mod error;
mod job;
mod landing;
mod lists;
mod lock;
mod official;
mod operate;
mod plan;
mod run;
pub mod seal;
mod simulate;
mod tables;

pub use ask::{
    Backtest, Explanation, Funnel, MethodScore, Missed, RuleScores, Score, Status, backtest, check, explain, funnel,
    person_named, policy_layers, status,
};
pub use casebook::{
    CaseFailure, CaseReport, CaseSelection, Coverage, Done, case_folder, cases_by_rule, check_case_books, coverage,
    read_cases, run_case_books,
};
pub use compute::{FindingRow, Lines, income_figures, read_findings};
pub use context::{Context, Declared, Progress};
pub use error::PipelineError;
pub use job::{Job, Step, Timing};
pub use landing::run_intake;
pub use lists::{Corrected, Difference, PlannedList, Reproduced, Reproducer, Retracted, Sealed, retract};
pub use official::{Account, Need, Rhythm, State, needs, unrouted};
pub use operate::{
    Backfill, Courier, Delivered, Stop, Timetable, keep_metrics, metrics, note_alerts, past_periods, run_past,
    set_notice, standing_alerts, timetable, write_metrics,
};
pub use plan::{
    Changed, FigureChange, Hold, LineChange, Move, PersonMove, Plan, PlannedFile, RuleEffect, Stale, StatusTotals, plan,
};
pub use run::{RunReport, correct_job, rehearse_job, run_job, run_job_accepting};
pub use simulate::{
    FlipPart, Label, MadeFrom, Persons, PolicyPart, PolicyText, Row, RulePart, Simulation, SimulationRequest, Table,
    VariantPart, simulate,
};
pub use tables::County;
