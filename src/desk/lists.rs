//! Sealed lists: signed, handed over, taken back, encrypted; and what waits for answers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use engine::Context;
use law::domain::{Fen, Period, PersonKey, Said};
use law::referrals::{Attachment, ListKind, Office, Overdue};
use office::delivery::{Desk, require_whole_chain};
use office::handover::{attachment, hand_over};
use office::lists::Retracted;
use office::receipts::{ListStanding, close_period, standings};
use store::keys::Keys;
use store::ledger::{Approval, Ledger, ListEvent, ListEventKind, ListStage, Review, SealedList, SealedPerson};

use crate::actor::{Act, Room};
use crate::error::DeskError;

/// Which lists are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// These, by id.
    Named(Vec<String>),
    /// All of a period that leave the bureau, of one county or of all.
    Of { period: Period, county: Option<String> },
}

/// The ids of the lists that are meant. What was taken back goes nowhere; its notice does.
pub fn leaving(ledger: &Ledger, which: &Which) -> Result<Vec<String>, DeskError> {
    let (period, county) = match which {
        Which::Named(lists) => return Ok(lists.clone()),
        Which::Of { period, county } => (*period, county),
    };
    let mut lists = Vec::new();
    for list in ledger.sealed_lists(period)? {
        let is_meant = Office::is_referral_code(&list.office) && county.as_ref().is_none_or(|own| *own == list.county);
        if is_meant && !ledger.is_retracted(&list.list_id)? {
            lists.push(list.list_id);
        }
    }
    if lists.is_empty() {
        return Err(DeskError::usage(format!("no list of {period} leaves the bureau, or none of that county")));
    }
    Ok(lists)
}

/// Signs lists as reviewed; returns their ids.
pub fn review(room: Room<'_>, act: Act<'_>, which: &Which, reason: &Said) -> Result<Vec<String>, DeskError> {
    let lists = leaving(room.ledger, which)?;
    let review = Review { lists: &lists, signer: act.by(), reason: reason.as_str() };
    Desk::new(room.workspace, room.ledger, act.now)?.review(&review)?;
    Ok(lists)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    pub lists: Vec<String>,
    /// How many letters were written.
    pub letters: usize,
}

/// Signs reviewed lists as ready, writes their letters, and puts them where their offices fetch them. `totals` are the
/// rows and the control total of all of them together, as the approver read them off the files.
pub fn approve(
    room: Room<'_>,
    act: Act<'_>,
    which: &Which,
    reason: &Said,
    totals: (u64, Fen),
) -> Result<Approved, DeskError> {
    let Room { workspace, ledger } = room;
    let lists = leaving(ledger, which)?;
    lists.iter().try_for_each(|list_id| refuse_retracted(ledger, list_id))?;
    let (signer, reason, (rows, control)) = (act.by(), reason.as_str(), totals);
    let approval = Approval { lists: &lists, signer, reason, rows, control };
    let letters = Desk::new(workspace, ledger, act.now)?.approve(&approval)?;
    for list in ledger.lists_named(&lists)? {
        hand_over(&workspace.layout, ledger, &list, act.now)?;
    }
    Ok(Approved { lists, letters })
}

/// Takes a wrong list back as a whole; see [`office::lists::retract`].
pub fn retract(context: &Context, act: Act<'_>, list_id: &str, reason: &Said) -> Result<Retracted, DeskError> {
    sealed(&context.ledger, list_id)?;
    Ok(office::lists::retract(context, list_id, (act.by(), reason.as_str()), act.now)?)
}

/// Notes that an office says that it deleted what was taken back; returns whether that was news.
pub fn deleted(room: Room<'_>, act: Act<'_>, list_id: &str) -> Result<bool, DeskError> {
    let is_notice = room.ledger.sealed_list(list_id)?.is_some_and(|list| list.kind == ListKind::Retraction.code());
    if !is_notice && !room.ledger.is_retracted(list_id)? {
        return Err(DeskError::usage(format!("{list_id} was not taken back")));
    }
    note(room, act, list_id, ListEventKind::Deleted, "deleted at the office")
}

/// Names who sees to the missing answers of a list; returns whether that was news.
pub fn owner(room: Room<'_>, act: Act<'_>, list_id: &str, name: &Said) -> Result<bool, DeskError> {
    sealed(room.ledger, list_id)?;
    note(room, act, list_id, ListEventKind::Owned, name.as_str())
}

fn note(room: Room<'_>, act: Act<'_>, list_id: &str, kind: ListEventKind, detail: &str) -> Result<bool, DeskError> {
    let event = ListEvent { kind, day: act.day(), by: act.by().to_owned(), detail: detail.to_owned() };
    Ok(room.ledger.note_list(list_id, &event, act.now)?)
}

/// How a period's lists stand on a day.
pub fn standing(context: &Context, period: Period, day: NaiveDate) -> Result<Vec<ListStanding>, DeskError> {
    let days = context.workspace.settings.bureau.feedback_days;
    Ok(standings(&context.ledger, period, day, days, &context.workdays)?)
}

/// Ids of a period's lists whose answers are late, with their owners.
pub fn late(context: &Context, period: Period, day: NaiveDate) -> Result<Vec<String>, DeskError> {
    let lists = standing(context, period, day)?.into_iter().filter(|list| list.overdue >= Overdue::Remind);
    let named = lists.map(|list| match list.owner {
        Some(owner) => format!("{} ({owner})", list.list_id),
        None => list.list_id,
    });
    Ok(named.collect())
}

/// Closes a period as it stands on a day: nobody is reminded of its lists any more. Answers that still come are taken
/// in, and a list that is sealed for it later opens it again. Returns whether it was open.
pub fn close(context: &Context, act: Act<'_>, period: Period, day: NaiveDate) -> Result<bool, DeskError> {
    let lists = standing(context, period, day)?;
    Ok(close_period(&context.ledger, (period, act.by()), &lists, act.now)?)
}

/// A list encrypted, for handing it over as a file. No note in the audit chain, no file.
pub fn encrypt(room: Room<'_>, act: Act<'_>, list_id: &str, form: Attachment) -> Result<Vec<u8>, DeskError> {
    let list = sealed(room.ledger, list_id)?;
    require_whole_chain(room.ledger)?;
    refuse_retracted(room.ledger, list_id)?;
    refuse_unready(room.ledger, list_id)?;
    let made = attachment(&room.workspace.layout, &list, form)?;
    let (_, bytes) = made.ok_or_else(|| DeskError::usage("name a form of encryption"))?;
    room.ledger.record(act.by(), "encrypted", list_id, "", act.now)?;
    Ok(bytes)
}

/// The password of a list that was encrypted. No note in the audit chain, no password.
pub fn password(room: Room<'_>, act: Act<'_>, list_id: &str) -> Result<String, DeskError> {
    refuse_unready(room.ledger, list_id)?;
    let known = Keys::known_password(&room.workspace.layout, list_id)?;
    let none = || DeskError::data(format!("{list_id} has no password: nothing of it was encrypted"));
    let password = known.ok_or_else(none)?;
    room.ledger.record(act.by(), "password shown", list_id, "", act.now)?;
    Ok(password)
}

/// The sealed list with that id.
pub(crate) fn sealed(ledger: &Ledger, list_id: &str) -> Result<SealedList, DeskError> {
    ledger.sealed_list(list_id)?.ok_or_else(|| DeskError::usage(format!("there is no sealed list {list_id}")))
}

fn refuse_retracted(ledger: &Ledger, list_id: &str) -> Result<(), DeskError> {
    let is_retracted = ledger.is_retracted(list_id)?;
    if is_retracted { Err(DeskError::data(format!("{list_id} was taken back"))) } else { Ok(()) }
}

/// Nothing of a list leaves the bureau before it is signed as ready.
fn refuse_unready(ledger: &Ledger, list_id: &str) -> Result<(), DeskError> {
    if ledger.signatures(list_id)?.0 == ListStage::Ready {
        return Ok(());
    }
    Err(DeskError::data(format!("{list_id} is not READY; it needs `lists review` and `lists approve` first")))
}

/// The record of a list that was taken back. Nothing in it names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    pub list: SealedList,
    pub events: Vec<ListEvent>,
    /// Lists of the same period, county and office with higher numbers, in their order.
    pub later: Vec<Later>,
}

/// A list that came after the one that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    pub list: SealedList,
    /// How it differs, where it is a whole list.
    pub difference: Option<Difference>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Persons of the list taken back who are not on the new one.
    pub gone: usize,
    /// Tokens of rows that the list taken back did not have.
    pub new: Vec<String>,
    /// Rows that say something else: token, amount now and then.
    pub changed: Vec<(String, Fen, Fen)>,
}

/// The record of a list that was taken back.
pub fn incident(ledger: &Ledger, list_id: &str) -> Result<Incident, DeskError> {
    let list = sealed(ledger, list_id)?;
    let events = ledger.list_events(list_id)?;
    if events.iter().all(|event| event.kind != ListEventKind::Retracted) {
        return Err(DeskError::usage(format!("{list_id} was not taken back")));
    }
    let is_later =
        |other: &SealedList| (&other.county, &other.office) == (&list.county, &list.office) && other.seq > list.seq;
    let mut lists: Vec<SealedList> = ledger.sealed_lists(list.period)?.into_iter().filter(is_later).collect();
    lists.sort_by_key(|other| other.seq);
    let mut later = Vec::with_capacity(lists.len());
    for other in lists {
        let is_whole = ListKind::parse(&other.kind).is_some_and(ListKind::is_whole);
        let difference = if is_whole { Some(difference(ledger, &list, &other)?) } else { None };
        later.push(Later { list: other, difference });
    }
    Ok(Incident { list, events, later })
}

fn difference(ledger: &Ledger, old: &SealedList, new: &SealedList) -> Result<Difference, DeskError> {
    let persons = |list: &SealedList| -> Result<BTreeMap<PersonKey, SealedPerson>, DeskError> {
        let persons = ledger.list_persons(&list.list_id)?.into_iter().filter(|person| person.delta != "withdrawn");
        Ok(persons.map(|person| (person.person, person)).collect())
    };
    let (old, new) = (persons(old)?, persons(new)?);
    let gone = old.keys().filter(|person| !new.contains_key(person)).count();
    let mut difference = Difference { gone, ..Difference::default() };
    for (person, row) in new {
        match old.get(&person) {
            None => difference.new.push(row.row_token),
            Some(was) if was.measured != row.measured || was.rules != row.rules => {
                difference.changed.push((row.row_token, row.measured, was.measured));
            }
            Some(_) => {}
        }
    }
    Ok(difference)
}
