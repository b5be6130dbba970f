//! What can go wrong with versions.

use std::path::PathBuf;

use law::{Cause, Fault};

/// A failure of the warehouse's own files.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    #[error("version {0} was committed by another run meanwhile; run again")]
    Conflict(u64),
    /// A version file cannot be read back.
    #[error("version file {file} is damaged ({why}); restore it from the backup of warehouse/versions")]
    Damaged { file: String, why: String },
    #[error("version file {file}: {why}")]
    Newer { file: String, why: String },
    /// A file that a version names is not the one that was committed.
    #[error("{path}: {why}; restore it from the backup, or run again if a job made it from others", path = .path.display())]
    Changed {
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No storage that this binary knows.
    #[error("{0}: no such folder; in a binary built with the feature `cluster` it may be s3://bucket/prefix")]
    Unknown(String),
    /// A bucket cannot be reached.
    #[error("storage is away: {0}; what was committed stays, run again when it is back")]
    Away(object_store::Error),
    /// There is no such bucket, or it does not accept the credentials.
    #[error("storage: {0}; see the bucket's name, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment")]
    Denied(String),
    #[error(transparent)]
    File(#[from] crate::durable::FileError),
    #[error("storage: {0}")]
    Storage(#[from] object_store::Error),
}

impl Fault for WarehouseError {
    fn blame(&self) -> Cause {
        match self {
            Self::Conflict(_) | Self::Away(_) => Cause::Later,
            Self::Unknown(_) | Self::Denied(_) | Self::Newer { .. } => Cause::Settings,
            Self::Damaged { .. } | Self::Changed { .. } | Self::File(_) | Self::Storage(_) => Cause::Program,
        }
    }
}
