//! The delivery loop: clears up after a killed run, then sends what is due, one letter after another.
//!
//! It knows neither the ledger nor a socket, only [`Store`] and [`Transport`], so that the simulator in the tests runs
//! the very same code. A letter is noted as SENDING, on disk and in the audit chain, before the first byte goes out;
//! where that fails, nothing goes out.

use std::future::Future;

use chrono::{DateTime, Utc};
use serde::Serialize;
use store::ledger::{Ledger, LedgerError, Letter, LetterStep, MailState};

use super::machine::{Event, Outcome, next};

pub trait Store {
    /// Letters that an earlier run left in hand or unclear, oldest first.
    fn unsettled(&self) -> impl Future<Output = Result<Vec<Letter>, LedgerError>>;
    /// Letters that may go now, oldest first.
    fn due(&self, now: DateTime<Utc>) -> impl Future<Output = Result<Vec<Letter>, LedgerError>>;
    /// A letter's bytes, the same at every attempt.
    fn bytes(&self, letter: &Letter) -> impl Future<Output = Result<Vec<u8>, LedgerError>>;
    /// Notes a step; on disk and in the audit chain when it returns.
    fn note(
        &self,
        letter: &Letter,
        step: &LetterStep,
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<(), LedgerError>>;
}

pub trait Transport {
    /// Tries once to hand a letter over.
    fn send(&self, letter: &Letter, bytes: &[u8]) -> impl Future<Output = Attempt>;
    /// Whether a letter lies where it was sent to; `None` where nobody can tell.
    fn lookup(&self, message_id: &str) -> impl Future<Output = Option<bool>>;
}

/// How an attempt ended, and in whose words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub outcome: Outcome,
    /// Whether no server could be reached at all: the other letters need not try.
    pub is_down: bool,
    /// The server's last words, or what the system said.
    pub reply: String,
}

impl Attempt {
    /// An attempt that reached a server.
    #[must_use]
    pub fn new(outcome: Outcome, reply: impl Into<String>) -> Self {
        Self { outcome, is_down: false, reply: reply.into() }
    }
}

/// Whether a letter may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearance {
    Go,
    /// Never to this address: why.
    Misrouted(String),
    /// No: a list that it announces was taken back; which.
    Withdrawn(String),
    /// The run is to end: this letter and all after it wait for the next one.
    NotNow,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DispatchReport {
    pub accepted: u64,
    /// Letters to be tried again.
    pub deferred: u64,
    /// Letters refused for good, given up or misrouted: somebody must look.
    pub rejected: u64,
    /// Letters of which nobody knows: an operator must look.
    pub unknown: u64,
    /// Letters that did not go because a list was taken back.
    pub withdrawn: u64,
}

impl DispatchReport {
    fn count(&mut self, state: MailState) {
        match state {
            MailState::Accepted => self.accepted += 1,
            MailState::Deferred => self.deferred += 1,
            MailState::Rejected => self.rejected += 1,
            MailState::Unknown => self.unknown += 1,
            MailState::Withdrawn => self.withdrawn += 1,
            _ => {}
        }
    }
}

/// Sends what is due. `clear` is asked right before each letter.
pub async fn dispatch<S: Store, T: Transport>(
    store: &S,
    transport: &T,
    clock: impl Fn() -> DateTime<Utc>,
    clear: impl Fn(&Letter) -> Result<Clearance, LedgerError>,
) -> Result<DispatchReport, LedgerError> {
    let mut report = DispatchReport::default();
    for letter in store.unsettled().await? {
        settle(store, transport, letter, &clock, &mut report).await?;
    }
    let mut down: Option<String> = None;
    let due = store.due(clock()).await?;
    // Whoever sets the clock back meanwhile only makes letters wait.
    for letter in due.into_iter().filter(|letter| letter.standing.next_at <= clock()) {
        let (event, why) = match (clear(&letter)?, &down) {
            (Clearance::NotNow, _) => break,
            (Clearance::Misrouted(why), _) => (Event::Misrouted, why),
            (Clearance::Withdrawn(why), _) => (Event::Withdrawn, why),
            (Clearance::Go, Some(why)) => (Event::Unreachable, why.clone()),
            (Clearance::Go, None) => (Event::Taken, String::new()),
        };
        let bytes = if event == Event::Taken { Some(store.bytes(&letter).await?) } else { None };
        let moved = match step(store, &letter, event, why, clock()).await {
            // Replaced or withdrawn since it was read: it is no longer to be sent.
            Err(LedgerError::Moved { .. }) => continue,
            moved => moved?,
        };
        let moved = match bytes {
            None => moved,
            Some(bytes) => {
                let attempt = transport.send(&moved, &bytes).await;
                down = attempt.is_down.then(|| attempt.reply.clone());
                step(store, &moved, Event::Answered(attempt.outcome), attempt.reply, clock()).await?
            }
        };
        report.count(moved.standing.state);
    }
    Ok(report)
}

/// What a killed run had in hand is unclear; what is unclear is looked up where that is possible.
async fn settle<S: Store, T: Transport>(
    store: &S,
    transport: &T,
    mut letter: Letter,
    clock: &impl Fn() -> DateTime<Utc>,
    report: &mut DispatchReport,
) -> Result<(), LedgerError> {
    if letter.standing.state == MailState::Sending {
        letter = step(store, &letter, Event::Interrupted, "the run that had it was ended".to_owned(), clock()).await?;
    }
    if let Some(is_there) = transport.lookup(&letter.message_id).await {
        let event = if is_there { Event::Found } else { Event::Absent };
        letter = step(store, &letter, event, String::new(), clock()).await?;
    }
    report.count(letter.standing.state);
    Ok(())
}

/// Notes an event and gives the letter as it stands then; an event that may not happen changes nothing.
async fn step<S: Store>(
    store: &S,
    letter: &Letter,
    event: Event,
    detail: String,
    now: DateTime<Utc>,
) -> Result<Letter, LedgerError> {
    let moved = LedgerError::Moved { letter_id: letter.letter_id };
    let to = next(&letter.standing, event, letter.due_at, now).ok_or(moved)?;
    let step = LetterStep { actor: "deliver".to_owned(), event: event.code(), to, detail };
    store.note(letter, &step, now).await?;
    Ok(Letter { standing: to, ..letter.clone() })
}

impl Store for Ledger {
    async fn unsettled(&self) -> Result<Vec<Letter>, LedgerError> {
        self.letters(&[MailState::Sending, MailState::Unknown])
    }

    async fn due(&self, now: DateTime<Utc>) -> Result<Vec<Letter>, LedgerError> {
        self.letters_due(now)
    }

    async fn bytes(&self, letter: &Letter) -> Result<Vec<u8>, LedgerError> {
        self.letter_bytes(letter.letter_id)
    }

    async fn note(&self, letter: &Letter, step: &LetterStep, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.step_letter(letter, step, at)
    }
}
