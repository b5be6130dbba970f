//! The delivery loop over ten simulated days: the product's own code, with clock, disk and network replaced.
//!
//! A schedule is a seed. In each, lists become READY, runs are killed at any call, servers refuse, stall and drop, mail
//! comes back, an operator looks in from time to time. In the end nothing may be lost or sent twice.

mod bugs;
mod verdict;
mod world;

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use bugs::Bug;
use chrono::{DateTime, Duration, Utc};
use futures::FutureExt as _;
use office::delivery::{Clearance, Event, dispatch, next};
use store::ledger::{Letter, MailState, Standing};
use verdict::{Counts, judge};
use world::{Disk, Net, Row, World};

use crate::workspace::count_from_environment;

const DAYS: i64 = 10;
const SEED: u64 = 20_261_125;

fn start() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-02T00:00:00Z").unwrap().with_timezone(&Utc)
}

/// Plays one schedule to its end.
fn play(seed: u64, bug: Option<Bug>) -> Result<Counts, String> {
    let world = RefCell::new(World::new(seed, bug, start()));
    let mut lists: Vec<(Vec<String>, DateTime<Utc>)> = {
        let rng = &mut world.borrow_mut().rng;
        let count = rng.usize(1..6);
        (0..count)
            .map(|n| {
                let series = if rng.u32(0..3) == 0 { &["MZ", "MZ10"][..] } else { &["MZ"][..] };
                let ids = series.iter().map(|office| format!("202610-99010{n}-{office}-FULL-v1"));
                (ids.collect(), start() + Duration::minutes(rng.i64(0..3 * 1440)))
            })
            .collect()
    };
    let end = start() + Duration::days(DAYS);
    while world.borrow().now < end {
        approve(&world, &mut lists);
        world.borrow_mut().maybe_take_back(15);
        run(&world);
        operator(&world, false);
        let mut world = world.borrow_mut();
        let minutes = if world.rng.u32(0..40) == 0 { world.rng.i64(60..1500) } else { world.rng.i64(10..240) };
        world.now += Duration::minutes(minutes);
    }
    // Nothing strikes any more: whatever is still open must close by itself, or by the operator.
    {
        let mut world = world.borrow_mut();
        (world.kills, world.faults, world.takes_back) = (0, 0, false);
    }
    for round in 0..40 {
        run(&world);
        operator(&world, true);
        let mut world = world.borrow_mut();
        world.now += Duration::hours(4);
        if round > 3 && world.rows.iter().all(|row| row.letter.standing.state.is_final()) {
            break;
        }
    }
    judge(&world.into_inner())
}

/// Writes the letters for what still stands of withdrawn ones; a kill leaves the rest to the next run.
fn rewrite(world: &mut World) -> bool {
    for id in 0..world.rows.len() {
        let old = world.rows[id].letter.clone();
        let rest: Vec<String> = old.lists.iter().filter(|list| !world.is_retracted(list)).cloned().collect();
        if old.standing.state != MailState::Withdrawn || rest.is_empty() || world.bug == Some(Bug::RestForgotten) {
            continue;
        }
        if world.strikes() {
            return false;
        }
        let mut new = letter(world, &rest, old.resend_no);
        new.letter.message_id = format!("after-{}", old.message_id);
        new.letter.due_at = old.due_at;
        world.rows[id].letter.lists.retain(|list| !rest.contains(list));
        world.rows.push(new);
    }
    true
}

/// One run of `deliver`; the fakes never wait, so a run that is not done was killed.
fn run(world: &RefCell<World>) {
    if !rewrite(&mut world.borrow_mut()) {
        return world.borrow_mut().crash();
    }
    let known_before: Vec<String> = world.borrow().retracted.iter().map(|(list, _)| list.clone()).collect();
    let clear = |letter: &Letter| {
        let world = world.borrow();
        let is_gone = |list: &&String| match world.bug {
            Some(Bug::RetractionIgnored) => false,
            Some(Bug::RetractionSeenLate) => known_before.contains(list),
            _ => world.is_retracted(list),
        };
        if let Some(list) = letter.lists.iter().find(is_gone) {
            return Ok(Clearance::Withdrawn(list.clone()));
        }
        let is_changed = world.rerouted.contains(&letter.recipient) && world.bug != Some(Bug::RouteNotAsked);
        Ok(if is_changed {
            Clearance::Misrouted("its address is not the one in force".to_owned())
        } else {
            Clearance::Go
        })
    };
    let done = dispatch(&Disk(world), &Net(world), || world.borrow().now, clear).now_or_never();
    match done {
        Some(report) => drop(report.unwrap()),
        None => return world.borrow_mut().crash(),
    }
    world.borrow_mut().rest();
}

/// Makes lists READY whose time has come; what was killed before its commit is done again.
fn approve(world: &RefCell<World>, lists: &mut Vec<(Vec<String>, DateTime<Utc>)>) {
    let mut world = world.borrow_mut();
    lists.retain(|(ids, at)| {
        if *at > world.now || world.strikes() {
            return true;
        }
        world.ready.extend(ids.iter().cloned());
        if world.bug == Some(Bug::ReadyBeforeOutbox) && world.strikes() {
            return false;
        }
        let letter = letter(&world, ids, 0);
        world.rows.push(letter);
        if world.rng.u32(0..100) < 2 {
            let recipient = world.rows.last().unwrap().letter.recipient.clone();
            world.rerouted.push(recipient);
        }
        false
    });
}

fn letter(world: &World, lists: &[String], resend_no: u32) -> Row {
    let letter_id = i64::try_from(world.rows.len()).unwrap();
    let (list, county) = (lists.join("+"), &lists[0][7..13]);
    let named = if world.bug == Some(Bug::ResendSameId) { 0 } else { resend_no };
    let message_id = format!("{list}-{named}@bureau.example");
    Row {
        bytes: format!("Message-ID: {message_id}\nDate: {}\n{list}", world.now).into_bytes(),
        letter: Letter {
            letter_id,
            message_id,
            county: county.to_owned(),
            office: "MZ".to_owned(),
            recipient: format!("mz{county}@county.example"),
            resend_no,
            lists: lists.to_vec(),
            written_at: world.now,
            due_at: world.now,
            standing: Standing { state: MailState::Queued, attempts: 0, next_at: world.now },
        },
        history: Vec::new(),
        audited: 0,
    }
}

/// Notes what came back, and gives a word on what is unclear: often known from the relay's log, else the letter is
/// repeated on purpose.
fn operator(world: &RefCell<World>, at_the_end: bool) {
    let mut world = world.borrow_mut();
    for id in 0..world.rows.len() {
        let letter = world.rows[id].letter.clone();
        let came_back = world.arrivals.iter().any(|arrival| {
            arrival.message_id == letter.message_id && arrival.bounces_at.is_some_and(|at| at <= world.now)
        });
        if came_back && world.bug != Some(Bug::BounceIgnored) {
            say(&mut world, &letter, Event::Bounced);
        }
        let letter = world.rows[id].letter.clone();
        if letter.standing.state != MailState::Unknown || !(at_the_end || world.rng.u32(0..12) == 0) {
            continue;
        }
        if world.rng.u32(0..10) < 7 {
            let event = if world.there(&letter.message_id) { Event::Found } else { Event::Absent };
            say(&mut world, &letter, event);
        } else {
            say(&mut world, &letter, Event::TakenOut);
            let standing: Vec<String> = letter.lists.iter().filter(|list| !world.is_retracted(list)).cloned().collect();
            if !standing.is_empty() {
                let again = self::letter(&world, &standing, letter.resend_no + 1);
                world.rows.push(again);
            }
        }
    }
    world.rest();
}

fn say(world: &mut World, letter: &Letter, event: Event) {
    if let Some(to) = next(&letter.standing, event, letter.due_at, world.now) {
        world.commit(letter.letter_id, to, event.code());
    }
}

#[test]
fn nothing_is_lost_and_nothing_is_sent_twice() {
    let schedules = count_from_environment("SIMULATOR_SCHEDULES", 20_000) as u64;
    let begun = std::time::Instant::now();
    let (next_seed, threads) = (AtomicU64::new(0), 2);
    let (total, wrong) = std::thread::scope(|scope| {
        let work = || {
            let (mut total, mut wrong) = (Counts::default(), Vec::new());
            loop {
                let n = next_seed.fetch_add(1, Ordering::Relaxed);
                if n >= schedules {
                    return (total, wrong);
                }
                match play(SEED + n, None) {
                    Ok(counts) => total.add(&counts),
                    Err(why) => wrong.push(format!("seed {}: {why}", SEED + n)),
                }
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = (Counts::default(), Vec::new());
        for worker in workers {
            let (total, wrong) = worker.join().unwrap();
            all.0.add(&total);
            all.1.extend(wrong);
        }
        all
    });
    let (bad, took) = (wrong.len(), begun.elapsed());
    println!(
        "delivery simulator: {schedules} trials from seed {SEED}, {DAYS} days each, {bad} wrong, {took:?}: {total}"
    );
    assert!(wrong.is_empty(), "{} schedules went wrong, the first:\n{}", wrong.len(), wrong[0]);
    println!("delivery simulator: 0 lost, 0 sent twice but on purpose, all ended, {schedules} cases");
    assert!(total.kills > schedules / 2 && total.faults > schedules, "too little strikes: {total}");
}

#[test]
fn planted_bugs_are_caught() {
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        match (0..2000).find_map(|n| play(SEED + n, Some(bug)).err().map(|why| (n, why))) {
            Some((n, why)) => println!("  {bug:?}: after {} schedules: {why}", n + 1),
            None => missed.push(bug),
        }
    }
    println!(
        "delivery simulator: {} of {} planted bugs caught, {} cases",
        Bug::ALL.len() - missed.len(),
        Bug::ALL.len(),
        Bug::ALL.len()
    );
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

#[test]
fn a_schedule_can_be_played_again() {
    let told = |seed| format!("{:?}", play(seed, None).unwrap());
    assert!((SEED..SEED + 50).all(|seed| told(seed) == told(seed)));
}
