//! Rejected rows of landed files: open until an accepted row with the same key comes in another file.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use law::contracts::{Feed, OpenRejects, RowKey};
use rusqlite::{Row, params};

use super::LedgerError;
use super::landed::whole;
use super::store::{Ledger, moment};

const DOING: &str = "keeping rejected rows";

/// The rejected rows of a file.
#[derive(Debug, Clone, Copy)]
pub struct NewRejects<'a> {
    pub feed: Feed,
    pub file_id: &'a str,
    /// Name under which it landed.
    pub name: &'a str,
    pub rows: u64,
    /// Keys of those that can be known again.
    pub keys: &'a [RowKey],
}

impl Ledger {
    /// Notes a file's rejected rows; again it changes nothing.
    pub fn note_rejects(&self, new: &NewRejects<'_>, at: DateTime<Utc>) -> Result<(), LedgerError> {
        let mut times = BTreeMap::<RowKey, u64>::new();
        for key in new.keys {
            *times.entry(*key).or_default() += 1;
        }
        self.write(DOING, |transaction| {
            let known = transaction
                .execute(
                    "insert or ignore into reject_files values (?1, ?2, ?3, ?4, ?5)",
                    params![new.feed.name(), new.file_id, new.name, whole(new.rows), moment(at)],
                )
                .map_err(LedgerError::doing(DOING))?;
            if known == 0 {
                return Ok(());
            }
            let mut insert = transaction
                .prepare_cached("insert into rejected_rows values (?1, ?2, ?3, ?4, ?5, null, null)")
                .map_err(LedgerError::doing(DOING))?;
            for (key, rows) in &times {
                insert
                    .execute(params![new.feed.name(), key.number, key.issuer, new.file_id, whole(*rows)])
                    .map_err(LedgerError::doing(DOING))?;
            }
            Ok(())
        })
    }

    /// Keys of the open rows of a feed's other files.
    pub fn open_reject_keys(&self, feed: Feed, file_id: &str) -> Result<Vec<RowKey>, LedgerError> {
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select distinct number, issuer from rejected_rows \
                 where feed = ?1 and file_id <> ?2 and mended_by is null order by number, issuer",
            )
            .map_err(LedgerError::doing(DOING))?;
        let key = |row: &Row<'_>| Ok(RowKey { number: row.get(0)?, issuer: row.get(1)? });
        let keys = statement.query_map(params![feed.name(), file_id], key).map_err(LedgerError::doing(DOING))?;
        keys.collect::<Result<_, _>>().map_err(LedgerError::doing(DOING))
    }

    /// Closes open rows that a file mends; answers how the files stand whose rows it has mended.
    pub fn close_rejects(
        &self,
        feed: Feed,
        file_id: &str,
        keys: &BTreeSet<RowKey>,
        at: DateTime<Utc>,
    ) -> Result<Vec<OpenRejects>, LedgerError> {
        self.write(DOING, |transaction| {
            let mut close = transaction
                .prepare_cached(
                    "update rejected_rows set mended_by = ?4, mended_at = ?5 \
                     where feed = ?1 and number = ?2 and issuer = ?3 and file_id <> ?4 and mended_by is null",
                )
                .map_err(LedgerError::doing(DOING))?;
            for key in keys {
                close
                    .execute(params![feed.name(), key.number, key.issuer, file_id, moment(at)])
                    .map_err(LedgerError::doing(DOING))?;
            }
            Ok(())
        })?;
        let condition = "f.feed = ?1 and exists (select 1 from rejected_rows o \
                         where o.feed = f.feed and o.file_id = f.file_id and o.mended_by = ?2)";
        self.rejects(condition, params![feed.name(), file_id])
    }

    /// The files of which rejected rows are still open, the oldest first.
    pub fn open_rejects(&self) -> Result<Vec<OpenRejects>, LedgerError> {
        let mut all = self.rejects("true", params![])?;
        all.retain(|file| file.open() > 0);
        Ok(all)
    }

    fn rejects(&self, condition: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<OpenRejects>, LedgerError> {
        let connection = self.read();
        let sql = format!(
            "select f.feed, f.name, f.rows, coalesce(sum(r.rows), 0) from reject_files f \
             left join rejected_rows r on r.feed = f.feed and r.file_id = f.file_id and r.mended_by is not null \
             where {condition} group by f.feed, f.file_id, f.name, f.rows, f.at order by f.at, f.feed, f.name"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(LedgerError::doing(DOING))?;
        let mut rows = statement.query(values).map_err(LedgerError::doing(DOING))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(LedgerError::doing(DOING))? {
            let count = |at: usize| row.get::<_, i64>(at).map_err(LedgerError::doing(DOING));
            let feed: String = row.get(0).map_err(LedgerError::doing(DOING))?;
            found.push(OpenRejects {
                feed: Feed::parse(&feed).ok_or(LedgerError::Damaged { what: "reject_files.feed", why: feed })?,
                name: row.get(1).map_err(LedgerError::doing(DOING))?,
                rows: u64::try_from(count(2)?).unwrap_or(0),
                mended: u64::try_from(count(3)?).unwrap_or(0),
            });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_rows_close_when_they_come_mended() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.sqlite")).unwrap();
        let key = |number, issuer| RowKey { number, issuer };
        let keys = [key(1, 0), key(2, 5), key(2, 5)];
        let new = NewRejects { feed: Feed::Claims, file_id: "aa", name: "a.csv", rows: 4, keys: &keys };
        let at = DateTime::UNIX_EPOCH;
        ledger.note_rejects(&new, at).unwrap();
        ledger.note_rejects(&new, at).unwrap();
        assert_eq!(ledger.open_reject_keys(Feed::Claims, "bb").unwrap(), [key(1, 0), key(2, 5)]);
        assert!(ledger.open_reject_keys(Feed::Claims, "aa").unwrap().is_empty(), "a file does not mend itself");
        assert!(ledger.open_reject_keys(Feed::Rosters, "bb").unwrap().is_empty());
        for again in 0..2 {
            let told = ledger.close_rejects(Feed::Claims, "bb", &BTreeSet::from([key(2, 5)]), at).unwrap();
            assert_eq!((told.len(), told[0].mended, told[0].open()), (1, 2, 2), "{again}");
        }
        let open = ledger.open_rejects().unwrap();
        assert_eq!((open.len(), open[0].name.as_str(), open[0].open()), (1, "a.csv", 2));
    }
}
