//! Lists for systems: CSV and Parquet, with machine names and codes.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use engine::TableWriter;
use engine::rows::{self, Value};
use law::referrals::{Cell, ColumnKind, Duty, ListColumn, ListedPerson, Profile, columns_of};

use super::{REHEARSAL, SealError};
use store::durable::At as _;

/// Tells Excel and WPS that the file is UTF-8.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// A text cell that no spreadsheet takes for a formula: a mark that starts one, and the quote itself, gets a quote
/// in front. Readers take one leading quote away and have the text as it was.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    let risky = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];
    if text.starts_with(risky) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Writes the list as CSV: UTF-8 with BOM, CRLF, one heading line of machine names.
pub(super) fn write_csv(
    path: &Path,
    rows: &[ListedPerson],
    (profile, duty): (Profile, Duty),
    is_rehearsal: bool,
) -> Result<(), SealError> {
    let columns: Vec<&ListColumn> = columns_of(profile, duty).collect();
    let mut bytes = BOM.to_vec();
    {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
        let mark = is_rehearsal.then_some("rehearsal");
        writer.write_record(columns.iter().map(|column| column.name).chain(mark)).map_err(SealError::write(path))?;
        for row in rows {
            for column in &columns {
                writer.write_field(csv_text(row.cells.get(column.name))).map_err(SealError::write(path))?;
            }
            if is_rehearsal {
                writer.write_field(REHEARSAL).map_err(SealError::write(path))?;
            }
            writer.write_record(None::<&[u8]>).map_err(SealError::write(path))?;
        }
        writer.flush().at(path)?;
    }
    Ok(fs::write(path, bytes).at(path)?)
}

fn csv_text(cell: Option<&Cell>) -> String {
    match cell {
        None => String::new(),
        Some(Cell::Text(text)) => guarded(text).into_owned(),
        Some(Cell::Money(fen)) => fen.to_string(),
        Some(Cell::Date(date)) => date.to_string(),
        Some(Cell::Count(count)) => count.to_string(),
    }
}

/// Writes the list as Parquet: the columns with their types, and the person key in front.
pub(super) fn write_parquet(
    path: &Path,
    rows: &[ListedPerson],
    (profile, duty): (Profile, Duty),
    is_rehearsal: bool,
) -> Result<(), SealError> {
    let columns: Vec<&ListColumn> = columns_of(profile, duty).collect();
    let key = Field::new("person_key", DataType::Int64, false);
    let fields = columns.iter().map(|column| Field::new(column.name, arrow_type(column.kind), true));
    let mark = is_rehearsal.then_some("rehearsal");
    let marked = mark.map(|mark| Field::new(mark, DataType::Utf8, false));
    let schema = Arc::new(Schema::new([key].into_iter().chain(fields).chain(marked).collect::<Vec<_>>()));
    let mut writer = TableWriter::create(path, &schema)?;
    for rows in rows.chunks(8192) {
        let rows = rows.iter().map(|row| {
            let cells = columns.iter().map(|column| (column.name, row.cells.get(column.name).map(value).into()));
            let marks =
                [("person_key", row.person.0.into())].into_iter().chain(mark.map(|mark| (mark, REHEARSAL.into())));
            cells.chain(marks).collect::<Vec<_>>()
        });
        writer.write(&rows::batch("list", &schema, rows)?)?;
    }
    writer.finish()?;
    Ok(())
}

const fn arrow_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text | ColumnKind::Id | ColumnKind::Coded(_) => DataType::Utf8,
        ColumnKind::Money => DataType::Decimal128(18, 2),
        ColumnKind::Date => DataType::Date32,
        ColumnKind::Count => DataType::Int64,
    }
}

fn value(cell: &Cell) -> Value<'_> {
    match cell {
        Cell::Text(text) => text.into(),
        Cell::Money(fen) => (*fen).into(),
        Cell::Date(day) => (*day).into(),
        Cell::Count(count) => (*count).into(),
    }
}
