//! Dates, moments and months to days and milliseconds, in local time (+08:00).

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use chrono::{Datelike as _, NaiveDate, NaiveTime};
use law::contracts::{Kind, RejectCode};
use law::domain::{Month, fold_width, is_invisible, parse_date};

use super::column::{Note, bare, unexpected, unreadable, whole_numbers};
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

/// What else than a day or a moment a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) months: Months,
    /// Whether it is a last day, and may say that there is none: 长期, 9999-12-31.
    pub(super) may_be_open: bool,
}

/// A last day from here on means that there is none.
const NO_END: i64 = 4_102_444_800_000;

/// Reads a column of dates, moments or months.
pub(super) fn read(
    kind: Kind,
    reading: Reading,
    array: &ArrayRef,
    note: &mut Note,
) -> Result<Vec<Option<i64>>, Refusal> {
    let mut values = Vec::with_capacity(array.len());
    let mut take = |row: usize, cell: Read<i64>| {
        let cell = match cell {
            Ok(Some(moment)) if reading.may_be_open && moment >= NO_END => Ok(None),
            cell => cell,
        };
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
                take(row, if texts.is_null(row) { Ok(None) } else { of_text(kind, reading, texts.value(row)) });
            }
            let is_serial = |row: &usize| texts.is_valid(*row) && is_serial(bare(texts.value(*row)));
            (0..texts.len()).filter(is_serial).for_each(|row| note(row, Stage::Length, RejectCode::DateSerial));
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

/// The day that a text says; `None`: it says nothing.
pub(crate) fn day_in(text: &str) -> Result<Option<NaiveDate>, RejectCode> {
    if is_serial(bare(text)) {
        return Err(RejectCode::DateSerial);
    }
    let reading = Reading { months: Months::Refused, may_be_open: false };
    match of_text(Kind::Date, reading, text) {
        Ok(Some(moment)) if moment < RANGE.start => Err(RejectCode::TooEarly),
        Ok(Some(moment)) if moment >= RANGE.end => Err(RejectCode::InFuture),
        Ok(moment) => Ok(moment.and_then(|moment| date_of(moment.div_euclid(DAY)))),
        Err(Unreadable) => Err(RejectCode::Malformed),
    }
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

fn of_text(kind: Kind, reading: Reading, text: &str) -> Read<i64> {
    if let Some(date) = plain(text.as_bytes()) {
        return Ok(Some(midnight(date)));
    }
    let folded;
    let text = if text.is_ascii() {
        bare(text)
    } else {
        folded = fold_width(text).replace(is_invisible, "");
        bare(&folded)
    };
    if text.is_empty() || (reading.may_be_open && is_open_end(text)) {
        return Ok(None);
    }
    let written = chinese(text);
    let text = written.as_deref().unwrap_or(text);
    let found = match (kind, reading.months) {
        (Kind::Month, _) | (_, Months::First) => month(text).map(Month::first_day),
        (_, Months::Last) => month(text).map(Month::last_day),
        (_, Months::Refused) => None,
    };
    let found = found.map(midnight).or_else(|| moment(text));
    found.map(Some).ok_or(Unreadable)
}

/// The words and days by which senders say that a period has no end.
fn is_open_end(text: &str) -> bool {
    let is_far = |day: &str| {
        let year: Option<i32> = day.get(..4).and_then(|year| year.parse().ok());
        day.len() >= 8
            && day.bytes().all(|b| b.is_ascii_digit() || b"-/. :T".contains(&b))
            && year.is_some_and(|year| year == 0 || year >= 2100)
    };
    matches!(text, "长期" | "长期有效" | "永久" | "永久有效" | "无期限" | "无固定期限" | "至今" | "-" | "—" | "/")
        || is_far(text)
}

/// A day as a spreadsheet counts it, from 1954 to 2119: no other form of a day has five digits.
fn is_serial(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    whole.len() == 5 && digits(whole) && digits(fraction) && ("20000".."80000").contains(&whole)
}

/// `2020-01`, `2020/1`, `2020.1`, `202001`.
fn month(text: &str) -> Option<Month> {
    let Some((year, number)) = text.split_once(['-', '/', '.']) else { return Month::parse(text).ok() };
    // 2020.1 may be what a spreadsheet left of 2020.10.
    let shortest = if text.contains('.') { 2 } else { 1 };
    let is_short = year.len() == 4 && (shortest..=2).contains(&number.len());
    if is_short { Month::parse(&format!("{year}-{number:0>2}")).ok() } else { None }
}

/// `2020年1月1日` as `2020-1-1`, `二〇二〇年一月` as `2020-1`; `None` where it is not written so.
fn chinese(text: &str) -> Option<String> {
    let (year, rest) = text.split_once('年')?;
    let (month, rest) = rest.split_once('月')?;
    let (day, time) = match rest.split_once(['日', '号']) {
        Some((day, time)) => (Some(day), time),
        None if rest.trim().is_empty() => (None, ""),
        None => (Some(rest), ""),
    };
    let digits: Option<String> = year.trim().chars().map(digit).collect();
    let parts = [Some(digits?), Some(counted(month)?), day.map(counted).unwrap_or_default()];
    let written: Vec<String> = parts.into_iter().flatten().collect();
    let is_whole = written.len() == if day.is_some() { 3 } else { 2 };
    is_whole.then(|| format!("{} {}", written.join("-"), time.trim()).trim_end().to_owned())
}

/// A digit, in either script.
fn digit(c: char) -> Option<char> {
    const NUMERALS: &str = "〇一二三四五六七八九";
    match c {
        '0'..='9' => Some(c),
        '零' | '○' => Some('0'),
        _ => {
            NUMERALS.chars().position(|numeral| numeral == c).and_then(|n| char::from_digit(u32::try_from(n).ok()?, 10))
        }
    }
}

/// A number from 1 to 31: `9`, `09`, `九`, `十`, `十二`, `二十一`.
fn counted(text: &str) -> Option<String> {
    let text = text.trim();
    let (tens, ones) = match text.split_once('十') {
        None => return text.chars().map(digit).collect::<Option<String>>().filter(|text| !text.is_empty()),
        Some(("", ones)) => ('1', ones),
        Some((tens, ones)) => (digit(tens.chars().next()?)?, ones),
    };
    let ones = if ones.is_empty() { '0' } else { digit(ones.chars().next()?)? };
    Some(format!("{tens}{ones}"))
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

/// A day, or a day and a time: `2026-10-31 08:30:00`, with `T`, `/` or `.`, with hours of one digit, with a fraction, as
/// 14 digits, with an offset from UTC.
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
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, time.trim()),
        None if text.len() == 14 && text.is_ascii() => text.split_at(8),
        None => (text, ""),
    };
    let date = plain(day.as_bytes()).or_else(|| parse_date(&day.replace('.', "-")).ok())?;
    let (time, offset) = without_offset(time)?;
    let (form, padded);
    let time = match time.split_once(':') {
        Some((hour, rest)) if hour.len() == 1 => {
            padded = format!("0{hour}:{rest}");
            padded.as_str()
        }
        _ => time,
    };
    form = match time.len() {
        0 => return Some(midnight(date) + offset),
        5 => "%H:%M",
        6 => "%H%M%S",
        _ => "%H:%M:%S%.f",
    };
    let passed = NaiveTime::parse_from_str(time, form).ok()?.signed_duration_since(NaiveTime::MIN).num_milliseconds();
    Some(midnight(date) + passed + offset)
}

/// A time without its offset from UTC, and the milliseconds by which local time is later than what it says.
fn without_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time.trim_end(), AHEAD));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, offset) = time.split_at_checked(at)?;
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { minutes.parse::<i64>().ok().filter(|m| *m < 60)? };
    let hours = hours.parse::<i64>().ok().filter(|hours| *hours <= 14 && digits.len() <= 4)?;
    let from_utc = (hours * 60 + minutes) * 60_000;
    Some((time.trim_end(), AHEAD - if offset.starts_with('-') { -from_utc } else { from_utc }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, Int32Array, StringArray, TimestampMicrosecondArray};

    use super::*;

    const DAY_ONLY: Reading = Reading { months: Months::Refused, may_be_open: false };

    fn values(kind: Kind, array: impl Array + 'static) -> (Vec<Option<i64>>, usize) {
        let mut wrong = 0;
        let array: ArrayRef = Arc::new(array);
        let values = read(kind, DAY_ONLY, &array, &mut |_, _, _| wrong += 1).unwrap();
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
            ("1970/1/2 9:05", DAY + 545 * 60_000),
            ("1970/1/2 0:00", DAY),
            ("1970/1/2 9:05:07", DAY + 545 * 60_000 + 7_000),
            ("1970-01-02T04:00:00Z", DAY + noon),
            ("1970-01-02T12:00:00+0800", DAY + noon),
            ("1970-01-02 12:00:00.0 +08:00", DAY + noon),
            ("1970-01-01T23:00:00-05:00", DAY + noon),
            ("1970.01.02", DAY),
            ("1970年1月2日", DAY),
            ("1970年01月02日 12:00:00", DAY + noon),
            ("一九七〇年一月二日", DAY),
            ("=\"1970-01-02\"", DAY),
        ] {
            assert_eq!(of_text(Kind::Moment, DAY_ONLY, text), Ok(Some(expected)), "{text}");
        }
        for text in [
            "1970年1月",
            "1970年",
            "1970年13月1日",
            "年月日",
            "1970-01-02T12:00:00+99:00",
            "1970-02-30",
            "yesterday",
            "1970-01-02 25:00:00",
            "12",
            "9999-01-01x",
        ] {
            assert_eq!(of_text(Kind::Moment, DAY_ONLY, text), Err(Unreadable), "{text}");
        }
        assert_eq!(of_text(Kind::Date, DAY_ONLY, " "), Ok(None));
        for (months, expected) in
            [(Months::First, Ok(Some(0))), (Months::Last, Ok(Some(30 * DAY))), (Months::Refused, Err(Unreadable))]
        {
            assert_eq!(of_text(Kind::Date, Reading { months, may_be_open: false }, "197001"), expected);
        }
    }

    #[test]
    fn months_and_open_ends() {
        let first = Reading { months: Months::First, may_be_open: false };
        for text in ["197002", "1970-02", "1970/2", "1970.02", "1970年2月", "1970年02月", "一九七〇年二月"] {
            assert_eq!(of_text(Kind::Date, first, text), Ok(Some(31 * DAY)), "{text}");
        }
        // 1970.1 may be what a spreadsheet left of 1970.10.
        for text in ["1970", "1970.1", "70-2", "1970年二十月"] {
            assert_eq!(of_text(Kind::Date, first, text), Err(Unreadable), "{text}");
        }
        let ends =
            ["9999-12-31", "2999-12-31", "9999-12-31 23:59:59", "0000-00-00", "99991231", "长期", "永久", "至今"];
        let array: ArrayRef = Arc::new(StringArray::from(ends.to_vec()));
        let open = Reading { months: Months::Last, may_be_open: true };
        let mut wrong = 0;
        assert_eq!(read(Kind::Date, open, &array, &mut |_, _, _| wrong += 1).unwrap(), vec![None; ends.len()]);
        assert_eq!(wrong, 0);
        assert_eq!(of_text(Kind::Date, open, "2099-12-31"), Ok(Some(NO_END - DAY)));
        assert_eq!(of_text(Kind::Date, first, "长期"), Err(Unreadable));
        let mut codes = Vec::new();
        let serials: ArrayRef = Arc::new(StringArray::from(vec!["43831", "43831.5", "12"]));
        read(Kind::Date, DAY_ONLY, &serials, &mut |row, _, code| codes.push((row, code))).unwrap();
        assert_eq!(codes.iter().filter(|(_, code)| *code == RejectCode::DateSerial).count(), 2);
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
