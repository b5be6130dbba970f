//! The simulated world: a disk that keeps commits, a server that keeps what it takes, a clock, and what strikes them.

use std::cell::RefCell;
use std::future::pending;

use chrono::{DateTime, Duration, Utc};
use office::delivery::{Attempt, Outcome, Store, Transport};
use store::ledger::{LedgerError, Letter, LetterStep, MailState, Standing};

use super::bugs::Bug;

/// A letter on disk.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) letter: Letter,
    /// Stands for the bytes.
    pub(super) bytes: Vec<u8>,
    /// Event codes, with moments.
    pub(super) history: Vec<(DateTime<Utc>, &'static str)>,
    /// Attempts of which the audit chain knows.
    pub(super) audited: u32,
}

/// A letter at the server.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) message_id: String,
    pub(super) recipient: String,
    pub(super) bytes: Vec<u8>,
    pub(super) bounces_at: Option<DateTime<Utc>>,
}

/// One attempt as the network saw it.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) letter_id: i64,
    pub(super) at: DateTime<Utc>,
    pub(super) is_audited: bool,
    pub(super) is_misrouted: bool,
}

pub(super) struct World {
    pub(super) rng: fastrand::Rng,
    pub(super) now: DateTime<Utc>,
    pub(super) bug: Option<Bug>,
    /// Chance of a kill at each call, per mille.
    pub(super) kills: u32,
    /// Chance of a fault at each attempt, per mille.
    pub(super) faults: u32,
    /// Whether the transport can look letters up, as a folder can and a server cannot.
    pub(super) can_look: bool,
    /// The disk.
    pub(super) rows: Vec<Row>,
    /// Lists that are READY.
    pub(super) ready: Vec<String>,
    /// Whether lists are still taken back: in the end what is withdrawn must find its way too.
    pub(super) takes_back: bool,
    /// Lists that were taken back, with the number of attempts made by then.
    pub(super) retracted: Vec<(String, usize)>,
    /// What the last commits changed, while they may still be lost.
    unsynced: Vec<(usize, Row)>,
    /// What only the process knows.
    in_memory: Vec<(i64, Standing)>,
    /// The server.
    pub(super) arrivals: Vec<Arrival>,
    pub(super) sent: Vec<Sent>,
    /// No server answers until then.
    outage_until: DateTime<Utc>,
    /// The recipients whose route was changed after their letter was written.
    pub(super) rerouted: Vec<String>,
    /// A recipient whose mailbox is full for good.
    full: Option<String>,
    /// Letters of which a server has said 5xx.
    pub(super) never: Vec<i64>,
    last_recipient: String,
    pub(super) struck: u64,
    pub(super) faulted: u64,
}

impl World {
    pub(super) fn new(seed: u64, bug: Option<Bug>, start: DateTime<Utc>) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let (kills, faults) = (rng.u32(0..60), rng.u32(50..700));
        let can_look = rng.bool();
        Self {
            rng,
            now: start,
            bug,
            kills,
            faults,
            can_look,
            rows: Vec::new(),
            ready: Vec::new(),
            takes_back: true,
            retracted: Vec::new(),
            unsynced: Vec::new(),
            in_memory: Vec::new(),
            arrivals: Vec::new(),
            sent: Vec::new(),
            outage_until: start,
            rerouted: Vec::new(),
            full: seed.is_multiple_of(10).then(|| "mz990100@county.example".to_owned()),
            never: Vec::new(),
            last_recipient: String::new(),
            struck: 0,
            faulted: 0,
        }
    }

    /// Whether a kill strikes now.
    pub(super) fn strikes(&mut self) -> bool {
        let strikes = self.rng.u32(0..1000) < self.kills;
        self.struck += u64::from(strikes);
        strikes
    }

    /// What a kill leaves: the disk, and of that what was forced to it.
    pub(super) fn crash(&mut self) {
        self.in_memory.clear();
        if self.bug == Some(Bug::NoFsync) && self.rng.bool() {
            while let Some((at, row)) = self.unsynced.pop() {
                self.rows[at] = row;
            }
        }
        self.unsynced.clear();
    }

    /// What a run leaves that ended by itself.
    pub(super) fn rest(&mut self) {
        self.in_memory.clear();
        self.unsynced.clear();
    }

    /// Takes a list back, now and then; its letters that wait go nowhere from then on.
    pub(super) fn maybe_take_back(&mut self, chance: u32) {
        if !self.takes_back || self.ready.is_empty() || self.rng.u32(0..1000) >= chance {
            return;
        }
        let list = self.ready[self.rng.usize(..self.ready.len())].clone();
        if self.is_retracted(&list) {
            return;
        }
        self.retracted.push((list.clone(), self.sent.len()));
        if matches!(self.bug, Some(Bug::RetractionIgnored | Bug::RetractionSeenLate)) {
            return;
        }
        for at in 0..self.rows.len() {
            let letter = &self.rows[at].letter;
            let waits = matches!(letter.standing.state, MailState::Queued | MailState::Deferred);
            if waits && letter.lists.contains(&list) {
                let to = Standing { state: MailState::Withdrawn, ..letter.standing };
                self.commit(letter.letter_id, to, "withdrawn");
            }
        }
    }

    pub(super) fn is_retracted(&self, list: &str) -> bool {
        self.retracted.iter().any(|(known, _)| known == list)
    }

    pub(super) fn there(&self, message_id: &str) -> bool {
        self.arrivals.iter().any(|arrival| arrival.message_id == message_id)
    }

    /// Writes a letter's row.
    pub(super) fn commit(&mut self, letter_id: i64, to: Standing, event: &'static str) {
        let at = usize::try_from(letter_id).unwrap();
        self.unsynced.push((at, self.rows[at].clone()));
        let now = self.now;
        let row = &mut self.rows[at];
        row.letter.standing = to;
        if self.bug == Some(Bug::NoBackoff) && to.state == MailState::Deferred {
            row.letter.standing.next_at = now;
        }
        row.history.push((now, event));
        if event == "taken" && self.bug != Some(Bug::NoAudit) {
            row.audited = to.attempts;
        }
    }

    /// The letter as a run reads it.
    fn read(&self, row: &Row) -> Letter {
        let mut letter = row.letter.clone();
        if self.bug == Some(Bug::EndlessBackoff) {
            letter.due_at = self.now;
        }
        letter
    }

    /// What happens on the wire, and what the sender hears.
    fn attempt(&mut self, letter: &Letter, bytes: &[u8]) -> Attempt {
        let row = &self.rows[usize::try_from(letter.letter_id).unwrap()];
        self.sent.push(Sent {
            letter_id: letter.letter_id,
            at: self.now,
            is_audited: row.audited >= letter.standing.attempts,
            is_misrouted: self.rerouted.contains(&letter.recipient),
        });
        let down = |reply: &str| Attempt { outcome: Outcome::Deferred, is_down: true, reply: reply.to_owned() };
        if self.now < self.outage_until {
            return down("connection refused");
        }
        if self.full.as_ref() == Some(&letter.recipient) {
            return Attempt::new(Outcome::Deferred, "452 mailbox full");
        }
        let fault = if self.rng.u32(0..1000) < self.faults { self.rng.u32(1..=14) } else { 0 };
        self.faulted += u64::from(fault > 0);
        match fault {
            0 => self.take(letter, bytes, Attempt::new(Outcome::Accepted, "250 ok")),
            1 => {
                self.outage_until = self.now + Duration::minutes(self.rng.i64(1..3000));
                down("connection refused")
            }
            2 => down("no greeting within 30 s"),
            3 => down("TLS failed"),
            4 => down("the server offers no STARTTLS"),
            5 => Attempt::new(Outcome::Deferred, "421 at MAIL"),
            6 => Attempt::new(Outcome::Deferred, "450 greylisted at RCPT"),
            7 => Attempt::new(Outcome::Deferred, "stalled at RCPT"),
            8 => Attempt::new(Outcome::Deferred, "452 at DATA"),
            9 => Attempt::new(Outcome::Deferred, "451 after the dot"),
            10 | 11 => {
                self.never.push(letter.letter_id);
                Attempt::new(Outcome::Rejected, if fault == 10 { "550 at RCPT" } else { "554 after the dot" })
            }
            12 => Attempt::new(Outcome::Unclear, "dropped after the dot, not taken"),
            13 => self.take(letter, bytes, Attempt::new(Outcome::Unclear, "dropped after the dot, taken")),
            _ => self.take(letter, bytes, Attempt::new(Outcome::Unclear, "stalled after the dot, taken")),
        }
    }

    fn take(&mut self, letter: &Letter, bytes: &[u8], answer: Attempt) -> Attempt {
        let bounces = self.rng.u32(0..100) < 5;
        let bounces_at = bounces.then(|| self.now + Duration::minutes(self.rng.i64(1..2880)));
        let (mut message_id, mut recipient) = (letter.message_id.clone(), letter.recipient.clone());
        let mut bytes = bytes.to_vec();
        match self.bug {
            Some(Bug::RandomMessageId) => message_id = format!("{:032x}@bureau.example", self.rng.u128(..)),
            Some(Bug::WrongRecipient) if !self.last_recipient.is_empty() => recipient.clone_from(&self.last_recipient),
            Some(Bug::OtherBytes) if letter.standing.attempts > 1 => bytes.push(b'2'),
            _ => {}
        }
        self.last_recipient.clone_from(&letter.recipient);
        self.arrivals.push(Arrival { message_id, recipient, bytes, bounces_at });
        answer
    }

    /// What the transport makes of the answer.
    fn heard(&self, attempt: Attempt) -> Attempt {
        let outcome = match (self.bug, attempt.outcome) {
            (Some(Bug::DroppedReject), Outcome::Rejected) => Outcome::Accepted,
            (Some(Bug::TransientIsPermanent), Outcome::Deferred) => Outcome::Rejected,
            (Some(Bug::UnclearIsDeferred), Outcome::Unclear) => Outcome::Deferred,
            (_, outcome) => outcome,
        };
        Attempt { outcome, ..attempt }
    }
}

/// The disk, as a run sees it.
pub(super) struct Disk<'a>(pub(super) &'a RefCell<World>);

/// The network, as a run sees it.
pub(super) struct Net<'a>(pub(super) &'a RefCell<World>);

/// A kill: the run stops here and never goes on.
async fn maybe_die(world: &RefCell<World>) {
    let strikes = world.borrow_mut().strikes();
    if strikes {
        pending::<()>().await;
    }
}

impl Store for Disk<'_> {
    async fn unsettled(&self) -> Result<Vec<Letter>, LedgerError> {
        maybe_die(self.0).await;
        let world = self.0.borrow();
        let is_open = |row: &&Row| matches!(row.letter.standing.state, MailState::Sending | MailState::Unknown);
        Ok(world.rows.iter().filter(is_open).map(|row| world.read(row)).collect())
    }

    async fn due(&self, now: DateTime<Utc>) -> Result<Vec<Letter>, LedgerError> {
        maybe_die(self.0).await;
        let world = self.0.borrow();
        let is_due = |row: &&Row| {
            let standing = row.letter.standing;
            matches!(standing.state, MailState::Queued | MailState::Deferred) && standing.next_at <= now
        };
        Ok(world.rows.iter().filter(is_due).map(|row| world.read(row)).collect())
    }

    async fn bytes(&self, letter: &Letter) -> Result<Vec<u8>, LedgerError> {
        maybe_die(self.0).await;
        // Somebody else is at work beside the run.
        self.0.borrow_mut().maybe_take_back(10);
        Ok(self.0.borrow().rows[usize::try_from(letter.letter_id).unwrap()].bytes.clone())
    }

    async fn note(&self, letter: &Letter, step: &LetterStep, _: DateTime<Utc>) -> Result<(), LedgerError> {
        // Killed before the commit, or after it.
        maybe_die(self.0).await;
        {
            let mut world = self.0.borrow_mut();
            let (id, event) = (letter.letter_id, step.event);
            let stored = world.rows[usize::try_from(id).unwrap()].letter.standing;
            let known =
                world.in_memory.iter().find(|(known, _)| *known == id).map_or(stored, |(_, standing)| *standing);
            let stands = (known.state, known.attempts) == (letter.standing.state, letter.standing.attempts);
            if !stands {
                return Err(LedgerError::Moved { letter_id: id });
            }
            if world.bug == Some(Bug::SendingNotNoted) && event == "taken" {
                world.in_memory.push((id, step.to));
                world.rows[usize::try_from(id).unwrap()].audited = step.to.attempts;
            } else {
                world.commit(id, step.to, event);
                world.in_memory.retain(|(known, _)| *known != id);
            }
        }
        maybe_die(self.0).await;
        Ok(())
    }
}

impl Transport for Net<'_> {
    async fn send(&self, letter: &Letter, bytes: &[u8]) -> Attempt {
        maybe_die(self.0).await;
        let attempt = self.0.borrow_mut().attempt(letter, bytes);
        {
            let mut world = self.0.borrow_mut();
            let seconds = world.rng.i64(0..900);
            world.now += Duration::seconds(seconds);
        }
        maybe_die(self.0).await;
        self.0.borrow().heard(attempt)
    }

    async fn lookup(&self, message_id: &str) -> Option<bool> {
        maybe_die(self.0).await;
        let world = self.0.borrow();
        match world.bug {
            Some(Bug::BlindResend) => Some(false),
            _ => world.can_look.then(|| world.there(message_id)),
        }
    }
}
