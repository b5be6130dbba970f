//! Foreign files as pages of columns: which format it is, which column is which. No row rules.

mod columnar;
mod encoding;
mod headers;
mod hidden;
mod page;
mod sheet_rows;
mod text;
mod workbook;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use law::contracts::Format;

use super::job::{GateJob, Refusal};

pub(super) use headers::Layout;
pub(super) use page::{NO_RESULT, Page, Source};

/// Finds the format by content, and opens the file.
pub(super) fn open_source(job: &GateJob) -> Result<Box<dyn Source>, Refusal> {
    let mut file =
        File::open(&job.input).map_err(|error| Refusal::new(format!("the file cannot be opened: {error}")))?;
    let mut start = Vec::with_capacity(8);
    let read = file.by_ref().take(8).read_to_end(&mut start).and_then(|_| file.seek(SeekFrom::Start(0)));
    read.map_err(|error| Refusal::new(format!("the file cannot be read: {error}")))?;
    let ending = job.input.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = format_of(&start, &ending)?;
    let contract = job.feed.contract();
    if !contract.formats.contains(&format) {
        let expected: Vec<_> = contract.formats.iter().map(|format| format!("{format:?}").to_uppercase()).collect();
        let found = format!("{format:?}").to_uppercase();
        return Err(Refusal::new(format!("{} files come as {}, this is {found}", job.feed, expected.join(" or "))));
    }
    Ok(match format {
        Format::Parquet => Box::new(columnar::ParquetSource::open(file, job)?),
        Format::Csv => Box::new(text::CsvSource::open(file, job)?),
        Format::Xlsx => Box::new(workbook::XlsxSource::open(file, job)?),
    })
}

fn format_of(start: &[u8], ending: &str) -> Result<Format, Refusal> {
    let refused = |reason: &str| Err(Refusal::new(reason));
    match start {
        [] => refused("the file is empty (0 bytes); send it again"),
        [b'P', b'A', b'R', b'1', ..] => Ok(Format::Parquet),
        [b'P', b'A', b'R', b'E', ..] => refused("an encrypted Parquet file; send it without encryption"),
        [b'P', b'K', 3, 4, ..] => Ok(Format::Xlsx),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            refused("an old Excel file (.xls) or one with a password; save it as .xlsx without one")
        }
        [0, 5, 0x16, 7, ..] => refused("a side file that macOS writes (._name), not a table; delete it"),
        [0x1f, 0x8b, ..] => refused("a gzip archive; unpack it first"),
        _ if ending == "parquet" => {
            refused("named .parquet, but it does not begin as a Parquet file: damaged or misnamed")
        }
        _ if ending == "xlsx" => refused("named .xlsx, but it does not begin as a workbook: damaged or misnamed"),
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
