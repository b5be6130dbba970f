//! What can go wrong with receipts. Texts never carry a person.

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
    #[error(transparent)]
    File(#[from] store::durable::FileError),
}

impl Fault for ReceiptError {
    fn blame(&self) -> Cause {
        match self {
            Self::Refused { .. } => Cause::Data,
            Self::NotReady(_) => Cause::Later,
            Self::File(_) => Cause::Usage,
            Self::Intake(error) => error.blame(),
            Self::Ledger(error) => error.blame(),
        }
    }
}
