//! What can be wrong with keys and signatures. No text carries a secret.

use std::path::PathBuf;

use law::{Cause, Fault};

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{path} is not there; make the workspace's keys with `poverty-watch keys init`, or restore them from the backup", path = .path.display())]
    Missing { path: PathBuf },
    #[error("{path} may be read by others (mode {mode:04o}); chmod {wanted:04o} it, and if others were on this machine make new keys", path = .path.display())]
    Open {
        path: PathBuf,
        mode: u32,
        /// The bits that are right.
        wanted: u32,
    },
    #[error("{path}: {why}; restore it from the backup", path = .path.display())]
    Damaged { path: PathBuf, why: &'static str },
    #[error(transparent)]
    File(#[from] crate::durable::FileError),
}

impl Fault for KeyError {
    fn blame(&self) -> Cause {
        Cause::Settings
    }
}
