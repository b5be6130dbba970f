//! Years of a daemon's life with a fake clock: downtime, failing runs, clocks that leap, zones that change theirs.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use law::domain::Period;
use law::schedule::{Aim, CATCH_UP, Clock, Decision, Due, Past, Planned, Trust, decide, late, pending};

use super::oracle::Rule;
use crate::workspace::{count_from_environment, in_parallel};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn period(text: &str) -> Period {
    Period::parse(text).unwrap()
}

/// What a run of a simulation counted.
#[derive(Default)]
struct Counts {
    days: i64,
    decisions: u64,
    runs: u64,
    failures: u64,
    downtimes: u64,
    leaps: u64,
    caught_up: u64,
}

/// One simulated machine.
struct World {
    rules: Vec<Rule>,
    pasts: Vec<Past>,
    /// The time that it really is.
    now: DateTime<Utc>,
    /// By how much the wall clock is off, and when it is put right.
    off: TimeDelta,
    mended: DateTime<Utc>,
    began: DateTime<Utc>,
    clock: Clock,
    chance: fastrand::Rng,
    counts: Counts,
    /// Periods of good runs, in order, by job.
    good: Vec<Vec<Period>>,
}

impl World {
    fn new(seed: u64, zone: Tz) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let began = at("2023-02-01T00:00:00Z") + TimeDelta::minutes(chance.i64(0..600_000));
        let hour = |chance: &mut fastrand::Rng| (chance.u32(0..5), chance.u32(0..60));
        let rules = vec![
            Rule::new("nightly", Aim::MonthUnderWay, &[], hour(&mut chance), zone),
            Rule::new("tendays", Aim::ThirdEnded, &[1, 11, 21], hour(&mut chance), zone),
            Rule::new(
                "monthly",
                Aim::MonthEnded,
                [&[5_u32][..], &[28], &[1]][chance.usize(..3)],
                hour(&mut chance),
                zone,
            ),
        ];
        let pasts = rules.iter().map(|_| Past { since: Some(began), ..Past::default() }).collect();
        let clock = Clock::start(began, Duration::ZERO, None);
        let good = vec![Vec::new(); rules.len()];
        let (off, counts) = (TimeDelta::zero(), Counts::default());
        Self { rules, pasts, now: began, off, mended: began, began, clock, chance, counts, good }
    }

    fn wall(&self) -> DateTime<Utc> {
        self.now + self.off
    }

    fn steady(&self) -> Duration {
        (self.now - self.began).to_std().unwrap()
    }

    fn live(&mut self, days: i64) {
        let end = self.began + TimeDelta::days(days);
        loop {
            self.happen();
            if let Trust::Leapt(_) = self.clock.look(self.wall(), self.steady()) {
                self.now += TimeDelta::minutes(1);
                continue;
            }
            let jobs: Vec<(Planned, Past)> =
                self.rules.iter().map(|rule| rule.planned.clone()).zip(self.pasts.iter().cloned()).collect();
            self.counts.decisions += 1;
            match decide(&jobs, self.wall()) {
                Decision::Run(due) => self.run(&due),
                // Its time is over once it has caught up.
                Decision::Wait(_) if self.now >= end && (0..self.rules.len()).all(|job| self.open(job).is_empty()) => {
                    break;
                }
                Decision::Wait(until) => self.wait(until.unwrap()),
            }
        }
        self.counts.days = days;
    }

    /// What befalls the machine: it is off for hours or months, or its clock leaps and is put right within the hour.
    fn happen(&mut self) {
        if self.now >= self.mended {
            self.off = TimeDelta::zero();
        }
        match self.chance.u32(..400) {
            0..=2 if self.off.is_zero() => {
                let hours = [8, 60, 900, 2_500][self.chance.usize(..4)];
                self.now += TimeDelta::hours(self.chance.i64(1..hours));
                self.clock = Clock::start(self.wall(), self.steady(), Some(self.latest()));
                self.counts.downtimes += 1;
            }
            3..=6 if self.off.is_zero() => {
                let days = [1, 40, 1_500][self.chance.usize(..3)];
                let by = TimeDelta::minutes(self.chance.i64(120..1_440 * (days + 1)));
                self.off = if self.chance.bool() { by } else { -by };
                self.mended = self.now + TimeDelta::minutes(self.chance.i64(2..55));
                self.counts.leaps += 1;
            }
            _ => {}
        }
    }

    /// The latest moment that the ledger has.
    fn latest(&self) -> DateTime<Utc> {
        let ends = self.pasts.iter().flat_map(|past| past.done.iter().chain(&past.failed).map(|(_, at)| *at));
        ends.max().unwrap_or(self.began)
    }

    fn run(&mut self, due: &Due) {
        assert!(self.off.is_zero(), "{} ran by a clock that had leapt", due.job);
        let job = self.rules.iter().position(|rule| rule.planned.job == due.job).unwrap();
        let aim = self.rules[job].planned.aim;
        assert!(due.at <= self.now, "{due:?} before its moment");
        let known = self.rules[job].moments(due.at - TimeDelta::seconds(1), due.at);
        assert_eq!(known, [(due.at, due.period)], "the period of {due:?} is that of its moment");
        let seen = self.good[job].last();
        if aim != Aim::MonthUnderWay {
            let local_day = self.rules[job].planned.schedule.day_of(self.now);
            assert!(due.period.last_day() < local_day, "{due:?} before its period's end");
            assert!(seen.is_none_or(|seen| *seen < due.period), "{due:?} twice or out of order after {seen:?}");
        }
        if self.chance.u32(..12) == 0 {
            self.now += TimeDelta::minutes(self.chance.i64(1..40));
            self.pasts[job].failed.push((due.period, self.now));
            self.counts.failures += 1;
        } else {
            self.pasts[job].done.push((due.period, self.now));
            self.now += TimeDelta::minutes(self.chance.i64(1..90));
            self.counts.caught_up += u64::from(due.missed > 0 || due.at + TimeDelta::hours(20) < self.now);
            self.good[job].push(due.period);
            self.counts.runs += 1;
        }
        // As the ledger is asked: the latest runs only.
        let keep = self.pasts[job].done.len().saturating_sub(500);
        self.pasts[job].done.drain(..keep);
    }

    /// Waiting is right only when, by the calendar, nothing is due, and not longer than until something is.
    fn wait(&mut self, until: DateTime<Utc>) {
        assert!(until > self.now, "waits for the past");
        let horizon = self.now + TimeDelta::days(40);
        let mut next: Option<DateTime<Utc>> = None;
        for (job, rule) in self.rules.iter().enumerate() {
            let past = &self.pasts[job];
            let open = self.open(job);
            let rest = open.first().map(|(due, of)| {
                let fails: Vec<_> =
                    past.failed.iter().filter(|(p, at)| p == of && at >= due).map(|(_, at)| *at).collect();
                let rest = [5, 15, 60, 360][fails.len().clamp(1, 4) - 1];
                *fails.iter().max().unwrap_or_else(|| panic!("{of} of {} is due and never tried", rule.planned.job))
                    + TimeDelta::minutes(rest)
            });
            let coming = rule.moments(self.now, horizon).first().map(|(at, _)| *at);
            next = next.into_iter().chain(rest).chain(coming).min();
        }
        assert_eq!(Some(until), next, "wakes when the next thing is due");
        self.now = until;
    }

    /// By the calendar: moments that no good run stands for, oldest first.
    fn open(&self, job: usize) -> Vec<(DateTime<Utc>, Period)> {
        let (rule, past) = (&self.rules[job], &self.pasts[job]);
        let from = self.now - TimeDelta::days(200);
        let all = rule.moments(self.began.max(from) - TimeDelta::seconds(1), self.now);
        if rule.planned.aim == Aim::MonthUnderWay {
            let newest = all.last().copied();
            return newest
                .filter(|(at, of)| !past.done.iter().any(|(p, began)| p == of && began >= at))
                .into_iter()
                .collect();
        }
        all.into_iter().filter(|(_, of)| !self.good[job].contains(of)).collect()
    }
}

#[test]
fn a_daemon_lives_for_years_and_misses_nothing() {
    let zones =
        [Tz::Asia__Shanghai, Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::Asia__Urumqi];
    let lives = count_from_environment("SCHEDULE_LIVES", 30);
    let seeds: Vec<(u64, Tz)> = (0..lives as u64).map(|seed| (seed, zones[seed as usize % zones.len()])).collect();
    let counts = in_parallel(&seeds, |(seed, zone)| {
        let mut world = World::new(*seed, *zone);
        world.live(730);
        for (rule, good) in world.rules.iter().zip(&world.good) {
            if rule.planned.aim == Aim::MonthUnderWay {
                continue;
            }
            // Every period whose run has been due for two days and more is there, once, in order.
            let due = rule.moments(world.began, world.now - TimeDelta::days(2));
            let mut wanted: Vec<Period> = due.into_iter().map(|(_, period)| period).collect();
            wanted.dedup();
            let is_there = |period: &&Period| good.contains(period);
            assert_eq!(
                wanted.iter().filter(is_there).count(),
                wanted.len(),
                "seed {seed}, {zone}: {}",
                rule.planned.job
            );
        }
        world.counts
    });
    let sum = |of: fn(&Counts) -> u64| counts.iter().map(of).sum::<u64>();
    let days: i64 = counts.iter().map(|counts| counts.days).sum();
    println!(
        "schedule: {lives} lives, {days} simulated days, {} decisions, {} runs ({} after downtime), {} failures, {} downtimes, {} leaps of the clock: {} cases",
        sum(|c| c.decisions),
        sum(|c| c.runs),
        sum(|c| c.caught_up),
        sum(|c| c.failures),
        sum(|c| c.downtimes),
        sum(|c| c.leaps),
        sum(|c| c.decisions)
    );
    assert!(sum(|c| c.leaps) > 50 && sum(|c| c.downtimes) > 50 && sum(|c| c.failures) > 50, "too little befell them");
}

#[test]
fn moments_are_those_of_the_calendar() {
    let (mut cases, mut chance) = (0, fastrand::Rng::with_seed(7));
    for zone in [
        Tz::Asia__Shanghai,
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Australia__Lord_Howe,
        Tz::Africa__Casablanca,
    ] {
        for days in [&[][..], &[1, 11, 21], &[5], &[29], &[31], &[28]] {
            let rule = Rule::new("job", Aim::MonthEnded, days, (chance.u32(0..4), chance.u32(0..60)), zone);
            let (mut now, end) = (at("2023-12-01T00:00:00Z"), at("2028-04-01T00:00:00Z"));
            for (moment, _) in rule.moments(now, end) {
                assert_eq!(rule.planned.schedule.first_after(now), Some(moment), "{zone} {days:?} after {now}");
                let within = moment + TimeDelta::minutes(chance.i64(0..600));
                assert_eq!(rule.planned.schedule.last_by(within), Some(moment), "{zone} {days:?} by {within}");
                now = moment;
                cases += 2;
            }
        }
    }
    println!("schedule: {cases} moment cases");
}

#[test]
fn a_run_is_for_the_period_of_its_moment_however_late_it_is() {
    let zone = Tz::Asia__Shanghai;
    let monthly = Rule::new("monthly", Aim::MonthEnded, &[5], (4, 0), zone).planned;
    let tendays = Rule::new("tendays", Aim::ThirdEnded, &[1, 11, 21], (3, 0), zone).planned;
    let nightly = Rule::new("nightly", Aim::MonthUnderWay, &[], (1, 30), zone).planned;
    let done = |of: &str, began: &str| Past { done: vec![(period(of), at(began))], ..Past::default() };
    let mut cases = 0;
    for (job, past, now, expected) in [
        // Due on the fifth, run on the eighth: still October. 04:00 in Shanghai is 20:00 the day before in UTC.
        (&monthly, done("2026-09", "2026-10-05T00:00:00Z"), "2026-11-08T00:00:00Z", vec!["2026-10"]),
        (&monthly, done("2026-09", "2026-10-05T00:00:00Z"), "2026-11-04T19:59:59Z", vec![]),
        (&monthly, done("2026-09", "2026-10-05T00:00:00Z"), "2026-11-04T20:00:00Z", vec!["2026-10"]),
        // Three months down: each, oldest first.
        (
            &monthly,
            done("2026-07", "2026-08-05T00:00:00Z"),
            "2026-11-20T00:00:00Z",
            vec!["2026-08", "2026-09", "2026-10"],
        ),
        // Over the new year.
        (&monthly, done("2026-11", "2026-12-05T00:00:00Z"), "2027-01-10T00:00:00Z", vec!["2026-12"]),
        // Sealed by hand on the second: nothing to do on the fifth.
        (&monthly, done("2026-10", "2026-11-02T00:00:00Z"), "2026-11-08T00:00:00Z", vec![]),
        // Sealed before its end, or by a clock that was in 2031: not done.
        (&monthly, done("2026-10", "2026-10-20T00:00:00Z"), "2026-11-08T00:00:00Z", vec!["2026-10"]),
        (&monthly, done("2030-12", "2031-01-05T00:00:00Z"), "2026-11-08T00:00:00Z", vec!["2026-10"]),
        // Leap day: the last third of February ends with it.
        (&tendays, done("2028-02-10", "2028-02-11T00:00:00Z"), "2028-03-01T00:00:00Z", vec!["2028-02-20", "2028-02"]),
        (&tendays, done("2028-02-10", "2028-02-11T00:00:00Z"), "2028-02-29T10:00:00Z", vec!["2028-02-20"]),
        // Never run, watched since October: from then on, not from before.
        (
            &tendays,
            Past { since: Some(at("2026-10-12T00:00:00Z")), ..Past::default() },
            "2026-11-02T00:00:00Z",
            vec!["2026-10-20", "2026-10"],
        ),
        // Never run, never watched: only what is due now.
        (&tendays, Past::default(), "2026-11-02T00:00:00Z", vec!["2026-10"]),
        // Many nights down: the newest does for all, and is for its own month.
        (&nightly, done("2026-09", "2026-09-20T00:00:00Z"), "2026-11-02T00:00:00Z", vec!["2026-11"]),
        // A night run by hand for another month does not stand for it.
        (&nightly, done("2026-05", "2026-11-01T23:00:00Z"), "2026-11-02T00:00:00Z", vec!["2026-11"]),
        (&nightly, done("2026-11", "2026-11-01T23:00:00Z"), "2026-11-02T00:00:00Z", vec![]),
    ] {
        let found: Vec<String> = pending(job, &past, at(now)).iter().map(|due| due.period.to_string()).collect();
        assert_eq!(found, expected, "{} at {now} after {past:?}", job.job);
        cases += 1;
    }
    let nights = pending(&nightly, &done("2026-11", "2026-11-10T00:00:00Z"), at("2026-11-20T00:00:00Z"));
    assert_eq!(nights[0].missed, 9);
    let long_ago = pending(&monthly, &done("2016-12", "2017-01-05T00:00:00Z"), at("2026-11-20T00:00:00Z"));
    assert_eq!((long_ago.len(), long_ago.last().unwrap().period), (CATCH_UP, period("2026-10")));
    assert_eq!(long_ago.iter().map(|due| due.missed).sum::<u32>(), 118 - 36, "what is left to backfill is told");
    println!("schedule: {} period cases", cases + 2);
}

#[test]
fn late_is_what_is_not_done_after_its_time_of_grace() {
    let monthly = Rule::new("monthly", Aim::MonthEnded, &[5], (4, 0), Tz::Asia__Shanghai).planned;
    let nightly = Rule::new("nightly", Aim::MonthUnderWay, &[], (1, 30), Tz::Asia__Shanghai).planned;
    let (three, past) = (TimeDelta::hours(3), |done: &[(&str, &str)]| Past {
        done: done.iter().map(|(of, began)| (period(of), at(began))).collect(),
        ..Past::default()
    });
    let mut tried = past(&[("2026-09", "2026-10-05T00:00:00Z")]);
    tried.failed =
        vec![(period("2026-10"), at("2026-11-04T20:05:00Z")), (period("2026-10"), at("2026-11-04T20:10:00Z"))];
    let cases = [
        (late(&monthly, &tried, at("2026-11-04T22:00:00Z"), three), None),
        (late(&monthly, &tried, at("2026-11-04T23:00:00Z"), three), Some(("2026-10", 2))),
        // Done meanwhile, late though it was.
        (late(&monthly, &past(&[("2026-10", "2026-11-04T22:59:00Z")]), at("2026-11-04T23:00:00Z"), three), None),
        // First run ever just now: nobody waited before.
        (late(&monthly, &past(&[("2026-08", "2026-11-25T08:00:00Z")]), at("2026-11-25T09:00:00Z"), three), None),
        (late(&nightly, &past(&[("2026-10", "2026-11-25T08:00:00Z")]), at("2026-11-25T09:00:00Z"), three), None),
        (late(&nightly, &Past::default(), at("2026-11-25T09:00:00Z"), three), None),
        (late(&nightly, &past(&[("2026-11", "2026-11-23T17:31:00Z")]), at("2026-11-24T20:29:00Z"), three), None),
        (
            late(&nightly, &past(&[("2026-11", "2026-11-23T17:31:00Z")]), at("2026-11-24T20:31:00Z"), three),
            Some(("2026-11", 0)),
        ),
    ];
    for (at, (found, expected)) in cases.iter().enumerate() {
        let found = found.as_ref().map(|due| (due.period.to_string(), due.failures));
        assert_eq!(found, expected.map(|(of, failures)| (of.to_owned(), failures)), "case {at}");
    }
    println!("schedule: {} late cases", cases.len());
}
