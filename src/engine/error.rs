//! What can go wrong while statements run or files are written.

use std::path::{Path, PathBuf};

use law::{Cause, Fault};

/// A failure of the engine. Its text never holds a cell's value.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    File(#[from] store::durable::FileError),
    /// A Parquet file of ours is damaged.
    #[error("{path}: damaged Parquet file: {why}", path = .path.display())]
    Parquet { path: PathBuf, why: String },
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
    Storage(#[from] store::warehouse::WarehouseError),
}

impl EngineError {
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over errors and texts alike")]
    pub fn parquet(path: &Path, why: impl ToString) -> Self {
        Self::Parquet { path: path.to_owned(), why: why.to_string() }
    }
}

impl EngineError {
    /// The same, with the files that the statement read: whoever mends the data must find them.
    #[must_use]
    pub(crate) fn reading(self, files: &[&str]) -> Self {
        match self {
            Self::Statement { model, place, why } => {
                Self::Statement { model, place, why: format!("{why}; it read {}", files.join(", ")) }
            }
            other => other,
        }
    }
}

impl Fault for EngineError {
    fn blame(&self) -> Cause {
        match self {
            Self::Model { .. } | Self::Refused(_) => Cause::Settings,
            Self::Unreachable(_) => Cause::Later,
            Self::Storage(error) => error.blame(),
            Self::File(_) | Self::Parquet { .. } | Self::Statement { .. } => Cause::Program,
        }
    }
}
