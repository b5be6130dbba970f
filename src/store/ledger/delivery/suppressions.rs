//! Suppressions: who stays off the lists, by whose word, why and until when. What they do stands in `referrals`.

use chrono::{DateTime, NaiveDate, Utc};
use law::domain::{Fen, PersonKey, official_day, parse_date};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::super::store::{Ledger, moment, parse_moment};
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
    /// The day on which it was said.
    pub made: NaiveDate,
    /// What each rule had measured of the person then, where they were under watch.
    pub known: Vec<(String, Fen)>,
    /// Whether a second person has agreed.
    pub has_second: bool,
}

impl Ledger {
    /// Notes a suppression; the latest word on a person and a rule holds. Returns its number.
    pub fn suppress(&self, new: &NewSuppression<'_>, at: DateTime<Utc>) -> Result<i64, LedgerError> {
        let until = new.until.map(|day| day.to_string()).unwrap_or_default();
        let signer = clean(new.signer);
        self.write(DOING, |transaction| {
            let known = known_of(transaction, new.person)?;
            transaction
                .prepare_cached(
                    "insert into suppressions (person_key, rule_id, reason, until, signer, made_at, known, lists_before) \
                     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, (select coalesce(max(rowid), 0) from lists))",
                )
                .and_then(|mut insert| {
                    insert.execute(params![new.person.0, new.rule, new.reason, until, signer, moment(at), known])
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
                "select suppression_id, person_key, rule_id, reason, until, made_at, known, exists (select 1 from \
                 suppression_seconds two where two.suppression_id = s.suppression_id and two.lists_before < ?1) \
                 from suppressions s where suppression_id in \
                 (select max(suppression_id) from suppressions where lists_before < ?1 group by person_key, rule_id) \
                 order by person_key, rule_id",
            )
            .map_err(doing())?;
        let mut rows = statement.query([known.lists_before()]).map_err(doing())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let until: String = row.get(4).map_err(doing())?;
            let (made, known): (String, String) = (row.get(5).map_err(doing())?, row.get(6).map_err(doing())?);
            let until = if until.is_empty() { None } else { Some(parse_date(&until)) };
            found.push(StoredSuppression {
                suppression_id: row.get(0).map_err(doing())?,
                person: PersonKey(row.get(1).map_err(doing())?),
                rule: row.get(2).map_err(doing())?,
                reason: row.get(3).map_err(doing())?,
                until: until.transpose().map_err(LedgerError::damaged("suppressions.until"))?,
                made: official_day(parse_moment("suppressions.made_at", &made)?),
                known: read_known(&known),
                has_second: row.get(7).map_err(doing())?,
            });
        }
        Ok(found)
    }

    /// Whether anything has ever been found about a person: nobody else can be kept off a list.
    pub fn was_found(&self, person: PersonKey) -> Result<bool, LedgerError> {
        self.read()
            .query_row("select exists (select 1 from cases where person_key = ?1)", [person.0], |row| row.get(0))
            .map_err(LedgerError::doing(DOING))
    }

    /// Who said a word; `None`: there is none of that number.
    pub fn suppressed_by(&self, suppression_id: i64) -> Result<Option<String>, LedgerError> {
        self.read()
            .query_row("select signer from suppressions where suppression_id = ?1", [suppression_id], |row| row.get(0))
            .optional()
            .map_err(LedgerError::doing(DOING))
    }

    /// Notes that a second person agrees to a suppression; returns whether that was news.
    pub fn second_suppression(
        &self,
        suppression_id: i64,
        signer: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        let signer = clean(signer);
        self.write(DOING, |transaction| {
            let changed = transaction
                .execute(
                    "insert or ignore into suppression_seconds values \
                     (?1, ?2, ?3, (select coalesce(max(rowid), 0) from lists))",
                    params![suppression_id, signer, moment(at)],
                )
                .map_err(LedgerError::doing(DOING))?;
            if changed > 0 {
                let object = format!("suppression {suppression_id}");
                audit::append(transaction, at, &signer, "suppression agreed", &object, "")?;
            }
            Ok(changed > 0)
        })
    }
}

/// What the rules have measured of a person in the newest year in which they were found.
fn known_of(transaction: &Transaction<'_>, person: PersonKey) -> Result<String, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let mut statement = transaction
        .prepare_cached(
            "select rule_id, measured_fen from cases where person_key = ?1 and state = 'flagged' \
             and year = (select max(year) from cases where person_key = ?1) order by rule_id",
        )
        .map_err(doing())?;
    let rows = statement
        .query_map([person.0], |row| Ok(format!("{}={}", row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
        .map_err(doing())?;
    Ok(rows.collect::<Result<Vec<_>, _>>().map_err(doing())?.join(";"))
}

fn read_known(text: &str) -> Vec<(String, Fen)> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    pairs.filter_map(|(rule, fen)| Some((rule.to_owned(), Fen(fen.parse().ok()?)))).collect()
}
