//! What can go wrong with receipts. Texts never carry a person.

use std::path::{Path, PathBuf};

use intake::IntakeError;
use law::{Cause, Fault};
use store::ledger::LedgerError;

/// A receipt that was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// The file is no receipt.
    #[error("{file}: {why}; nothing was imported")]
    Refused {
        file: String,
        /// What is wrong, and how to mend it.
        why: String,
    },
    /// What was asked for is not there, or not yet so.
    #[error("{0}")]
    NotReady(String),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file could not be read.
    #[error("{path}: {source}", path = .path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

impl ReceiptError {
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

impl Fault for ReceiptError {
    fn blame(&self) -> Cause {
        match self {
            Self::Refused { .. } => Cause::Data,
            Self::NotReady(_) => Cause::Later,
            Self::Io { .. } => Cause::Usage,
            Self::Intake(error) => error.blame(),
            Self::Ledger(error) => error.blame(),
        }
    }
}
