//! Sealed lists: their numbers, their persons, and what they said last time.

use chrono::{DateTime, Utc};
use law::domain::{Fen, Period, PersonKey};
use law::referrals::{ListId, ListKind};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::landed::whole;
use super::store::{Ledger, moment};
use super::{LedgerError, SealedTexts, audit, texts};

/// One person on a sealed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPerson {
    pub person: PersonKey,
    /// Code of the change against the list before: `new`, `continuing`, `escalated`, `withdrawn`.
    pub delta: String,
    pub leading_rule: String,
    /// All rules that hit, in the policy's order.
    pub rules: Vec<String>,
    /// Amount measured by the leading rule.
    pub measured: Fen,
    /// The token that the row carries.
    pub row_token: String,
}

/// A sealed list as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedList {
    /// See `referrals::ListId`.
    pub list_id: String,
    pub period: Period,
    pub county: String,
    /// Office code: `MZ`, `NC`, ...
    pub office: String,
    /// `FULL`, `NIL`, ...
    pub kind: String,
    /// 1, 2, 3, ... per county and office, without gaps.
    pub seq: u64,
    /// Warehouse version that it was made from.
    pub version: u64,
    pub rows: u64,
    /// Persons on the list, withdrawn ones not.
    pub persons: u64,
    /// Sum of the measured amounts of those persons.
    pub control: Fen,
    /// SHA-256 of `manifest.json`, hex.
    pub manifest_sha256: String,
}

impl SealedList {
    /// Whether it was the first to say all of its month; every other list of the month changes what it said.
    #[must_use]
    pub fn is_first_whole(&self) -> bool {
        ListId::version_of(&self.list_id) == 1 && ListKind::parse(&self.kind).is_some_and(ListKind::is_whole)
    }
}

/// A period's last day as text that sorts: of a whole month the 31st, whether it has one or not.
pub(super) const ENDS: &str = "case length(period) when 7 then period || '-31' else period end";

const DOING: &str = "sealing lists";
pub(super) const COLUMNS: &str =
    "list_id, period, county, office, kind, seq, version, rows, persons, control_fen, manifest_sha256";

impl Ledger {
    /// The number that a list carries: its own where it is sealed, else the one after its office's last.
    pub fn sequence_for(&self, list_id: &str, county: &str, office: &str) -> Result<u64, LedgerError> {
        let connection = self.read();
        let sealed = connection
            .prepare_cached("select seq from lists where list_id = ?1")
            .and_then(|mut statement| statement.query_row([list_id], |row| row.get::<_, i64>(0)).optional())
            .map_err(LedgerError::doing(DOING))?;
        let seq = match sealed {
            Some(seq) => seq,
            None => connection
                .prepare_cached("select coalesce(max(seq), 0) + 1 from lists where county = ?1 and office = ?2")
                .and_then(|mut statement| statement.query_row([county, office], |row| row.get(0)))
                .map_err(LedgerError::doing(DOING))?,
        };
        u64::try_from(seq).map_err(LedgerError::damaged("lists.seq"))
    }

    /// Notes the lists of a period with their persons, all or none. A list that is sealed with the same manifest
    /// already is passed over; returns how many were new. The texts that they were made from are kept with them.
    ///
    /// # Errors
    /// [`LedgerError::SealedDifferently`] or [`LedgerError::Sequence`]; nothing is changed then.
    pub fn seal_lists(
        &self,
        lists: &[(SealedList, Vec<SealedPerson>)],
        made_from: &SealedTexts,
        at: DateTime<Utc>,
    ) -> Result<u64, LedgerError> {
        self.write(DOING, |transaction| {
            texts::keep_sealed(transaction, made_from)?;
            let mut sealed = 0;
            for (list, persons) in lists {
                if seal_one(transaction, list, persons, at)? {
                    sealed += 1;
                }
            }
            Ok(sealed)
        })
    }

    /// The periods of which lists are sealed, with their offices' codes.
    pub fn sealed_periods(&self) -> Result<Vec<(Period, String)>, LedgerError> {
        let connection = self.read();
        let mut statement = connection
            .prepare_cached("select distinct period, office from lists")
            .map_err(LedgerError::doing(DOING))?;
        let mut rows = statement.query([]).map_err(LedgerError::doing(DOING))?;
        let mut periods = Vec::new();
        while let Some(row) = rows.next().map_err(LedgerError::doing(DOING))? {
            let period: String = row.get(0).map_err(LedgerError::doing(DOING))?;
            let period = Period::parse(&period).map_err(LedgerError::damaged("lists.period"))?;
            periods.push((period, row.get(1).map_err(LedgerError::doing(DOING))?));
        }
        Ok(periods)
    }

    /// The sealed lists of a period, by id.
    pub fn sealed_lists(&self, period: Period) -> Result<Vec<SealedList>, LedgerError> {
        let sql = format!("select {COLUMNS} from lists where period = ?1 order by list_id");
        self.select_lists(&sql, &[&period.to_string()])
    }

    /// A sealed list by its id.
    pub fn sealed_list(&self, list_id: &str) -> Result<Option<SealedList>, LedgerError> {
        let sql = format!("select {COLUMNS} from lists where list_id = ?1");
        Ok(self.select_lists(&sql, &[&list_id])?.pop())
    }

    /// The latest period of which any list is sealed.
    pub fn last_sealed_period(&self) -> Result<Option<Period>, LedgerError> {
        let sql = format!("select {COLUMNS} from lists order by {ENDS} desc limit 1");
        Ok(self.select_lists(&sql, &[])?.into_iter().next().map(|list| list.period))
    }

    /// All sealed lists in the order in which they were sealed.
    pub fn all_lists(&self) -> Result<Vec<SealedList>, LedgerError> {
        self.select_lists(&format!("select {COLUMNS} from lists order by rowid"), &[])
    }

    /// Everybody on a sealed list, withdrawn ones too, by person.
    pub fn list_persons(&self, list_id: &str) -> Result<Vec<SealedPerson>, LedgerError> {
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select person_key, delta, leading_rule, rules, measured_fen, row_token from list_persons \
                 where list_id = ?1 order by person_key",
            )
            .map_err(LedgerError::doing(DOING))?;
        let rows = statement
            .query_map([list_id], |row| {
                Ok(SealedPerson {
                    person: PersonKey(row.get(0)?),
                    delta: row.get(1)?,
                    leading_rule: row.get(2)?,
                    rules: row.get::<_, String>(3)?.split(';').map(str::to_owned).collect(),
                    measured: Fen(row.get(4)?),
                    row_token: row.get(5)?,
                })
            })
            .map_err(LedgerError::doing(DOING))?;
        rows.collect::<Result<_, _>>().map_err(LedgerError::doing(DOING))
    }

    pub(super) fn select_lists(
        &self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<SealedList>, LedgerError> {
        let connection = self.read();
        let mut statement = connection.prepare_cached(sql).map_err(LedgerError::doing(DOING))?;
        let mut rows = statement.query(values).map_err(LedgerError::doing(DOING))?;
        let mut lists = Vec::new();
        while let Some(row) = rows.next().map_err(LedgerError::doing(DOING))? {
            lists.push(read_list(row)?);
        }
        Ok(lists)
    }
}

/// See [`ENDS`].
pub(super) fn end_of(period: Period) -> String {
    if period.is_whole() { format!("{period}-31") } else { period.to_string() }
}

fn seal_one(
    transaction: &Transaction<'_>,
    list: &SealedList,
    persons: &[SealedPerson],
    at: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let known: Option<String> = transaction
        .prepare_cached("select manifest_sha256 from lists where list_id = ?1")
        .and_then(|mut statement| statement.query_row([&list.list_id], |row| row.get(0)).optional())
        .map_err(doing())?;
    match known {
        Some(hash) if hash == list.manifest_sha256 => return Ok(false),
        Some(_) => return Err(LedgerError::SealedDifferently { list_id: list.list_id.clone() }),
        None => {}
    }
    let expected: i64 = transaction
        .prepare_cached("select coalesce(max(seq), 0) + 1 from lists where county = ?1 and office = ?2")
        .and_then(|mut statement| statement.query_row([&list.county, &list.office], |row| row.get(0)))
        .map_err(doing())?;
    let expected = expected.unsigned_abs();
    if expected != list.seq {
        return Err(LedgerError::Sequence { list_id: list.list_id.clone(), found: list.seq, expected });
    }
    transaction
        .prepare_cached("insert into lists values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")
        .and_then(|mut insert| {
            insert.execute(params![
                list.list_id,
                list.period.to_string(),
                list.period.year(),
                list.county,
                list.office,
                list.kind,
                whole(list.seq),
                whole(list.version),
                whole(list.rows),
                whole(list.persons),
                list.control.0,
                list.manifest_sha256,
                moment(at)
            ])
        })
        .map_err(doing())?;
    for person in persons {
        transaction
            .prepare_cached("insert into list_persons values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .and_then(|mut insert| {
                insert.execute(params![
                    list.list_id,
                    person.person.0,
                    person.delta,
                    person.leading_rule,
                    person.rules.join(";"),
                    person.measured.0,
                    person.row_token
                ])
            })
            .map_err(doing())?;
    }
    let detail = format!(
        "seq {}, version {}, rows {}, persons {}, manifest {}",
        list.seq, list.version, list.rows, list.persons, list.manifest_sha256
    );
    audit::append(transaction, at, "monthly", "sealed", &list.list_id, &detail)?;
    Ok(true)
}

fn read_list(row: &Row<'_>) -> Result<SealedList, LedgerError> {
    let doing = || LedgerError::doing("reading a sealed list");
    let number = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs).map_err(doing());
    let period: String = row.get(1).map_err(doing())?;
    Ok(SealedList {
        list_id: row.get(0).map_err(doing())?,
        period: Period::parse(&period).map_err(LedgerError::damaged("lists.period"))?,
        county: row.get(2).map_err(doing())?,
        office: row.get(3).map_err(doing())?,
        kind: row.get(4).map_err(doing())?,
        seq: number(5)?,
        version: number(6)?,
        rows: number(7)?,
        persons: number(8)?,
        control: Fen(row.get(9).map_err(doing())?),
        manifest_sha256: row.get(10).map_err(doing())?,
    })
}
