//! What `poverty-watch.toml` may say; every key has a default but the policy.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::DeliverySettings;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Name of the policy file under `pipelines/policies/`, without `.toml`.
    pub policy: String,
    /// Six-digit code of the area that this workspace serves (a province or a prefecture).
    pub area: String,
    /// How Parquet is laid out.
    #[serde(default)]
    pub warehouse: WarehouseSettings,
    #[serde(default)]
    pub engine: EngineSettings,
    /// Limits of the process that opens foreign files.
    #[serde(default)]
    pub gate: GateSettings,
    /// When a landed file is whole.
    #[serde(default)]
    pub landing: LandingSettings,
    #[serde(default)]
    pub bureau: BureauSettings,
    /// Who is informed when something is wrong, and where monitors look.
    #[serde(default)]
    pub operators: OperatorSettings,
    #[serde(default)]
    pub delivery: DeliverySettings,
    #[serde(default)]
    pub feeds: BTreeMap<String, FeedSettings>,
}

/// How Parquet is laid out.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WarehouseSettings {
    /// Number of person buckets; fixed once the first version is committed.
    pub buckets: u16,
    /// Where versions and files lie for all machines, `s3://bucket/prefix`; empty: in the workspace's own folder.
    pub storage: String,
}

impl Default for WarehouseSettings {
    fn default() -> Self {
        Self { buckets: 16, storage: String::new() }
    }
}

/// Who carries out the bucket statements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    #[default]
    Local,
    /// The executors of a cluster.
    Cluster,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSettings {
    /// Buckets worked on at once; 0 means one per processor.
    pub workers: usize,
    /// Memory pool of all statements together, MiB.
    pub memory_mib: usize,
    pub batch_rows: usize,
    /// Here, or on other machines.
    pub engine: EngineKind,
    /// The cluster's scheduler, `df://host:port`.
    pub scheduler: String,
    /// Certificate of the cluster's authority, PEM; relative to the workspace.
    pub authority: String,
    /// Certificate of this machine, PEM.
    pub certificate: String,
    pub key: String,
    /// No certificates at all; only where the scheduler is on this machine.
    pub insecure: bool,
    /// Give up when the cluster finishes nothing for so many seconds.
    pub stall_seconds: u64,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            workers: 0,
            memory_mib: 512,
            batch_rows: 8192,
            engine: EngineKind::Local,
            scheduler: String::new(),
            authority: String::new(),
            certificate: String::new(),
            key: String::new(),
            insecure: false,
            stall_seconds: 900,
        }
    }
}

/// Limits of the process that opens foreign files.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateSettings {
    pub memory_mib: u64,
    /// Processor time, seconds.
    pub cpu_seconds: u64,
    /// Largest file that is opened at all, MiB.
    pub file_mib: u64,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self { memory_mib: 1024, cpu_seconds: 900, file_mib: 4096 }
    }
}

/// When a landed file is whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LandingSettings {
    /// A file that changed less than so many seconds ago is left for the next run, unless a manifest names its size and
    /// hash; 0 takes it at once.
    pub quiet_seconds: u64,
}

impl Default for LandingSettings {
    fn default() -> Self {
        Self { quiet_seconds: 60 }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BureauSettings {
    /// The bureau's name as lists print it.
    pub name: String,
    /// The area's name; empty: its code.
    pub area_name: String,
    /// Days that an office has to check and answer.
    pub feedback_days: u32,
}

impl Default for BureauSettings {
    fn default() -> Self {
        Self { name: "医疗保障局".to_owned(), area_name: String::new(), feedback_days: 10 }
    }
}

/// Who is informed when something is wrong, and where monitors look.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OperatorSettings {
    /// Mail address for alerts, in a domain that mail may go to; empty: they stand in `status`, nobody is written to.
    pub address: String,
    /// File that each run leaves Prometheus' figures in, below the workspace or absolute; none: it is not written.
    pub metrics: Option<PathBuf>,
    /// A run is late when it is not done so long after its moment.
    pub late_after_minutes: u32,
}

impl Default for OperatorSettings {
    fn default() -> Self {
        Self { address: String::new(), metrics: None, late_after_minutes: 180 }
    }
}

/// What one feed's files may look like and when they are due.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedSettings {
    /// Further headers that may stand in the file and are not read.
    pub ignore_columns: Vec<String>,
    /// `status` calls the feed late when its newest file is older than so many days.
    pub max_age_days: Option<u32>,
    /// Rosters only: `status` and lists say so when an office's last roster of a tag is more months old.
    pub max_age_months: Option<u32>,
    /// Rosters only: nobody is newly flagged by a roster that is more months old.
    pub refuse_after_months: Option<u32>,
    /// Rosters only: what is decided about single files.
    pub files: Vec<FileSettings>,
}

/// What is decided about the files of a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// The file's name, `*` for any text.
    #[serde(rename = "match")]
    pub pattern: String,
    /// `whole`, `additions` or `returned`.
    pub take: String,
}
