//! Periods of runs and lists: a whole month (`2026-10`) or its first or second third (`2026-10-10`, `2026-10-20`).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Month, parse_date};
use crate::domain::ParseError;

/// What a run looks back on from: the year's months up to a month's end, or up to its 10th or 20th day (旬).
/// The last third of a month ends with it and is the month itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    month: Month,
    third: Third,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Third {
    First,
    Second,
    Last,
}

impl Period {
    /// Reads `2026-10`, `2026-10-10` or `2026-10-20`, with or without hyphens.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: ParseError = ParseError::new("a month such as 2026-10, or a third of it such as 2026-10-10");
        let text = text.trim();
        if let Ok(month) = Month::parse(text) {
            return Ok(month.into());
        }
        let day = parse_date(text).map_err(|_| EXPECTED)?;
        Self::ending_on(day).ok_or(EXPECTED)
    }

    /// The period that ends on a day; `None` for other days than the 10th, the 20th and a month's last.
    #[must_use]
    pub fn ending_on(day: NaiveDate) -> Option<Self> {
        let month = Month::of(day);
        let third = match day.day() {
            10 => Third::First,
            20 => Third::Second,
            _ if day == month.last_day() => Third::Last,
            _ => return None,
        };
        Some(Self { month, third })
    }

    /// The last third that has ended by a day, that day included.
    #[must_use]
    pub fn last_third_by(day: NaiveDate) -> Self {
        let month = Month::of(day);
        let third = match day.day() {
            _ if day == month.last_day() => Third::Last,
            20.. => Third::Second,
            10.. => Third::First,
            _ => return month.previous().into(),
        };
        Self { month, third }
    }

    /// The month in which it lies.
    #[must_use]
    pub const fn month(self) -> Month {
        self.month
    }

    /// The calendar year.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.month.year()
    }

    /// First day of its month.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        self.month.first_day()
    }

    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        match self.third {
            Third::First => self.first_day() + Days::new(9),
            Third::Second => self.first_day() + Days::new(19),
            Third::Last => self.month.last_day(),
        }
    }

    /// Whether it ends with its month.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self.third, Third::Last)
    }

    #[must_use]
    pub fn next_third(self) -> Self {
        match self.third {
            Third::First => Self { third: Third::Second, ..self },
            Third::Second => Self { third: Third::Last, ..self },
            Third::Last => Self { month: self.month.next(), third: Third::First },
        }
    }

    /// `202610` or `20261010`, as list numbers write it.
    #[must_use]
    pub fn compact(self) -> String {
        if self.is_whole() { self.month.compact() } else { self.last_day().format("%Y%m%d").to_string() }
    }

    /// `2026年10月`, for a third with its last day: `2026年10月10日`.
    #[must_use]
    pub fn chinese(self) -> String {
        let month = format!("{}年{}月", self.year(), self.month.number());
        if self.is_whole() { month } else { format!("{month}{}日", self.last_day().day()) }
    }
}

impl From<Month> for Period {
    fn from(month: Month) -> Self {
        Self { month, third: Third::Last }
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.month, self.third).cmp(&(other.month, other.third))
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_whole() { self.month.fmt(f) } else { self.last_day().format("%Y-%m-%d").fmt(f) }
    }
}

impl FromStr for Period {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Period {
    type Error = ParseError;
    fn try_from(text: String) -> Result<Self, ParseError> {
        Self::parse(&text)
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        Period::parse(text).unwrap()
    }

    #[test]
    fn a_whole_month_is_written_as_ever_and_a_third_by_its_last_day() {
        for (text, shown, compact, last) in [
            ("2026-10", "2026-10", "202610", "2026-10-31"),
            ("202610", "2026-10", "202610", "2026-10-31"),
            ("2026-10-31", "2026-10", "202610", "2026-10-31"),
            ("2028-02-29", "2028-02", "202802", "2028-02-29"),
            ("2026-10-10", "2026-10-10", "20261010", "2026-10-10"),
            ("20261020", "2026-10-20", "20261020", "2026-10-20"),
        ] {
            let found = period(text);
            assert_eq!((found.to_string().as_str(), found.compact().as_str()), (shown, compact));
            assert_eq!(found.last_day().to_string(), last);
            assert_eq!(period(shown), found);
        }
        for text in ["2026-10-11", "2026-10-30", "2026-02-29", "2026-13", ""] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn thirds_follow_by_their_ends() {
        let mut found = period("2025-12-20");
        for next in ["2025-12", "2026-01-10", "2026-01-20", "2026-01"] {
            assert!(found < period(next));
            found = found.next_third();
            assert_eq!(found, period(next));
        }
    }

    #[test]
    fn the_last_ended_third_is_found_from_any_day() {
        for (day, last) in [
            ("2026-10-12", "2026-10-10"),
            ("2026-10-10", "2026-10-10"),
            ("2026-10-09", "2026-09"),
            ("2026-10-30", "2026-10-20"),
            ("2026-10-31", "2026-10"),
            ("2027-01-01", "2026-12"),
        ] {
            assert_eq!(Period::last_third_by(crate::domain::parse_date(day).unwrap()), period(last), "{day}");
        }
    }
}
