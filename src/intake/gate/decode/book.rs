//! Workbooks of all formats: their sheets, and the rows of one of them.

use std::fs::File;
use std::io::{BufReader, Cursor, Read as _, Seek as _, SeekFrom};

use calamine::{Data, Ods, Range, Reader as _, SheetVisible, Xls, Xlsx};
use law::contracts::Format;
use zip::ZipArchive;

use super::headers::MAX_COLUMNS;
use super::hidden::{Hidden, hidden_in_ods, hidden_in_xlsx};
use super::records::{hidden_in_xls, is_whole};
use super::sheet_rows::{MAX_CELLS, Merged, SheetRow, damaged, damaged_as, sheet_rows, shown, spread, too_many};
use crate::gate::job::Refusal;

const XLS: &str = ".xls";
const ODS: &str = ".ods";
/// Bytes of a part that are checked; none of a workbook within the limits has as many.
const LARGEST_PART: u64 = 4 << 30;

/// An open workbook.
pub(super) enum Book {
    Xlsx(Box<Xlsx<BufReader<File>>>, File),
    Xls(Box<Xls<Cursor<Vec<u8>>>>, Vec<u8>),
    Ods(Box<Ods<BufReader<File>>>, File),
}

impl Book {
    pub(super) fn open(mut file: File, format: Format) -> Result<Self, Refusal> {
        if format == Format::Xls {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|error| damaged_as(XLS, &error))?;
            if !is_whole(&bytes) {
                return Err(locked_or_damaged());
            }
            let book = Xls::new(Cursor::new(bytes.clone())).map_err(|error| old_book(&error))?;
            return Ok(Self::Xls(Box::new(book), bytes));
        }
        let again = file.try_clone().map_err(|error| damaged(&error))?;
        check_parts(&again, if format == Format::Ods { ODS } else { ".xlsx" })?;
        let text = BufReader::new(file);
        Ok(match format {
            Format::Ods => Self::Ods(Box::new(Ods::new(text).map_err(|error| damaged_as(ODS, &error))?), again),
            _ => Self::Xlsx(Box::new(Xlsx::new(text).map_err(|error| damaged(&error))?), again),
        })
    }

    /// Names of the sheets, and whether each is hidden.
    pub(super) fn sheets(&self) -> Vec<(String, bool)> {
        let sheets = match self {
            Self::Xlsx(book, _) => book.sheets_metadata(),
            Self::Xls(book, _) => book.sheets_metadata(),
            Self::Ods(book, _) => book.sheets_metadata(),
        };
        sheets.iter().map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible)).collect()
    }

    /// The rows of a sheet that hold anything, and what is merged downwards.
    pub(super) fn rows(&mut self, name: &str) -> Result<(Vec<SheetRow>, Vec<Merged>), Refusal> {
        match self {
            Self::Xlsx(book, _) => sheet_rows(book, name),
            Self::Xls(book, _) => {
                let range = book.worksheet_range(name).map_err(|error| damaged_as(XLS, &error))?;
                let merged = book.merge_cells_by_sheet_name(name).unwrap_or_default();
                Ok(spread(of_range(&range)?, &merged))
            }
            Self::Ods(book, _) => {
                let range = book.worksheet_range(name).map_err(|error| damaged_as(ODS, &error))?;
                Ok((of_range(&range)?, Vec::new()))
            }
        }
    }

    /// What nobody sees of the sheet at a place among the sheets.
    pub(super) fn hidden(&self, at: usize) -> Result<Hidden, Refusal> {
        match self {
            Self::Xlsx(_, file) => hidden_in_xlsx(file, at),
            Self::Ods(_, file) => hidden_in_ods(file, at),
            Self::Xls(_, bytes) => hidden_in_xls(bytes, at),
        }
    }
}

/// Reads each part to its end, where the archive's checksum shows whether a bit of it was flipped: the reader of cells
/// stops before.
fn check_parts(file: &File, ending: &str) -> Result<(), Refusal> {
    let mut from_start = file;
    from_start.seek(SeekFrom::Start(0)).map_err(|error| damaged_as(ending, &error))?;
    let mut book = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged_as(ending, &error))?;
    for at in 0..book.len() {
        let part = book.by_index(at).map_err(|error| damaged_as(ending, &error))?;
        std::io::copy(&mut part.take(LARGEST_PART), &mut std::io::sink())
            .map_err(|error| damaged_as(ending, &error))?;
    }
    from_start.seek(SeekFrom::Start(0)).map(|_| ()).map_err(|error| damaged_as(ending, &error))
}

fn of_range(range: &Range<Data>) -> Result<Vec<SheetRow>, Refusal> {
    let Some((top, left)) = range.start() else { return Ok(Vec::new()) };
    if range.get_size().0 as u64 * range.get_size().1 as u64 > MAX_CELLS {
        return Err(too_many());
    }
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    let mut rows = Vec::new();
    for (number, cells) in (i64::from(top) + 1..).zip(range.rows()) {
        let filled = cells.iter().rposition(|cell| !shown(cell).trim().is_empty());
        let Some(last) = filled.filter(|_| left < MAX_COLUMNS) else { continue };
        let mut row = vec![Data::Empty; left];
        row.extend(cells.iter().take((last + 1).min(MAX_COLUMNS - left)).cloned());
        rows.push((number, row));
    }
    Ok(rows)
}

fn old_book(error: &calamine::XlsError) -> Refusal {
    match error {
        calamine::XlsError::Password | calamine::XlsError::Cfb(_) => locked_or_damaged(),
        error => damaged_as(XLS, error),
    }
}

/// A workbook of the new kind that has a password comes in the old kind's envelope.
fn locked_or_damaged() -> Refusal {
    Refusal::new(
        "a workbook with a password, or a damaged old one (.xls); save it as .xlsx without a password and send it again",
    )
}
