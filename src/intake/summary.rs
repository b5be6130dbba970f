//! What one run of intake tells its caller.

use std::path::PathBuf;

use law::contracts::{Feed, OpenRejects, Outcome};
use store::warehouse::Version;

/// What became of one landed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its rows were taken in, now.
    Taken(Outcome),
    /// It was refused as a whole, now.
    Refused { reason: String, hint: String },
    /// It passed a bound, and waits in its folder as if it had not landed until two people have answered the question.
    Held { question: i64, why: String },
    /// It is not whole yet and was left for the next run.
    Arriving(String),
    /// It changed a moment ago and was left for the next run: nobody is to do anything about it.
    Young(String),
    /// The same bytes were taken in before.
    Known,
    /// Two people have taken it back, and it lies there as it lay then.
    TakenBack,
    /// The same bytes were refused before, under the same contract and settings.
    StillRefused { reason: String, hint: String },
}

/// One landed file and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSummary {
    pub feed: Feed,
    pub name: String,
    pub verdict: Verdict,
    /// What an operator should know about a file that was taken.
    pub notes: Vec<String>,
    /// Where its rejected rows lie.
    pub rejects: Option<PathBuf>,
    /// Earlier files whose rejected rows it has mended, as they stand now.
    pub mended: Vec<OpenRejects>,
}

/// What became of a file that two people have taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBackNow {
    pub feed: Feed,
    pub name: String,
    pub question: i64,
    /// How many files were taken in again, or why nothing was done.
    pub done: Result<usize, String>,
}

/// What one run of intake did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntakeSummary {
    /// Every file that lies in the landing folders, in order of feed and name (unfinished transfers only counted).
    pub files: Vec<FileSummary>,
    /// Hidden files, macOS twins, unfinished transfers and folders that were passed over.
    pub skipped: u64,
    pub versions: Vec<u64>,
    /// What two people have taken back.
    pub taken_back: Vec<TakenBackNow>,
}

impl IntakeSummary {
    /// Notes what was taken back since a version.
    pub(super) fn note_back(&mut self, before: u64, now: &Version, back: Vec<TakenBackNow>) {
        let is_done = back.iter().any(|one| one.done.is_ok());
        self.versions.extend((before + 1..=now.number).filter(|_| is_done));
        self.taken_back = back;
    }

    /// Whether the warehouse is as it was.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.versions.is_empty()
    }
}

/// Called with the stage, how much of it is done, and of how much; from several threads.
pub type Progress<'a> = &'a (dyn Fn(&str, u64, u64) + Sync);
