//! Codes as their senders write them to the codes of the tables; those that no table has, and rows that no rule can use.

use arrow::array::{Array as _, StringArray, StringBuilder};
use law::contracts::{CodeTable, CodeTables, Counted, Feed, Presence, RejectCode, Unusable, must_be_known};

use super::faults::{Faults, Stage};
use super::sheet::{Sheet, text};

/// A code that its table does not have, in a row that counts all the same: row, contract column, code.
pub(super) type Unlisted = Vec<(usize, usize, String)>;

/// Puts every column that has a table into the table's codes.
pub(super) fn apply(sheet: &mut Sheet, faults: &mut Faults, feed: Feed, tables: &CodeTables) -> Unlisted {
    let mut unlisted = Vec::new();
    for column in 0..sheet.contract.columns.len() {
        let name = sheet.contract.columns[column].name;
        let (Some(table), Some(cells)) = (tables.of(name), sheet.texts(name)) else { continue };
        if cells.null_count() == cells.len() {
            continue;
        }
        let (codes, unknown) = mapped(cells, table);
        for (row, code) in unknown {
            if must_be_known(feed, name) {
                faults.note(row, Stage::Person, Some(column), RejectCode::UnknownCode);
            } else {
                unlisted.push((row, column, code));
            }
        }
        sheet.replace(name, codes);
    }
    unlisted
}

/// The codes of a column, and the cells that mean none; these stay as they were sent.
fn mapped(cells: &StringArray, table: &CodeTable) -> (StringArray, Vec<(usize, String)>) {
    let mut codes = StringBuilder::with_capacity(cells.len(), cells.value_data().len());
    let mut unknown = Vec::new();
    // Neighbouring rows say the same more often than not.
    let mut last: Option<(&str, Option<&str>)> = None;
    for row in 0..cells.len() {
        let Some(cell) = text(Some(cells), row) else {
            codes.append_null();
            continue;
        };
        let code = match last {
            Some((before, code)) if before == cell => code,
            _ => table.find(cell),
        };
        last = Some((cell, code));
        codes.append_value(code.unwrap_or(cell));
        if code.is_none() {
            unknown.push((row, cell.to_owned()));
        }
    }
    (codes.finish(), unknown)
}

/// Puts names of counties into their codes; a name that no county has says nothing, and is told.
pub(super) fn counties(sheet: &mut Sheet, counted: &Counted, unlisted: &mut Unlisted) {
    for name in ["county_code", "insured_area"] {
        let Some(column) = sheet.index(name) else { continue };
        let is_optional =
            sheet.contract.columns.get(column).is_some_and(|column| column.presence == Presence::Optional);
        let Some(cells) = sheet.texts(name).filter(|cells| cells.iter().flatten().any(is_name)) else { continue };
        let mut codes = StringBuilder::with_capacity(cells.len(), cells.len() * 6);
        for (row, cell) in cells.iter().enumerate() {
            let Some(named) = cell.filter(|cell| is_name(cell)) else {
                codes.append_option(cell);
                continue;
            };
            match counted.county_called(named) {
                Some(code) => codes.append_value(code),
                None if is_optional => {
                    unlisted.push((row, column, named.to_owned()));
                    codes.append_null();
                }
                None => codes.append_value(named),
            }
        }
        sheet.replace(name, codes.finish());
    }
}

/// Whether a cell names a county in words.
fn is_name(cell: &str) -> bool {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    (2..=20).contains(&cell.chars().count()) && cell.chars().filter(|c| !c.is_whitespace()).all(is_han)
}

/// Per row, why no rule can use it, as far as the row shows it by itself.
pub(super) fn unusable(sheet: &Sheet, feed: Feed, counted: &Counted) -> Vec<Option<Unusable>> {
    let county = sheet.texts(if feed == Feed::Claims { "insured_area" } else { "county_code" });
    let codes = ["insurance_type", "care_type", "payment_place"].map(|name| sheet.texts(name));
    let why = |row: usize| {
        let [insurance, care, place] = codes.map(|column| text(column, row).unwrap_or_default());
        let not_counted = if feed == Feed::Claims { counted.claim(insurance, care, place) } else { None };
        let lacks_county = counted.lacks_county(text(county, row).unwrap_or_default());
        not_counted.or(lacks_county.then_some(Unusable::CountyUnknown))
    };
    (0..sheet.rows).map(why).collect()
}
