//! Landed files: which content lay under which name, and what became of it.

use chrono::{DateTime, Utc};
use law::contracts::{Feed, Outcome, Spread, TakenFile, Tally};
use law::domain::CountyCode;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::store::{Ledger, moment, parse_moment};
use super::{LedgerError, audit};

/// What became of a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// Its rows are in the warehouse since that version.
    Taken { version: u64 },
    /// The gate refused it; the same bytes will be refused again under the same contract.
    Refused { reason: String, hint: String },
}

/// One content that landed under a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandedFile {
    pub feed: Feed,
    /// SHA-256 of the bytes, hex.
    pub file_id: String,
    /// File name under which it was decided on.
    pub name: String,
    /// Size; 0 for refused files.
    pub bytes: u64,
    pub state: FileState,
    /// What became of its rows, where it was taken.
    pub outcome: Option<Outcome>,
    pub decided_at: DateTime<Utc>,
}

impl Ledger {
    /// The content that lay at `path` (below the landing folder) when it had this size and modification time.
    pub fn cached_file(
        &self,
        feed: Feed,
        path: &str,
        bytes: u64,
        modified_ns: i64,
    ) -> Result<Option<String>, LedgerError> {
        self.read()
            .query_row(
                "select file_id from landed_cache where feed = ?1 and path = ?2 and bytes = ?3 and modified_ns = ?4",
                params![feed.name(), path, whole(bytes), modified_ns],
                |row| row.get(0),
            )
            .optional()
            .map_err(LedgerError::doing("looking up a landed file"))
    }

    /// Remembers the content at `path`, so that an unchanged file is not hashed again.
    pub fn cache_file(
        &self,
        feed: Feed,
        path: &str,
        bytes: u64,
        modified_ns: i64,
        file_id: &str,
    ) -> Result<(), LedgerError> {
        const DOING: &str = "remembering a landed file";
        self.write(DOING, |transaction| {
            transaction
                .execute(
                    "insert or replace into landed_cache values (?1, ?2, ?3, ?4, ?5)",
                    params![feed.name(), path, whole(bytes), modified_ns, file_id],
                )
                .map_err(LedgerError::doing(DOING))?;
            Ok(())
        })
    }

    /// What became of a content under a feed; `None` when it is new there. The same bytes may be refused under
    /// one feed and taken under the right one.
    pub fn file_state(&self, feed: Feed, file_id: &str) -> Result<Option<FileState>, LedgerError> {
        self.read()
            .query_row(
                "select state, version, reason, hint from landed_files where feed = ?1 and file_id = ?2",
                [feed.name(), file_id],
                |row| read_state(row, 0),
            )
            .optional()
            .map_err(LedgerError::doing("looking up a landed file"))
    }

    /// Notes which files a committed version took in; again for the same version changes nothing.
    pub fn record_taken(&self, version: u64, files: &[TakenFile], at: DateTime<Utc>) -> Result<(), LedgerError> {
        const DOING: &str = "recording taken files";
        self.write(DOING, |transaction| {
            let version = whole(version);
            for file in files {
                take(transaction, version, file, at)?;
            }
            transaction
                .execute("update synced set version = max(version, ?1)", [version])
                .map_err(LedgerError::doing(DOING))?;
            Ok(())
        })
    }

    /// Notes that a file was refused, why, and how to mend it.
    pub fn record_refused(
        &self,
        feed: Feed,
        name: &str,
        file_id: &str,
        reason: &str,
        hint: &str,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        const DOING: &str = "recording a refused file";
        self.write(DOING, |transaction| {
            let changed = transaction
                .execute(
                    "insert into landed_files (feed, file_id, name, state, reason, hint, decided_at) \
                     values (?1, ?2, ?3, 'refused', ?4, ?5, ?6) \
                     on conflict do update set name = ?3, state = 'refused', version = null, reason = ?4, hint = ?5, \
                     decided_at = ?6 where state = 'refused' and (reason, hint) is not (?4, ?5)",
                    params![feed.name(), file_id, name, reason, hint, moment(at)],
                )
                .map_err(LedgerError::doing(DOING))?;
            if changed == 0 {
                return Ok(());
            }
            audit::append(transaction, at, "intake", "refused", &object(feed, file_id), "")
        })
    }

    /// The newest warehouse version whose files were recorded; later ones are to be recorded first.
    pub fn synced_version(&self) -> Result<u64, LedgerError> {
        let version: i64 = self
            .read()
            .query_row("select version from synced", [], |row| row.get(0))
            .map_err(LedgerError::doing("reading the synced version"))?;
        u64::try_from(version).map_err(LedgerError::damaged("synced.version"))
    }

    /// All contents that landed under a feed, newest decision first.
    pub fn files(&self, feed: Feed) -> Result<Vec<LandedFile>, LedgerError> {
        const DOING: &str = "listing landed files";
        let connection = self.read();
        let mut statement = connection
            .prepare(
                "select file_id, name, bytes, outcome, decided_at, state, version, reason, hint from landed_files \
                 where feed = ?1 order by decided_at desc, name, file_id",
            )
            .map_err(LedgerError::doing(DOING))?;
        let mut rows = statement.query([feed.name()]).map_err(LedgerError::doing(DOING))?;
        let mut files = Vec::new();
        while let Some(row) = rows.next().map_err(LedgerError::doing(DOING))? {
            files.push(read_file(feed, row)?);
        }
        Ok(files)
    }
}

fn take(transaction: &Transaction<'_>, version: i64, file: &TakenFile, at: DateTime<Utc>) -> Result<(), LedgerError> {
    let outcome = serde_json::to_string(&file.outcome).map_err(LedgerError::damaged("landed_files.outcome"))?;
    let feed = file.feed.name();
    let changed = transaction
        .prepare_cached(
            "insert into landed_files (feed, file_id, name, state, version, bytes, outcome, decided_at) \
             values (?1, ?2, ?3, 'taken', ?4, ?5, ?6, ?7) \
             on conflict do update set name = ?3, state = 'taken', version = ?4, reason = '', hint = '', \
             bytes = ?5, outcome = ?6, decided_at = ?7 where state = 'refused'",
        )
        .and_then(|mut statement| {
            statement.execute(params![feed, file.file_id, file.name, version, whole(file.bytes), outcome, moment(at)])
        })
        .map_err(LedgerError::doing("recording a taken file"))?;
    keep_spread(transaction, file.feed, &file.file_id, &file.spread)?;
    if changed == 0 {
        return Ok(());
    }
    let detail = format!("version {version}, {} rows", file.outcome.read.rows);
    audit::append(transaction, at, "intake", "taken", &object(file.feed, &file.file_id), &detail)
}

/// Keeps a file's rows by county and month.
pub(super) fn keep_spread(
    transaction: &Transaction<'_>,
    feed: Feed,
    file_id: &str,
    spread: &[Spread],
) -> Result<(), LedgerError> {
    let fen = |tally: Tally| i64::try_from(tally.fen).unwrap_or(if tally.fen < 0 { i64::MIN } else { i64::MAX });
    for Spread { county, month, good, lost, named } in spread {
        let county = county.as_ref().map_or("", CountyCode::as_str);
        let month = month.map_or_else(String::new, |month| month.to_string());
        transaction
            .prepare_cached("insert or replace into arrived values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
            .and_then(|mut insert| {
                insert.execute(params![
                    feed.name(),
                    file_id,
                    county,
                    month,
                    whole(good.rows),
                    fen(*good),
                    whole(lost.rows),
                    fen(*lost),
                    whole(named.rows),
                    fen(*named)
                ])
            })
            .map_err(LedgerError::doing("recording a taken file"))?;
    }
    Ok(())
}

/// File names come from outside and may name a person, so the chain knows a file by its content only.
pub(super) fn object(feed: Feed, file_id: &str) -> String {
    format!("{} file {}", feed.name(), file_id.get(..16).unwrap_or(file_id))
}

fn read_state(row: &Row<'_>, first: usize) -> rusqlite::Result<FileState> {
    Ok(if row.get::<_, String>(first)? == "taken" {
        let version = row.get::<_, Option<i64>>(first + 1)?.unwrap_or_default();
        FileState::Taken { version: u64::try_from(version).unwrap_or_default() }
    } else {
        FileState::Refused { reason: row.get(first + 2)?, hint: row.get(first + 3)? }
    })
}

fn read_file(feed: Feed, row: &Row<'_>) -> Result<LandedFile, LedgerError> {
    const DOING: &str = "reading a landed file";
    let doing = || LedgerError::doing(DOING);
    let outcome: String = row.get(3).map_err(doing())?;
    let decided_at: String = row.get(4).map_err(doing())?;
    Ok(LandedFile {
        feed,
        file_id: row.get(0).map_err(doing())?,
        name: row.get(1).map_err(doing())?,
        bytes: u64::try_from(row.get::<_, i64>(2).map_err(doing())?).map_err(LedgerError::damaged("bytes"))?,
        state: read_state(row, 5).map_err(doing())?,
        outcome: serde_json::from_str(&outcome).map_err(LedgerError::damaged("landed_files.outcome"))?,
        decided_at: parse_moment("landed_files.decided_at", &decided_at)?,
    })
}

/// An unsigned number as `SQLite` stores it.
pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
