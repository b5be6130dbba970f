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

pub use client::connect_to;
pub use executor::{ExecutorOptions, run_executor};
pub use scheduler::{SchedulerOptions, run_scheduler};
pub use tls::{AllowList, Papers, Security};
