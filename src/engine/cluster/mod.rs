//! Bucket jobs on other machines, through Apache DataFusion Ballista; the only place that knows it.
//!
//! The application hands each job to the scheduler as a plan of one node. An executor takes it, plans and runs the
//! statement as a local run would, writes the file with the same writer into the storage that all machines share, runs
//! the checks, and leaves an answer there. The application reads the answer and commits the version.

mod client;
mod executor;
mod node;
mod order;
mod scheduler;
mod tls;
mod worker;

use std::sync::Arc;

pub use client::Cluster;
pub use executor::{ExecutorOptions, run_executor};
pub use scheduler::{SchedulerOptions, run_scheduler};
pub use tls::{AllowList, Papers, Security};

use super::Engine;
use super::job::Site;

impl Engine {
    /// The same engine with its bucket jobs carried out by a cluster.
    #[must_use]
    pub fn on_cluster(mut self, cluster: Cluster) -> Self {
        self.site = Site::Cluster(Arc::new(cluster));
        self
    }
}
