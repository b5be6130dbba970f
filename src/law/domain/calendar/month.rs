//! Months and days as the field writes them: `2026-10`, `202610`, `2026-10-31`, `20261031`.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ParseError;

/// A calendar month (期): the unit in which claims are booked and lists are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// Reads `2026-10` or `202610`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: ParseError = ParseError::new("a month such as 2026-10 or 202610");
        let text = text.trim();
        let parts = text.split_once(['-', '/']).or_else(|| text.split_at_checked(4));
        let (year, month) = parts.ok_or(EXPECTED)?;
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !all_digits(year) || !all_digits(month) {
            return Err(EXPECTED);
        }
        let (year, month) = (year.parse().map_err(|_| EXPECTED)?, month.parse().map_err(|_| EXPECTED)?);
        Self::new(year, month).ok_or(EXPECTED)
    }

    /// The month `month` (1 to 12) of a year between 1900 and 2200.
    #[must_use]
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((1900..=2200).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// The month in which a day falls.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    /// The calendar year.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.year
    }

    /// The month's number, 1 to 12.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.month
    }

    /// Its first day.
    ///
    /// # Panics
    /// Never: the parts were checked when the month was made.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).expect("a month's first day exists")
    }

    /// Its last day.
    ///
    /// # Panics
    /// Never: see [`Month::first_day`].
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        self.first_day() + Months::new(1) - Days::new(1)
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::of(self.first_day() - Days::new(1))
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        Self::of(self.last_day() + Days::new(1))
    }

    /// The months from `self` to `last`, both included.
    pub fn up_to(self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| Some(month.next())).take_while(move |month| *month <= last)
    }

    /// `202610`, as list numbers and data exchange write it.
    #[must_use]
    pub fn compact(self) -> String {
        format!("{:04}{:02}", self.year, self.month)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Month {
    type Error = ParseError;
    fn try_from(text: String) -> Result<Self, ParseError> {
        Self::parse(&text)
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

/// The day of a moment on the clock of the offices (+08:00).
#[must_use]
pub fn official_day(at: DateTime<Utc>) -> NaiveDate {
    (at + Duration::hours(8)).date_naive()
}

/// Reads a day: `2026-10-31`, `2026/10/31` or `20261031`.
pub fn parse_date(text: &str) -> Result<NaiveDate, ParseError> {
    const EXPECTED: ParseError = ParseError::new("a date such as 2026-10-31 or 20261031");
    let text = text.trim();
    let format = match (text.len(), text.contains('-'), text.contains('/')) {
        (8, false, false) => "%Y%m%d",
        (8..=10, true, false) => "%Y-%m-%d",
        (8..=10, false, true) => "%Y/%m/%d",
        _ => return Err(EXPECTED),
    };
    NaiveDate::parse_from_str(text, format).ok().filter(|date| (1850..=2200).contains(&date.year())).ok_or(EXPECTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_ways_of_writing_a_month() {
        assert_eq!(Month::parse("2026-10"), Ok(Month { year: 2026, month: 10 }));
        assert_eq!(Month::parse("202610"), Month::parse("2026-10"));
        for text in ["2026-13", "2026", "26-10", "2026-1", "二〇二六"] {
            assert!(Month::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn steps_over_the_new_year() {
        let december = Month::parse("2025-12").unwrap();
        assert_eq!(december.next().to_string(), "2026-01");
        assert_eq!(december.next().previous(), december);
        assert_eq!(december.last_day().to_string(), "2025-12-31");
        assert_eq!(december.up_to(Month::parse("2026-02").unwrap()).count(), 3);
    }

    #[test]
    fn reads_both_ways_of_writing_a_day() {
        assert_eq!(parse_date("20261031"), parse_date("2026-10-31"));
        assert_eq!(parse_date("2026/1/5").unwrap().to_string(), "2026-01-05");
        for text in ["2026-02-30", "31.10.2026", "", "20261301"] {
            assert!(parse_date(text).is_err(), "{text}");
        }
    }
}
