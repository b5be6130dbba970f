//! Which lists still wait for an answer, how late each is, and whether a period may close.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use law::domain::{Period, PersonKey, Workdays};
use law::referrals::{Answered, Deadlines, ListKind, Office, Overdue};
use serde::Serialize;
use store::ledger::{FunnelRow, Ledger, ListEventKind, SealedList};

use super::ReceiptError;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListStanding {
    pub list_id: String,
    pub answered: Answered,
    /// Persons about whom an answer is owed, answered or not.
    pub owed: u64,
    pub overdue: Overdue,
    /// When it becomes late, once it is handed over.
    pub deadlines: Option<Deadlines>,
    pub owner: Option<String>,
    /// Whether the office states other figures than the list has.
    pub is_disputed: bool,
}

/// How the lists of a period that leave the bureau stand on a day; lists that were taken back are left out.
pub fn standings(
    ledger: &Ledger,
    period: Period,
    today: NaiveDate,
    feedback_days: u32,
    calendar: &Workdays,
) -> Result<Vec<ListStanding>, ReceiptError> {
    let sealed: Vec<SealedList> = ledger.sealed_lists(period)?;
    let rows = ledger.funnel_rows(period.year(), Some(period))?;
    let gone = withdrawn(ledger, &sealed)?;
    let is_closed = ledger.closed_by(period)?.is_some();
    let mut open: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_owed && !is_gone(&gone, row)) {
        let counts = open.entry(row.list_id.as_str()).or_default();
        counts.0 += 1;
        counts.1 += u64::from(row.verified.is_none());
    }
    let mut standings = Vec::new();
    for list in sealed.iter().filter(|list| Office::is_referral_code(&list.office)) {
        let events = ledger.list_events(&list.list_id)?;
        let last = |kind: ListEventKind| events.iter().rev().find(|event| event.kind == kind);
        if last(ListEventKind::Retracted).is_some() {
            continue;
        }
        let (owed, open) = open.get(list.list_id.as_str()).copied().unwrap_or_default();
        let owner = last(ListEventKind::Owned).map(|event| event.detail.clone());
        let confirmations = [ListEventKind::Confirmed, ListEventKind::Disputed];
        let stated = events.iter().rev().find(|event| confirmations.contains(&event.kind));
        // A notice is answered by deleting what it takes back.
        let is_notice = list.kind == ListKind::Retraction.code();
        let is_confirmed = stated.is_some_and(|event| event.kind == ListEventKind::Confirmed)
            || (is_notice && last(ListEventKind::Deleted).is_some());
        let sent = last(ListEventKind::Published).map(|event| event.day);
        let answered = Answered { sent, is_confirmed, open, has_owner: owner.is_some() };
        standings.push(ListStanding {
            list_id: list.list_id.clone(),
            answered,
            owed,
            overdue: match answered.on(today, feedback_days, calendar) {
                Overdue::Done => Overdue::Done,
                _ if is_closed => Overdue::Closed,
                overdue => overdue,
            },
            deadlines: sent.map(|sent| Deadlines::of(sent, feedback_days, calendar)),
            owner,
            is_disputed: stated.is_some_and(|event| event.kind == ListEventKind::Disputed),
        });
    }
    Ok(standings)
}

/// Persons whom a later list of the same place withdrew: about them nothing is owed any more.
type Gone = BTreeMap<(String, String), BTreeSet<PersonKey>>;

fn withdrawn(ledger: &Ledger, sealed: &[SealedList]) -> Result<Gone, ReceiptError> {
    let mut gone = Gone::new();
    for list in sealed.iter().filter(|list| list.kind == ListKind::Withdrawal.code()) {
        let persons = ledger.list_persons(&list.list_id)?;
        let place = gone.entry((list.county.clone(), list.office.clone())).or_default();
        place.extend(persons.iter().map(|person| person.person));
    }
    Ok(gone)
}

fn is_gone(gone: &Gone, row: &FunnelRow) -> bool {
    gone.get(&(row.county.clone(), row.office.clone())).is_some_and(|persons| persons.contains(&row.person))
}

/// Closes a period: every list and every person is answered, or late with a named owner. Answers whether it was open.
///
/// # Errors
/// [`ReceiptError::NotReady`] with the lists that keep it open.
pub fn close_period(
    ledger: &Ledger,
    (period, by): (Period, &str),
    standings: &[ListStanding],
    at: DateTime<Utc>,
) -> Result<bool, ReceiptError> {
    if standings.is_empty() {
        return Err(ReceiptError::NotReady(format!("no list of {period} is sealed: there is nothing to close")));
    }
    let open: Vec<String> = standings
        .iter()
        .filter(|list| !list.answered.may_close(list.overdue))
        .map(|list| {
            let (id, open) = (&list.list_id, list.answered.open);
            let confirmed = if list.answered.is_confirmed { "confirmed" } else { "not confirmed" };
            format!("  {id}: {confirmed}, {open} persons unanswered, {}", word(list.overdue))
        })
        .collect();
    if !open.is_empty() {
        return Err(ReceiptError::NotReady(format!(
            "{period} stays open: {} lists are neither answered nor late with a named owner (`lists owner`)\n{}",
            open.len(),
            open.join("\n")
        )));
    }
    Ok(ledger.close_period(period, by, standings.len() as u64, at)?)
}

const fn word(overdue: Overdue) -> &'static str {
    match overdue {
        Overdue::Done => "done",
        Overdue::Closed => "closed",
        Overdue::NotSent => "not handed over",
        Overdue::Waiting => "within its time",
        Overdue::Remind => "late: remind",
        Overdue::Escalate => "late: tell the supervisor",
    }
}
