//! What can be wrong with keys and signatures. No text carries a secret.

use std::path::{Path, PathBuf};

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The workspace has none.
    #[error("{path} is not there; make the workspace's keys with `poverty-watch keys init`, or restore them from the backup", path = .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Others may read it.
    #[error("{path} may be read by others (mode {mode:04o}); chmod {wanted:04o} it, and if others were on this machine make new keys", path = .path.display())]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The bits that are right.
        wanted: u32,
    },
    /// It is no key of the kind.
    #[error("{path}: {why}; restore it from the backup", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// The system failed.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl KeyError {
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
