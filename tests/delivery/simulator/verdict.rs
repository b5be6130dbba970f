//! What must hold when a schedule has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::Duration;
use office::delivery::GIVE_UP_DAYS;
use store::ledger::MailState;

use super::world::{Row, World};

/// What happened, in numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub(super) kills: u64,
    pub(super) faults: u64,
    attempts: u64,
    letters: u64,
    resends: u64,
    ends: BTreeMap<&'static str, u64>,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.faults += other.faults;
        self.attempts += other.attempts;
        self.letters += other.letters;
        self.resends += other.resends;
        for (state, count) in &other.ends {
            *self.ends.entry(state).or_default() += count;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, faults, attempts, letters, resends, ends } = self;
        let ends: Vec<String> = ends.iter().map(|(state, count)| format!("{state} {count}")).collect();
        write!(
            f,
            "{kills} kills, {faults} faults, {attempts} attempts, {letters} letters ({resends} resent on purpose): "
        )?;
        write!(f, "{}", ends.join(", "))
    }
}

/// Judges the world as it is in the end.
pub(super) fn judge(world: &World) -> Result<Counts, String> {
    let mut counts = Counts { kills: world.struck, faults: world.faulted, ..Counts::default() };
    counts.attempts = world.sent.len() as u64;
    let mut message_ids = BTreeSet::new();
    for row in &world.rows {
        let letter = &row.letter;
        counts.letters += 1;
        counts.resends += u64::from(letter.resend_no > 0);
        *counts.ends.entry(letter.standing.state.code()).or_default() += 1;
        if !message_ids.insert(&letter.message_id) {
            return Err("two letters carry one Message-ID".to_owned());
        }
        end_is_right(world, row).map_err(|why| {
            let last: Vec<&str> = row.history.iter().rev().take(4).rev().map(|(_, event)| *event).collect();
            format!("letter {}: {why} ({} events, the last: {})", letter.letter_id, row.history.len(), last.join(", "))
        })?;
    }
    for list in world.ready.iter().filter(|list| !world.is_retracted(list)) {
        let lives = |row: &Row| row.letter.standing.state != MailState::Withdrawn && row.letter.lists.contains(list);
        if !world.rows.iter().any(lives) {
            return Err(format!("list {list} is READY and has no letter"));
        }
    }
    arrivals_are_right(world)?;
    attempts_are_right(world)?;
    Ok(counts)
}

/// A letter's end, against what the server knows.
fn end_is_right(world: &World, row: &Row) -> Result<(), &'static str> {
    let letter = &row.letter;
    let arrival = world.arrivals.iter().find(|arrival| arrival.message_id == letter.message_id);
    let had = |event: &str| row.history.iter().any(|(_, code)| *code == event);
    match letter.standing.state {
        MailState::Accepted if arrival.is_none() => Err("accepted, and the server never had it: lost"),
        MailState::Accepted
            if arrival.and_then(|one| one.bounces_at).is_some_and(|at| at <= world.now - Duration::hours(5)) =>
        {
            Err("it came back and nobody knows")
        }
        MailState::Rejected if arrival.is_some() && !had("taken_out") => Err("rejected, and the server has it"),
        MailState::Rejected if !(had("rejected") || had("misrouted") || had("taken_out")) => {
            let last = row.history.last().map(|(at, _)| *at);
            let is_old = last.is_some_and(|at| at - letter.due_at >= Duration::days(GIVE_UP_DAYS));
            if is_old { Ok(()) } else { Err("given up too early") }
        }
        MailState::Rejected if had("rejected") && !world.never.contains(&letter.letter_id) => {
            Err("rejected, and no server said so")
        }
        MailState::Withdrawn if arrival.is_some() => Err("withdrawn, and the server has it"),
        MailState::Withdrawn if row.letter.lists.iter().any(|list| !world.is_retracted(list)) => {
            Err("withdrawn with a list that stands")
        }
        MailState::Bounced if arrival.is_none() => Err("came back, and the server never had it"),
        state if !state.is_final() => Err("it has not come to an end"),
        _ => Ok(()),
    }
}

/// Every arrival is a letter of the outbox, once, at its own recipient, with its own bytes.
fn arrivals_are_right(world: &World) -> Result<(), String> {
    let mut lists: BTreeMap<&str, u32> = BTreeMap::new();
    for (n, arrival) in world.arrivals.iter().enumerate() {
        let row = world.rows.iter().find(|row| row.letter.message_id == arrival.message_id);
        let Some(row) = row else { return Err("a letter arrived that is not in the outbox".to_owned()) };
        if world.arrivals[..n].iter().any(|other| other.message_id == arrival.message_id) {
            return Err(format!("letter {} arrived twice", row.letter.letter_id));
        }
        if arrival.recipient != row.letter.recipient {
            return Err(format!("letter {} arrived at another office", row.letter.letter_id));
        }
        if arrival.bytes != row.bytes {
            return Err(format!("letter {} arrived with other bytes", row.letter.letter_id));
        }
        for list in &row.letter.lists {
            *lists.entry(list).or_default() += 1;
        }
    }
    for (list, count) in lists {
        let resends = world
            .rows
            .iter()
            .filter(|row| row.letter.lists.iter().any(|one| one == list) && row.letter.resend_no > 0)
            .count();
        if count as usize > 1 + resends {
            return Err(format!("list {list} arrived {count} times with {resends} deliberate repetitions"));
        }
    }
    Ok(())
}

/// Attempts were audited, allowed, and not too close to each other or too late.
fn attempts_are_right(world: &World) -> Result<(), String> {
    for (n, sent) in world.sent.iter().enumerate() {
        let row = &world.rows[usize::try_from(sent.letter_id).unwrap()];
        let told = |why: &str| Err(format!("letter {}: {why}", sent.letter_id));
        if !sent.is_audited {
            return told("it went out without an audit entry");
        }
        let is_gone = |list: &String| world.retracted.iter().any(|(gone, attempts)| gone == list && *attempts <= n);
        if row.letter.lists.iter().any(is_gone) {
            return told("it announced a list that had been taken back");
        }
        if sent.is_misrouted {
            return told("it went to an address that is not in force");
        }
        let before = world.sent[..n].iter().rfind(|other| other.letter_id == sent.letter_id);
        let was_absent =
            |from, to| row.history.iter().any(|(at, event)| *event == "absent" && *at >= from && *at <= to);
        if let Some(before) = before
            && sent.at - before.at < Duration::minutes(15)
            && !was_absent(before.at, sent.at)
        {
            return told("it was tried again within a quarter of an hour");
        }
    }
    for row in &world.rows {
        let end = row.letter.due_at + Duration::days(GIVE_UP_DAYS);
        let late = world.sent.iter().filter(|sent| sent.letter_id == row.letter.letter_id && sent.at >= end).count();
        // Once more when its time is over, and once more each time that it is known not to have arrived.
        let absent = row.history.iter().filter(|(_, event)| *event == "absent").count();
        if late > 1 + absent {
            return Err(format!("letter {}: it is tried for ever", row.letter.letter_id));
        }
    }
    Ok(())
}
