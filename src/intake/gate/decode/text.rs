//! CSV: records to pages of text columns.

use std::fs::File;
use std::io::{BufReader, Seek as _, SeekFrom};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use csv::{Reader, ReaderBuilder, StringRecord};
use law::contracts::RejectCode;

use super::encoding::{Utf8Text, detect};
use super::headers::recognised;
use super::{Layout, Page, Source};
use crate::gate::job::{GateJob, Refusal};

/// A page is given out when its text reaches this size, whatever its rows.
const PAGE_BYTES: usize = 32 << 20;

/// Title rows end here: the header is one of the first so many records.
const HEADER_WITHIN: usize = 20;

/// Line feeds that the cells of one record may hold.
const MAX_FEEDS: u64 = 20;

pub(super) struct CsvSource {
    reader: Reader<Utf8Text<File>>,
    record: StringRecord,
    layout: Layout,
    batch_rows: usize,
}

impl CsvSource {
    /// Tells how it is written, reads the header and checks it.
    pub(super) fn open(mut file: File, job: &GateJob) -> Result<Self, Refusal> {
        let writing = detect(BufReader::with_capacity(1 << 18, &file))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| Refusal::new(format!("the file cannot be read: {error}")))?;
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 17)
            .from_reader(Utf8Text::new(file, writing));
        let headers = header(&mut reader, job)?;
        let layout = Layout::match_headers(&headers, job, false)?;
        Ok(Self { reader, record: StringRecord::new(), layout, batch_rows: job.batch_rows.max(1) })
    }

    /// The line on which the record begins: the reader stands behind its line feed, line feeds inside
    /// quotes lie between. A cell that holds as many commas as a whole line has swallowed rows: its quote was meant
    /// as a letter, or nobody closed it.
    fn line(&self, ragged: bool) -> Result<i64, Refusal> {
        let inside = self.record.as_slice().matches('\n').count() as u64;
        let line = self.reader.position().line().saturating_sub(1 + inside);
        let commas = self.layout.headers.len().saturating_sub(1).max(2);
        let holds_a_line = |cell: &str| cell.contains('\n') && cell.matches(',').count() >= commas;
        if inside > MAX_FEEDS || (inside > 0 && (ragged || self.record.iter().any(holds_a_line))) {
            // A quote that is open at the file's end took the last line feed into the record.
            let line = line + u64::from(self.record.iter().next_back().is_some_and(|cell| cell.ends_with('\n')));
            return Err(Refusal::new(format!(
                "line {line}: a quote is opened and not closed there, so that it joins several lines; take it out or double it"
            )));
        }
        Ok(i64::try_from(line).unwrap_or(i64::MAX))
    }
}

impl Source for CsvSource {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn next_page(&mut self) -> Result<Option<Page>, Refusal> {
        let places = self.layout.places.clone();
        let mut builders: Vec<Option<StringBuilder>> =
            places.iter().map(|place| place.map(|_| StringBuilder::new())).collect();
        let (mut rows, mut faults, mut bytes) = (Vec::new(), Vec::new(), 0);
        while rows.len() < self.batch_rows && bytes < PAGE_BYTES {
            if !self.reader.read_record(&mut self.record).map_err(|error| unreadable(&error))? {
                break;
            }
            if self.record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let width = self.layout.headers.len();
            let ragged =
                self.record.len() < width || self.record.iter().skip(width).any(|cell| !cell.trim().is_empty());
            if ragged {
                faults.push((rows.len(), None, RejectCode::Malformed));
            }
            for (place, builder) in places.iter().zip(&mut builders) {
                if let (Some(place), Some(builder)) = (place, builder) {
                    // The cells of a shifted row mean nothing, its amount least of all.
                    builder.append_value(if ragged { "" } else { self.record.get(*place).unwrap_or_default() });
                }
            }
            bytes += self.record.as_slice().len();
            rows.push(self.line(ragged)?);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let columns =
            builders.into_iter().map(|builder| builder.map(|mut builder| Arc::new(builder.finish()) as ArrayRef));
        Ok(Some(Page { columns: columns.collect(), rows, faults }))
    }
}

/// The cells of the header: the first record that names two columns, behind title rows and a `sep=,` of Excel's; else
/// the first record, for the message to say what is wrong with it. Nameless columns at its end are dropped.
fn header(reader: &mut Reader<Utf8Text<File>>, job: &GateJob) -> Result<Vec<String>, Refusal> {
    let (mut first, mut record): (Option<Vec<String>>, _) = (None, StringRecord::new());
    for _ in 0..HEADER_WITHIN {
        if !reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
            break;
        }
        let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
        while cells.len() > 1 && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        let is_separator = first.is_none() && cells.first().is_some_and(|cell| cell.starts_with("sep="));
        let named = recognised(job.feed.contract(), &cells);
        if named >= 2 || (named == 1 && first.is_none()) {
            return Ok(cells);
        }
        if !is_separator && first.is_none() {
            first = Some(cells);
        }
    }
    first.ok_or_else(|| Refusal::new("the file has no header and no rows; send it again"))
}

fn unreadable(error: &csv::Error) -> Refusal {
    let line = error.position().map_or_else(String::new, |position| format!(" near line {}", position.line()));
    Refusal::new(format!("the text cannot be read{line}: damaged file"))
}
