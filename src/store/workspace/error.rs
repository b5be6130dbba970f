//! What can be wrong with a workspace, and how its owner mends it.

use std::path::PathBuf;

use law::config::Problem;
use law::{Cause, Fault};

/// A workspace that cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    #[error("{dir} is no workspace: it has no poverty-watch.toml; make one with `poverty-watch init {dir}`", dir = .dir.display())]
    Missing { dir: PathBuf },
    /// The folder holds other things.
    #[error("{dir} is not empty and no workspace; name an empty or a new folder", dir = .dir.display())]
    NotEmpty { dir: PathBuf },
    /// The settings file, or what `init` was asked for, is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Settings(Vec<Problem>),
    /// Neither the workspace nor the program has such a file.
    #[error("there is no {path}, neither in the workspace nor built in")]
    NoAsset {
        /// The file, relative to the workspace.
        path: String,
    },
    /// Nobody knows any more what was shipped.
    #[error("{path}: {why}", path = .path.display())]
    Shipped { path: PathBuf, why: String },
    /// What was kept of a sealed list cannot be read.
    #[error("what the list was made from: {0}")]
    Recipe(String),
    #[error("another run is working in this workspace ({path}); try again when it is done", path = .path.display())]
    Locked { path: PathBuf },
    #[error(transparent)]
    File(#[from] crate::durable::FileError),
}

impl Fault for WorkspaceError {
    fn blame(&self) -> Cause {
        match self {
            Self::File(_) => Cause::Program,
            Self::Locked { .. } => Cause::Later,
            _ => Cause::Settings,
        }
    }
}
