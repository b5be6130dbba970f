//! Workbooks: the visible sheet that has the header, title rows above it, headers of two lines, cells as people type them.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use calamine::Data;
use law::contracts::{Format, Kind, RejectCode};
use law::profiles::Head;

use super::book::Book;
use super::form::Form;
use super::headers::is_named;
use super::hidden::{Hidden, letters};
use super::page::not_full;
use super::sheet_rows::{Merged, SheetRow, shown};
use super::{Layout, Page, Source};
use crate::gate::job::{GateJob, Refusal};

/// Title rows end here: the header lies within so many rows.
const HEADER_WITHIN: i64 = 20;

/// An open sheet; it is held.
pub(super) struct SheetSource {
    rows: std::vec::IntoIter<SheetRow>,
    layout: Layout,
    batch_rows: usize,
    notes: Vec<String>,
    is_filtered: bool,
}

/// A sheet that has a header.
struct Table {
    name: String,
    /// Its place among the workbook's sheets.
    at: usize,
    is_hidden: bool,
    rows: Vec<SheetRow>,
    merged: Vec<Merged>,
    header: usize,
}

/// Finds the one visible sheet with a header, or all that the profile reads, and checks them.
pub(super) fn open_book(
    file: File,
    format: Format,
    job: &GateJob,
    form: &Form,
) -> Result<Vec<(SheetSource, Form)>, Refusal> {
    let mut book = Book::open(file, format)?;
    let (mut found, mut unseen): (Vec<Table>, Vec<String>) = (Vec::new(), Vec::new());
    let sheets = book.sheets();
    for (at, (name, is_hidden)) in sheets.iter().enumerate() {
        let wanted = form.profile.reads_sheet(name);
        if wanted == Some(false) {
            continue;
        }
        let (rows, merged) = book.rows(name)?;
        let Some(header) = header_row(&rows, job, form) else { continue };
        if *is_hidden && !form.profile.reads_hidden_sheets() {
            unseen.push(format!("{name:?}"));
            continue;
        }
        if let (Some(first), None) = (found.first(), wanted) {
            return Err(Refusal::new(format!(
                "two sheets have a header ({:?} and {name:?}); send one table per file, or name the sheets in its profile",
                first.name
            )));
        }
        found.push(Table { name: name.clone(), at, is_hidden: *is_hidden, rows, merged, header });
    }
    if found.is_empty() {
        return Err(no_table(sheets.len(), &unseen, job));
    }
    let many = found.len() > 1;
    let mut sources = Vec::new();
    for table in found {
        let hidden = book.hidden(table.at)?;
        let form = if many { form.of_sheet(&table.name, job)? } else { form.clone() };
        let source = table.open(&hidden, job, &form)?;
        sources.push((source, form));
    }
    if let (Some((first, _)), false) = (sources.first_mut(), unseen.is_empty()) {
        first.notes.push(format!("the hidden sheet {} was passed over", unseen.join(", ")));
        // Nobody has said whether it is an old one or a part of this one.
        first.is_filtered |= form.profile.sheets.is_none() && form.profile.hidden_sheets.is_none();
    }
    Ok(sources)
}

/// The first rows of each visible sheet that holds anything.
pub(super) fn heads(file: File, format: Format) -> Result<Vec<Head>, Refusal> {
    let mut book = Book::open(file, format)?;
    let mut heads = Vec::new();
    for (name, is_hidden) in book.sheets() {
        let (rows, _) = book.rows(&name)?;
        let first = rows.iter().take_while(|(number, _)| *number <= HEADER_WITHIN && !is_hidden);
        let head: Head = first
            .map(|(number, cells)| (u32::try_from(*number).unwrap_or(0), cells.iter().map(shown).collect()))
            .collect();
        heads.extend((!head.is_empty()).then_some(head));
    }
    Ok(heads)
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
    fn open(self, hidden: &Hidden, job: &GateJob, form: &Form) -> Result<SheetSource, Refusal> {
        let Self { mut rows, merged, header, name, is_hidden, .. } = self;
        let last = rows.last().map_or(0, |(number, _)| *number);
        not_full(u64::try_from(last).unwrap_or_default())?;
        let mut body = rows.split_off(header);
        let (number, cells) = body.remove(0);
        let mut headers: Vec<String> = cells.iter().map(shown).collect();
        let mut first = number + 1;
        let is_next = |row: &SheetRow, at: i64| row.0 == at;
        if let Some(above) = rows.last().filter(|row| is_next(row, number - 1) && names(row, job, form) > 0) {
            headers = joined(&above.1.iter().map(shown).collect::<Vec<_>>(), &headers);
        } else if body.first().is_some_and(|row| is_next(row, number + 1) && is_all_names(row, job, form)) {
            headers = joined(&headers, &body.remove(0).1.iter().map(shown).collect::<Vec<_>>());
            first += 1;
        }
        let mut notes = Vec::new();
        if is_hidden {
            notes.push(format!("the sheet {name:?} is hidden; the profile says: read"));
        }
        let of_nobody = leave_out_columns(&mut headers, hidden, form);
        let layout = Layout::match_headers(&headers, job, form, true)?;
        let lacks_columns = hidden_columns(&layout, hidden, form, of_nobody, &mut notes)?;
        let lacks_rows = hidden_rows(&mut body, hidden, form, &mut notes)?;
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
        let is_filtered = is_hidden || lacks_columns || lacks_rows;
        Ok(SheetSource { rows: body.into_iter(), layout, batch_rows: job.batch_rows.max(1), notes, is_filtered })
    }
}

/// Takes the names from the hidden columns that the profile leaves out, so that nobody reads them; tells how many.
fn leave_out_columns(headers: &mut [String], hidden: &Hidden, form: &Form) -> usize {
    if form.profile.hidden_columns.as_deref() != Some("leave out") {
        return 0;
    }
    let unseen = headers.iter_mut().enumerate().filter(|(at, name)| hidden.has_column(*at) && !name.trim().is_empty());
    unseen.map(|(_, name)| name.clear()).count()
}

/// Whether columns that are read, or that the profile leaves out, are hidden. Without its word the sheet is refused:
/// what stands in them, nobody who looks at it has checked. Those that nobody reads are told.
fn hidden_columns(
    layout: &Layout,
    hidden: &Hidden,
    form: &Form,
    left_out: usize,
    notes: &mut Vec<String>,
) -> Result<bool, Refusal> {
    let headers = || layout.headers.iter().enumerate().filter(|(at, name)| hidden.has_column(*at) && !name.is_empty());
    let read: Vec<String> = headers()
        .filter(|(at, _)| layout.places.contains(&Some(*at)))
        .map(|(at, name)| format!("{} {name:?}", letters(at)))
        .collect();
    let (others, by_profile) = (headers().count() - read.len(), form.profile.hidden_columns.as_deref());
    if others > 0 {
        notes.push(format!("{others} hidden columns are not read"));
    }
    match (read.is_empty() && left_out == 0, by_profile) {
        (true, _) => Ok(false),
        (false, Some(what)) => {
            notes.push(format!("{} columns are hidden; the profile says: {what}", read.len() + left_out));
            Ok(true)
        }
        (false, None) => Err(Refusal::new(format!(
            "{} columns are hidden ({}): nobody who looks at the sheet sees them; show them or delete them, or say in its \
             profile what they are (hidden_columns)",
            read.len(),
            read.join(", ")
        ))),
    }
}

/// Whether rows are hidden, taken from the body where the profile leaves them out.
fn hidden_rows(
    body: &mut Vec<SheetRow>,
    hidden: &Hidden,
    form: &Form,
    notes: &mut Vec<String>,
) -> Result<bool, Refusal> {
    let hidden: BTreeSet<i64> = hidden.rows.iter().copied().collect();
    let mut unseen = body.iter().map(|(number, _)| *number).filter(|number| hidden.contains(number));
    let Some(first) = unseen.next() else { return Ok(false) };
    let count = unseen.count() + 1;
    let Some(what) = form.profile.hidden_rows.as_deref() else {
        return Err(Refusal::new(format!(
            "{count} rows are hidden or filtered out (row {first} is the first): nobody who looks at the sheet sees them; \
             show them or delete them, or say in its profile what they are (hidden_rows)"
        )));
    };
    notes.push(format!("{count} rows are hidden or filtered out; the profile says: {what}"));
    if what == "leave out" {
        body.retain(|(number, _)| !hidden.contains(number));
    }
    Ok(true)
}

/// The lower line's name where it has one, else the upper's.
fn joined(upper: &[String], lower: &[String]) -> Vec<String> {
    let width = upper.len().max(lower.len());
    let cell = |line: &[String], at: usize| line.get(at).filter(|name| !name.trim().is_empty()).cloned();
    (0..width).map(|at| cell(lower, at).or_else(|| cell(upper, at)).unwrap_or_default()).collect()
}

fn names(row: &SheetRow, job: &GateJob, form: &Form) -> usize {
    form.recognised(job.feed.contract(), &row.1.iter().map(shown).collect::<Vec<_>>())
}

/// Whether every cell of a row that holds anything is the name of a column: no row of data is.
fn is_all_names(row: &SheetRow, job: &GateJob, form: &Form) -> bool {
    let filled = row.1.iter().map(shown).filter(|cell| !cell.trim().is_empty());
    names(row, job, form) > 0 && filled.into_iter().all(|cell| is_named(job, form, &cell))
}

/// The row that the profile names, or the one among the first on the sheet that names the most columns; two at least.
fn header_row(rows: &[SheetRow], job: &GateJob, form: &Form) -> Option<usize> {
    if let Some(number) = form.profile.header_row {
        return rows
            .iter()
            .position(|(row, _)| *row == i64::from(number))
            .filter(|at| names(&rows[*at], job, form) > 0);
    }
    let within = rows.iter().take_while(|(number, _)| *number <= HEADER_WITHIN);
    let known = within.map(|row| names(row, job, form));
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

impl Source for SheetSource {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn is_filtered(&self) -> bool {
        self.is_filtered
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
        Ok(Some(Page { columns: columns.collect(), rows, faults, sheet: None }))
    }
}
