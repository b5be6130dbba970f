//! Counting a file's rows by county and month: what lists need to know of what came, without looking at all claims.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{Date32Type, Int64Type, TimestampMillisecondType};
use chrono::{DateTime, Datelike as _};
use law::contracts::{Feed, Spread, Tally};
use law::domain::{CountyCode, Fen, Month};

use super::rules::Judged;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Columns of a feed that say where a row belongs: county, and a day of the month.
const fn columns_of(feed: Feed) -> Option<(&'static str, &'static str)> {
    match feed {
        Feed::Claims => Some(("insured_area", "settled_at")),
        Feed::Rosters => Some(("county_code", "roster_month")),
        _ => None,
    }
}

/// Counts by six-digit county (0: none) and year and month (0: none).
pub(super) struct SpreadCount {
    columns: Option<(&'static str, &'static str)>,
    counts: BTreeMap<(u32, u32), [Tally; 3]>,
}

impl SpreadCount {
    pub(super) const fn new(feed: Feed) -> Self {
        Self { columns: columns_of(feed), counts: BTreeMap::new() }
    }

    /// Counts a page.
    pub(super) fn add(&mut self, judged: &Judged) {
        let Some((county, month)) = self.columns else { return };
        let batch = &judged.batch;
        let counties = batch.column_by_name(county).and_then(|column| column.as_string_opt::<i32>());
        let keys = batch.column_by_name("person_key").and_then(|column| column.as_primitive_opt::<Int64Type>());
        let days = batch.column_by_name(month);
        let moments = days.and_then(|column| column.as_primitive_opt::<TimestampMillisecondType>());
        let dates = days.and_then(|column| column.as_primitive_opt::<Date32Type>());
        let day_of = |row: usize| match (moments, dates) {
            (Some(column), _) if column.is_valid(row) => Some(column.value(row).div_euclid(DAY)),
            (_, Some(column)) if column.is_valid(row) => Some(column.value(row).into()),
            _ => None,
        };
        // Rows of a file mostly follow each other by month: the last day's month is kept.
        let mut last = (None, 0);
        for row in 0..batch.num_rows() {
            let day = day_of(row);
            if day != last.0 {
                last = (day, day.map_or(0, month_of));
            }
            let code = counties.filter(|column| column.is_valid(row)).map_or(0, |column| code_of(column.value(row)));
            let fen = judged.control.get(row).copied().flatten();
            let has_person = keys.is_some_and(|column| column.is_valid(row));
            let of = match judged.fault(row) {
                None => 0,
                Some(_) if has_person && fen.is_some() => 2,
                Some(_) => 1,
            };
            self.counts.entry((code, last.1)).or_default()[of].add_row(Fen(fen.unwrap_or(0)));
        }
    }

    pub(super) fn finish(self) -> Vec<Spread> {
        let spread = self.counts.into_iter().map(|((county, month), [good, lost, named])| Spread {
            county: CountyCode::parse(&county.to_string()).ok(),
            month: i32::try_from(month / 100).ok().and_then(|year| Month::new(year, month % 100)),
            good,
            lost,
            named,
        });
        spread.collect()
    }
}

/// The number that six digits make; 0 for anything else.
fn code_of(text: &str) -> u32 {
    if text.len() == 6 { text.parse().unwrap_or(0) } else { 0 }
}

/// Year and month of a day since 1970 as one number, 202610.
fn month_of(day: i64) -> u32 {
    let moment = day.checked_mul(DAY).and_then(DateTime::from_timestamp_millis);
    moment.map_or(0, |at| at.year().unsigned_abs() * 100 + at.month())
}
