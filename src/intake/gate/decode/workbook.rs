//! XLSX: the visible sheet that has the header, title rows above it, headers of two lines, cells as people type them.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use calamine::{Data, Reader as _, SheetVisible, Xlsx};
use law::contracts::{Kind, RejectCode};

use super::headers::{is_named, recognised};
use super::hidden::hidden_rows;
use super::sheet_rows::{Merged, SheetRow, damaged, sheet_rows, shown};
use super::{Layout, Page, Source};
use crate::gate::job::{GateJob, Refusal};

/// Title rows end here: the header lies within so many rows.
const HEADER_WITHIN: i64 = 20;

/// An open workbook; its sheet is held.
pub(super) struct XlsxSource {
    rows: std::vec::IntoIter<SheetRow>,
    layout: Layout,
    batch_rows: usize,
    notes: Vec<String>,
}

/// The sheet that was found.
struct Table {
    name: String,
    /// Its place among the workbook's sheets.
    at: usize,
    rows: Vec<SheetRow>,
    merged: Vec<Merged>,
    header: usize,
}

impl XlsxSource {
    /// Finds the one visible sheet with a header and checks it.
    pub(super) fn open(file: File, job: &GateJob) -> Result<Self, Refusal> {
        let again = file.try_clone().map_err(|error| damaged(&error))?;
        let mut book: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
        let (mut found, mut unseen): (Option<Table>, Vec<String>) = (None, Vec::new());
        let sheets = book.sheets_metadata().to_vec();
        for (at, sheet) in sheets.iter().enumerate() {
            let name = sheet.name.clone();
            let (rows, merged) = sheet_rows(&mut book, &name)?;
            let Some(header) = header_row(&rows, job) else { continue };
            if sheet.visible != SheetVisible::Visible {
                unseen.push(format!("{name:?}"));
                continue;
            }
            if let Some(first) = &found {
                let why = format!("two sheets have a header ({:?} and {name:?}); send one table per file", first.name);
                return Err(Refusal::new(why));
            }
            found = Some(Table { name, at, rows, merged, header });
        }
        let Some(table) = found else { return Err(no_table(sheets.len(), &unseen, job)) };
        let hidden = hidden_rows(&again, table.at)?;
        let mut source = table.open(&hidden, job)?;
        if !unseen.is_empty() {
            source.notes.push(format!("the hidden sheet {} was passed over", unseen.join(", ")));
        }
        Ok(source)
    }
}

fn no_table(sheets: usize, unseen: &[String], job: &GateJob) -> Refusal {
    Refusal::new(match unseen {
        [] => format!(
            "no header: within the first {HEADER_WITHIN} rows of {sheets} sheet(s) no row names columns of {}",
            job.feed
        ),
        _ => format!(
            "the only header of {} is on a hidden sheet ({}); show it or delete it",
            job.feed,
            unseen.join(", ")
        ),
    })
}

impl Table {
    /// Joins a header of two lines, checks it, and refuses what would be misread.
    fn open(self, hidden: &[i64], job: &GateJob) -> Result<XlsxSource, Refusal> {
        let Self { mut rows, merged, header, .. } = self;
        let mut body = rows.split_off(header);
        let (number, cells) = body.remove(0);
        let mut headers: Vec<String> = cells.iter().map(shown).collect();
        let mut first = number + 1;
        let is_next = |row: &SheetRow, at: i64| row.0 == at;
        if let Some(above) = rows.last().filter(|row| is_next(row, number - 1) && names(row, job) > 0) {
            headers = joined(&above.1.iter().map(shown).collect::<Vec<_>>(), &headers);
        } else if body.first().is_some_and(|row| is_next(row, number + 1) && is_all_names(row, job)) {
            headers = joined(&headers, &body.remove(0).1.iter().map(shown).collect::<Vec<_>>());
            first += 1;
        }
        let layout = Layout::match_headers(&headers, job, true)?;
        let unseen: Vec<i64> =
            hidden.iter().copied().filter(|row| body.iter().any(|(number, _)| number == row)).collect();
        if let Some(row) = unseen.first() {
            return Err(Refusal::new(format!(
                "{} rows are hidden or filtered out (row {row} is the first): nobody who looks at the sheet sees them; \
                 show them or delete them",
                unseen.len()
            )));
        }
        let of_one = |column: usize| {
            let place = layout.places.iter().position(|place| *place == Some(column));
            place.is_some_and(|at| matches!(layout.kind(at), Kind::Id | Kind::Money))
        };
        let wrong = merged.iter().find(|(from, _, column)| *from >= first && of_one(*column));
        if let Some((from, to, column)) = wrong {
            let name = headers.get(*column).map_or("", String::as_str);
            return Err(Refusal::new(format!(
                "rows {from} to {to} are merged in column {name:?}: nobody knows whose it is; split the cells"
            )));
        }
        Ok(XlsxSource { rows: body.into_iter(), layout, batch_rows: job.batch_rows.max(1), notes: Vec::new() })
    }
}

/// The lower line's name where it has one, else the upper's.
fn joined(upper: &[String], lower: &[String]) -> Vec<String> {
    let width = upper.len().max(lower.len());
    let cell = |line: &[String], at: usize| line.get(at).filter(|name| !name.trim().is_empty()).cloned();
    (0..width).map(|at| cell(lower, at).or_else(|| cell(upper, at)).unwrap_or_default()).collect()
}

fn names(row: &SheetRow, job: &GateJob) -> usize {
    recognised(job.feed.contract(), &row.1.iter().map(shown).collect::<Vec<_>>())
}

/// Whether every cell of a row that holds anything is the name of a column: no row of data is.
fn is_all_names(row: &SheetRow, job: &GateJob) -> bool {
    let filled = row.1.iter().map(shown).filter(|cell| !cell.trim().is_empty());
    names(row, job) > 0 && filled.into_iter().all(|cell| is_named(job, &cell))
}

/// The row, among the first on the sheet, that names the most columns; two at least.
fn header_row(rows: &[SheetRow], job: &GateJob) -> Option<usize> {
    let within = rows.iter().take_while(|(number, _)| *number <= HEADER_WITHIN);
    let known = within.map(|row| names(row, job));
    let best = known.enumerate().max_by_key(|(at, known)| (*known, std::cmp::Reverse(*at)))?;
    (best.1 >= 2).then_some(best.0)
}

/// Whether a number in a column of ids has kept all its digits: the old ids of 15 digits have.
fn lost_digits(cell: &Data) -> bool {
    match cell {
        Data::Float(number) => number.fract() != 0.0 || number.abs() >= 1e15,
        Data::DateTime(_) => true,
        _ => false,
    }
}

impl Source for XlsxSource {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn next_page(&mut self) -> Result<Option<Page>, Refusal> {
        let mut builders: Vec<Option<StringBuilder>> =
            self.layout.places.iter().map(|place| place.map(|_| StringBuilder::new())).collect();
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        for (number, cells) in self.rows.by_ref().take(self.batch_rows) {
            for (column, (place, builder)) in self.layout.places.iter().zip(&mut builders).enumerate() {
                let (Some(place), Some(builder)) = (place, builder) else { continue };
                let cell = cells.get(*place).unwrap_or(&Data::Empty);
                if self.layout.kind(column) == Kind::Id && lost_digits(cell) {
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
