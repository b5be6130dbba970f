//! What can go wrong with receipts. Texts never carry a person.

use std::path::{Path, PathBuf};

use crate::intake::IntakeError;
use crate::ledger::LedgerError;

/// A receipt that was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// The file is no receipt.
    #[error("{file}: {why}; nothing was imported")]
    Refused {
        /// The file.
        file: String,
        /// What is wrong, and how to mend it.
        why: String,
    },
    /// What was asked for is not there, or not yet so.
    #[error("{0}")]
    NotReady(String),
    /// The gate failed.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file could not be read.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl ReceiptError {
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
