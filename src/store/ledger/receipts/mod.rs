//! What happens to a list once it is sealed: handed over, confirmed, taken back, owned, closed; and the tables of that.
//!
//! Answers about persons live in `answers`, what a funnel needs in `funnel`. All is appended, nothing edited.

mod answers;
mod funnel;
pub(in crate::ledger) mod given_back;

pub use answers::{ListedRow, NewAnswer, StoredAnswer, Taken};
pub use funnel::FunnelRow;

use chrono::{DateTime, NaiveDate, Utc};
use law::domain::{Fen, Period};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::delivery::withdraw_letters;
use super::store::{Ledger, moment};
use super::{LedgerError, SealedList, audit};

law::codes! {
    /// What happened to a list.
    pub enum ListEventKind {
        /// It lies where its office fetches it.
        Published = "published",
        /// The office states rows and control total, and they are right.
        Confirmed = "confirmed",
        Disputed = "disputed",
        Retracted = "retracted",
        /// The office says that it deleted what was taken back.
        Deleted = "deleted",
        /// Somebody is named who sees to the missing answers.
        Owned = "owned",
    }
}

/// One line of a list's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEvent {
    pub kind: ListEventKind,
    /// On which day, on the clock of the offices.
    pub day: NaiveDate,
    /// Who said so, or did it.
    pub by: String,
    /// What else is to be known; never a person on the list.
    pub detail: String,
}

/// What an office states about a list as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileReceipt {
    pub rows: u64,
    /// The control total that it read off.
    pub control: Fen,
}

const DOING: &str = "noting what happened to a list";

impl Ledger {
    /// Notes what happened to a list; letters that announce a list which is taken back go nowhere from then on. The
    /// same event again, by the same person with the same detail, changes nothing; returns whether it was news.
    pub fn note_list(&self, list_id: &str, event: &ListEvent, at: DateTime<Utc>) -> Result<bool, LedgerError> {
        self.write(DOING, |transaction| note(transaction, list_id, event, at))
    }

    /// A list's history, oldest first.
    pub fn list_events(&self, list_id: &str) -> Result<Vec<ListEvent>, LedgerError> {
        let doing = || LedgerError::doing("reading what happened to a list");
        let connection = self.read();
        let mut statement = connection
            .prepare_cached("select kind, day, by_name, detail from list_events where list_id = ?1 order by event_id")
            .map_err(doing())?;
        let mut rows = statement.query([list_id]).map_err(doing())?;
        let mut events = Vec::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let kind: String = row.get(0).map_err(doing())?;
            let day: String = row.get(1).map_err(doing())?;
            events.push(ListEvent {
                kind: ListEventKind::parse(&kind)
                    .ok_or(LedgerError::Damaged { what: "list_events.kind", why: kind })?,
                day: parse_day("list_events.day", &day)?,
                by: row.get(2).map_err(doing())?,
                detail: row.get(3).map_err(doing())?,
            });
        }
        Ok(events)
    }

    /// Whether a list was taken back.
    pub fn is_retracted(&self, list_id: &str) -> Result<bool, LedgerError> {
        Ok(self.list_events(list_id)?.iter().any(|event| event.kind == ListEventKind::Retracted))
    }

    /// Notes what an office states about a list: confirmed where both figures are right, else disputed.
    pub fn receive_file(
        &self,
        list: &SealedList,
        stated: FileReceipt,
        (by, day): (&str, NaiveDate),
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        let is_right = stated.rows == list.rows && stated.control == list.control;
        let kind = if is_right { ListEventKind::Confirmed } else { ListEventKind::Disputed };
        let detail = format!("rows {}, control {} yuan", stated.rows, stated.control);
        let event = ListEvent { kind, day, by: by.to_owned(), detail };
        self.note_list(&list.list_id, &event, at)?;
        Ok(is_right)
    }

    /// Closes a period; the caller has checked that nothing keeps it open. Returns whether it was open.
    pub fn close_period(&self, period: Period, by: &str, lists: u64, at: DateTime<Utc>) -> Result<bool, LedgerError> {
        self.write("closing a period", |transaction| {
            if closed_by(transaction, period)?.is_some() {
                return Ok(false);
            }
            transaction
                .execute(
                    "insert or replace into closed_periods values (?1, ?2, ?3, ?4)",
                    params![period.to_string(), moment(at), by, super::landed::whole(lists)],
                )
                .map_err(LedgerError::doing("closing a period"))?;
            audit::append(transaction, at, by, "closed", &format!("period {period}"), &format!("{lists} lists"))?;
            Ok(true)
        })
    }

    /// Who closed a period, unless a list of it was sealed since: that one waits for answers.
    pub fn closed_by(&self, period: Period) -> Result<Option<String>, LedgerError> {
        closed_by(&self.read(), period)
    }
}

fn closed_by(connection: &Connection, period: Period) -> Result<Option<String>, LedgerError> {
    let sql = "select by_name from closed_periods c where period = ?1 \
         and not exists (select 1 from lists l where l.period = c.period and l.sealed_at > c.at)";
    let found = connection.query_row(sql, [period.to_string()], |row| row.get(0)).optional();
    found.map_err(LedgerError::doing("reading closed periods"))
}

/// Appends an event inside a transaction; see [`Ledger::note_list`].
fn note(
    transaction: &Transaction<'_>,
    list_id: &str,
    event: &ListEvent,
    at: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let (kind, day) = (event.kind.code(), event.day.to_string());
    let last: Option<(String, String)> = transaction
        .query_row(
            "select by_name, detail from list_events where list_id = ?1 and kind = ?2 order by event_id desc limit 1",
            params![list_id, kind],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(LedgerError::doing(DOING))?;
    if last.is_some_and(|(by, detail)| by == event.by && detail == event.detail) {
        return Ok(false);
    }
    transaction
        .execute(
            "insert into list_events (list_id, kind, day, at, by_name, detail) values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![list_id, kind, day, moment(at), event.by, event.detail],
        )
        .map_err(LedgerError::doing(DOING))?;
    audit::append(transaction, at, &event.by, kind, list_id, &event.detail)?;
    if event.kind == ListEventKind::Retracted {
        withdraw_letters(transaction, list_id, &event.by, at)?;
    }
    Ok(true)
}

fn parse_day(what: &'static str, text: &str) -> Result<NaiveDate, LedgerError> {
    law::domain::parse_date(text).map_err(LedgerError::damaged(what))
}
