//! A job's schedule: a cron expression in a time zone, and the moments that it names.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Timelike as _, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::field::{Fault, Fields};
use crate::config::nearest;

/// When a job is due. Around a change of clocks: a fixed time that is skipped comes right after the gap, one that
/// comes twice counts the first time.
#[derive(Debug, Clone)]
pub struct Schedule {
    text: String,
    fields: Fields,
    cron: Cron,
    zone: Tz,
}

impl Schedule {
    /// Reads an expression of five fields and the name of a time zone.
    pub fn parse(cron: &str, zone: &str) -> Result<Self, (Option<Fault>, Option<Fault>)> {
        match (parse_cron(cron), parse_zone(zone)) {
            (Ok((fields, parsed)), Ok(zone)) => {
                let text = cron.split_whitespace().collect::<Vec<_>>().join(" ");
                Ok(Self { text, fields, cron: parsed, zone })
            }
            (cron, zone) => Err((cron.err(), zone.err())),
        }
    }

    #[must_use]
    pub fn cron(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    /// The same time of every day, for runs that may move to another one.
    #[must_use]
    pub fn daily(&self) -> Self {
        let time: Vec<&str> = self.text.split_whitespace().take(2).collect();
        Self::parse(&format!("{} * * *", time.join(" ")), self.zone()).unwrap_or_else(|_| self.clone())
    }

    /// systemd's `OnCalendar` expression, zone included.
    #[must_use]
    pub fn on_calendar(&self) -> String {
        format!("{} {}", self.fields.on_calendar(), self.zone())
    }

    /// The first moment after one; `None` when there is none any more.
    #[must_use]
    pub fn first_after(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let found = self.cron.find_next_occurrence(&whole(at).with_timezone(&self.zone), false).ok()?;
        Some(found.with_timezone(&Utc))
    }

    /// The last moment up to one, that one included.
    #[must_use]
    pub fn last_by(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let found = self.cron.find_previous_occurrence(&whole(at).with_timezone(&self.zone), true).ok()?;
        Some(found.with_timezone(&Utc))
    }

    /// The day of a moment on the zone's calendar.
    #[must_use]
    pub fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// `2026-11-05 04:00 Asia/Shanghai`.
    #[must_use]
    pub fn local(&self, at: DateTime<Utc>) -> String {
        format!("{} {}", at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M"), self.zone())
    }

    /// The moment at which a day begins in the zone; where clocks skip midnight, the first one after it.
    pub(super) fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        let quarters = (0..=12).map(|quarter| midnight + TimeDelta::minutes(15 * quarter));
        let mut found = quarters.filter_map(|local| self.zone.from_local_datetime(&local).earliest());
        found.next().map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
    }
}

/// Croner keeps fractions of a second, which no schedule has.
fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    at.with_nanosecond(0).unwrap_or(at)
}

fn parse_cron(text: &str) -> Result<(Fields, Cron), Fault> {
    let fields = Fields::parse(text)?;
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron = parser.parse(text).map_err(|error| Fault::new(error.to_string(), "five fields, as crontab has them"))?;
    // A day on which any expression that ever comes has four more years to come in: leap days included.
    let from = NaiveDate::from_ymd_opt(2024, 3, 1).unwrap_or_default() - Days::new(1);
    if cron.find_next_occurrence(&from.and_time(NaiveTime::MIN).and_utc(), false).is_err() {
        return Err(Fault::new(format!("`{text}` never comes: no month has such a day"), "an earlier day, or `*`"));
    }
    Ok((fields, cron))
}

fn parse_zone(text: &str) -> Result<Tz, Fault> {
    text.parse().map_err(|_| {
        let hint = nearest(text, TZ_VARIANTS.iter().map(|zone| zone.name()))
            .map_or_else(|| "a name such as `Asia/Shanghai`".to_owned(), |near| format!("did you mean `{near}`?"));
        Fault::new(format!("there is no time zone `{text}`"), hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(cron: &str, zone: &str) -> Schedule {
        Schedule::parse(cron, zone).unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn shanghai_has_no_summer_time() {
        let nightly = schedule("30 1 * * *", "Asia/Shanghai");
        assert_eq!(nightly.first_after(at("2026-11-25T00:00:00Z")), Some(at("2026-11-25T17:30:00Z")));
        assert_eq!(nightly.last_by(at("2026-11-25T17:30:00Z")), Some(at("2026-11-25T17:30:00Z")));
        assert_eq!(nightly.last_by(at("2026-11-25T17:29:59.9Z")), Some(at("2026-11-24T17:30:00Z")));
        assert_eq!(nightly.first_after(at("2026-11-25T17:30:00.5Z")), Some(at("2026-11-26T17:30:00Z")));
        assert_eq!(nightly.day_of(at("2026-11-25T17:30:00Z")).to_string(), "2026-11-26");
        assert_eq!(nightly.local(at("2026-11-25T17:30:00Z")), "2026-11-26 01:30 Asia/Shanghai");
    }

    #[test]
    fn a_skipped_time_comes_after_the_gap_and_a_repeated_one_once() {
        let nightly = schedule("30 2 * * *", "Europe/Berlin");
        assert_eq!(nightly.first_after(at("2026-03-28T02:00:00Z")), Some(at("2026-03-29T01:00:00Z")));
        assert_eq!(nightly.first_after(at("2026-10-24T12:00:00Z")), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(nightly.first_after(at("2026-10-25T00:30:00Z")), Some(at("2026-10-26T01:30:00Z")));
        assert_eq!(nightly.last_by(at("2026-10-25T12:00:00Z")), Some(at("2026-10-25T00:30:00Z")));
    }

    #[test]
    fn leap_days_come_and_the_thirtieth_of_february_never_does() {
        let leap = schedule("0 0 29 2 *", "Asia/Shanghai");
        assert_eq!(leap.first_after(at("2026-01-01T00:00:00Z")), Some(at("2028-02-28T16:00:00Z")));
        let (cron, zone) = Schedule::parse("0 0 30 2 *", "Asia/Shanhai").unwrap_err();
        assert!(cron.unwrap().message.contains("never comes"));
        assert_eq!(zone.unwrap().hint, "did you mean `Asia/Shanghai`?");
    }
}
