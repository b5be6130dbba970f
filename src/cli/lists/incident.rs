//! The record of a list that was taken back, from the ledger: nothing in it names a person.

use std::collections::BTreeMap;

use engine::{Context, PipelineError};
use law::domain::PersonKey;
use law::referrals::ListKind;
use store::ledger::{ListEventKind, SealedList, SealedPerson};

use crate::cli::{Failure, USAGE};

pub(super) fn show(context: &Context, list_id: &str) -> Result<u8, Failure> {
    let ledger = &context.ledger;
    let wrong = |message: String| Failure::new(USAGE, message);
    let list = ledger.sealed_list(list_id).map_err(PipelineError::from)?;
    let list = list.ok_or_else(|| wrong(format!("there is no sealed list {list_id}")))?;
    let events = ledger.list_events(list_id).map_err(PipelineError::from)?;
    if events.iter().all(|event| event.kind != ListEventKind::Retracted) {
        return Err(wrong(format!("{list_id} was not taken back")));
    }
    println!("{list_id}: number {}, {} rows, {} yuan", list.seq, list.rows, list.control);
    for event in &events {
        println!("  {} {} by {}: {}", event.day, event.kind.code(), event.by, event.detail);
    }
    if events.iter().all(|event| event.kind != ListEventKind::Deleted) {
        println!("  the office has not said that it deleted the list");
    }
    for later in after(context, &list)? {
        println!("  then {}: number {}, {} rows, {} yuan", later.list_id, later.seq, later.rows, later.control);
        if ListKind::parse(&later.kind).is_some_and(ListKind::is_whole) {
            difference(context, &list, &later)?;
        }
    }
    Ok(0)
}

/// Lists of the same period, county and office with higher numbers.
fn after(context: &Context, list: &SealedList) -> Result<Vec<SealedList>, Failure> {
    let all = context.ledger.sealed_lists(list.period).map_err(PipelineError::from)?;
    let is_after =
        |other: &SealedList| (&other.county, &other.office) == (&list.county, &list.office) && other.seq > list.seq;
    let mut later: Vec<SealedList> = all.into_iter().filter(is_after).collect();
    later.sort_by_key(|other| other.seq);
    Ok(later)
}

/// The rows of the new list that are not on the old one or say something else, and how many of the old are gone.
fn difference(context: &Context, old: &SealedList, new: &SealedList) -> Result<(), Failure> {
    let persons = |list: &SealedList| -> Result<BTreeMap<PersonKey, SealedPerson>, Failure> {
        let persons = context.ledger.list_persons(&list.list_id).map_err(PipelineError::from)?;
        let listed = persons.into_iter().filter(|person| person.delta != "withdrawn");
        Ok(listed.map(|person| (person.person, person)).collect())
    };
    let (old, new) = (persons(old)?, persons(new)?);
    let gone = old.keys().filter(|person| !new.contains_key(person)).count();
    println!("    {gone} persons of the list taken back are not on it");
    for (person, row) in &new {
        match old.get(person) {
            None => println!("    row {}: not on the list taken back", row.row_token),
            Some(was) if was.measured != row.measured || was.rules != row.rules => {
                println!("    row {}: {} yuan, was {}", row.row_token, row.measured, was.measured);
            }
            Some(_) => {}
        }
    }
    Ok(())
}
