//! Ready units for what runs jobs by the clock: systemd, cron, Kubernetes, Airflow. Texts only; writing them is `cli`'s.
//!
//! All of them call `run <job> --scheduled`, which derives the period from the job's own schedule: a timer that fires
//! late, twice, or after a week of downtime does the right runs.

mod quote;
mod render;

pub use render::units;

use chrono::NaiveDate;

use super::Planned;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A service and a timer per job.
    Systemd,
    /// One service that runs `poverty-watch daemon`.
    SystemdDaemon,
    Cron,
    /// A `CronJob` per job.
    Kubernetes,
    /// One DAG per job, in one file.
    Airflow,
}

/// What units need to know of the place that they run in.
#[derive(Debug, Clone)]
pub struct UnitSettings {
    pub program: String,
    /// The workspace's path there, absolute.
    pub workspace: String,
    /// The account that runs it.
    pub user: String,
    /// Memory that a run may take before it is ended, MiB.
    pub memory_mib: u64,
    /// Whether all runs may reach the network.
    pub is_networked: bool,
    /// Jobs that reach a mail server; they may reach the network.
    pub senders: Vec<String>,
    /// Further folders that runs write to: that of the metrics file.
    pub writes: Vec<String>,
    /// The day on which they are made.
    pub day: NaiveDate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub name: String,
    pub text: String,
}
