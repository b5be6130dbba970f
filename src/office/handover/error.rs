//! What can go wrong while a list is handed over. Texts never carry a person or a password.

use std::path::PathBuf;

use engine::PipelineError;
use law::{Cause, Fault};
use store::keys::KeyError;
use store::ledger::LedgerError;

/// A list that was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// Another list lies there under the same name.
    #[error("{path} holds another list under that name; look who put it there, and take it away", path = .path.display())]
    Occupied { path: PathBuf },
    /// The list was taken back.
    #[error("list {list_id} was taken back; it is not handed over again")]
    Retracted { list_id: String },
    /// The list is not signed by two persons.
    #[error("list {list_id} is not READY; it needs `lists review` and `lists approve` first")]
    NotReady { list_id: String },
    /// A file of the list's folder is not the one that was sealed, or is gone.
    #[error("{path} is not as it was sealed; nothing is signed or handed over; restore the list's folder from the backup", path = .path.display())]
    Changed { path: PathBuf },
    /// A file could not be encrypted.
    #[error("{list_id} cannot be encrypted: {why}")]
    Encrypt { list_id: String, why: String },
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    File(#[from] store::durable::FileError),
}

impl Fault for HandoverError {
    fn blame(&self) -> Cause {
        match self {
            Self::Occupied { .. } | Self::Retracted { .. } | Self::NotReady { .. } | Self::Changed { .. } => {
                Cause::Data
            }
            Self::Encrypt { .. } | Self::File(_) => Cause::Program,
            Self::Keys(error) => error.blame(),
            Self::Ledger(error) => error.blame(),
        }
    }
}

impl From<HandoverError> for PipelineError {
    fn from(error: HandoverError) -> Self {
        Self::Room(Box::new(error))
    }
}
