//! What can go wrong while statements run or files are written.

use std::path::{Path, PathBuf};

/// A failure of the engine. Its text never holds a cell's value.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file could not be read or written.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A Parquet file of ours is damaged.
    #[error("{path}: damaged Parquet file: {why}", path = .path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        why: String,
    },
    /// A SQL model is wrong; its author mends it.
    #[error("sql/{model}.sql: {why}")]
    Model {
        /// The model's name with its folder.
        model: String,
        /// What the planner or the check said.
        why: String,
    },
    /// A statement failed while it ran.
    #[error("sql/{model}.sql failed on {place}: {why}")]
    Statement {
        /// The model's name with its folder.
        model: String,
        /// Bucket and month, for finding the input.
        place: String,
        /// What the engine said.
        why: String,
    },
    /// The cluster is away, or has been silent for too long.
    #[error("cluster: {0}; what was committed stays, run again when it is back")]
    Unreachable(String),
    /// The cluster does not let this machine in.
    #[error("cluster: {0}")]
    Refused(String),
    /// The storage that the machines share failed.
    #[error(transparent)]
    Storage(#[from] crate::warehouse::WarehouseError),
}

impl EngineError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers hand over errors and texts alike")]
    pub(crate) fn parquet(path: &Path, why: impl ToString) -> Self {
        Self::Parquet { path: path.to_owned(), why: why.to_string() }
    }
}
