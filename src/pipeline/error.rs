//! What can end a job early, and the exit code that tells the scheduler.

use crate::config::Problem;
use crate::engine::EngineError;
use crate::ledger::LedgerError;
use crate::warehouse::WarehouseError;
use crate::workspace::WorkspaceError;

/// A job that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// Settings, policy, pipelines, tables or SQL are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<Problem>),
    /// The workspace cannot be opened.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// Another run holds the lock.
    #[error("another run is working in this workspace ({0}); try again when it is done")]
    Locked(String),
    /// Counts do not add up; nothing was published.
    #[error("check {check} failed on {place}: {why}; nothing was published")]
    Check {
        /// The check.
        check: String,
        /// Bucket, month, rule.
        place: String,
        /// The difference.
        why: String,
    },
    /// Something the job needs is not there yet.
    #[error("{0}")]
    NotReady(String),
    /// Income figures that an official run needs are missing or doubtful.
    #[error(
        "{}\nnothing is sealed; --rehearsal goes on without, marks every page, and seals nothing",
        .0.join("\n")
    )]
    Figures(Vec<String>),
    /// Periods that cannot be run as past ones.
    #[error("{0}")]
    NotPast(String),
    /// It was asked to end.
    #[error("stopped as asked, at a commit point; the next run goes on from there")]
    Stopped,
    /// A change of the rules moves too many people, and nobody has accepted it.
    #[error("{0}")]
    Held(String),
    /// Intake failed.
    #[error(transparent)]
    Intake(#[from] crate::intake::IntakeError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] super::seal::SealError),
    /// The workspace's keys cannot be used.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeyError),
    /// Mail cannot be sent at all.
    #[error("{0}")]
    Courier(String),
    /// A statement or a file failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Versions failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The system failed.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
}
