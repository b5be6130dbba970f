//! What the parent asks of the gate and what it hears back. No IO.

use std::path::PathBuf;

use law::contracts::{CodeRow, Counted, Feed, Outcome, RowKey, Spread, TagAliases};
use law::domain::ParseError;
use law::holds::FileProfile;
use law::profiles::Profiles;
use serde::{Deserialize, Serialize};

/// One foreign file to open.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GateJob {
    /// Feed whose contract the file must meet.
    pub feed: Feed,
    pub input: PathBuf,
    /// Folder for everything the gate writes; it belongs to this job alone.
    pub output: PathBuf,
    pub buckets: u16,
    /// First 16 hex digits of the file's SHA-256, written into every row.
    pub source_file: String,
    /// Further headers that may stand in the file and are not read.
    #[serde(default)]
    pub ignore_columns: Vec<String>,
    /// How senders' files are written where they are not written as the contract says.
    #[serde(default)]
    pub profiles: Profiles,
    /// Offices' spellings of the tags; needed for rosters only.
    #[serde(default)]
    pub tag_aliases: Vec<TagAlias>,
    /// The tables of codes.
    #[serde(default)]
    pub codes: Vec<CodeRow>,
    /// What the rules and tables can use.
    #[serde(default)]
    pub counted: Counted,
    /// Only the first rows are wanted, as they stand.
    #[serde(default)]
    pub look: bool,
    /// Documents whose rows go under another's key, each with that one's: people said that one person has both.
    #[serde(default)]
    pub kept: Vec<(i64, i64)>,
    /// What the child may use.
    pub limits: GateLimits,
    /// Rows that are worked on at once.
    pub batch_rows: usize,
    /// Threads that judge rows; they change nothing but the time it takes.
    pub threads: usize,
}

/// One row of `pipelines/tables/tag_aliases.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagAlias {
    /// How an office writes it.
    pub alias: String,
    pub tag: String,
}

/// What the child process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateLimits {
    pub memory_mib: u64,
    /// Processor time, seconds.
    pub cpu_seconds: u64,
    /// Largest file that is opened at all, MiB.
    pub file_mib: u64,
}

/// What became of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum GateVerdict {
    /// It meets the contract; its good rows lie staged, its bad rows in `rejects.csv`.
    Staged(Box<GateReport>),
    /// It was refused as a whole; nothing is staged.
    Refused {
        /// What is wrong and where, for the operator; holds no personal data.
        reason: String,
    },
}

/// What the gate counted and wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateReport {
    /// Rows read and rejected; `accepted` are the candidates that were staged.
    pub outcome: Outcome,
    /// The file's headers, as sent.
    pub headers: Vec<String>,
    /// Anything an operator should know about a file that passed (no rows, say).
    pub notes: Vec<String>,
    /// What is compared with earlier files.
    pub profile: FileProfile,
    /// The staged files, by bucket.
    pub staged: Vec<StagedFile>,
    /// Rows, columns or sheets of the workbook are hidden or filtered away: nobody can say that the file is whole.
    #[serde(default)]
    pub is_filtered: bool,
    /// The rows by county and month.
    pub spread: Vec<Spread>,
    /// By what the rejected rows are known again, as far as they can be.
    #[serde(default)]
    pub rejected: Vec<RowKey>,
}

/// One staged Arrow file below the job's output folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedFile {
    /// Bucket of its persons; `None` for feeds without persons.
    pub bucket: Option<u16>,
    /// File name, e.g. `bucket=007.arrow` or `all.arrow`.
    pub name: String,
    pub rows: u64,
}

/// A failure on our side: it says nothing about the foreign file.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error(transparent)]
    File(#[from] store::durable::FileError),
    /// The child process could not be started.
    #[error("cannot start {program}: {source}", program = .program.display())]
    Start { program: PathBuf, source: std::io::Error },
    /// The child could not write what it read.
    #[error("{folder}: {why}; nothing is said about the landed file: make room, then run again", folder = .folder.display())]
    Staging { folder: PathBuf, why: String },
    /// The job itself is wrong.
    #[error("the gate's job is wrong: {0}")]
    Job(String),
}

/// Why the child did not come to the end of a file.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Refusal),
    /// The disk failed, or is full: nothing is said about the file.
    Ours(String),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Why a file is refused as a whole; the text names columns, rows and types, never a person's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) String);

impl Refusal {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl GateJob {
    /// The alias table, ready for use.
    pub(super) fn aliases(&self) -> Result<TagAliases, (usize, ParseError)> {
        TagAliases::new(self.tag_aliases.iter().map(|row| (row.alias.as_str(), row.tag.as_str())))
    }

    /// Where the child leaves its verdict.
    pub(super) fn report_path(&self) -> PathBuf {
        self.output.join("report.json")
    }
}
