//! Listed people whose withdrawal is set aside: those of the last run, and those that lists were sealed with.

use std::collections::BTreeMap;

use law::domain::{Period, PersonKey};
use law::holds::SetAside;
use law::questions::Cause;
use rusqlite::{Connection, ToSql, Transaction, params};

use super::LedgerError;
use super::store::Ledger;

const DOING: &str = "keeping withdrawals that are set aside";

/// People whose withdrawal is set aside, each with why.
pub type Aside = BTreeMap<PersonKey, SetAside>;

impl Ledger {
    /// Notes whose withdrawal from a series' lists is set aside, in place of what was noted before.
    pub fn set_aside(&self, series: &str, aside: &Aside) -> Result<(), LedgerError> {
        if self.people_set_aside(series)? == *aside {
            return Ok(());
        }
        self.write(DOING, |transaction| {
            transaction
                .execute("delete from set_aside where series = ?1", [series])
                .map_err(LedgerError::doing(DOING))?;
            for (person, SetAside { cause, since }) in aside {
                transaction
                    .execute(
                        "insert into set_aside values (?1, ?2, ?3, ?4)",
                        params![series, person.0, cause.code(), since.to_string()],
                    )
                    .map_err(LedgerError::doing(DOING))?;
            }
            Ok(())
        })
    }

    /// Whose withdrawal from a series' lists is set aside, as of the last run that looked.
    pub fn people_set_aside(&self, series: &str) -> Result<Aside, LedgerError> {
        read(&self.read(), "select person_key, cause, since from set_aside where series = ?1", &[&series])
    }
}

/// Keeps what lists are sealed with at a place in the order of sealing.
pub(super) fn keep_sealed(
    transaction: &Transaction<'_>,
    (period, series, before): (&str, &str, i64),
    aside: &Aside,
) -> Result<(), LedgerError> {
    for (person, SetAside { cause, since }) in aside {
        transaction
            .execute(
                "insert into sealed_aside values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![period, series, before, person.0, cause.code(), since.to_string()],
            )
            .map_err(LedgerError::doing(DOING))?;
    }
    Ok(())
}

/// What lists were sealed with at a place in the order of sealing.
pub(super) fn sealed_with(
    connection: &Connection,
    (period, series, before): (&str, &str, i64),
) -> Result<Aside, LedgerError> {
    let sql = "select person_key, cause, since from sealed_aside where period = ?1 and series = ?2 \
               and lists_before = ?3";
    read(connection, sql, &[&period, &series, &before])
}

fn read(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<Aside, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let mut statement = connection.prepare_cached(sql).map_err(doing())?;
    let mut rows = statement.query(values).map_err(doing())?;
    let mut aside = Aside::new();
    while let Some(row) = rows.next().map_err(doing())? {
        let text = |at: usize| row.get::<_, String>(at).map_err(doing());
        let cause = text(1)?;
        let cause = Cause::parse(&cause).ok_or(LedgerError::Damaged { what: "set_aside.cause", why: cause })?;
        let since = Period::parse(&text(2)?).map_err(LedgerError::damaged("set_aside.since"))?;
        aside.insert(PersonKey(row.get(0).map_err(doing())?), SetAside { cause, since });
    }
    Ok(aside)
}
