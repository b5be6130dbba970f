//! What a batch brings, and what it changes.

use std::path::{Path, PathBuf};

use engine::on_threads;
use law::contracts::{Feed, Outcome, Tally};
use law::domain::Period;
use store::warehouse::{FileEntry, Version};

use super::columns::Part;
use crate::gate::GateReport;
use crate::resolve::{Fate, Origin};
use crate::{IntakeError, Progress};

/// Staged files of one feed, taken in together.
pub(crate) struct Batch<'a> {
    pub feed: Feed,
    pub root: &'a Path,
    /// The version that is built upon.
    pub version: &'a Version,
    /// Number of the version that takes its rows in: the next one, of files that are taken in again their first.
    pub taken_in: u64,
    /// Folder of each file's staged rows, in the order of arrival.
    pub staged: &'a [PathBuf],
    /// The files themselves, in the same order.
    pub arrived: &'a [Arrived],
    /// Buckets worked on at once.
    pub workers: usize,
    /// Told how many buckets are done.
    pub progress: Progress<'a>,
}

/// What the gate found of a file besides its rows.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// First digits of its hash, as its rows carry them.
    pub source_file: String,
    /// Its name as messages show it.
    pub name: String,
    pub read: u64,
    pub rejected: u64,
    /// Rows or sheets are hidden or filtered away.
    pub is_filtered: bool,
}

impl Arrived {
    pub(crate) fn of(file_id: &str, name: &str, report: &GateReport) -> Self {
        Self {
            source_file: source_of(file_id).to_owned(),
            name: name.to_owned(),
            read: report.outcome.read.rows,
            rejected: report.outcome.rejected_total().rows,
            is_filtered: report.is_filtered,
        }
    }
}

/// The mark of a file that its rows carry.
pub(crate) fn source_of(file_id: &str) -> &str {
    file_id.get(..16).unwrap_or(file_id)
}

#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Files that take the place of those at the same slot.
    pub entries: Vec<FileEntry>,
    /// Per file of the batch: accepted, superseded, duplicate and held rows (read and rejected are the gate's).
    pub outcomes: Vec<Outcome>,
    /// Rows that left the table: replaced by a later update, or held because their original changed.
    pub displaced: Tally,
    /// Held rows that came into the table.
    pub released: Tally,
    /// Those of the displaced rows that are held now.
    pub demoted: Tally,
    /// Held rows that went away: replaced by a later update.
    pub lapsed: Tally,
}

impl Change {
    pub(super) fn new(files: usize) -> Self {
        Self { outcomes: vec![Outcome::default(); files], ..Self::default() }
    }

    /// Counts what became of one row. `file` is the file's number in the batch for incoming rows.
    pub(super) fn count(&mut self, origin: Origin, file: usize, fate: Fate, fen: i128) {
        let row = Tally { rows: 1, fen };
        match (origin, fate) {
            (Origin::Incoming, fate) => {
                let Some(outcome) = self.outcomes.get_mut(file) else { return };
                match fate {
                    Fate::Accepted(_) => outcome.accepted += row,
                    Fate::Held(_) => outcome.held += row,
                    Fate::Superseded => outcome.superseded += row,
                    Fate::Duplicate => outcome.duplicate += row,
                }
            }
            (Origin::Held, Fate::Accepted(_)) => self.released += row,
            (Origin::Accepted(_), Fate::Superseded | Fate::Duplicate) => self.displaced += row,
            (Origin::Accepted(_), Fate::Held(_)) => {
                self.displaced += row;
                self.demoted += row;
            }
            (Origin::Held, Fate::Superseded | Fate::Duplicate) => self.lapsed += row,
            (Origin::Accepted(_), Fate::Accepted(_)) | (Origin::Held, Fate::Held(_)) => {}
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.displaced += other.displaced;
        self.released += other.released;
        self.demoted += other.demoted;
        self.lapsed += other.lapsed;
        for (mine, other) in self.outcomes.iter_mut().zip(other.outcomes) {
            mine.accepted += other.accepted;
            mine.superseded += other.superseded;
            mine.duplicate += other.duplicate;
            mine.held += other.held;
        }
    }
}

impl Batch<'_> {
    /// Does `work` for each bucket, several at a time, and merges what they change in bucket order.
    pub(super) fn per_bucket(
        &self,
        buckets: &[u16],
        work: impl Fn(u16) -> Result<Change, IntakeError> + Sync,
    ) -> Result<Change, IntakeError> {
        let mut whole = Change::new(self.staged.len());
        let stage = format!("{} buckets", self.feed);
        for change in in_parallel(self.workers, &stage, self.progress, buckets, |bucket| work(*bucket))? {
            whole.merge(change);
        }
        Ok(whole)
    }

    pub(super) fn taken_in(&self) -> i64 {
        i64::try_from(self.taken_in).unwrap_or(i64::MAX)
    }

    pub(super) fn all_buckets(&self) -> Vec<u16> {
        (0..self.version.buckets).collect()
    }

    /// The staged file of a bucket, if that file of the batch has rows there.
    pub(super) fn staged_part(&self, file: usize, bucket: u16) -> Option<Part> {
        let path = self.staged.get(file)?.join(format!("bucket={bucket:03}.arrow"));
        path.is_file().then_some(Part { path, origin: Origin::Incoming, file, taken_in: Some(self.taken_in()) })
    }

    /// The staged files of a bucket, in the order of arrival.
    pub(super) fn staged_parts(&self, bucket: u16) -> Vec<Part> {
        (0..self.staged.len()).filter_map(|file| self.staged_part(file, bucket)).collect()
    }

    /// A file of the version as a part.
    pub(super) fn existing_part(&self, entry: &FileEntry, held: bool) -> Part {
        let origin = if held { Origin::Held } else { Origin::Accepted(entry.month.map(Period::month)) };
        Part { path: self.root.join(&entry.path), origin, file: usize::MAX, taken_in: None }
    }
}

/// Does `work` for each item on several threads; returns in the items' order, or with the first item's error.
pub(super) fn in_parallel<T: Sync, R: Send>(
    workers: usize,
    stage: &str,
    progress: Progress<'_>,
    items: &[T],
    work: impl Fn(&T) -> Result<R, IntakeError> + Sync,
) -> Result<Vec<R>, IntakeError> {
    on_threads(workers, items, &|done| progress(stage, done, items.len() as u64), work)
}
