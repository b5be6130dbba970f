//! What can go wrong while lists are sealed.

use std::path::{Path, PathBuf};

use engine::{EngineError, PipelineError};
use law::referrals::ListError;
use law::{Cause, Fault};
use store::ledger::LedgerError;

/// A failure of sealing; nothing is sealed then. Texts never carry a person.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A Parquet file could not be written or read.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The lists do not add up.
    #[error(transparent)]
    List(#[from] ListError),
    #[error(transparent)]
    File(#[from] store::durable::FileError),
    /// A workbook, CSV or JSON could not be made.
    #[error("{path}: {why}", path = .path.display())]
    Write { path: PathBuf, why: String },
    /// A written file does not say what it should.
    #[error("{path}: read back, it has {found} where the list has {expected}; nothing is sealed", path = .path.display())]
    ReadBack { path: PathBuf, expected: String, found: String },
    /// The list before, which withdrawals are told from, cannot be read.
    #[error("{path}: {why}; restore the folder of that list from the backup", path = .path.display())]
    Previous {
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A mart column has a type that lists do not know.
    #[error("mart referral_rows, column {column}: type {kind} is not one that lists show; cast it in the mart")]
    Column { column: String, kind: String },
}

impl SealError {
    pub(super) fn write<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |error| Self::Write { path, why: error.to_string() }
    }
}

impl Fault for SealError {
    fn blame(&self) -> Cause {
        match self {
            Self::Ledger(error) => error.blame(),
            Self::Engine(error) => error.blame(),
            _ => Cause::Program,
        }
    }
}

impl From<SealError> for PipelineError {
    fn from(error: SealError) -> Self {
        Self::Room(Box::new(error))
    }
}
