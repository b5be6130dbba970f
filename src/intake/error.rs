//! What can go wrong while landed files are taken in.

use std::path::{Path, PathBuf};

use engine::{EngineError, PipelineError};
use law::contracts::Feed;
use law::{Cause, Fault};
use store::ledger::LedgerError;
use store::warehouse::WarehouseError;

use super::gate::GateError;

/// A failure of intake as a whole; a file that is merely wrong is refused, not an error. Never holds a cell's value.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The counts do not add up: a fault of this program, so nothing of the batch was committed.
    #[error("{feed}: {what}; nothing of this batch was committed; keep the files in landing/{feed} and report this")]
    DataQuality {
        feed: Feed,
        /// Which balance failed, with both sides.
        what: String,
    },
    #[error(transparent)]
    File(#[from] store::durable::FileError),
    /// Rows that the gate staged, or a file of the warehouse, are not as agreed.
    #[error("{path}: {why}; run again, and if it stays, restore the warehouse from its backup", path = .path.display())]
    Rows {
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    #[error(transparent)]
    Gate(#[from] GateError),
    /// Table files could not be read or written.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The version could not be read or committed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// The ledger could not be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl IntakeError {
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over errors and texts alike")]
    pub(super) fn rows(path: &Path, why: impl ToString) -> Self {
        Self::Rows { path: path.to_owned(), why: why.to_string() }
    }
}

impl Fault for IntakeError {
    fn blame(&self) -> Cause {
        match self {
            Self::DataQuality { .. } => Cause::Data,
            Self::File(_) | Self::Rows { .. } | Self::Gate(_) => Cause::Program,
            Self::Engine(error) => error.blame(),
            Self::Warehouse(error) => error.blame(),
            Self::Ledger(error) => error.blame(),
        }
    }
}

impl From<IntakeError> for PipelineError {
    fn from(error: IntakeError) -> Self {
        Self::Room(Box::new(error))
    }
}
