//! Bounds that no row may pass: days that cannot be, and how much a row adds to sums.

use law::contracts::{Feed, Kind, RejectCode};
use law::domain::PersonKey;

use chrono::{Datelike as _, NaiveDate};

use super::cells::days::{DAY, date_of, day_of};
use super::faults::{Faults, Stage};
use super::sheet::Sheet;

/// Nothing that this program reads happened before.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();

/// Clocks differ, and so do time zones: this many days later are still today.
const SLACK: i64 = 1;

/// The column that says when a row's event was.
const fn event(feed: Feed) -> Option<&'static str> {
    match feed {
        Feed::Claims => Some("settled_at"),
        Feed::Applications => Some("application_date"),
        Feed::Adjustments => Some("paid_date"),
        Feed::Aided => Some("aided_date"),
        Feed::Residents | Feed::Rosters | Feed::Income | Feed::Receipts => None,
    }
}

/// Notes events before 1990, before the person's birth or after `until`, and update times after it: such an update
/// could never be corrected.
pub(super) fn days(
    sheet: &Sheet,
    faults: &mut Faults,
    feed: Feed,
    until: Option<NaiveDate>,
    keys: Option<&[Option<i64>]>,
) {
    let last = until.map_or(i64::MAX, |day| day_of(day) + SLACK);
    let mut check = |name: &str, is_event: bool| {
        let Some(column) = sheet.index(name) else { return };
        let unit = if sheet.contract.columns[column].kind == Kind::Moment { DAY } else { 1 };
        for (row, value) in sheet.numbers(name).iter().enumerate() {
            let Some(day) = value.map(|value| value.div_euclid(unit)) else { continue };
            let born = || keys.and_then(|keys| keys.get(row).copied().flatten()).and_then(|key| PersonKey(key).born());
            if day > last {
                faults.note(row, Stage::Form, Some(column), RejectCode::InFuture);
            } else if is_event && (day < day_of(FIRST) || born().is_some_and(|born| number_of(day) < born)) {
                faults.note(row, Stage::Form, Some(column), RejectCode::TooEarly);
            }
        }
    };
    if let Some(name) = event(feed) {
        check(name, true);
    }
    check("updated_at", false);
}

/// A day as the number yyyymmdd.
fn number_of(day: i64) -> i64 {
    date_of(day).map_or(0, |date| i64::from(date.year()) * 10_000 + i64::from(date.month() * 100 + date.day()))
}

/// Per row, the fen of its largest amount, whatever its sign: what it can add to any sum at most.
pub(super) fn weights(sheet: &Sheet) -> Vec<i64> {
    let mut weights = vec![0; sheet.rows];
    for column in sheet.contract.columns.iter().filter(|column| column.kind == Kind::Money) {
        for (weight, fen) in weights.iter_mut().zip(sheet.numbers(column.name)) {
            *weight = fen.unwrap_or(0).saturating_abs().max(*weight);
        }
    }
    weights
}
