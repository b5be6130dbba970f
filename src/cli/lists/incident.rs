//! The record of a list that was taken back; nothing in it names a person.

use desk::{Difference, Incident, Later};
use store::ledger::{Ledger, ListEventKind};

use crate::cli::failure::Failure;

pub(super) fn show(ledger: &Ledger, list_id: &str) -> Result<u8, Failure> {
    let Incident { list, events, later } = desk::incident(ledger, list_id)?;
    println!("{list_id}: number {}, {} rows, {} yuan", list.seq, list.rows, list.control);
    for event in &events {
        println!("  {} {} by {}: {}", event.day, event.kind.code(), event.by, event.detail);
    }
    if events.iter().all(|event| event.kind != ListEventKind::Deleted) {
        println!("  the office has not said that it deleted the list");
    }
    for Later { list, difference } in &later {
        println!("  then {}: number {}, {} rows, {} yuan", list.list_id, list.seq, list.rows, list.control);
        if let Some(difference) = difference {
            describe(difference);
        }
    }
    Ok(0)
}

fn describe(difference: &Difference) {
    let Difference { gone, new, changed } = difference;
    println!("    {gone} persons of the list taken back are not on it");
    new.iter().for_each(|token| println!("    row {token}: not on the list taken back"));
    changed.iter().for_each(|(token, now, was)| println!("    row {token}: {now} yuan, was {was}"));
}
