//! What can end a job early, and the exit code that tells the scheduler.

use law::config::Problem;
use law::{Cause, Fault};
use store::durable::FileError;
use store::ledger::LedgerError;
use store::warehouse::WarehouseError;
use store::workspace::WorkspaceError;

use crate::EngineError;

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
        check: String,
        /// Bucket, month, rule.
        place: String,
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
    /// A room above failed: intake, sealing.
    #[error("{0}")]
    Room(Box<dyn Fault>),
    /// The workspace's keys cannot be used.
    #[error(transparent)]
    Keys(#[from] store::keys::KeyError),
    /// The program itself failed. What it said is not kept: it may quote somebody's data.
    #[error("the program has a fault and ended the job; its log says where")]
    Panicked,
    /// A statement or a file failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    File(#[from] FileError),
}

impl Fault for PipelineError {
    fn blame(&self) -> Cause {
        match self {
            Self::Config(_) => Cause::Settings,
            Self::Locked(_) | Self::NotReady(_) | Self::Figures(_) | Self::Stopped => Cause::Later,
            Self::NotPast(_) => Cause::Usage,
            // whoever has changed the rule must look: trying again is of no use
            Self::Check { .. } | Self::Held(_) => Cause::Data,
            Self::Panicked | Self::File(_) => Cause::Program,
            Self::Room(error) => error.blame(),
            Self::Workspace(error) => error.blame(),
            Self::Keys(error) => error.blame(),
            Self::Engine(error) => error.blame(),
            Self::Warehouse(error) => error.blame(),
            Self::Ledger(error) => error.blame(),
        }
    }
}
