//! A bucket job: one file to make and the checks that read it. What carries it out, this process or a cluster, is
//! chosen once, when the engine is opened.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::future::BoxFuture;
use law::config::{EngineKind, EngineSettings};
use serde::{Deserialize, Serialize};
use store::warehouse::Storage;

use super::session::{Engine, Source, Statement};
use super::{EngineError, Written};

/// One file to make. All paths are below the warehouse's root, with forward slashes.
#[derive(Debug, Clone)]
pub struct BucketJob {
    /// What makes the rows; its files lie below the warehouse's root.
    pub statement: Statement,
    /// The file has the rows of a table, of the persons whom the statement names, in place of the statement's own rows.
    pub copied: Option<Copied>,
    /// The Parquet file to make.
    pub file: String,
    /// Checks that read the statement's sources, and the file under the name of the statement's model or of the table
    /// that was copied.
    pub checks: Vec<String>,
}

/// Rows that are copied out of a stored table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Copied {
    pub table: String,
    /// The columns that anybody reads of it.
    pub columns: BTreeSet<String>,
}

/// A file that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// What stands on disk now.
    pub written: Written,
    /// What each check returned, in the order of the job.
    pub checked: Vec<Vec<RecordBatch>>,
}

/// Other machines that carry out bucket jobs.
pub trait Elsewhere: Debug + Send + Sync {
    /// Makes one file of the warehouse below `root` and runs its checks.
    fn make<'a>(
        &'a self,
        engine: &'a Engine,
        root: &'a Path,
        job: &'a BucketJob,
    ) -> BoxFuture<'a, Result<Made, EngineError>>;

    /// Takes back the jobs that it still has.
    fn stop(&self) -> BoxFuture<'_, ()>;
}

/// Reaches the machines that the settings name; certificates are named from the given folder.
pub type Connect = fn(&EngineSettings, &Path, &Storage) -> Result<Arc<dyn Elsewhere>, EngineError>;

/// Who carries out bucket jobs.
#[derive(Debug, Clone)]
pub(super) enum Site {
    Here,
    Elsewhere(Arc<dyn Elsewhere>),
}

impl Engine {
    /// The engine with its bucket jobs where the settings want them: files lie in `storage`, certificates are named
    /// from `root`. Without `connect` this program knows of no other machines.
    pub fn placed(
        mut self,
        settings: &EngineSettings,
        (root, storage): (&Path, &Storage),
        connect: Option<Connect>,
    ) -> Result<Self, EngineError> {
        if settings.engine == EngineKind::Cluster {
            let unknown = || EngineError::Refused("this binary was built without clusters".to_owned());
            self.site = Site::Elsewhere(connect.ok_or_else(unknown)?(settings, root, storage)?);
        }
        Ok(self)
    }

    /// Makes one file of the warehouse below `root` and runs its checks.
    ///
    /// # Errors
    /// When a model is wrong, a statement fails, the file cannot be written or the cluster cannot be reached.
    pub async fn make(&self, root: &Path, job: &BucketJob) -> Result<Made, EngineError> {
        match &self.site {
            Site::Here => self.make_at(root, job, &root.join(&job.file)).await,
            Site::Elsewhere(machines) => machines.make(self, root, job).await,
        }
    }

    /// Whether other machines carry out the bucket jobs.
    #[must_use]
    pub const fn is_on_cluster(&self) -> bool {
        !matches!(self.site, Site::Here)
    }

    /// Takes back the jobs that other machines still have; in this process there is nothing to take back.
    pub async fn stop(&self) {
        match &self.site {
            Site::Here => {}
            Site::Elsewhere(machines) => machines.stop().await,
        }
    }

    /// Makes a job's file in this process, under the name `target`.
    pub async fn make_at(&self, root: &Path, job: &BucketJob, target: &Path) -> Result<Made, EngineError> {
        let mut statement = job.statement.below(root);
        let (written, table) = match &job.copied {
            None => (self.write(&statement, target).await?, &job.statement.model),
            Some(Copied { table, columns }) => (self.copy(&statement, table, columns, target).await?, table),
        };
        statement.sources.insert(table.clone(), Source::Files(vec![target.to_owned()]));
        let mut checked = Vec::new();
        for check in &job.checks {
            statement.model.clone_from(check);
            checked.push(self.collect(&statement).await?);
        }
        Ok(Made { written, checked })
    }
}

impl Statement {
    /// The same statement with its files below `root`.
    #[must_use]
    pub fn below(&self, root: &Path) -> Self {
        let mut below = self.clone();
        for source in below.sources.values_mut() {
            if let Source::Files(files) = source {
                for file in files {
                    *file = root.join(&*file);
                }
            }
        }
        below
    }
}
