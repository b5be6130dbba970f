//! The workbook of rejected rows: what `rejects.csv` says, as senders open it, with the columns first by which they find
//! a row.

use std::path::Path;

use law::texts::{Table, zh};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use store::durable::At as _;

use super::IntakeError;
use super::gate::REJECT_COLUMNS;

/// The columns of the workbook, by their codes among the texts, and their widths in characters.
const COLUMNS: [(&str, u8); 8] = [
    ("line", 8),
    ("number", 30),
    ("name", 10),
    ("column", 16),
    ("value", 24),
    ("remedy", 56),
    ("code", 18),
    ("file", 30),
];

/// Rows that a sheet holds besides its header and the line that says that there are more.
const MOST: u32 = 1_048_574;

/// Writes the rows of a CSV of rejects as a workbook whose bytes depend on them alone.
pub(super) fn write_book(from: &Path, to: &Path) -> Result<(), IntakeError> {
    let text = std::fs::File::open(from).at(from)?;
    let rows = csv::ReaderBuilder::new().has_headers(true).from_reader(std::io::BufReader::new(text)).into_records();
    let rows = rows.map(|row| row.map_err(|error| IntakeError::rows(from, error)));
    let mut book = book(rows)?;
    book.save(to).map_err(|error| IntakeError::rows(to, error))
}

fn book(rows: impl Iterator<Item = Result<csv::StringRecord, IntakeError>>) -> Result<Workbook, IntakeError> {
    let wrong = |error: XlsxError| IntakeError::rows(Path::new("rejects.xlsx"), error);
    let text = |code| zh(Table::RejectColumn, code);
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2020, 1, 1).map_err(wrong)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = book.add_worksheet_with_constant_memory().map_err(wrong)?;
    let head = Format::new().set_bold().set_background_color("#DDE6F0");
    let wrapped = Format::new().set_text_wrap();
    let mut header = || -> Result<(), XlsxError> {
        sheet.set_name(text("sheet"))?.set_freeze_panes(1, 0)?;
        for (at, (code, width)) in (0_u16..).zip(COLUMNS) {
            sheet.set_column_width(at, width)?.write_string_with_format(0, at, text(code), &head)?;
        }
        Ok(())
    };
    header().map_err(wrong)?;
    let mut last = 0;
    for (at, row) in (1_u32..).zip(rows) {
        let row = row?;
        if at > MOST {
            sheet.write_string(at, 0, text("more")).map_err(wrong)?;
            break;
        }
        for (column, (code, _)) in (0_u16..).zip(COLUMNS) {
            let place = REJECT_COLUMNS.iter().position(|name| *name == code);
            let cell = place.and_then(|place| row.get(place)).unwrap_or_default();
            // A text cell is never a formula: the CSV's mark is not needed here.
            let cell = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell);
            let written = match (code, cell.parse::<u32>()) {
                ("line", Ok(number)) => sheet.write_number(at, column, number),
                ("remedy", _) => sheet.write_string_with_format(at, column, cell, &wrapped),
                _ => sheet.write_string(at, column, cell),
            };
            written.map_err(wrong)?;
        }
        last = at;
    }
    let columns = u16::try_from(COLUMNS.len()).unwrap_or(1);
    sheet.autofilter(0, 0, last.max(1), columns - 1).map_err(wrong)?;
    Ok(book)
}
