//! XLSX: the sheet that has the header, title rows above it, cells as people type them.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use calamine::{Data, Reader as _, Xlsx};
use law::contracts::{Kind, RejectCode};

use super::headers::{MAX_COLUMNS, recognised};
use super::{Layout, Page, Source};
use crate::gate::job::{GateJob, Refusal};

/// Title rows end here: the header lies within so many rows.
const HEADER_WITHIN: i64 = 20;
/// Cells of the widest grid that is read; a stray cell in a far corner would cost gigabytes otherwise.
const MAX_CELLS: u64 = 40_000_000;

/// A row with its number on the sheet.
type SheetRow = (i64, Vec<Data>);

/// An open workbook; its sheet is held.
pub(super) struct XlsxSource {
    rows: std::vec::IntoIter<SheetRow>,
    layout: Layout,
    batch_rows: usize,
}

impl XlsxSource {
    /// Finds the one sheet with a header and checks it.
    pub(super) fn open(file: File, job: &GateJob) -> Result<Self, Refusal> {
        let mut book: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
        let mut found: Option<(String, Vec<SheetRow>, usize)> = None;
        let names = book.sheet_names();
        for name in &names {
            let rows = sheet_rows(&mut book, name)?;
            let Some(header) = header_row(&rows, job) else { continue };
            if let Some((first, ..)) = &found {
                let why = format!("two sheets have a header ({first:?} and {name:?}); send one table per file");
                return Err(Refusal::new(why));
            }
            found = Some((name.clone(), rows, header));
        }
        let Some((_, mut rows, header)) = found else {
            return Err(Refusal::new(format!(
                "no header: within the first {HEADER_WITHIN} rows of {} sheet(s) no row names columns of {}",
                names.len(),
                job.feed
            )));
        };
        let mut body = rows.split_off(header);
        let headers: Vec<_> = body.remove(0).1.iter().map(shown).collect();
        let layout = Layout::match_headers(&headers, job, true)?;
        Ok(Self { rows: body.into_iter(), layout, batch_rows: job.batch_rows.max(1) })
    }
}

/// The rows of a sheet that hold anything, with the numbers that the sheet shows.
fn sheet_rows(book: &mut Xlsx<BufReader<File>>, name: &str) -> Result<Vec<SheetRow>, Refusal> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|error| damaged(&error))?;
    let mut rows: Vec<SheetRow> = Vec::new();
    let mut count: u64 = 0;
    while let Some(cell) = cells.next_cell().map_err(|error| damaged(&error))? {
        let (row, column) = cell.get_position();
        let (number, column) = (i64::from(row) + 1, column as usize);
        let value = Data::from(cell.get_value().clone());
        if column >= MAX_COLUMNS || shown(&value).trim().is_empty() {
            continue;
        }
        if rows.last().is_none_or(|(last, _)| *last != number) {
            rows.push((number, Vec::new()));
        }
        if let Some((_, row)) = rows.last_mut() {
            if row.len() <= column {
                count += (column + 1 - row.len()) as u64;
                row.resize(column + 1, Data::Empty);
            }
            row[column] = value;
        }
        if count > MAX_CELLS {
            return Err(Refusal::new("the sheet has too many cells; send the table as CSV"));
        }
    }
    Ok(rows)
}

/// The row, among the first on the sheet, that names the most columns; two at least.
fn header_row(rows: &[SheetRow], job: &GateJob) -> Option<usize> {
    let known = |row: &SheetRow| recognised(job.feed.contract(), &row.1.iter().map(shown).collect::<Vec<_>>());
    let within = rows.iter().take_while(|(number, _)| *number <= HEADER_WITHIN);
    let best = within.map(known).enumerate().max_by_key(|(at, known)| (*known, std::cmp::Reverse(*at)))?;
    (best.1 >= 2).then_some(best.0)
}

/// A cell as text: whole numbers without a point, dates as days.
fn shown(cell: &Data) -> String {
    match cell {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(flag) => u8::from(*flag).to_string(),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        Data::DateTime(moment) => moment.as_f64().to_string(),
        Data::Error(_) => "#".to_owned(),
        Data::Empty => String::new(),
    }
}

impl Source for XlsxSource {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn next_page(&mut self) -> Result<Option<Page>, Refusal> {
        let mut builders: Vec<Option<StringBuilder>> =
            self.layout.places.iter().map(|place| place.map(|_| StringBuilder::new())).collect();
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        for (number, cells) in self.rows.by_ref().take(self.batch_rows) {
            for (column, (place, builder)) in self.layout.places.iter().zip(&mut builders).enumerate() {
                let (Some(place), Some(builder)) = (place, builder) else { continue };
                let cell = cells.get(*place).unwrap_or(&Data::Empty);
                // A number has room for 15 digits: the id in this cell is gone already.
                let number = matches!(cell, Data::Int(_) | Data::Float(_) | Data::DateTime(_));
                if number && self.layout.kind(column) == Kind::Id {
                    faults.push((rows.len(), Some(column), RejectCode::IdLostDigits));
                }
                builder.append_value(shown(cell));
            }
            rows.push(number);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let columns =
            builders.into_iter().map(|builder| builder.map(|mut builder| Arc::new(builder.finish()) as ArrayRef));
        Ok(Some(Page { columns: columns.collect(), rows, faults }))
    }
}

fn damaged(error: &impl std::fmt::Display) -> Refusal {
    let text: String = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    Refusal::new(format!("damaged .xlsx, cut off or altered on its way; send it again ({text})"))
}
