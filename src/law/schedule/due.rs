//! Which run is due: a pure function of schedules, history and the moment.
//!
//! A run's period follows from the moment at which it was due, never from the one at which it really ran.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};

use super::Schedule;
use crate::domain::{LONGEST_REST, Month, Period, Workdays};

/// How far a moment moves at most.
const FARTHEST: TimeDelta = TimeDelta::days(LONGEST_REST);

/// So many periods are caught up at most; whoever has missed more runs `backfill` and looks at what comes out.
pub const CATCH_UP: usize = 36;

/// Nights counted as missed at most; only the number in a message depends on it.
const COUNTED: u32 = 400;

/// How long a failed run rests before its next try: by the number of its failures, the last for all further ones.
const RESTS: [TimeDelta; 4] = [TimeDelta::minutes(5), TimeDelta::minutes(15), TimeDelta::hours(1), TimeDelta::hours(6)];

/// What a scheduled run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The month in which its moment lies. After downtime only the newest is run: a night takes in everything that
    /// has landed and sums the whole year, so a missed night leaves nothing behind that the next one does not do.
    MonthUnderWay,
    /// The month that ended before its moment's month began; each must be run, oldest first, because each list says
    /// what is new since the one before it.
    MonthEnded,
    /// The third of a month (旬) that ended last before its moment's day; each must be run, oldest first.
    ThirdEnded,
}

impl Aim {
    /// The period of a run that is due on a day.
    #[must_use]
    pub fn period(self, day: NaiveDate) -> Period {
        match self {
            Self::MonthUnderWay => Month::of(day).into(),
            Self::MonthEnded => Month::of(day).previous().into(),
            Self::ThirdEnded => Period::last_third_by(day - Days::new(1)),
        }
    }

    /// The first day whose runs are for the same period.
    fn opens(self, day: NaiveDate) -> NaiveDate {
        let days_in = match self {
            Self::MonthUnderWay | Self::MonthEnded => day.day0(),
            // The last third takes what is left of the month, the 31st too.
            Self::ThirdEnded => day.day0() - (day.day0() / 10).min(2) * 10,
        };
        day - Days::new(days_in.into())
    }
}

/// A job that is run by the clock.
#[derive(Debug, Clone)]
pub struct Planned {
    pub job: String,
    pub schedule: Schedule,
    pub aim: Aim,
    /// Runs for periods that have ended move by it: to a working day.
    pub workdays: Workdays,
}

impl Planned {
    /// The moment to which one moves: for a period that has ended, the same time of a working day after its end.
    fn moved(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        if self.aim == Aim::MonthUnderWay {
            return at;
        }
        let day = self.schedule.day_of(at);
        let earliest = self.aim.period(day).last_day() + Days::new(1);
        let to = self.workdays.moved(day, earliest);
        if to == day { at } else { self.schedule.start_of(to) + (at - self.schedule.start_of(day)) }
    }

    /// The next moment after one at which something may be due.
    fn wakes_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.schedule.first_after(now);
        // Moments near by may have moved to either side of it.
        let mut near = self.schedule.first_after(now - FARTHEST);
        let mut moved = None;
        while let Some(at) = near.filter(|at| *at <= now + FARTHEST) {
            moved = moved.into_iter().chain(Some(self.moved(at)).filter(|at| *at > now)).min();
            near = self.schedule.first_after(at);
        }
        if self.aim == Aim::MonthUnderWay { next } else { next.into_iter().chain(moved).min() }
    }

    /// A period of some four years for which no run would ever be due; `None`: every period has its run.
    #[must_use]
    pub fn forgotten(&self) -> Option<Period> {
        if self.aim == Aim::MonthUnderWay {
            return None;
        }
        let last = NaiveDate::from_ymd_opt(2028, 3, 1)?;
        let mut opens = NaiveDate::from_ymd_opt(2024, 1, 1)?;
        while opens < last {
            let next = match (self.aim, opens.day()) {
                (Aim::ThirdEnded, 1 | 11) => opens + Days::new(10),
                _ => Month::of(opens).next().first_day(),
            };
            let from = self.schedule.start_of(opens) - TimeDelta::seconds(1);
            if self.schedule.first_after(from).is_none_or(|at| at >= self.schedule.start_of(next)) {
                return Some(self.aim.period(opens));
            }
            opens = next;
        }
        None
    }
}

/// What is known of a job's runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// Since when the job has been watched; what was due before is nobody's fault. `None`: not watched yet.
    pub since: Option<DateTime<Utc>>,
    /// Runs that ended well: period, and when they began.
    pub done: Vec<(Period, DateTime<Utc>)>,
    /// Runs that failed: period, and when they ended.
    pub failed: Vec<(Period, DateTime<Utc>)>,
}

/// A run that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub job: String,
    /// The moment at which it was due.
    pub at: DateTime<Utc>,
    /// The period that it is for.
    pub period: Period,
    /// Earlier moments that passed without a run: a night makes up for them; periods older than [`CATCH_UP`] that are
    /// to be sealed are left to `backfill`.
    pub missed: u32,
    /// How often it has failed since it was due.
    pub failures: u32,
    /// Not to be tried before this moment.
    pub not_before: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Run(Due),
    /// Nothing until then; `None`: nothing at all, because no job has a schedule.
    Wait(Option<DateTime<Utc>>),
}

/// Decides what to do at `now`. Jobs that take data in go before those that seal, so that lists are made from all that
/// has landed; otherwise what was due first goes first.
#[must_use]
pub fn decide(jobs: &[(Planned, Past)], now: DateTime<Utc>) -> Decision {
    // Only the oldest of each job: a later period waits for it, or its list would not say what is new since then.
    let heads = jobs.iter().filter_map(|(job, past)| {
        let head = pending(job, past, now).into_iter().next()?;
        Some((job.aim != Aim::MonthUnderWay, head))
    });
    let (ready, resting): (Vec<_>, Vec<_>) = heads.partition(|(_, due)| due.not_before <= now);
    let first = ready.into_iter().min_by(|a, b| (a.0, a.1.at, &a.1.job).cmp(&(b.0, b.1.at, &b.1.job)));
    if let Some((_, due)) = first {
        return Decision::Run(due);
    }
    let next = jobs.iter().filter_map(|(job, _)| job.wakes_after(now));
    Decision::Wait(next.chain(resting.into_iter().map(|(_, due)| due.not_before)).min())
}

/// The run that is due and still not done so long after its moment. What was due before the job was first watched or
/// run is nobody's delay.
#[must_use]
pub fn late(job: &Planned, past: &Past, now: DateTime<Utc>, grace: TimeDelta) -> Option<Due> {
    let first_run = past.done.iter().map(|(_, began)| *began).min();
    let known_from = past.since.into_iter().chain(first_run).min()?;
    // Moments as of then, so that the night that has just become due does not hide the one that was missed.
    let overdue = due_by(job, past, now - grace, now).into_iter().next()?;
    (overdue.at >= known_from).then_some(overdue)
}

/// All runs of a job that are due at `now`, oldest first, at most [`CATCH_UP`] of them: the newest.
#[must_use]
pub fn pending(job: &Planned, past: &Past, now: DateTime<Utc>) -> Vec<Due> {
    due_by(job, past, now, now)
}

/// The runs whose moments lie up to `by` and that are not done at `now`.
fn due_by(job: &Planned, past: &Past, by: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Due> {
    let mut found = match job.aim {
        Aim::MonthUnderWay => newest_night(job, past, by, now).into_iter().collect(),
        Aim::MonthEnded | Aim::ThirdEnded => ended_periods(job, past, by, now),
    };
    for due in &mut found {
        let (count, last) = failures(past, due, now);
        due.failures = count;
        if let Some(last) = last {
            let rest = RESTS[(count as usize).clamp(1, RESTS.len()) - 1];
            due.not_before = last + rest;
        }
    }
    found
}

/// How often a due run has failed since, and when last. What ended in the future ended before the clock was set back.
fn failures(past: &Past, due: &Due, now: DateTime<Utc>) -> (u32, Option<DateTime<Utc>>) {
    let counts = |(period, at): &&(Period, DateTime<Utc>)| *period == due.period && *at >= due.at && *at <= now;
    let (mut count, mut last) = (0, None);
    for (_, at) in past.failed.iter().filter(counts) {
        count += 1;
        last = last.max(Some(*at));
    }
    (count, last)
}

fn newest_night(job: &Planned, past: &Past, by: DateTime<Utc>, now: DateTime<Utc>) -> Option<Due> {
    let at = job.schedule.last_by(by)?;
    let period = job.aim.period(job.schedule.day_of(at));
    // A run that began in the future began under a clock that was wrong: it does not stand for the nights until then.
    let done = || past.done.iter().filter(|(_, began)| *began <= now);
    let last_done = done().map(|(_, began)| *began).max();
    let is_done = done().any(|(of, began)| *of == period && *began >= at);
    if is_done || (last_done.is_none() && past.since.is_some_and(|since| since > at)) {
        return None;
    }
    let since = last_done.or(past.since);
    let mut missed = 0;
    let mut earlier = at;
    while let Some(before) = since.and_then(|since| {
        job.schedule.last_by(earlier - TimeDelta::seconds(1)).filter(|before| *before > since && missed < COUNTED)
    }) {
        missed += 1;
        earlier = before;
    }
    Some(due(job, at, missed))
}

fn ended_periods(job: &Planned, past: &Past, by: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Due> {
    let schedule = &job.schedule;
    // Sealed before its end, or under a clock that was wrong, a period does not count as done.
    let counts =
        |(period, began): &&(Period, DateTime<Utc>)| *began <= now && schedule.day_of(*began) > period.last_day();
    let newest_done = past.done.iter().filter(counts).map(|(period, _)| *period).max();
    let (mut found, mut left) = (Vec::new(), 0);
    // One that lies ahead may have moved before a holiday.
    let mut last = schedule.last_by(by + FARTHEST);
    while let Some(at) = last {
        let opening = schedule.start_of(job.aim.opens(schedule.day_of(at)));
        let just_before = opening - TimeDelta::seconds(1);
        let first = schedule.first_after(just_before).unwrap_or(at);
        let run = Due { at: job.moved(first), ..due(job, first, 0) };
        if run.at > by {
            last = schedule.last_by(just_before);
            continue;
        }
        let is_settled = newest_done.is_some_and(|done| done >= run.period);
        let is_watched = newest_done.is_some() || past.since.map_or(found.is_empty(), |since| since <= run.at);
        if is_settled || !is_watched || left == COUNTED {
            break;
        }
        if found.len() < CATCH_UP {
            found.push(run);
        } else {
            left += 1;
        }
        last = schedule.last_by(just_before);
    }
    found.reverse();
    if let Some(oldest) = found.first_mut() {
        oldest.missed = left;
    }
    found
}

fn due(job: &Planned, at: DateTime<Utc>, missed: u32) -> Due {
    let period = job.aim.period(job.schedule.day_of(at));
    Due { job: job.job.clone(), at, period, missed, failures: 0, not_before: at }
}
