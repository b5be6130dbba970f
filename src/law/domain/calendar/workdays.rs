//! Working days with the State Council's days off and make-up days (调休). The table comes in as data.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate, Weekday};

/// Days of rest from which something that is due moves before them instead of after.
const LONG_REST: i64 = 4;

/// No rest is longer: what is due moves by so many days at most.
pub const LONGEST_REST: i64 = 12;

/// Which days are worked: Monday to Friday but for the days that the table names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workdays {
    /// Days that differ from the week's rule: `true` for worked ones.
    named: BTreeMap<NaiveDate, bool>,
    years: BTreeSet<i32>,
}

impl Workdays {
    /// The calendar with these days worked (`true`) or off; a day named twice counts as its last row says.
    #[must_use]
    pub fn new(days: impl IntoIterator<Item = (NaiveDate, bool)>) -> Self {
        let named: BTreeMap<NaiveDate, bool> = days.into_iter().collect();
        let years = named.keys().map(NaiveDate::year).collect();
        Self { named, years }
    }

    /// Whether the table has the year at all; of one that it does not have, Monday to Friday are worked.
    #[must_use]
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// Whether a day is worked.
    #[must_use]
    pub fn is_worked(&self, day: NaiveDate) -> bool {
        let by_week = !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        self.named.get(&day).copied().unwrap_or(by_week)
    }

    /// The day on which the `count`-th working day after `day` falls; `day` itself does not count.
    #[must_use]
    pub fn after(&self, day: NaiveDate, count: u32) -> NaiveDate {
        let mut at = day;
        let mut left = count;
        while left > 0 {
            let Some(next) = at.succ_opt() else { break };
            at = next;
            left -= u32::from(self.is_worked(at));
        }
        at
    }

    /// The day to which something due on `day` moves: the first working day from it on, or the last one before it where
    /// four or more days of rest follow and that day is not before `earliest`. A year that the table does not have moves
    /// nothing.
    #[must_use]
    pub fn moved(&self, day: NaiveDate, earliest: NaiveDate) -> NaiveDate {
        if !self.knows(day.year()) || self.is_worked(day) {
            return day;
        }
        let later = self.after(day, 1);
        let mut near = day.iter_days().rev().take_while(|earlier| (day - *earlier).num_days() < LONGEST_REST);
        let before = near.find(|day| self.is_worked(*day));
        match before {
            Some(before) if (later - day).num_days() >= LONG_REST && before >= earliest => before,
            _ => later,
        }
    }

    /// The years that lie between two days and that the table does not have.
    #[must_use]
    pub fn unknown_years(&self, from: NaiveDate, to: NaiveDate) -> Vec<i32> {
        (from.year()..=to.year()).filter(|year| !self.knows(*year)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        crate::domain::parse_date(text).unwrap()
    }

    #[test]
    fn what_is_due_on_a_rest_day_moves() {
        let off = (1..=7).map(|n| (day(&format!("2026-10-{n:02}")), false));
        let calendar = Workdays::new(off.chain([(day("2026-10-10"), true), (day("2026-09-20"), true)]));
        for (due, earliest, to) in [
            ("2026-11-05", "2026-11-01", "2026-11-05"),
            ("2026-09-05", "2026-09-01", "2026-09-07"),
            ("2026-10-05", "2026-10-01", "2026-10-08"),
            ("2026-10-01", "2026-09-25", "2026-09-30"),
            ("2026-10-01", "2026-10-01", "2026-10-08"),
            ("2026-10-04", "2026-09-21", "2026-09-30"),
            ("2026-10-10", "2026-10-01", "2026-10-10"),
            ("2027-10-02", "2027-10-01", "2027-10-02"),
        ] {
            assert_eq!(calendar.moved(day(due), day(earliest)), day(to), "{due}");
        }
    }

    #[test]
    fn days_off_and_make_up_days_move_the_deadline() {
        // The National Day of 2026: off from the 1st to the 7th of October, worked on Saturday the 10th.
        let off = (1..=7).map(|n| (day(&format!("2026-10-{n:02}")), false));
        let calendar = Workdays::new(off.chain([(day("2026-10-10"), true), (day("2026-09-20"), true)]));
        for (from, count, to) in [
            ("2026-09-30", 0, "2026-09-30"),
            ("2026-09-30", 1, "2026-10-08"),
            ("2026-09-30", 2, "2026-10-09"),
            ("2026-09-30", 3, "2026-10-10"),
            ("2026-09-30", 5, "2026-10-13"),
            ("2026-10-04", 2, "2026-10-09"),
            ("2026-09-18", 1, "2026-09-20"),
            ("2026-11-06", 2, "2026-11-10"),
        ] {
            assert_eq!(calendar.after(day(from), count), day(to), "{count} after {from}");
        }
        // A year that the table does not have goes by the week.
        assert_eq!(calendar.after(day("2027-10-01"), 2), day("2027-10-05"));
        assert_eq!(calendar.unknown_years(day("2025-12-30"), day("2027-01-02")), [2025, 2027]);
    }
}
