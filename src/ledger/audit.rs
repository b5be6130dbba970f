//! The audit chain: each entry's hash covers its fields and the hash before it.
//!
//! Entries say who did what to which file, run or list; never a person's name, id or key.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::LedgerError;
use super::store::{Ledger, moment};
use crate::domain::hex;

const DOING: &str = "writing the audit chain";

/// What `prev_hash` of the first entry holds.
const ORIGIN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The last entry of the chain: whoever keeps it elsewhere can prove that nothing was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last entry; 0 when there is none.
    pub seq: i64,
    /// Its hash, hex.
    pub hash: String,
}

impl Ledger {
    /// Appends one entry: `actor` (a job or an account) did `action` to `object`. No personal data in any field.
    ///
    /// # Errors
    /// When the ledger cannot be written.
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
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_detail(&self, action: &str, object: &str) -> Result<Option<String>, LedgerError> {
        let sql = "select detail from audit where action = ?1 and object = ?2 order by seq desc limit 1";
        let found = self.read().query_row(sql, [action, object], |row| row.get(0)).optional();
        found.map_err(LedgerError::doing("reading the audit chain"))
    }

    /// The end of the chain.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn audit_head(&self) -> Result<AuditHead, LedgerError> {
        head(&self.read())
    }

    /// Walks the whole chain and returns its number of entries.
    ///
    /// # Errors
    /// [`LedgerError::AuditBroken`] with the first entry that does not follow from the ones before it.
    pub fn verify_audit(&self) -> Result<u64, LedgerError> {
        let doing = || LedgerError::doing("reading the audit chain");
        let connection = self.read();
        let mut statement = connection
            .prepare("select seq, at, actor, action, object, detail, prev_hash, hash from audit order by seq")
            .map_err(doing())?;
        let mut rows = statement.query([]).map_err(doing())?;
        let (mut last, mut count) = (AuditHead { seq: 0, hash: ORIGIN.to_owned() }, 0);
        while let Some(row) = rows.next().map_err(doing())? {
            let seq: i64 = row.get(0).map_err(doing())?;
            let mut fields = Vec::with_capacity(7);
            for at in 1..8 {
                fields.push(row.get::<_, String>(at).map_err(doing())?);
            }
            let [at, actor, action, object, detail, prev_hash, hash] = fields.as_slice() else {
                return Err(LedgerError::AuditBroken { seq });
            };
            let fits = seq == last.seq + 1
                && *prev_hash == last.hash
                && *hash == hash_of(seq, [at, actor, action, object, detail, prev_hash]);
            if !fits {
                return Err(LedgerError::AuditBroken { seq });
            }
            last = AuditHead { seq, hash: hash.clone() };
            count += 1;
        }
        Ok(count)
    }
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
    let last = head(transaction)?;
    let (seq, at) = (last.seq + 1, moment(at));
    let hash = hash_of(seq, [&at, actor, action, object, detail, &last.hash]);
    transaction
        .prepare_cached("insert into audit values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .and_then(|mut insert| insert.execute(params![seq, at, actor, action, object, detail, last.hash, hash]))
        .map_err(LedgerError::doing(DOING))?;
    Ok(())
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
    let mut hasher = Sha256::new();
    hasher.update(format!("{seq}\n"));
    for field in fields {
        hasher.update(format!("{}:{field}\n", field.len()));
    }
    hex(&hasher.finalize())
}
