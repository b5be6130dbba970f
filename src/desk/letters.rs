//! Letters: sending what is due, and what somebody says of one that did not simply arrive.

use chrono::{DateTime, Utc};
use engine::Stop;
use law::domain::Said;
use office::delivery::{Clearance, Delivered, Desk, Resolution, hold_post, remembered, send_due, trace_of};
use office::handover::hand_over;
use store::ledger::{Letter, MailState};

pub use office::delivery::Trace;

use crate::actor::{Act, Room};
use crate::error::DeskError;

/// What somebody says of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordOf {
    /// It is so.
    Letter(Resolution),
    /// Nobody can find out: a new letter, marked 重发, goes in its place.
    SendAgain,
}

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    Now(MailState),
    /// The Message-ID of the letter in its place.
    Replaced(String),
}

/// The letters that are due, and whether each may go.
pub fn due(room: Room<'_>, now: DateTime<Utc>) -> Result<Vec<(Letter, Clearance)>, DeskError> {
    let desk = Desk::new(room.workspace, room.ledger, now)?;
    let letters = room.ledger.letters_due(now)?.into_iter();
    letters.map(|letter| desk.clearance(&letter).map(|word| (letter, word)).map_err(DeskError::from)).collect()
}

/// Hands over what is signed and sends what is due; where `is_live` is not set, only counts it.
pub async fn send(room: Room<'_>, now: DateTime<Utc>, is_live: bool) -> Result<Delivered, DeskError> {
    Ok(send_due(room.workspace, room.ledger, now, is_live, &Stop::default()).await?)
}

/// What a file says of a letter, such as a relay's log.
#[must_use]
pub fn evidence_in(letter: &Letter, file: &[u8]) -> Trace {
    trace_of(letter, file)
}

/// Notes what somebody says of a letter. A file that shows it must name the letter and not say the contrary; the audit
/// chain keeps its SHA-256.
pub fn resolve(
    room: Room<'_>,
    act: Act<'_>,
    message_id: &str,
    (word, reason): (WordOf, &Said),
    evidence: Option<&[u8]>,
) -> Result<Resolved, DeskError> {
    let _post = hold_post(room.workspace)?;
    let reason = match evidence {
        Some(file) => {
            check_evidence(room, message_id, word, file)?;
            format!("{}: {reason}", remembered(file))
        }
        None => reason.to_string(),
    };
    let desk = Desk::new(room.workspace, room.ledger, act.now)?;
    Ok(match word {
        WordOf::SendAgain => Resolved::Replaced(desk.resend_instead(message_id, act.by(), &reason)?),
        WordOf::Letter(word) => Resolved::Now(desk.resolve(message_id, word, act.by(), &reason)?.standing.state),
    })
}

fn check_evidence(room: Room<'_>, message_id: &str, word: WordOf, file: &[u8]) -> Result<(), DeskError> {
    let letter = room.ledger.letter_named(message_id)?;
    let says_it_went = matches!(word, WordOf::Letter(Resolution::Sent | Resolution::NotSent));
    match letter.map(|letter| trace_of(&letter, file)) {
        Some(Trace::CameBack) if says_it_went => {
            Err(DeskError::data("it says that the letter came back: poverty-watch deliver bounces"))
        }
        Some(Trace::None) | None => Err(DeskError::data("it does not name the letter")),
        Some(_) => Ok(()),
    }
}

/// Writes a list's letter again on purpose, and hands the list over where that is not done; returns the Message-ID.
pub fn resend(room: Room<'_>, act: Act<'_>, list_id: &str, reason: &Said) -> Result<String, DeskError> {
    let desk = Desk::new(room.workspace, room.ledger, act.now)?;
    let message_id = desk.resend(list_id, act.by(), reason.as_str())?;
    for list in room.ledger.lists_named(&[list_id.to_owned()])? {
        hand_over(&room.workspace.layout, room.ledger, &list, act.now)?;
    }
    Ok(message_id)
}
