//! The audit chain: each entry's hash covers its fields and the hash before it.
//!
//! Entries say who did what to which file, run or list; never a person's name, id or key.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use law::domain::{ParseError, hex};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use sha2::{Digest, Sha256};

use super::LedgerError;
use super::store::{Ledger, moment};

const DOING: &str = "writing the audit chain";

/// What `prev_hash` of the first entry holds.
const ORIGIN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The last entry of the chain: whoever keeps it elsewhere can prove that nothing was cut off. Written `SEQ:HASH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last entry; 0 when there is none.
    pub seq: i64,
    /// Its hash, hex.
    pub hash: String,
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for AuditHead {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: ParseError =
            ParseError::new("a head as `audit head` prints it: a number, a colon, 64 digits and small letters");
        let (seq, hash) = text.trim().split_once(':').ok_or(EXPECTED)?;
        let is_hash =
            hash.len() == ORIGIN.len() && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let seq = seq.parse::<i64>().ok().filter(|seq| *seq >= 0 && is_hash).ok_or(EXPECTED)?;
        Ok(Self { seq, hash: hash.to_owned() })
    }
}

impl Ledger {
    /// Appends one entry: `actor` (a job or an account) did `action` to `object`. No personal data in any field.
    pub fn record(
        &self,
        actor: &str,
        action: &str,
        object: &str,
        detail: &str,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.write(DOING, |transaction| append(transaction, at, actor, action, object, detail))
    }

    /// The detail of the latest entry of an action on an object.
    pub fn last_detail(&self, action: &str, object: &str) -> Result<Option<String>, LedgerError> {
        let sql = "select detail from audit where action = ?1 and object = ?2 order by seq desc limit 1";
        let found = self.read().query_row(sql, [action, object], |row| row.get(0)).optional();
        found.map_err(LedgerError::doing("reading the audit chain"))
    }

    /// The end of the chain.
    pub fn audit_head(&self) -> Result<AuditHead, LedgerError> {
        head(&self.read())
    }

    /// Walks the whole chain and returns its number of entries. No verified head is kept: whoever can edit the table
    /// could edit that too, an edit before it would pass, and the whole walk takes about a microsecond an entry.
    pub fn verify_audit(&self) -> Result<u64, LedgerError> {
        walk(&self.read(), None)
    }

    /// Walks the whole chain and holds it against a head that was kept elsewhere: what came after may have been added,
    /// but nothing up to it was changed, cut off or written anew. Returns the number of entries.
    pub fn verify_audit_against(&self, kept: &AuditHead) -> Result<u64, LedgerError> {
        walk(&self.read(), Some(kept))
    }
}

/// Walks the chain, and past the head that was kept.
fn walk(connection: &Connection, kept: Option<&AuditHead>) -> Result<u64, LedgerError> {
    let doing = || LedgerError::doing("reading the audit chain");
    let mut statement = connection
        .prepare("select seq, at, actor, action, object, detail, prev_hash, hash from audit order by seq")
        .map_err(doing())?;
    let mut rows = statement.query([]).map_err(doing())?;
    let mut last = AuditHead { seq: 0, hash: ORIGIN.to_owned() };
    let cut = |kept: &AuditHead, why: String| LedgerError::AuditCut { seq: kept.seq, why };
    while let Some(row) = rows.next().map_err(doing())? {
        last = follow(&last, row).ok_or(LedgerError::AuditBroken { seq: last.seq + 1 })?;
        if let Some(kept) = kept.filter(|kept| kept.seq == last.seq && kept.hash != last.hash) {
            return Err(cut(kept, "it has another hash; it or an entry before it was written anew".to_owned()));
        }
    }
    match kept.filter(|kept| kept.seq > last.seq) {
        Some(kept) => Err(cut(kept, format!("the chain ends at entry {}; the rest was cut off", last.seq))),
        None => Ok(last.seq.unsigned_abs()),
    }
}

/// The head after one more entry; `None` when that entry does not follow. A value of another kind, which only
/// somebody who changed the table could write, does not follow either.
fn follow(last: &AuditHead, row: &Row<'_>) -> Option<AuditHead> {
    let seq: i64 = row.get(0).ok()?;
    let mut fields = [""; 7];
    for (field, column) in fields.iter_mut().zip(1..) {
        *field = row.get_ref(column).ok()?.as_str().ok()?;
    }
    let [at, actor, action, object, detail, prev_hash, hash] = fields;
    let fits = seq == last.seq + 1
        && prev_hash == last.hash
        && hash == hash_of(seq, [at, actor, action, object, detail, prev_hash]);
    fits.then(|| AuditHead { seq, hash: hash.to_owned() })
}

/// Appends an entry inside the transaction of the act that it tells of.
pub(super) fn append(
    transaction: &Transaction<'_>,
    at: DateTime<Utc>,
    actor: &str,
    action: &str,
    object: &str,
    detail: &str,
) -> Result<(), LedgerError> {
    let last = sound_head(transaction)?;
    let (seq, at) = (last.seq + 1, moment(at));
    let hash = hash_of(seq, [&at, actor, action, object, detail, &last.hash]);
    transaction
        .prepare_cached("insert into audit values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .and_then(|mut insert| insert.execute(params![seq, at, actor, action, object, detail, last.hash, hash]))
        .map_err(LedgerError::doing(DOING))?;
    Ok(())
}

/// The last entry, if it is as it was written: nothing is done on top of one that somebody has changed.
fn sound_head(connection: &Connection) -> Result<AuditHead, LedgerError> {
    let origin = || AuditHead { seq: 0, hash: ORIGIN.to_owned() };
    let doing = || LedgerError::doing(DOING);
    let mut statement = connection
        .prepare_cached(
            "select seq, at, actor, action, object, detail, prev_hash, hash from audit order by seq desc limit 1",
        )
        .map_err(doing())?;
    let mut rows = statement.query([]).map_err(doing())?;
    let Some(row) = rows.next().map_err(doing())? else { return Ok(origin()) };
    let seq: i64 = row.get(0).map_err(doing())?;
    let before = row.get(6).ok().map(|hash| AuditHead { seq: seq - 1, hash });
    before.and_then(|before| follow(&before, row)).ok_or(LedgerError::AuditBroken { seq })
}

fn head(connection: &Connection) -> Result<AuditHead, LedgerError> {
    let last = connection
        .query_row("select seq, hash from audit order by seq desc limit 1", [], |row| {
            Ok(AuditHead { seq: row.get(0)?, hash: row.get(1)? })
        })
        .optional()
        .map_err(LedgerError::doing(DOING))?;
    Ok(last.unwrap_or(AuditHead { seq: 0, hash: ORIGIN.to_owned() }))
}

/// SHA-256 over the number and each field with its length before it, so that no two entries read alike.
fn hash_of(seq: i64, fields: [&str; 6]) -> String {
    let mut text = format!("{seq}\n");
    for field in fields {
        text.extend([&field.len().to_string(), ":", field, "\n"]);
    }
    hex(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_chain_is_walked_whole_and_an_early_change_is_found() {
        const ENTRIES: i64 = 100_000;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let ledger = Ledger::open(&path).unwrap();
        let entry = |transaction: &Transaction<'_>, n: i64| {
            let object = format!("{n:016x}@lists.bureau.example");
            append(
                transaction,
                DateTime::UNIX_EPOCH,
                "courier",
                "accepted",
                &object,
                "queued -> accepted, attempt 1: 250 OK",
            )
        };
        ledger.write(DOING, |transaction| (0..ENTRIES).try_for_each(|n| entry(transaction, n))).unwrap();
        // The thread's own time: other tests run beside it.
        let nanos = || -> Option<u64> {
            std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
        };
        let before = nanos();
        assert_eq!(ledger.verify_audit().unwrap(), ENTRIES.unsigned_abs());
        if let (Some(before), Some(after)) = (before, nanos()) {
            println!("audit: {ENTRIES} entries walked in {} ms", (after - before) / 1_000_000);
        }
        let other = Connection::open(&path).unwrap();
        other.execute_batch("drop trigger audit_keep; update audit set object = 'x' where seq = 3").unwrap();
        assert!(matches!(ledger.verify_audit(), Err(LedgerError::AuditBroken { seq: 3 })));
    }
}
