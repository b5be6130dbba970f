//! What can be wrong with a workspace, and how its owner mends it.

use std::path::{Path, PathBuf};

use crate::config::Problem;

/// A workspace that cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// No settings file there.
    #[error("{dir} is no workspace: it has no poverty-watch.toml; make one with `poverty-watch init {dir}`", dir = .dir.display())]
    Missing {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder holds other things.
    #[error("{dir} is not empty and no workspace; name an empty or a new folder", dir = .dir.display())]
    NotEmpty {
        /// The folder.
        dir: PathBuf,
    },
    /// The settings file, or what `init` was asked for, is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Settings(
        /// Every fault found.
        Vec<Problem>,
    ),
    /// Neither the workspace nor the program has such a file.
    #[error("there is no {path}, neither in the workspace nor built in")]
    NoAsset {
        /// The file, relative to the workspace.
        path: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl WorkspaceError {
    /// Wraps a failure of the system with the path that it is about.
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
