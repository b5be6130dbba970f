//! Where everything lies below the workspace's root.

use std::path::{Path, PathBuf};

use crate::domain::Period;

/// The folders and files of one workspace.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
    /// Where landed files, sealed lists and keys lie: the root, but for a shadow.
    given: PathBuf,
}

impl Layout {
    /// The layout below `root`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), given: root.to_owned() }
    }

    /// A layout for trying a job out: it finds landed files, sealed lists and keys where they lie here, and everything that
    /// a job writes below `root`.
    #[must_use]
    pub fn shadow(&self, root: &Path) -> Self {
        Self { root: root.to_owned(), given: self.given.clone() }
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `poverty-watch.toml`.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.root.join("poverty-watch.toml")
    }

    /// `landing/<feed>/`, where offices drop files.
    #[must_use]
    pub fn landing(&self, feed: &str) -> PathBuf {
        self.given.join("landing").join(feed)
    }

    /// `warehouse/`, the versions and the Parquet files that they name.
    #[must_use]
    pub fn warehouse(&self) -> PathBuf {
        self.root.join("warehouse")
    }

    /// `rejects/<feed>/`, a CSV and a workbook per file with the rows that its sender must mend.
    #[must_use]
    pub fn rejects(&self, feed: &str) -> PathBuf {
        self.root.join("rejects").join(feed)
    }

    /// `acknowledgements/<day>/`, what each sender is told of its files.
    #[must_use]
    pub fn acknowledgements(&self) -> PathBuf {
        self.root.join("acknowledgements")
    }

    /// `lists/<month>/`, one folder per sealed list.
    #[must_use]
    pub fn lists(&self, month: Period) -> PathBuf {
        self.given.join("lists").join(month.to_string())
    }

    /// `keys/`, the workspace's secrets; nobody else may read it.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.given.join("keys")
    }

    /// `recipes/<sha256>/`, what people had written when lists were sealed.
    #[must_use]
    pub fn recipe(&self, hash: &str) -> PathBuf {
        self.root.join("recipes").join(hash)
    }

    /// `collect/<office>/<county>/`, where an office fetches its lists.
    #[must_use]
    pub fn collect(&self, office: &str, county: &str) -> PathBuf {
        self.root.join("collect").join(office).join(county)
    }

    /// `rehearsals/<period>/`, lists that were never sealed.
    #[must_use]
    pub fn rehearsals(&self, period: Period) -> PathBuf {
        self.root.join("rehearsals").join(period.to_string())
    }

    /// `ledger.sqlite`.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.sqlite")
    }

    /// `scratch/`, where statements spill when memory is short; holds nothing between runs.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// `explain/<period>/`, statements' plans with what each part of them took; may be deleted.
    #[must_use]
    pub fn explain(&self, period: Period) -> PathBuf {
        self.root.join("explain").join(period.to_string())
    }

    /// `staging/`, scratch of a run in progress; emptied when the next run starts.
    #[must_use]
    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// `spool/`, letters as `.eml` files, where the transport is a folder.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.root.join("spool")
    }

    /// `deliver.lock`, held by the one run that may send.
    #[must_use]
    pub fn deliver_lock(&self) -> PathBuf {
        self.root.join("deliver.lock")
    }

    /// `run.lock`, held by the one run that may write.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.root.join("run.lock")
    }
}
