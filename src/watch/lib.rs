//! Jobs and questions over the findings: running a job, planning it, trying a draft policy, replaying past months, case
//! books, and why a person is (not) on a list.
//!
//! | module | what it holds |
//! |---|---|
//! | `start`, `run` | a job under the lock, noted in the ledger; its steps in order, each committed before the next |
//! | `plan` | what a run would change, told by running it in a shadow of the workspace |
//! | `simulate`, `ask::backtest` | a draft policy on the stored data; how well the early warning did |
//! | `casebook` | worked examples of a policy, sent through the real SQL |
//! | `ask` | explain, funnel, status, check |
//! | `withdrawals` | listed people who would leave, beyond a bound |
//! | `take_back` | what taking an accepted file back would touch |
//! | `questions` | what waits for two named people, in words |
//! | `operate` | timetable, past periods, alerts, metrics |

mod acknowledge;
mod arrivals;
mod ask;
mod casebook;
mod feeds;
mod identity;
mod landing;
mod operate;
mod people;
mod plan;
mod questions;
mod rosters;
mod run;
mod simulate;
mod start;
mod take_back;
mod withdrawals;

pub use arrivals::LateStatus;
pub use ask::{
    Backtest, Explanation, Funnel, MethodScore, Missed, RuleScores, Score, Status, backtest, check, explain, funnel,
    person_named, policy_layers, status,
};
pub use casebook::{
    CaseFailure, CaseReport, CaseSelection, Coverage, Done, case_folder, cases_by_rule, check_case_books, coverage,
    read_cases, run_case_books,
};
pub use landing::{look_at_file, run_intake};
pub use operate::{
    Backfill, Timetable, keep_metrics, metrics, note_alerts, past_periods, run_past, set_notice, standing_alerts,
    timetable, write_metrics,
};
pub use plan::{
    Changed, FigureChange, Hold, LineChange, Move, PersonMove, Plan, PlannedFile, RuleEffect, Stale, StatusTotals, plan,
};
pub use questions::{DrawnCase, QuestionStatus, drawn_cases, open_questions, question_status};
pub use run::RunReport;
pub use simulate::{
    FlipPart, Label, MadeFrom, Persons, PolicyPart, PolicyText, Row, RulePart, Simulation, SimulationRequest, Table,
    VariantPart, simulate,
};
pub use start::{correct_job, rehearse_job, run_job, run_job_accepting};
pub use take_back::{Touched, touched_by};
