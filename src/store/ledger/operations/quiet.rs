//! Quiet periods: past ones that were run again or for the first time, and about which no office is written to.
//!
//! Lists sealed under one are sealed like any other and may be looked at and collected; whoever fills the outbox asks
//! [`Ledger::is_quiet`] first and leaves them out. Notifying later lifts the quiet; nothing is forgotten.

use chrono::{DateTime, Utc};
use law::domain::Period;
use rusqlite::{OptionalExtension, params};

use super::{Ledger, LedgerError, moment};
use crate::ledger::audit;

const DOING: &str = "keeping a period quiet";

/// The digits in which an office code ends, as SQL: what tells the series of lists apart (see `engine::official::Rhythm`).
const SERIES: &str = "substr(l.office, length(rtrim(l.office, '0123456789')) + 1)";

impl Ledger {
    /// From now on, lists of the period's series are sealed without a word to the offices: to be called before they
    /// are sealed. `series` is what its office codes end in.
    pub fn keep_quiet(&self, job: &str, period: Period, series: &str, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.write(DOING, |transaction| {
            let changed = transaction
                .execute(
                    // the order of the lists says which come after: a clock has ties
                    "insert into quiet_periods values (?1, ?2, ?3, ?4, (select coalesce(max(rowid), 0) from lists), \
                     null) on conflict do update set job = ?3, from_at = ?4, after = excluded.after, lifted_at = null \
                     where lifted_at is not null",
                    params![period.to_string(), series, job, moment(at)],
                )
                .map_err(LedgerError::doing(DOING))?;
            if changed == 0 {
                return Ok(());
            }
            audit::append(transaction, at, "backfill", "quiet", &format!("{job} {period}"), "no mail about its lists")
        })
    }

    /// The offices may be written to about the period's lists, those sealed in quiet included.
    pub fn lift_quiet(&self, job: &str, period: Period, series: &str, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.write(DOING, |transaction| {
            let changed = transaction
                .execute(
                    "update quiet_periods set lifted_at = ?3 where period = ?1 and series = ?2 and lifted_at is null",
                    params![period.to_string(), series, moment(at)],
                )
                .map_err(LedgerError::doing(DOING))?;
            if changed == 0 {
                return Ok(());
            }
            audit::append(transaction, at, "backfill", "notify", &format!("{job} {period}"), "mail about its lists")
        })
    }

    /// Whether no mail may be queued about a sealed list. A list that was sealed before its period became quiet is not.
    pub fn is_quiet(&self, list_id: &str) -> Result<bool, LedgerError> {
        let sql = format!(
            "select q.lifted_at is null from lists l inner join quiet_periods q \
             on q.period = l.period and q.series = {SERIES} and l.rowid > q.after where l.list_id = ?1"
        );
        let found = self
            .read()
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_row([list_id], |row| row.get::<_, bool>(0)).optional());
        Ok(found.map_err(LedgerError::doing(DOING))?.unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{SealedList, SealedTexts, Texts};
    use law::domain::Fen;

    fn list(period: &str, office: &str) -> (SealedList, Vec<crate::ledger::SealedPerson>) {
        let list = SealedList {
            list_id: format!("{period}-990102-{office}"),
            period: Period::parse(period).unwrap(),
            county: "990102".into(),
            office: office.into(),
            kind: "NIL".into(),
            seq: 1,
            version: 1,
            rows: 0,
            persons: 0,
            control: Fen(0),
            manifest_sha256: office.into(),
        };
        (list, Vec::new())
    }

    #[test]
    fn only_lists_of_the_series_that_were_sealed_in_quiet_are_quiet_until_it_is_lifted() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let period = Period::parse("2026-03").unwrap();
        let texts = Texts { policy: "fujian".into(), by_path: [("a.sql".to_owned(), "select 1".to_owned())].into() };
        let texts = SealedTexts { series: String::new(), period, texts };
        ledger.seal_lists(&[list("2026-03", "MZ")], &texts, at(0)).unwrap();
        ledger.keep_quiet("monthly", period, "", at(1)).unwrap();
        ledger.keep_quiet("monthly", period, "", at(2)).unwrap();
        ledger.seal_lists(&[list("2026-03", "NC"), list("2026-03", "NC10")], &texts, at(1)).unwrap();
        let quiet = |office: &str| ledger.is_quiet(&format!("2026-03-990102-{office}")).unwrap();
        assert_eq!((quiet("MZ"), quiet("NC"), quiet("NC10")), (false, true, false));
        ledger.lift_quiet("monthly", period, "", at(3)).unwrap();
        ledger.lift_quiet("monthly", period, "", at(4)).unwrap();
        assert!(!quiet("NC"));
        assert_eq!(ledger.verify_audit().unwrap(), 5);
    }
}
