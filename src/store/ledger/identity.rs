//! What named people said of two documents: that one person has both, or that two persons do. What it does stands in
//! `intake` (whose rows go under which key) and in the statements (what is undecided until somebody says).

use chrono::{DateTime, Utc};
use law::domain::PersonKey;
use law::links::Verdict;
use rusqlite::params;

use super::delivery::clean;
use super::store::{Ledger, moment};
use super::{LedgerError, audit};

const DOING: &str = "keeping identity links";

/// A word on two documents.
#[derive(Debug, Clone, Copy)]
pub struct NewIdentity<'a> {
    /// The document under which the records are kept, where one person has both.
    pub kept: PersonKey,
    pub other: PersonKey,
    pub verdict: Verdict,
    pub signer: &'a str,
    pub reason: &'a str,
}

/// The latest word on two documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIdentity {
    pub identity_id: i64,
    pub kept: PersonKey,
    pub other: PersonKey,
    pub verdict: Verdict,
    pub signer: String,
    pub reason: String,
    pub said_at: String,
}

impl Ledger {
    /// Notes a word on two documents; the latest holds. Returns its number.
    pub fn say_identity(&self, new: &NewIdentity<'_>, at: DateTime<Utc>) -> Result<i64, LedgerError> {
        let (signer, reason) = (clean(new.signer), clean(new.reason));
        self.write(DOING, |transaction| {
            transaction
                .prepare_cached(
                    "insert into identities (kept_key, other_key, verdict, signer, reason, said_at) \
                     values (?1, ?2, ?3, ?4, ?5, ?6)",
                )
                .and_then(|mut insert| {
                    insert.execute(params![new.kept.0, new.other.0, new.verdict.code(), signer, reason, moment(at)])
                })
                .map_err(LedgerError::doing(DOING))?;
            let id = transaction.last_insert_rowid();
            let detail = format!("verdict {}", new.verdict.code());
            audit::append(transaction, at, &signer, "identity", &format!("identity {id}"), &detail)?;
            Ok(id)
        })
    }

    /// The latest word on each pair of documents, in whichever order they were named, by pair.
    pub fn identities(&self) -> Result<Vec<StoredIdentity>, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select identity_id, kept_key, other_key, verdict, signer, reason, said_at from identities \
                 where identity_id in (select max(identity_id) from identities \
                 group by min(kept_key, other_key), max(kept_key, other_key)) \
                 order by min(kept_key, other_key), max(kept_key, other_key)",
            )
            .map_err(doing())?;
        let mut rows = statement.query([]).map_err(doing())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let verdict: String = row.get(3).map_err(doing())?;
            found.push(StoredIdentity {
                identity_id: row.get(0).map_err(doing())?,
                kept: PersonKey(row.get(1).map_err(doing())?),
                other: PersonKey(row.get(2).map_err(doing())?),
                verdict: Verdict::parse(&verdict)
                    .ok_or_else(|| LedgerError::damaged("identities.verdict")(format!("unknown word {verdict}")))?,
                signer: row.get(4).map_err(doing())?,
                reason: row.get(5).map_err(doing())?,
                said_at: row.get(6).map_err(doing())?,
            });
        }
        Ok(found)
    }
}
