//! Foreign files as pages of columns: which format it is, which column is which. No row rules.

mod book;
mod chain;
mod columnar;
mod encoding;
mod fill;
mod form;
mod headers;
mod hidden;
mod page;
mod records;
mod sheet_rows;
mod text;
mod workbook;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use law::contracts::Format;
use law::profiles::Head;

use self::fill::Formed;
use self::form::Form;
use super::job::{GateJob, Refusal};

pub(super) use headers::Layout;
pub(super) use page::{NO_RESULT, Page, Source};

/// Finds the format by content, and opens the file.
pub(super) fn open_source(job: &GateJob) -> Result<Box<dyn Source>, Refusal> {
    let (file, format) = opened(job)?;
    let contract = job.feed.contract();
    if !contract.formats.contains(&format) {
        let expected: Vec<_> = contract.formats.iter().map(|format| format!("{format:?}").to_uppercase()).collect();
        let (found, ending) = (format!("{format:?}").to_uppercase(), format.endings().first().unwrap_or(&""));
        let expected = expected.join(" or ");
        return Err(Refusal::new(format!("{} files come as {expected}, this is {found} (.{ending})", job.feed)));
    }
    // The columns decide between forms that the name allows; what the likeliest lacks is told.
    let mut first = None;
    for form in Form::candidates(job) {
        let opened = form.and_then(|form| open_as(rewound(&file)?, format, job, form));
        match (opened, &first) {
            (Ok(source), _) => return Ok(source),
            (Err(refusal), None) => first = Some(refusal),
            (Err(_), Some(_)) => {}
        }
    }
    Err(first.unwrap_or_else(|| Refusal::new("the file cannot be read")))
}

/// The first rows of a file as they stand.
pub(super) fn look(job: &GateJob) -> Result<Vec<Head>, Refusal> {
    let (file, format) = opened(job)?;
    match format {
        Format::Parquet => columnar::names(file),
        Format::Csv => text::head(file, job),
        Format::Xlsx | Format::Xls | Format::Ods => workbook::heads(file, format),
    }
}

fn opened(job: &GateJob) -> Result<(File, Format), Refusal> {
    let mut file =
        File::open(&job.input).map_err(|error| Refusal::new(format!("the file cannot be opened: {error}")))?;
    let mut start = Vec::with_capacity(8);
    let read = file.by_ref().take(8).read_to_end(&mut start).and_then(|_| file.seek(SeekFrom::Start(0)));
    read.map_err(|error| Refusal::new(format!("the file cannot be read: {error}")))?;
    let ending = job.input.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = format_of(&start, &ending)?;
    let format = if format == Format::Xlsx && is_open_document(&file)? { Format::Ods } else { format };
    Ok((file, format))
}

fn rewound(file: &File) -> Result<File, Refusal> {
    let again = file.try_clone().and_then(|mut again| again.seek(SeekFrom::Start(0)).map(|_| again));
    again.map_err(|error| Refusal::new(format!("the file cannot be read: {error}")))
}

fn open_as(file: File, format: Format, job: &GateJob, form: Form) -> Result<Box<dyn Source>, Refusal> {
    let source: Box<dyn Source> = match format {
        Format::Parquet => Box::new(columnar::ParquetSource::open(file, job, &form)?),
        Format::Csv => Box::new(text::CsvSource::open(file, job, &form)?),
        Format::Xlsx | Format::Xls | Format::Ods => {
            let sheets = workbook::open_book(file, format, job, &form)?;
            let formed = sheets.into_iter().map(|(sheet, form)| Formed::new(Box::new(sheet), form));
            return Ok(chain::in_turn(formed.map(|formed| Box::new(formed) as Box<dyn Source>)));
        }
    };
    Ok(Box::new(Formed::new(source, form)))
}

/// Whether a ZIP archive is an OpenDocument file: it says so in its first entry.
fn is_open_document(file: &File) -> Result<bool, Refusal> {
    let unreadable = |error: std::io::Error| Refusal::new(format!("the file cannot be read: {error}"));
    let mut start = Vec::with_capacity(64);
    let mut file = file;
    file.take(64).read_to_end(&mut start).and_then(|_| file.seek(SeekFrom::Start(0))).map_err(unreadable)?;
    Ok(start.get(30..38) == Some(b"mimetype")
        && start.get(38..).is_some_and(|rest| rest.starts_with(b"application/vnd.oasis")))
}

fn format_of(start: &[u8], ending: &str) -> Result<Format, Refusal> {
    let refused = |reason: &str| Err(Refusal::new(reason));
    match start {
        [] => refused("the file is empty (0 bytes); send it again"),
        [b'P', b'A', b'R', b'1', ..] => Ok(Format::Parquet),
        [b'P', b'A', b'R', b'E', ..] => refused("an encrypted Parquet file; send it without encryption"),
        [b'P', b'K', 3, 4, ..] => Ok(Format::Xlsx),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Ok(Format::Xls),
        [0, 5, 0x16, 7, ..] => refused("a side file that macOS writes (._name), not a table; delete it"),
        [0x1f, 0x8b, ..] => refused("a gzip archive; unpack it first"),
        _ if ending == "parquet" => {
            refused("named .parquet, but it does not begin as a Parquet file: damaged or misnamed")
        }
        _ if matches!(ending, "xlsx" | "xlsm" | "ods") => {
            refused("named as a workbook, but it does not begin as one: damaged or misnamed")
        }
        _ => Ok(Format::Csv),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        assert_eq!(format_of(b"PAR1....", "csv"), Ok(Format::Parquet));
        assert_eq!(format_of(b"PK\x03\x04", ""), Ok(Format::Xlsx));
        assert_eq!(format_of(b"a,b", "csv"), Ok(Format::Csv));
        for (start, ending) in [(&b""[..], "csv"), (b"PBR1", "parquet"), (b"\x00\x05\x16\x07", "parquet")] {
            assert!(format_of(start, ending).is_err(), "{ending}");
        }
    }
}
