//! Accepted files that two people have taken back. What a version is made of without them stands in `intake`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use law::contracts::{BackFile, Feed, TakenBack};
use law::domain::CountyCode;
use rusqlite::{Transaction, params};

use super::landed::{keep_spread, object, whole};
use super::store::{Ledger, moment, parse_moment};
use super::{LedgerError, audit};

const DOING: &str = "keeping files that were taken back";

/// A file that was taken back, and the version since which everything is as if it had not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBack {
    pub file: BackFile,
    pub gone_in: u64,
    pub at: DateTime<Utc>,
}

impl StoredBack {
    /// Whether a version has its rows, and the versions since the one that is without it have not.
    #[must_use]
    pub const fn is_in(&self, version: u64) -> bool {
        self.file.version <= version && version < self.gone_in
    }
}

impl Ledger {
    /// Notes what a committed version is made without; again for the same version changes nothing. The same bytes are
    /// unknown from then on, and what was refused of those feeds gets another try.
    pub fn record_taken_back(&self, version: u64, back: &TakenBack, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.write(DOING, |transaction| {
            for file in &back.files {
                forget(transaction, version, file, at)?;
            }
            let mut seen = BTreeSet::new();
            for file in back.again.iter().filter(|file| seen.insert((file.feed, file.file_id.clone()))) {
                let outcome =
                    serde_json::to_string(&file.outcome).map_err(LedgerError::damaged("landed_files.outcome"))?;
                let own = params![file.feed.name(), file.file_id];
                transaction
                    .execute("delete from arrived where feed = ?1 and file_id = ?2", own)
                    .map_err(LedgerError::doing(DOING))?;
                keep_spread(transaction, file.feed, &file.file_id, &file.spread)?;
                transaction
                    .execute(
                        "update landed_files set outcome = ?3 where feed = ?1 and file_id = ?2 and state = 'taken'",
                        params![file.feed.name(), file.file_id, outcome],
                    )
                    .map_err(LedgerError::doing(DOING))?;
            }
            transaction
                .execute("update synced set version = max(version, ?1)", [whole(version)])
                .map(drop)
                .map_err(LedgerError::doing(DOING))
        })
    }

    /// The files that were ever taken back, in the order in which they went.
    pub fn taken_back(&self) -> Result<Vec<StoredBack>, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select feed, file_id, name, version, question_id, gone_in, at from taken_back \
                 order by gone_in, feed, file_id, version",
            )
            .map_err(doing())?;
        let mut rows = statement.query([]).map_err(doing())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let feed: String = row.get(0).map_err(doing())?;
            let number = |at: usize| -> Result<u64, LedgerError> {
                u64::try_from(row.get::<_, i64>(at).map_err(doing())?)
                    .map_err(LedgerError::damaged("taken_back.version"))
            };
            let unknown = || LedgerError::Damaged { what: "taken_back.feed", why: "an unknown word".to_owned() };
            found.push(StoredBack {
                file: BackFile {
                    feed: Feed::parse(&feed).ok_or_else(unknown)?,
                    file_id: row.get(1).map_err(doing())?,
                    name: row.get(2).map_err(doing())?,
                    version: number(3)?,
                    question: row.get(4).map_err(doing())?,
                },
                gone_in: number(5)?,
                at: parse_moment("taken_back.at", &row.get::<_, String>(6).map_err(doing())?)?,
            });
        }
        Ok(found)
    }

    /// The counties that rows of a taken file name.
    pub fn counties_of(&self, feed: Feed, file_id: &str) -> Result<BTreeSet<CountyCode>, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let mut statement = connection
            .prepare_cached("select distinct county from arrived where feed = ?1 and file_id = ?2")
            .map_err(doing())?;
        let rows = statement.query_map([feed.name(), file_id], |row| row.get::<_, String>(0)).map_err(doing())?;
        let codes: Vec<String> = rows.collect::<Result<_, _>>().map_err(doing())?;
        Ok(codes.iter().filter_map(|code| CountyCode::parse(code).ok()).collect())
    }

    /// Remembers that a file of this name, size and time lies in landing though it was taken back: it is not news.
    pub fn keep_back(
        &self,
        feed: Feed,
        key: &str,
        bytes: u64,
        modified_ns: i64,
        file_id: &str,
    ) -> Result<(), LedgerError> {
        self.cache_file(feed, &back_name(key), bytes, modified_ns, file_id)
    }

    /// Whether a file of this name, size and time lies in landing since before it was taken back.
    pub fn is_back(&self, feed: Feed, key: &str, bytes: u64, modified_ns: i64) -> Result<bool, LedgerError> {
        Ok(self.cached_file(feed, &back_name(key), bytes, modified_ns)?.is_some())
    }

    /// Forgets files that were taken back and lie in landing no more: whatever comes under their names is news.
    pub fn forget_absent(&self, feed: Feed, lying: &BTreeSet<&str>) -> Result<(), LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let known: Vec<String> = {
            let connection = self.read();
            let mut statement = connection
                .prepare_cached("select path from landed_cache where feed = ?1 and path glob ?2")
                .map_err(doing())?;
            let rows = statement.query_map([feed.name(), &back_name("*")], |row| row.get(0)).map_err(doing())?;
            rows.collect::<Result<_, _>>().map_err(doing())?
        };
        let absent: Vec<&String> =
            known.iter().filter(|path| !path.strip_prefix(BACK).is_some_and(|key| lying.contains(key))).collect();
        if absent.is_empty() {
            return Ok(());
        }
        self.write(DOING, |transaction| {
            for path in absent {
                transaction
                    .execute("delete from landed_cache where feed = ?1 and path = ?2", [feed.name(), path])
                    .map_err(LedgerError::doing(DOING))?;
            }
            Ok(())
        })
    }
}

/// Where names in the cache begin that no file can have.
const BACK: &str = "taken-back/";

fn back_name(key: &str) -> String {
    format!("{BACK}{key}")
}

fn forget(transaction: &Transaction<'_>, version: u64, file: &BackFile, at: DateTime<Utc>) -> Result<(), LedgerError> {
    let BackFile { feed, file_id, name, version: taken, question } = file;
    let doing = || LedgerError::doing(DOING);
    let new = transaction
        .execute(
            "insert or ignore into taken_back values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![feed.name(), file_id, name, whole(*taken), whole(version), question, moment(at)],
        )
        .map_err(doing())?;
    if new == 0 {
        return Ok(());
    }
    for sql in [
        "delete from landed_files where feed = ?1 and file_id = ?2",
        "delete from arrived where feed = ?1 and file_id = ?2",
        "delete from file_profiles where feed = ?1 and file_id = ?2",
        "delete from landed_cache where feed = ?1 and path glob 'sent/' || ?2 || '/*'",
    ] {
        transaction.execute(sql, [feed.name(), file_id]).map_err(doing())?;
    }
    transaction
        .execute("delete from landed_cache where feed = ?1 and path glob 'refused/*'", [feed.name()])
        .map_err(doing())?;
    let detail = format!("version {version}, question {question}, taken in by version {taken}");
    audit::append(transaction, at, "intake", "taken back", &object(*feed, file_id), &detail)
}
