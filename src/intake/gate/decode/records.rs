//! Rows and columns that an `.xls` hides. The reader of cells passes over the records that say so (ROW, COLINFO), so
//! that they are read here: out of the compound file that holds the workbook, tolerant of all that does not matter.
//!
//! A row without a ROW record counts as seen; Excel, WPS and LibreOffice write one for each row that holds a cell.

use super::hidden::Hidden;
use super::sheet_rows::damaged_as;
use crate::gate::job::Refusal;

/// Sector numbers from here on are marks: the end, or nothing.
const MARKS: u32 = 0xffff_fffa;
/// Places of the first sectors of the table of sectors, in the file's header.
const IN_HEADER: usize = 109;

const BOUND_SHEET: u16 = 0x85;
const BEGIN: u16 = 0x809;
const END: u16 = 0x0a;
const ROW: u16 = 0x208;
const COLUMNS: u16 = 0x7d;

/// What an `.xls` hides of the sheet at a place among its sheets.
pub(super) fn hidden_in_xls(bytes: &[u8], at: usize) -> Result<Hidden, Refusal> {
    let hidden = workbook(bytes).and_then(|book| in_sheet(&book, at));
    hidden.ok_or_else(|| damaged_as(".xls", &"its sheets are not where it says"))
}

/// Whether the workbook lies whole in the file: the reader of cells ends in a panic where a sector is missing.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    workbook(bytes).is_some()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    (0..bytes.len() / 4).filter_map(|at| u32_at(bytes, at * 4)).collect()
}

/// The stream with the workbook's records.
fn workbook(bytes: &[u8]) -> Option<Vec<u8>> {
    let shift = u16_at(bytes, 30).filter(|shift| matches!(shift, 9 | 12))?;
    let size = 1_usize << shift;
    // Of the last sector there may be less.
    let sector = |number: u32| {
        let start = usize::try_from(number).ok()?.checked_add(1)?.checked_mul(size)?;
        bytes.get(start..bytes.len().min(start.checked_add(size)?))
    };
    let mut tables: Vec<u32> = (0..IN_HEADER).filter_map(|at| u32_at(bytes, 76 + at * 4)).collect();
    let mut next = u32_at(bytes, 68)?;
    while next < MARKS && tables.len() <= bytes.len() / size {
        let mut more = numbers(sector(next)?);
        next = more.pop()?;
        tables.append(&mut more);
    }
    let tables: Option<Vec<&[u8]>> = tables.into_iter().filter(|number| *number < MARKS).map(sector).collect();
    let table: Vec<u32> = tables?.into_iter().flat_map(numbers).collect();
    let folder = chain(&table, u32_at(bytes, 48)?, sector)?;
    let entry = |is_wanted: &dyn Fn(&[u8]) -> bool| folder.chunks_exact(128).find(|entry| is_wanted(entry));
    let found = ["Workbook", "Book"].iter().find_map(|name| entry(&|entry| is_called(entry, name)))?;
    let (first, length) = (u32_at(found, 116)?, usize::try_from(u32_at(found, 120)?).ok()?);
    // Small streams share one of small sectors.
    let root = entry(&|entry| entry.get(66) == Some(&5))?;
    let shared = chain(&table, u32_at(root, 116)?, sector)?;
    let small = numbers(&chain(&table, u32_at(bytes, 60)?, sector)?);
    let mut stream = if length >= usize::try_from(u32_at(bytes, 56)?).ok()? {
        chain(&table, first, sector)?
    } else {
        let piece = |number: u32| {
            let start = usize::try_from(number).ok()?.checked_mul(64)?;
            shared.get(start..shared.len().min(start.checked_add(64)?))
        };
        chain(&small, first, piece)?
    };
    stream.truncate(length);
    Some(stream)
}

/// The bytes of a chain of sectors. One that runs in a circle has no end.
fn chain<'b>(table: &[u32], first: u32, sector: impl Fn(u32) -> Option<&'b [u8]>) -> Option<Vec<u8>> {
    let (mut bytes, mut next) = (Vec::new(), first);
    for _ in 0..=table.len() {
        if next >= MARKS {
            return Some(bytes);
        }
        bytes.extend_from_slice(sector(next)?);
        next = *table.get(usize::try_from(next).ok()?)?;
    }
    None
}

/// Whether an entry of the folder has this name, in UTF-16.
fn is_called(entry: &[u8], name: &str) -> bool {
    let units = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes);
    usize::from(u16_at(entry, 64).unwrap_or(0)) == (name.len() + 1) * 2
        && entry.iter().copied().zip(units).all(|(a, b)| a == b)
}

/// The records from a place on: their kinds and their bytes.
fn records(stream: &[u8], from: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let mut at = from;
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(stream, at)?, usize::from(u16_at(stream, at.checked_add(2)?)?));
        let data = stream.get(at + 4..at.checked_add(4 + length)?)?;
        at += 4 + length;
        Some((kind, data))
    })
}

fn in_sheet(book: &[u8], at: usize) -> Option<Hidden> {
    let sheets = records(book, 0).take_while(|(kind, _)| *kind != END).filter(|(kind, _)| *kind == BOUND_SHEET);
    let from = u32_at(sheets.map(|(_, data)| data).nth(at)?, 0)?;
    let (mut hidden, mut depth) = (Hidden::default(), 0_u32);
    for (kind, data) in records(book, usize::try_from(from).ok()?) {
        match kind {
            BEGIN => depth += 1,
            // Charts within a sheet begin and end too.
            END if depth <= 1 => return Some(hidden),
            END => depth -= 1,
            ROW => {
                let (row, height, flags) = (u16_at(data, 0)?, u16_at(data, 6)?, u16_at(data, 12)?);
                // the height has fifteen bits
                if flags & 0x20 != 0 || height.trailing_zeros() >= 15 {
                    hidden.rows.push(i64::from(row) + 1);
                }
            }
            COLUMNS => {
                let (first, last, width, flags) =
                    (u16_at(data, 0)?, u16_at(data, 2)?, u16_at(data, 4)?, u16_at(data, 8)?);
                if flags & 1 != 0 || width == 0 {
                    hidden.columns.push((first.into(), last.into()));
                }
            }
            _ => {}
        }
    }
    // A sheet without its end: what was read so far stands, as it does for the cells.
    Some(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        let forms = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/forms");
        std::fs::read(forms.join(name)).unwrap()
    }

    #[test]
    fn rows_and_columns_that_an_old_workbook_hides() {
        let book = workbook(&fixture("hidden.xls")).unwrap();
        assert_eq!(in_sheet(&book, 0), Some(Hidden { rows: vec![4, 5], columns: vec![(4, 4)] }));
        assert_eq!(in_sheet(&book, 1), Some(Hidden::default()));
        assert_eq!(in_sheet(&book, 2), None);
        let plain = workbook(&fixture("low.xls")).unwrap();
        assert_eq!(in_sheet(&plain, 0), Some(Hidden::default()));
    }

    #[test]
    fn no_bytes_end_it() {
        let whole = fixture("hidden.xls");
        let mut random = fastrand::Rng::with_seed(20_261_130);
        for _ in 0..2_000 {
            let mut bytes = whole.clone();
            for _ in 0..random.usize(1..6) {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
            bytes.truncate(random.usize(..=bytes.len()));
            _ = workbook(&bytes).and_then(|book| in_sheet(&book, 0));
        }
    }
}
