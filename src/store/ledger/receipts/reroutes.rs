//! Persons whom an office gave back as not its own, and where they went; nobody is lost on the way.

use chrono::{DateTime, Utc};
use law::cases::Verdict;
use law::domain::PersonKey;
use rusqlite::{Transaction, params};

use super::answers::{ListedRow, NewAnswer};
use crate::ledger::store::{Ledger, moment};
use crate::ledger::{LedgerError, audit};

/// A person whom an office gave back, and where they went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reroute {
    /// The list on which they were.
    pub list_id: String,
    pub person: PersonKey,
    pub from: String,
    pub to: String,
}

impl Ledger {
    /// Sends a person who was given back on to another office.
    pub fn reroute(&self, row: &ListedRow, to: &str, by: &str, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.write("rerouting a person", |transaction| {
            insert_reroute(transaction, row, to, by, at)?;
            audit::append(transaction, at, by, "rerouted", &row.list_id, &format!("one person to {to}"))
        })
    }

    /// Everybody who was given back, oldest first.
    pub fn all_reroutes(&self) -> Result<Vec<Reroute>, LedgerError> {
        let doing = || LedgerError::doing("reading reroutes");
        let connection = self.read();
        let mut statement = connection
            .prepare_cached("select list_id, person_key, from_office, to_office from reroutes order by reroute_id")
            .map_err(doing())?;
        let rows = statement
            .query_map([], |row| {
                let person = PersonKey(row.get(1)?);
                Ok(Reroute { list_id: row.get(0)?, person, from: row.get(2)?, to: row.get(3)? })
            })
            .map_err(doing())?;
        rows.collect::<Result<_, _>>().map_err(doing())
    }
}

/// Sends on whom an office says is not its own; answers whether it did.
pub(super) fn reroute(
    transaction: &Transaction<'_>,
    new: &NewAnswer,
    by: &str,
    at: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    if new.answer.verdict != Verdict::NotOurs {
        return Ok(false);
    }
    insert_reroute(transaction, &new.row, &new.reroute_to, by, at)?;
    Ok(true)
}

fn insert_reroute(
    transaction: &Transaction<'_>,
    row: &ListedRow,
    to: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    transaction
        .execute(
            "insert into reroutes (list_id, person_key, year, from_office, to_office, lists_before, by_name, at) \
             values (?1, ?2, ?3, ?4, ?5, (select coalesce(max(rowid), 0) from lists), ?6, ?7)",
            params![row.list_id, row.person.0, row.period.year(), row.office, to, by, moment(at)],
        )
        .map_err(LedgerError::doing("rerouting a person"))?;
    Ok(())
}
