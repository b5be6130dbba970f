//! Dates, moments and months to days and milliseconds, in local time (+08:00).

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use chrono::{Datelike as _, NaiveDate, NaiveTime};
use law::contracts::{Kind, RejectCode};
use law::domain::{Month, clean_text, fold_width, parse_date};

use super::column::{Note, unexpected, unreadable, whole_numbers};
use crate::gate::job::Refusal;
use crate::gate::rules::faults::Stage;
use crate::gate::rules::sheet::{Read, Unreadable};

/// Milliseconds of a day.
pub(in crate::gate::rules) const DAY: i64 = 86_400_000;
/// Local time is eight hours ahead of UTC.
const AHEAD: i64 = 8 * 3_600_000;
/// 1850-01-01 and 2201-01-01 in milliseconds: what lies outside is not a date of ours.
const RANGE: std::ops::Range<i64> = -3_786_825_600_000..7_289_654_400_000;
/// 1970-01-01 as a day of the common era.
const EPOCH: i32 = 719_163;

/// Whether a month may stand where a day is expected (rosters do that), and which of its days is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Months {
    /// A month is not a day.
    Refused,
    /// A period that starts in a month starts on its first day.
    First,
    /// A period that ends in a month ends on its last day.
    Last,
}

/// Reads a column of dates, moments or months.
pub(super) fn read(kind: Kind, months: Months, array: &ArrayRef, note: &mut Note) -> Result<Vec<Option<i64>>, Refusal> {
    let mut values = Vec::with_capacity(array.len());
    let mut take = |row: usize, cell: Read<i64>| {
        let wrong = match cell {
            Err(Unreadable) => Some(RejectCode::Malformed),
            Ok(Some(moment)) if moment < RANGE.start => Some(RejectCode::TooEarly),
            Ok(Some(moment)) if moment >= RANGE.end => Some(RejectCode::InFuture),
            Ok(_) => None,
        };
        if let Some(code) = wrong {
            note(row, Stage::Form, code);
        }
        values.push(cell.ok().flatten().filter(|_| wrong.is_none()).map(|moment| in_unit(kind, moment)));
    };
    match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            for row in 0..texts.len() {
                take(row, if texts.is_null(row) { Ok(None) } else { of_text(kind, months, texts.value(row)) });
            }
        }
        DataType::Timestamp(_, zone) => {
            let ahead = if zone.is_some() { AHEAD } else { 0 };
            let plain = cast(array, &DataType::Timestamp(TimeUnit::Millisecond, None)).map_err(|e| unreadable(&e))?;
            let plain = cast(&plain, &DataType::Int64).map_err(|error| unreadable(&error))?;
            let moments = plain.as_primitive::<Int64Type>();
            // A moment that milliseconds cannot hold comes out of the cast as nothing.
            let cell = |row: usize| match (array.is_null(row), moments.is_null(row)) {
                (true, _) => Ok(None),
                (false, true) => Err(Unreadable),
                (false, false) => moments.value(row).checked_add(ahead).map(Some).ok_or(Unreadable),
            };
            (0..moments.len()).for_each(|row| take(row, cell(row)));
        }
        DataType::Date32 | DataType::Date64 => {
            let wide = cast(array, &DataType::Date64).and_then(|wide| cast(&wide, &DataType::Int64));
            let wide = wide.map_err(|error| unreadable(&error))?;
            let moments = wide.as_primitive::<Int64Type>();
            (0..moments.len()).for_each(|row| take(row, Ok(moments.is_valid(row).then(|| moments.value(row)))));
        }
        found if found.is_integer() && kind == Kind::Month => {
            let months = whole_numbers(array)?;
            let cell = |month: i64| Month::parse(&month.to_string()).map(|month| Some(midnight(month.first_day())));
            let cell = |month: Option<i64>| month.map_or(Ok(None), cell).map_err(|_| Unreadable);
            months.into_iter().enumerate().for_each(|(row, month)| take(row, cell(month)));
        }
        _ => return Err(unexpected(array)),
    }
    Ok(values)
}

/// A local moment in the unit of its kind: days, or milliseconds.
fn in_unit(kind: Kind, moment: i64) -> i64 {
    let day = moment.div_euclid(DAY);
    match kind {
        Kind::Moment => moment,
        Kind::Month => date_of(day).map_or(day, |date| day - i64::from(date.day0())),
        _ => day,
    }
}

/// The date of a day number.
pub(in crate::gate::rules) fn date_of(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).ok()?.checked_add(EPOCH)?)
}

/// The day number of a date.
pub(in crate::gate::rules) fn day_of(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce() - EPOCH)
}

fn midnight(date: NaiveDate) -> i64 {
    day_of(date) * DAY
}

fn of_text(kind: Kind, months: Months, text: &str) -> Read<i64> {
    if let Some(date) = plain(text.as_bytes()) {
        return Ok(Some(midnight(date)));
    }
    let folded;
    let text = if text.is_ascii() {
        clean_text(text)
    } else {
        folded = fold_width(text);
        clean_text(&folded)
    };
    if text.is_empty() {
        return Ok(None);
    }
    let found = match (kind, months) {
        (Kind::Month, _) | (_, Months::First) => Month::parse(text).ok().map(Month::first_day),
        (_, Months::Last) => Month::parse(text).ok().map(Month::last_day),
        (_, Months::Refused) => None,
    };
    let found = found.map(midnight).or_else(|| moment(text));
    found.map(Some).ok_or(Unreadable)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
}

/// `2026-10-31` without allocation.
fn plain(text: &[u8]) -> Option<NaiveDate> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)
}

/// A day, or a day and a time: `2026-10-31 08:30:00`, with `T`, `/`, a fraction, or as 14 digits.
fn moment(text: &str) -> Option<i64> {
    if let Some((day, [b' ' | b'T', h1, h2, b':', m1, m2, b':', s1, s2])) = text.as_bytes().split_at_checked(10)
        && let (Some(date), Some(hour), Some(minute), Some(second)) =
            (plain(day), number(&[*h1, *h2]), number(&[*m1, *m2]), number(&[*s1, *s2]))
        && hour < 24
        && minute < 60
        && second < 60
    {
        return Some(midnight(date) + i64::from((hour * 60 + minute) * 60 + second) * 1000);
    }
    let text = text.strip_suffix("+08:00").unwrap_or(text);
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, time.trim()),
        None if text.len() == 14 && text.is_ascii() => text.split_at(8),
        None => (text, ""),
    };
    let date = plain(day.as_bytes()).or_else(|| parse_date(day).ok())?;
    let time = match time.len() {
        0 => NaiveTime::MIN,
        5 => NaiveTime::parse_from_str(time, "%H:%M").ok()?,
        6 => NaiveTime::parse_from_str(time, "%H%M%S").ok()?,
        _ => NaiveTime::parse_from_str(time, "%H:%M:%S%.f").ok()?,
    };
    let passed = time.signed_duration_since(NaiveTime::MIN).num_milliseconds();
    Some(midnight(date) + passed)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, Int32Array, StringArray, TimestampMicrosecondArray};

    use super::*;

    fn values(kind: Kind, array: impl Array + 'static) -> (Vec<Option<i64>>, usize) {
        let mut wrong = 0;
        let array: ArrayRef = Arc::new(array);
        let values = read(kind, Months::Refused, &array, &mut |_, _, _| wrong += 1).unwrap();
        (values, wrong)
    }

    #[test]
    fn moments_as_text() {
        let noon = DAY / 2;
        for (text, expected) in [
            ("1970-01-02", DAY),
            ("19700102", DAY),
            ("1970/1/2", DAY),
            ("1970-01-02 12:00:00", DAY + noon),
            ("1970-01-02T12:00:00.500", DAY + noon + 500),
            ("19700102120000", DAY + noon),
            ("1970-01-02 12:00", DAY + noon),
            ("１９７０-01-02\t", DAY),
        ] {
            assert_eq!(of_text(Kind::Moment, Months::Refused, text), Ok(Some(expected)), "{text}");
        }
        for text in ["1970-02-30", "yesterday", "1970-01-02 25:00:00", "12", "9999-01-01x"] {
            assert_eq!(of_text(Kind::Moment, Months::Refused, text), Err(Unreadable), "{text}");
        }
        assert_eq!(of_text(Kind::Date, Months::First, " "), Ok(None));
        for (months, expected) in
            [(Months::First, Ok(Some(0))), (Months::Last, Ok(Some(30 * DAY))), (Months::Refused, Err(Unreadable))]
        {
            assert_eq!(of_text(Kind::Date, months, "197001"), expected);
        }
    }

    #[test]
    fn typed_dates_and_months() {
        assert_eq!(
            values(Kind::Date, Date32Array::from(vec![Some(3), None, Some(i32::MAX)])),
            (vec![Some(3), None, None], 1)
        );
        let late = TimestampMicrosecondArray::from(vec![17 * 3_600_000_000]);
        assert_eq!(values(Kind::Date, late.clone()).0, [Some(0)]);
        // 17:00 in Greenwich is 01:00 of the next day here.
        assert_eq!(values(Kind::Date, late.with_timezone("UTC")).0, [Some(1)]);
        assert_eq!(values(Kind::Month, Int32Array::from(vec![197_002, 7])), (vec![Some(31), None], 1));
        let text = StringArray::from(vec!["1970-02", "197002", "1970-02-15", "soon"]);
        assert_eq!(values(Kind::Month, text), (vec![Some(31), Some(31), Some(31), None], 1));
    }

    #[test]
    fn the_range_is_that_of_the_calendar() {
        assert_eq!(midnight(NaiveDate::from_ymd_opt(1850, 1, 1).unwrap()), RANGE.start);
        assert_eq!(midnight(NaiveDate::from_ymd_opt(2201, 1, 1).unwrap()), RANGE.end);
    }
}
