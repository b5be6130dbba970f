//! The texts that runs and sealed lists were made from, all that people had written, each kept once, by its hash.
//!
//! So that a changed rule can be tried beside the one before it, on the same data, and a sealed list be made again. What
//! the texts mean stands elsewhere. Sets of 6311a20 hold the policy and the SQL alone.

use std::collections::BTreeMap;

use law::domain::{Period, hex};
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::LedgerError;
use super::store::Ledger;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// The policy in use: its file name without `.toml`.
    pub policy: String,
    /// Texts by path below the workspace: the policy's file, the one below it, every model, tables, jobs, settings.
    pub by_path: BTreeMap<String, String>,
}

/// The texts that a period's lists of a series were sealed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedTexts {
    /// The mark that the series' office codes end in.
    pub series: String,
    pub period: Period,
    pub texts: Texts,
}

impl Texts {
    /// SHA-256 over all of them, hex: the same for the same texts.
    #[must_use]
    pub fn id(&self) -> String {
        let listed: Vec<String> =
            self.hashes().into_iter().map(|(path, sha256)| format!("{path} {sha256}\n")).collect();
        hex(&Sha256::digest(format!("{}\n{}", self.policy, listed.concat())))
    }

    fn hashes(&self) -> BTreeMap<&str, String> {
        self.by_path.iter().map(|(path, text)| (path.as_str(), hex(&Sha256::digest(text)))).collect()
    }
}

const DOING: &str = "keeping the texts of rules and models";

impl Ledger {
    /// Notes which texts a run was made from.
    pub fn record_run_texts(&self, run_id: i64, texts: &Texts) -> Result<(), LedgerError> {
        self.write(DOING, |transaction| {
            let set_id = keep(transaction, texts)?;
            transaction
                .execute("insert or replace into run_texts values (?1, ?2)", params![run_id, set_id])
                .map(drop)
                .map_err(LedgerError::doing(DOING))
        })
    }

    /// The texts of the last run that ended well.
    pub fn last_run_texts(&self) -> Result<Option<Texts>, LedgerError> {
        let sql = "select set_id from run_texts inner join runs using (run_id) where state = 'done' \
                   order by run_id desc limit 1";
        let set_id: Option<String> =
            self.read().query_row(sql, [], |row| row.get(0)).optional().map_err(LedgerError::doing(DOING))?;
        Ok(set_id.map(|set_id| self.texts(&set_id)).transpose()?.flatten())
    }

    /// The texts that the last sealed lists of a series were made from.
    pub fn last_sealed_texts(&self, series: &str) -> Result<Option<SealedTexts>, LedgerError> {
        let sql = "select period, set_id from sealed_texts where series = ?1 order by seal_id desc limit 1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let found = self.read().query_row(sql, [series], row).optional().map_err(LedgerError::doing(DOING))?;
        let Some((period, set_id)) = found else { return Ok(None) };
        let period = Period::parse(&period).map_err(LedgerError::damaged("sealed_texts.period"))?;
        let texts = self.texts(&set_id)?;
        Ok(texts.map(|texts| SealedTexts { series: series.to_owned(), period, texts }))
    }

    /// A set of texts by its id.
    pub fn texts(&self, set_id: &str) -> Result<Option<Texts>, LedgerError> {
        let connection = self.read();
        let doing = || LedgerError::doing(DOING);
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let found = connection
            .query_row("select policy, hashes from text_sets where set_id = ?1", [set_id], row)
            .optional()
            .map_err(doing())?;
        let Some((policy, hashes)) = found else { return Ok(None) };
        let hashes: BTreeMap<String, String> =
            serde_json::from_str(&hashes).map_err(LedgerError::damaged("text_sets.hashes"))?;
        let mut statement = connection.prepare("select text from texts where sha256 = ?1").map_err(doing())?;
        let mut by_path = BTreeMap::new();
        for (path, sha256) in hashes {
            by_path.insert(path, statement.query_row([sha256], |row| row.get(0)).map_err(doing())?);
        }
        Ok(Some(Texts { policy, by_path }))
    }
}

/// Keeps what lists are sealed from, inside the transaction that seals them; once per period.
pub(super) fn keep_sealed(transaction: &Transaction<'_>, sealed: &SealedTexts) -> Result<(), LedgerError> {
    let set_id = keep(transaction, &sealed.texts)?;
    transaction
        .execute(
            "insert or ignore into sealed_texts (series, period, set_id) values (?1, ?2, ?3)",
            params![sealed.series, sealed.period.to_string(), set_id],
        )
        .map(drop)
        .map_err(LedgerError::doing(DOING))
}

/// Keeps texts that are not kept yet; returns the id of the set.
fn keep(transaction: &Transaction<'_>, texts: &Texts) -> Result<String, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let hashes = texts.hashes();
    let listed = serde_json::to_string(&hashes).map_err(LedgerError::damaged("text_sets.hashes"))?;
    let set_id = texts.id();
    let is_new = transaction
        .execute("insert or ignore into text_sets values (?1, ?2, ?3)", params![set_id, texts.policy, listed])
        .map_err(doing())?;
    if is_new == 1 {
        let mut insert = transaction.prepare("insert or ignore into texts values (?1, ?2)").map_err(doing())?;
        for (path, sha256) in &hashes {
            insert.execute(params![sha256, texts.by_path.get(*path)]).map_err(doing())?;
        }
    }
    Ok(set_id)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::ledger::RunState;

    fn texts(rule: &str) -> Texts {
        let by_path = [("pipelines/policies/p.toml", rule), ("sql/a.sql", "select 1")];
        let by_path = by_path.map(|(path, text)| (path.to_owned(), text.to_owned()));
        Texts { policy: "p".to_owned(), by_path: by_path.into() }
    }

    #[test]
    fn the_texts_of_the_last_good_run_and_the_last_sealed_period_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        assert_eq!(ledger.last_run_texts().unwrap(), None);
        for (rule, state) in [("one", RunState::Done), ("two", RunState::Done), ("three", RunState::Failed)] {
            let run_id = ledger.start_run("nightly", "2026-10", DateTime::UNIX_EPOCH).unwrap();
            ledger.record_run_texts(run_id, &texts(rule)).unwrap();
            ledger.finish_run(run_id, state, None, &serde_json::Value::Null, &[], DateTime::UNIX_EPOCH).unwrap();
        }
        assert_eq!(ledger.last_run_texts().unwrap(), Some(texts("two")));
        assert_eq!(ledger.last_sealed_texts("").unwrap(), None);
        let sealed = |period: &str, rule: &str| SealedTexts {
            series: String::new(),
            period: Period::parse(period).unwrap(),
            texts: texts(rule),
        };
        for (period, rule) in [("2026-09", "one"), ("2026-10", "two"), ("2026-10", "three")] {
            ledger.seal_lists(&[], &sealed(period, rule), DateTime::UNIX_EPOCH).unwrap();
        }
        assert_eq!(ledger.last_sealed_texts("").unwrap(), Some(sealed("2026-10", "two")), "sealed once");
        assert_eq!(ledger.last_sealed_texts("10").unwrap(), None);
        let copy = folder.path().join("copy.sqlite");
        ledger.copy_to(&copy).unwrap();
        assert_eq!(Ledger::open(&copy).unwrap().last_run_texts().unwrap(), Some(texts("two")));
    }
}
