//! Text tables: records to pages of text columns.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use csv::{Reader, ReaderBuilder, StringRecord};
use law::contracts::RejectCode;
use law::profiles::Head;

use super::encoding::{Utf8Text, Writing, detect};
use super::form::Form;
use super::page::not_full;
use super::{Layout, Page, Source};
use crate::gate::job::{GateJob, Refusal};

/// A page is given out when its text reaches this size, whatever its rows.
const PAGE_BYTES: usize = 32 << 20;

/// Title rows end here: the header is one of the first so many records.
const HEADER_WITHIN: usize = 20;

/// Text in which the header is looked for, bytes.
const HEAD: u64 = 64 << 10;

/// What parts the cells of a line; the first leads where two tell equally many columns.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Line feeds that the cells of one record may hold.
const MAX_FEEDS: u64 = 20;

pub(super) struct CsvSource {
    reader: Reader<Utf8Text<File>>,
    record: StringRecord,
    layout: Layout,
    separator: char,
    batch_rows: usize,
    records: u64,
}

impl CsvSource {
    /// Tells how it is written, reads the header and checks it.
    pub(super) fn open(mut file: File, job: &GateJob, form: &Form) -> Result<Self, Refusal> {
        let writing = detect(BufReader::with_capacity(1 << 18, &file))?;
        let from_start = |file: &mut File| {
            file.seek(SeekFrom::Start(0)).map_err(|error| Refusal::new(format!("the file cannot be read: {error}")))
        };
        from_start(&mut file)?;
        let separator = separator_of(&file, writing, job, form);
        from_start(&mut file)?;
        let mut reader = reader_of(Utf8Text::new(file, writing), separator);
        let headers = header(&mut reader, job, form)?;
        let layout = Layout::match_headers(&headers, job, form, false)?;
        let (record, batch_rows) = (StringRecord::new(), job.batch_rows.max(1));
        Ok(Self { reader, record, layout, separator: char::from(separator), batch_rows, records: 0 })
    }

    /// Whether all lines of the text were read, and none was cut off.
    fn check_lines(&self) -> Result<(), Refusal> {
        let (lines, read) = (self.reader.get_ref().lines(), self.reader.position().line().saturating_sub(1));
        if lines != read {
            return Err(Refusal::new(format!("the text has {lines} lines, of which {read} were read: damaged file")));
        }
        not_full(lines)?;
        not_full(self.records)
    }

    /// The line on which the record begins: the reader stands behind its line feed, line feeds inside
    /// quotes lie between. A cell that holds as many commas as a whole line has swallowed rows: its quote was meant
    /// as a letter, or nobody closed it.
    fn line(&self, ragged: bool) -> Result<i64, Refusal> {
        let inside = self.record.as_slice().matches('\n').count() as u64;
        let line = self.reader.position().line().saturating_sub(1 + inside);
        let commas = self.layout.headers.len().saturating_sub(1).max(2);
        let holds_a_line = |cell: &str| cell.contains('\n') && cell.matches(self.separator).count() >= commas;
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
        self.records += rows.len() as u64;
        if rows.is_empty() {
            self.check_lines()?;
            return Ok(None);
        }
        let columns =
            builders.into_iter().map(|builder| builder.map(|mut builder| Arc::new(builder.finish()) as ArrayRef));
        Ok(Some(Page { columns: columns.collect(), rows, faults, sheet: None }))
    }
}

/// The first records, with the lines on which they end.
pub(super) fn head(mut file: File, job: &GateJob) -> Result<Vec<Head>, Refusal> {
    let writing = detect(BufReader::with_capacity(1 << 18, &file))?;
    let from_start = |file: &mut File| {
        file.seek(SeekFrom::Start(0)).map_err(|error| Refusal::new(format!("the file cannot be read: {error}")))
    };
    from_start(&mut file)?;
    let separator = separator_of(&file, writing, job, &Form::default());
    from_start(&mut file)?;
    let mut reader = reader_of(Utf8Text::new(file, writing), separator);
    let (mut head, mut record) = (Head::new(), StringRecord::new());
    while head.len() < HEADER_WITHIN && reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
        let line = u32::try_from(reader.position().line().saturating_sub(1)).unwrap_or(0);
        head.push((line, record.iter().map(str::to_owned).collect()));
    }
    Ok(vec![head])
}

fn reader_of<R: std::io::Read>(text: R, separator: u8) -> Reader<R> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .buffer_capacity(1 << 17)
        .from_reader(text)
}

/// What parts the cells: by `sep=` in the first line, else whatever tells the most columns in one of the first lines.
fn separator_of(file: &File, writing: Writing, job: &GateJob, form: &Form) -> u8 {
    let mut head = Vec::new();
    if Utf8Text::new(file, writing).take(HEAD).read_to_end(&mut head).is_err() {
        return b',';
    }
    let text = String::from_utf8_lossy(&head);
    let stated =
        text.lines().next().map(|first| first.trim_start_matches('"')).and_then(|first| first.strip_prefix("sep="));
    if let Some(separator) = stated.and_then(|rest| rest.bytes().next()).filter(|it| SEPARATORS.contains(it)) {
        return separator;
    }
    let told = |separator: u8| {
        // Of a text without it every line is one cell.
        if !head.contains(&separator) {
            return 0;
        }
        let mut reader = reader_of(text.as_bytes(), separator);
        let records = reader.records().take(HEADER_WITHIN).map_while(Result::ok);
        let named = records.map(|record| {
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            form.recognised(job.feed.contract(), &cells)
        });
        named.max().unwrap_or_default()
    };
    let best = SEPARATORS
        .map(|separator| (told(separator), separator))
        .into_iter()
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(told, _)| *told >= 2).map_or(b',', |(_, separator)| separator)
}

/// The cells of the header: the record on the line that the profile names, or the first record that names two columns, behind title rows and a `sep=,` of Excel's; else
/// the first record, for the message to say what is wrong with it. Nameless columns at its end are dropped.
fn header(reader: &mut Reader<Utf8Text<File>>, job: &GateJob, form: &Form) -> Result<Vec<String>, Refusal> {
    let (mut first, mut record): (Option<Vec<String>>, _) = (None, StringRecord::new());
    let line = form.profile.header_row.map(u64::from);
    for _ in 0..HEADER_WITHIN.max(form.profile.header_row.map_or(0, |row| usize::try_from(row).unwrap_or(0))) {
        if !reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
            break;
        }
        let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
        while cells.len() > 1 && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if let Some(line) = line {
            // The reader stands behind the record's line feed.
            match reader.position().line().saturating_sub(1) {
                at if at < line => continue,
                _ => return Ok(cells),
            }
        }
        let is_separator = first.is_none() && cells.first().is_some_and(|cell| cell.starts_with("sep="));
        let named = form.recognised(job.feed.contract(), &cells);
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
