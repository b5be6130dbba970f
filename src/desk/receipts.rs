//! What offices answer: files and statements taken in, conflicts decided, persons passed on to another office.

use std::path::Path;

use chrono::{DateTime, Utc};
use engine::Context;
use law::domain::{Said, clean_token, official_day};
use office::receipts::{Imported, ReceiptDesk};
use store::ledger::{FileReceipt, Ledger, SealedList, StoredAnswer};

use crate::actor::{Act, Room};
use crate::error::DeskError;
use crate::lists::sealed;

/// Code of the bureau's own unit, which decides conflicts.
const BUREAU: &str = "YBU";

/// What an office states about a list, beside the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    pub list: SealedList,
    /// Whether rows and control total are the list's.
    pub is_right: bool,
}

/// An answer that differs from the one that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    pub later: StoredAnswer,
    pub standing: Option<StoredAnswer>,
}

/// Takes a filled-in workbook or CSV in; the same bytes again change nothing. `from`: code of the office that sent it.
pub fn import(context: &Context, now: DateTime<Utc>, path: &Path, from: Option<&str>) -> Result<Imported, DeskError> {
    if let Some(code) = from.filter(|code| !context.offices.has_code(code)) {
        return Err(DeskError::usage(format!("--from {code}: pipelines/tables/offices.csv has no such office")));
    }
    let desk = ReceiptDesk {
        layout: &context.workspace.layout,
        settings: &context.workspace.settings,
        ledger: &context.ledger,
        offices: &context.offices,
        bounds: &context.bounds,
        workdays: &context.workdays,
        program: &context.gate_program,
        today: official_day(now),
        now,
    };
    Ok(office::receipts::import(&desk, path, from)?)
}

/// Notes what an office states about a list as a whole.
pub fn receive(room: Room<'_>, act: Act<'_>, list_id: &str, stated: FileReceipt) -> Result<Stated, DeskError> {
    let list = sealed(room.ledger, list_id)?;
    let is_right = room.ledger.receive_file(&list, stated, (act.by(), act.day()), act.now)?;
    Ok(Stated { list, is_right })
}

/// What is to be decided.
pub fn conflicts(ledger: &Ledger) -> Result<Vec<Conflict>, DeskError> {
    let open = ledger.open_conflicts()?.into_iter();
    open.map(|later| Ok(Conflict { standing: ledger.standing_answer(&later.list_id, later.person)?, later })).collect()
}

/// Decides a conflict: the answer with that number stands from now on.
pub fn settle(room: Room<'_>, act: Act<'_>, answer: i64, reason: &Said) -> Result<(), DeskError> {
    let is_there = room.ledger.settle(answer, (act.by(), reason.as_str()), BUREAU, act.day(), act.now)?;
    if is_there { Ok(()) } else { Err(DeskError::usage(format!("there is no answer {answer}"))) }
}

/// Passes a person whom an office gave back on to another office, one that is in force at the end of the list's period;
/// returns the list's id.
pub fn reroute(context: &Context, act: Act<'_>, token: &str, to: &str) -> Result<String, DeskError> {
    let row = context.ledger.row_with_token(&clean_token(token))?;
    let row = row.ok_or_else(|| DeskError::usage("no list has this token"))?;
    let (day, letters) = (row.period.last_day(), to.trim_end_matches(|c: char| c.is_ascii_digit()));
    let mut in_force = context.offices.recipients().filter_map(|word| context.offices.in_force(word, day));
    if to == row.office || !in_force.any(|term| term.code == letters) {
        return Err(DeskError::usage(format!("--to {to}: no other office in force")));
    }
    context.ledger.reroute(&row, to, act.by(), act.now)?;
    Ok(row.list_id)
}
