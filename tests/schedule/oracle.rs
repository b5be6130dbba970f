//! When jobs are due, worked out day by day from local times, without a cron expression.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use law::domain::Period;
use law::schedule::{Aim, Planned, Schedule};

/// A job that is due at one time of some days.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) planned: Planned,
    days: &'static [u32],
    time: NaiveTime,
    zone: Tz,
}

impl Rule {
    /// Days of the month; none means every day.
    pub(crate) fn new(job: &str, aim: Aim, days: &'static [u32], (hour, minute): (u32, u32), zone: Tz) -> Self {
        let list: Vec<String> = days.iter().map(ToString::to_string).collect();
        let day = if list.is_empty() { "*".to_owned() } else { list.join(",") };
        let schedule = Schedule::parse(&format!("{minute} {hour} {day} * *"), zone.name()).unwrap();
        let planned = Planned { job: job.to_owned(), schedule, aim, workdays: law::domain::Workdays::default() };
        Self { planned, days, time: NaiveTime::from_hms_opt(hour, minute, 0).unwrap(), zone }
    }

    /// The moment on a day, if there is one: a time that is skipped comes when clocks go on.
    fn on(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        if !self.days.is_empty() && !self.days.contains(&day.day()) {
            return None;
        }
        let mut minutes = (0..=180).map(|later| day.and_time(self.time) + TimeDelta::minutes(later));
        let at = minutes.find_map(|local| self.zone.from_local_datetime(&local).earliest())?;
        Some(at.to_utc())
    }

    /// All moments in `(after, by]`, each with the period that it is for.
    pub(crate) fn moments(&self, after: DateTime<Utc>, by: DateTime<Utc>) -> Vec<(DateTime<Utc>, Period)> {
        let first = after.date_naive() - Days::new(2);
        let days = first.iter_days().take_while(|day| *day <= by.date_naive() + Days::new(2));
        let moments = days.filter_map(|day| Some((self.on(day)?, self.period(day))));
        moments.filter(|(at, _)| *at > after && *at <= by).collect()
    }

    /// The period, by the calendar alone.
    fn period(&self, day: NaiveDate) -> Period {
        let month = |year: i32, month: u32| Period::parse(&format!("{year:04}-{month:02}")).unwrap();
        let before = if day.month() == 1 { month(day.year() - 1, 12) } else { month(day.year(), day.month() - 1) };
        let third = |end: u32| Period::parse(&format!("{}-{end:02}", day.format("%Y-%m"))).unwrap();
        match (self.planned.aim, day.day()) {
            (Aim::MonthUnderWay, _) => month(day.year(), day.month()),
            (Aim::MonthEnded, _) | (Aim::ThirdEnded, 1..=10) => before,
            (Aim::ThirdEnded, 11..=20) => third(10),
            (Aim::ThirdEnded, _) => third(20),
        }
    }
}
