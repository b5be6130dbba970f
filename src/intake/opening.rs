//! What opening a landed file takes: its content's hash, and the job for the gate.

use std::path::{Path, PathBuf};

use engine::sha256_of;
use law::contracts::Feed;
use law::links::Kept;

use super::gate::{GateJob, TagAlias};
use super::landing::{Landed, Stamp};
use super::tables::source_of;
use super::{Intake, IntakeError};

/// Threads that judge one file's rows at most: reading it and staging them take one each besides.
const GATE_THREADS: usize = 4;

impl Intake<'_> {
    /// The hash of a landed file's bytes; while it keeps size and time it is not read again.
    pub(super) fn file_id(&self, feed: Feed, file: &Landed) -> Result<String, IntakeError> {
        let Stamp { bytes, modified_ns } = file.stamp;
        if let Some(known) = self.ledger.cached_file(feed, &file.key, bytes, modified_ns)? {
            return Ok(known);
        }
        let (file_id, read) = sha256_of(&file.path)?;
        if read == bytes && Stamp::of(&file.path)? == file.stamp {
            self.ledger.cache_file(feed, &file.key, bytes, modified_ns, &file_id)?;
        }
        Ok(file_id)
    }

    /// The gate's job for a file, by today's tables and settings.
    pub(super) fn gate_job(
        &self,
        (feed, file_id): (Feed, &str),
        (input, output): (&Path, PathBuf),
        kept: &Kept,
        buckets: u16,
    ) -> GateJob {
        let aliases = self.tag_aliases.iter().filter(|_| feed == Feed::Rosters);
        // the register keeps a row of each document
        let kept = kept.moved().filter(|_| feed != Feed::Residents).map(|(other, kept)| (other.0, kept.0));
        GateJob {
            kept: kept.collect(),
            feed,
            input: input.to_owned(),
            output,
            buckets,
            source_file: source_of(file_id).to_owned(),
            ignore_columns: self.ignored(feed),
            profiles: self.profiles(feed),
            tag_aliases: aliases.map(|(alias, tag)| TagAlias { alias: alias.clone(), tag: tag.clone() }).collect(),
            codes: self.codes.to_vec(),
            counted: self.counted.clone(),
            look: false,
            limits: self.limits(),
            batch_rows: self.settings.engine.batch_rows,
            threads: self.workers().min(GATE_THREADS),
        }
    }
}
