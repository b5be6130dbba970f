//! Answers about persons: matched by row token, appended to the row and to the person's cases. Whom an office gives back
//! as not its own is sent on to another; nobody is lost on the way.

use chrono::{DateTime, NaiveDate, Utc};
use law::cases::{Answer, Effect, EventKind, Verdict, effect};
use law::domain::{Fen, Period, PersonKey};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::parse_day;
use crate::ledger::landed::whole;
use crate::ledger::store::{Ledger, moment};
use crate::ledger::{LedgerError, audit};

/// The row of a sealed list that a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRow {
    pub list_id: String,
    pub period: Period,
    pub county: String,
    pub office: String,
    pub person: PersonKey,
    /// Code of the change that the row tells.
    pub delta: String,
}

/// One answer of a file, with the row that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnswer {
    /// The row of the list.
    pub row: ListedRow,
    /// Where in the file it stands.
    pub row_no: i64,
    pub answer: Answer,
    /// Where the person goes when the office says that they are not its own; empty: nowhere, they stay on its list.
    pub reroute_to: String,
}

/// An answer as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    pub answer_id: i64,
    pub list_id: String,
    pub person: PersonKey,
    /// `first`, `advance`, `conflict`, `settled`.
    pub effect: String,
    /// File and row that it came from.
    pub source: (String, i64),
    pub answer: Answer,
}

/// What became of a file's answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// First answers and those that go on from one.
    pub news: u64,
    /// Answers that say what is known.
    pub same: u64,
    /// Rows whose answer differs from the one that stands.
    pub conflicts: Vec<(String, i64)>,
    /// Persons who were given back.
    pub rerouted: u64,
}

const DOING: &str = "taking in answers";
const COLUMNS: &str = "answer_id, list_id, person_key, effect, file_id, row_no, verdict, category, reason, measure, \
                       amount_fen, verified_on, unit, verifier, remark";

impl Ledger {
    /// Sends a person who was given back on to another office.
    pub fn reroute(&self, row: &ListedRow, to: &str, by: &str, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.write("rerouting a person", |transaction| {
            insert_reroute(transaction, row, to, by, at)?;
            audit::append(transaction, at, by, "rerouted", &row.list_id, &format!("one person to {to}"))
        })
    }

    /// The row that a token names.
    pub fn row_with_token(&self, token: &str) -> Result<Option<ListedRow>, LedgerError> {
        if token.is_empty() {
            return Ok(None);
        }
        let doing = || LedgerError::doing("looking up a row token");
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select p.list_id, l.period, l.office, p.person_key, p.delta, l.county from list_persons p \
                 inner join lists l using (list_id) where p.row_token = ?1",
            )
            .map_err(doing())?;
        let found = statement
            .query_row([token], |row| {
                Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })
            .optional()
            .map_err(doing())?;
        let Some((list_id, period, office, person, delta, county)) = found else { return Ok(None) };
        let period = Period::parse(&period).map_err(LedgerError::damaged("lists.period"))?;
        Ok(Some(ListedRow { list_id, period, county, office, person: PersonKey(person), delta }))
    }

    /// Whether a file was imported before.
    pub fn knows_receipt(&self, file_id: &str) -> Result<bool, LedgerError> {
        self.read()
            .query_row("select 1 from receipt_files where file_id = ?1", [file_id], |_| Ok(()))
            .optional()
            .map(|found| found.is_some())
            .map_err(LedgerError::doing("looking up a receipt file"))
    }

    /// Takes in a file's answers, all or none: to their rows, to the persons' cases, and to the routing where an
    /// office gives somebody back. `read` and `unmatched` are the file's rows and those that no list knows.
    pub fn take_answers(
        &self,
        (file_id, name): (&str, &str),
        (read, unmatched): (u64, u64),
        answers: &[NewAnswer],
        day: NaiveDate,
        at: DateTime<Utc>,
    ) -> Result<Taken, LedgerError> {
        self.write(DOING, |transaction| {
            let mut taken = Taken::default();
            for answer in answers {
                take_one(transaction, file_id, answer, (day, at), &mut taken)?;
            }
            let conflicts = taken.conflicts.len() as u64;
            transaction
                .execute(
                    "insert into receipt_files values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        file_id,
                        name,
                        moment(at),
                        whole(read),
                        whole(answers.len() as u64),
                        whole(conflicts),
                        whole(unmatched)
                    ],
                )
                .map_err(LedgerError::doing(DOING))?;
            let detail = format!(
                "{read} rows, {} news, {} known, {conflicts} conflicts, {unmatched} unmatched, {} given back",
                taken.news, taken.same, taken.rerouted
            );
            let object = format!("receipt {}", file_id.get(..16).unwrap_or(file_id));
            audit::append(transaction, at, "receipts", "imported", &object, &detail)?;
            Ok(taken)
        })
    }

    /// The answer that stands for a row.
    pub fn standing_answer(&self, list_id: &str, person: PersonKey) -> Result<Option<StoredAnswer>, LedgerError> {
        standing(&self.read(), list_id, person)
    }

    /// Answers that differ from the one that stood, and on which nobody has decided since.
    pub fn open_conflicts(&self) -> Result<Vec<StoredAnswer>, LedgerError> {
        let doing = || LedgerError::doing("reading conflicts");
        let connection = self.read();
        let sql = format!(
            "select {COLUMNS} from answers a where effect = 'conflict' and not exists (select 1 from answers s \
             where s.list_id = a.list_id and s.person_key = a.person_key and s.effect = 'settled' \
             and s.answer_id > a.answer_id) order by answer_id"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(doing())?;
        let mut rows = statement.query([]).map_err(doing())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(doing())? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// An officer's word on a conflict: the answer with that number stands from now on. Returns whether there was such
    /// an answer.
    pub fn settle(
        &self,
        answer_id: i64,
        (by, why): (&str, &str),
        reroute_to: &str,
        day: NaiveDate,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        self.write("settling a conflict", |transaction| {
            let sql = format!("select {COLUMNS} from answers where answer_id = ?1");
            let stored = {
                let mut statement = transaction.prepare_cached(&sql).map_err(LedgerError::doing(DOING))?;
                let mut rows = statement.query([answer_id]).map_err(LedgerError::doing(DOING))?;
                match rows.next().map_err(LedgerError::doing(DOING))? {
                    Some(row) => read(row)?,
                    None => return Ok(false),
                }
            };
            let row = listed(transaction, &stored.list_id, stored.person)?;
            let (file_id, row_no) = stored.source.clone();
            let answer = NewAnswer { row, row_no, answer: stored.answer, reroute_to: reroute_to.to_owned() };
            append(transaction, &file_id, &answer, "settled", (day, at))?;
            tell_cases(transaction, &answer, at)?;
            reroute(transaction, &answer, by, at)?;
            audit::append(transaction, at, by, "settled", &stored.list_id, &format!("answer {answer_id}: {why}"))?;
            Ok(true)
        })
    }
}

fn take_one(
    transaction: &Transaction<'_>,
    file_id: &str,
    new: &NewAnswer,
    (day, at): (NaiveDate, DateTime<Utc>),
    taken: &mut Taken,
) -> Result<(), LedgerError> {
    let before = standing(transaction, &new.row.list_id, new.row.person)?;
    let effect = effect(before.as_ref().map(|stored| &stored.answer), &new.answer);
    if effect == Effect::Same {
        taken.same += 1;
        return Ok(());
    }
    append(transaction, file_id, new, effect.code(), (day, at))?;
    if effect == Effect::Conflict {
        taken.conflicts.push((new.row.list_id.clone(), new.row_no));
        return Ok(());
    }
    taken.news += 1;
    tell_cases(transaction, new, at)?;
    if reroute(transaction, new, "receipts", at)? {
        taken.rerouted += 1;
    }
    Ok(())
}

fn append(
    transaction: &Transaction<'_>,
    file_id: &str,
    NewAnswer { row, row_no, answer, .. }: &NewAnswer,
    effect: &str,
    (day, at): (NaiveDate, DateTime<Utc>),
) -> Result<(), LedgerError> {
    transaction
        .prepare_cached(
            "insert into answers (list_id, person_key, file_id, row_no, effect, verdict, category, reason, measure, \
             amount_fen, verified_on, unit, verifier, remark, day, at) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )
        .and_then(|mut insert| {
            insert.execute(params![
                row.list_id,
                row.person.0,
                file_id,
                row_no,
                effect,
                answer.verdict.code(),
                answer.category,
                answer.reason,
                answer.measure,
                answer.amount.map(|fen| fen.0),
                answer.verified_on.map(|day| day.to_string()),
                answer.unit,
                answer.verifier,
                answer.remark,
                day.to_string(),
                moment(at)
            ])
        })
        .map_err(LedgerError::doing(DOING))?;
    Ok(())
}

/// Appends the answer to the person's cases by the rules that the row names; their states stay what the data say.
fn tell_cases(transaction: &Transaction<'_>, new: &NewAnswer, at: DateTime<Utc>) -> Result<(), LedgerError> {
    let doing = || LedgerError::doing("telling cases of an answer");
    let said = format!("{}:{}", new.row.office, new.answer.verdict.code());
    let mut statement = transaction
        .prepare_cached(
            "insert into case_events (case_id, period, at, kind, from_state, to_state, measured_fen, reason) \
             select c.case_id, ?3, ?4, ?5, c.state, c.state, c.measured_fen, ?6 from cases c \
             inner join list_persons p on p.person_key = c.person_key and p.list_id = ?1 \
             where c.person_key = ?2 and c.year = ?7 and instr(';' || p.rules || ';', ';' || c.rule_id || ';') > 0 \
             order by c.case_id",
        )
        .map_err(doing())?;
    let (row, kind) = (&new.row, EventKind::Answered.code());
    statement
        .execute(params![row.list_id, row.person.0, row.period.to_string(), moment(at), kind, said, row.period.year()])
        .map_err(doing())?;
    Ok(())
}

pub(super) fn listed(
    connection: &rusqlite::Connection,
    list_id: &str,
    person: PersonKey,
) -> Result<ListedRow, LedgerError> {
    let doing = || LedgerError::doing("reading a list's row");
    let (period, office, delta, county): (String, String, String, String) = connection
        .query_row(
            "select l.period, l.office, p.delta, l.county from list_persons p inner join lists l using (list_id) \
             where p.list_id = ?1 and p.person_key = ?2",
            params![list_id, person.0],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .map_err(doing())?;
    let period = Period::parse(&period).map_err(LedgerError::damaged("lists.period"))?;
    Ok(ListedRow { list_id: list_id.to_owned(), period, county, office, person, delta })
}

pub(super) fn standing(
    connection: &rusqlite::Connection,
    list_id: &str,
    person: PersonKey,
) -> Result<Option<StoredAnswer>, LedgerError> {
    let doing = || LedgerError::doing("reading the answer that stands");
    let sql = format!(
        "select {COLUMNS} from answers where list_id = ?1 and person_key = ?2 and effect <> 'conflict' \
         order by answer_id desc limit 1"
    );
    let mut statement = connection.prepare_cached(&sql).map_err(doing())?;
    let mut rows = statement.query(params![list_id, person.0]).map_err(doing())?;
    rows.next().map_err(doing())?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<StoredAnswer, LedgerError> {
    let doing = || LedgerError::doing("reading an answer");
    let verdict: String = row.get(6).map_err(doing())?;
    let verified_on: Option<String> = row.get(11).map_err(doing())?;
    Ok(StoredAnswer {
        answer_id: row.get(0).map_err(doing())?,
        list_id: row.get(1).map_err(doing())?,
        person: PersonKey(row.get(2).map_err(doing())?),
        effect: row.get(3).map_err(doing())?,
        source: (row.get(4).map_err(doing())?, row.get(5).map_err(doing())?),
        answer: Answer {
            verdict: Verdict::parse(&verdict).ok_or(LedgerError::Damaged { what: "answers.verdict", why: verdict })?,
            category: row.get(7).map_err(doing())?,
            reason: row.get(8).map_err(doing())?,
            measure: row.get(9).map_err(doing())?,
            amount: row.get::<_, Option<i64>>(10).map_err(doing())?.map(Fen),
            verified_on: verified_on.map(|day| parse_day("answers.verified_on", &day)).transpose()?,
            unit: row.get(12).map_err(doing())?,
            verifier: row.get(13).map_err(doing())?,
            remark: row.get(14).map_err(doing())?,
        },
    })
}

/// Sends on whom an office says is not its own; returns whether it did.
fn reroute(transaction: &Transaction<'_>, new: &NewAnswer, by: &str, at: DateTime<Utc>) -> Result<bool, LedgerError> {
    if new.answer.verdict != Verdict::NotOurs || new.reroute_to.is_empty() {
        return Ok(false);
    }
    insert_reroute(transaction, &new.row, &new.reroute_to, by, at)?;
    Ok(true)
}

pub(super) fn insert_reroute(
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
