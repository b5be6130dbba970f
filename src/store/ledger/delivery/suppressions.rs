//! Suppressions: who stays off the lists, by whose word, why and until when. What they do stands in `referrals`.

use chrono::{DateTime, NaiveDate, Utc};
use law::domain::{PersonKey, parse_date};
use rusqlite::params;

use super::super::store::{Ledger, moment};
use super::super::{LedgerError, Moment, audit};
use super::outbox::clean;

const DOING: &str = "keeping suppressions";

/// A suppression to be noted.
#[derive(Debug, Clone, Copy)]
pub struct NewSuppression<'a> {
    pub person: PersonKey,
    /// The rule; empty: every rule.
    pub rule: &'a str,
    /// Code of the reason, or the code that lifts an earlier one.
    pub reason: &'a str,
    /// Last day; `None`: for good.
    pub until: Option<NaiveDate>,
    pub signer: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSuppression {
    /// Its number; audit entries name it by this, never by the person.
    pub suppression_id: i64,
    pub person: PersonKey,
    /// The rule; empty: every rule.
    pub rule: String,
    pub reason: String,
    pub until: Option<NaiveDate>,
}

impl Ledger {
    /// Notes a suppression; the latest word on a person and a rule holds. Returns its number.
    pub fn suppress(&self, new: &NewSuppression<'_>, at: DateTime<Utc>) -> Result<i64, LedgerError> {
        let until = new.until.map(|day| day.to_string()).unwrap_or_default();
        let signer = clean(new.signer);
        self.write(DOING, |transaction| {
            transaction
                .prepare_cached(
                    "insert into suppressions (person_key, rule_id, reason, until, signer, made_at, lists_before) \
                     values (?1, ?2, ?3, ?4, ?5, ?6, (select coalesce(max(rowid), 0) from lists))",
                )
                .and_then(|mut insert| {
                    insert.execute(params![new.person.0, new.rule, new.reason, until, signer, moment(at)])
                })
                .map_err(LedgerError::doing(DOING))?;
            let id = transaction.last_insert_rowid();
            let object = format!("suppression {id}");
            let detail =
                format!("reason {}, until {}", new.reason, if until.is_empty() { "further word" } else { &until });
            audit::append(transaction, at, &signer, "suppressed", &object, &detail)?;
            Ok(id)
        })
    }

    /// The latest word on each person and rule as known at a moment, by person and rule.
    pub fn suppressions(&self, known: Moment) -> Result<Vec<StoredSuppression>, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select suppression_id, person_key, rule_id, reason, until from suppressions where suppression_id in \
                 (select max(suppression_id) from suppressions where lists_before < ?1 group by person_key, rule_id) \
                 order by person_key, rule_id",
            )
            .map_err(doing())?;
        let mut rows = statement.query([known.lists_before()]).map_err(doing())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let until: String = row.get(4).map_err(doing())?;
            let until = if until.is_empty() { None } else { Some(parse_date(&until)) };
            found.push(StoredSuppression {
                suppression_id: row.get(0).map_err(doing())?,
                person: PersonKey(row.get(1).map_err(doing())?),
                rule: row.get(2).map_err(doing())?,
                reason: row.get(3).map_err(doing())?,
                until: until.transpose().map_err(LedgerError::damaged("suppressions.until"))?,
            });
        }
        Ok(found)
    }
}
