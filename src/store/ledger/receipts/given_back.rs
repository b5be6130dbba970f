//! People whom an office gives back in a wave: how its list is answered, and sending them on once that is decided.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use law::cases::Verdict;
use law::domain::PersonKey;
use law::referrals::Office;
use rusqlite::Transaction;

use super::answers::{insert_reroute, listed, standing};
use crate::ledger::LedgerError;
use crate::ledger::store::Ledger;

impl Ledger {
    /// What stands about each person of a list that has an answer.
    pub fn standing_verdicts(&self, list_id: &str) -> Result<BTreeMap<PersonKey, Verdict>, LedgerError> {
        let doing = || LedgerError::doing("reading a list's answers");
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select person_key, verdict from answers where list_id = ?1 and effect <> 'conflict' order by answer_id",
            )
            .map_err(doing())?;
        let mut rows = statement.query([list_id]).map_err(doing())?;
        let mut verdicts = BTreeMap::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let verdict: String = row.get(1).map_err(doing())?;
            let verdict =
                Verdict::parse(&verdict).ok_or(LedgerError::Damaged { what: "answers.verdict", why: verdict })?;
            verdicts.insert(PersonKey(row.get(0).map_err(doing())?), verdict);
        }
        Ok(verdicts)
    }
}

/// Sends the people of a list whom its office gives back to the bureau's desk, once two people have said that it is
/// right.
pub(in crate::ledger) fn reroute_all(
    transaction: &Transaction<'_>,
    list_id: &str,
    people: &BTreeSet<PersonKey>,
    by: &str,
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    for person in people {
        let row = listed(transaction, list_id, *person)?;
        let is_given_back =
            standing(transaction, list_id, *person)?.is_some_and(|stored| stored.answer.verdict == Verdict::NotOurs);
        if is_given_back {
            insert_reroute(transaction, &row, &Office::desk_of(&row.office), by, at)?;
        }
    }
    Ok(())
}
