//! Carrying out bucket jobs: in this process or on other machines, chosen once, when the engine is opened.

use std::path::Path;
use std::sync::Arc;

use law::config::{EngineKind, EngineSettings};
use store::warehouse::Storage;

use super::EngineError;
use super::session::{Elsewhere, Engine, Site};
use super::statement::{BucketJob, Copied, Made, Source};

/// Reaches the machines that the settings name; certificates are named from the given folder.
pub type Connect = fn(&EngineSettings, &Path, &Storage) -> Result<Arc<dyn Elsewhere>, EngineError>;

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
