//! The rules of residents, applications, rosters, income, adjustments and aided persons.

use arrow::array::{StringArray, StringBuilder};
use law::contracts::{CodeTable, RejectCode, TagAliases};
use law::domain::{CountyCode, IdNumber, PersonKey};

use super::cells::days::{date_of, day_of};
use super::claims::first_moment;
use super::faults::{Faults, Stage};
use super::sheet::{Cells, Read, Sheet, Unreadable, text};

/// No claim kinds: only claims have them.
type NoKinds = Option<Vec<&'static str>>;

/// Sex as a code, a county code that is one, a period that runs forward.
pub(super) fn residents(sheet: &mut Sheet, faults: &mut Faults) -> NoKinds {
    map(sheet, faults, "sex", RejectCode::UnknownCode, |sex| match sex {
        "1" | "01" | "男" | "男性" => Ok(Some("1")),
        "2" | "02" | "女" | "女性" => Ok(Some("2")),
        "0" | "9" | "未知" | "未说明" | "不详" => Ok(None),
        _ => Err(Unreadable),
    });
    counties(sheet, faults);
    period(sheet, faults, "insured_from", "insured_to");
    sheet.default_to("updated_at", 0);
    None
}

/// What a household declares of itself is never below nothing; an update without a time counts from the application.
pub(super) fn applications(sheet: &mut Sheet, faults: &mut Faults) -> NoKinds {
    counties(sheet, faults);
    for amount in ["household_income_amount", "assets_amount", "other_spending_amount"] {
        within(sheet, faults, amount, (Stage::Money, RejectCode::OutOfRange), |fen| fen >= 0);
    }
    sheet.default_from("updated_at", first_moment, "application_date");
    None
}

/// Tags by the alias table, a start, a county code that is one, a period that runs forward.
pub(super) fn rosters(sheet: &mut Sheet, faults: &mut Faults, aliases: &TagAliases) -> NoKinds {
    map(sheet, faults, "tag", RejectCode::UnknownCode, |tag| {
        aliases.find(tag).map(|tag| Some(tag.code())).ok_or(Unreadable)
    });
    counties(sheet, faults);
    let column = sheet.index("from_date");
    let starts_at = [column, sheet.index("roster_month")];
    for row in 0..sheet.rows {
        let starts = [sheet.numbers("from_date"), sheet.numbers("roster_month")];
        let is_open = starts.iter().all(|column| column.get(row).copied().flatten().is_none());
        // A start that is there and cannot be read is told as such, not as missing.
        let is_unreadable = faults.of(row).is_some_and(|fault| starts_at.contains(&fault.column));
        if is_open && !is_unreadable {
            faults.note(row, Stage::Required, column, RejectCode::Missing);
        }
    }
    period(sheet, faults, "from_date", "to_date");
    period(sheet, faults, "roster_month", "to_date");
    None
}

/// A place of six digits (the nation is 000000), a year, a release, an amount above nothing.
pub(super) fn income(sheet: &mut Sheet, faults: &mut Faults) -> NoKinds {
    let six = |code: &str| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    let geography = sheet.index("geography");
    for row in 0..sheet.rows {
        if text(sheet.texts("geography"), row).is_some_and(|code| !six(code)) {
            faults.note(row, Stage::Form, geography, RejectCode::Malformed);
        }
    }
    sheet.default_to("release", 1);
    within(sheet, faults, "year", (Stage::Form, RejectCode::Malformed), |year| (1990..=2100).contains(&year));
    within(sheet, faults, "release", (Stage::Form, RejectCode::Malformed), |release| release >= 1);
    within(sheet, faults, "amount", (Stage::Money, RejectCode::OutOfRange), |fen| fen > 0);
    None
}

/// The column of the kind of payer, and its table.
pub(super) const PAYER_KIND: &str = "payer_kind";

/// An update without a time counts from its day of payment. The kind of payer is what the row states, else what its payer
/// in words means; who is stated and means none, or two, is rejected by name.
pub(super) fn adjustments(sheet: &mut Sheet, faults: &mut Faults, kinds: Option<&CodeTable>) -> NoKinds {
    sheet.default_from("updated_at", first_moment, "paid_date");
    let kinds = kinds?;
    let column = sheet.index("payer");
    let mut found = StringBuilder::with_capacity(sheet.rows, sheet.rows * 12);
    for row in 0..sheet.rows {
        let (stated, payer) = (text(sheet.texts(PAYER_KIND), row), text(sheet.texts("payer"), row));
        let kind = stated.or_else(|| payer.and_then(|payer| kinds.find_within(payer)));
        if kind.is_none() && payer.is_some() {
            faults.note(row, Stage::Person, column, RejectCode::UnknownCode);
        }
        found.append_option(kind);
    }
    sheet.replace(PAYER_KIND, found.finish());
    None
}

/// A county code that is one, an amount that is not below nothing.
pub(super) fn aided(sheet: &mut Sheet, faults: &mut Faults) -> NoKinds {
    counties(sheet, faults);
    within(sheet, faults, "aid_amount", (Stage::Money, RejectCode::OutOfRange), |fen| fen >= 0);
    None
}

/// A birth date that the register leaves out is the one that the id states.
pub(super) fn birth_dates(sheet: &mut Sheet, keys: &[Option<i64>]) {
    let stated = |key: &Option<i64>| key.and_then(|key| IdNumber::from_key(PersonKey(key)))?.birth_date();
    for (cell, key) in sheet.numbers_mut("birth_date").iter_mut().zip(keys) {
        if cell.is_none() {
            *cell = stated(key).map(day_of);
        }
    }
}

/// County codes name folders and files: nothing but six digits passes.
fn counties(sheet: &Sheet, faults: &mut Faults) {
    let column = sheet.index("county_code");
    for row in 0..sheet.rows {
        if text(sheet.texts("county_code"), row).is_some_and(|code| CountyCode::parse(code).is_err()) {
            faults.note(row, Stage::Form, column, RejectCode::Malformed);
        }
    }
}

/// Notes a period that ends before it begins; an open start of a month is the month's first day.
fn period(sheet: &Sheet, faults: &mut Faults, from: &str, to: &str) {
    let (column, ends) = (sheet.index(to), sheet.numbers(to));
    let own_start = sheet.numbers("from_date");
    for (row, start) in sheet.numbers(from).iter().enumerate() {
        let replaced = from == "roster_month" && own_start.get(row).copied().flatten().is_some();
        let end = ends.get(row).copied().flatten();
        if let (Some(start), Some(end), false) = (start, end, replaced)
            && end < *start
            && date_of(end).is_some()
        {
            faults.note(row, Stage::Signs, column, RejectCode::PeriodReversed);
        }
    }
}

fn within(sheet: &Sheet, faults: &mut Faults, name: &str, fault: (Stage, RejectCode), good: impl Fn(i64) -> bool) {
    let column = sheet.index(name);
    for (row, value) in sheet.numbers(name).iter().enumerate() {
        if value.is_some_and(|value| !good(value)) {
            faults.note(row, fault.0, column, fault.1);
        }
    }
}

/// Maps a text column to codes; unreadable is what the table does not have.
fn map<'c>(
    sheet: &mut Sheet,
    faults: &mut Faults,
    name: &str,
    fault: RejectCode,
    code: impl Fn(&str) -> Read<&'c str>,
) {
    let Some(column) = sheet.index(name) else { return };
    let Some(Cells::Text(texts)) = sheet.cells.get(column) else { return };
    let mut codes: Vec<Option<&'c str>> = Vec::with_capacity(sheet.rows);
    for (row, text) in texts.iter().enumerate() {
        let found = text.map_or(Ok(None), &code);
        if found.is_err() {
            faults.note(row, Stage::Signs, Some(column), fault);
        }
        codes.push(found.unwrap_or_default());
    }
    sheet.replace(name, StringArray::from(codes));
}
