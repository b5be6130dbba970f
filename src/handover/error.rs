//! What can go wrong while a list is handed over. Texts never carry a person or a password.

use std::path::{Path, PathBuf};

use crate::keys::KeyError;
use crate::ledger::LedgerError;

/// A list that was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// Another list lies there under the same name.
    #[error("{path} holds another list under that name; look who put it there, and take it away", path = .path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The list was taken back.
    #[error("list {list_id} was taken back; it is not handed over again")]
    Retracted {
        /// The list.
        list_id: String,
    },
    /// The list is not signed by two persons.
    #[error("list {list_id} is not READY; it needs `lists review` and `lists approve` first")]
    NotReady {
        /// The list.
        list_id: String,
    },
    /// The list's folder is not the one that was sealed.
    #[error("{path} is not as it was sealed; restore it from the backup", path = .path.display())]
    Changed {
        /// The manifest.
        path: PathBuf,
    },
    /// A file could not be encrypted.
    #[error("{path} cannot be encrypted: {why}", path = .path.display())]
    Encrypt {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        why: String,
    },
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The system failed.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl HandoverError {
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
