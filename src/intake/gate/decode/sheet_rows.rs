//! The rows of one sheet as a person sees them: merged cells in every row that they span, formulas by their results.

use std::fs::File;
use std::io::BufReader;

use calamine::{Data, Dimensions, Xlsx};

use super::headers::MAX_COLUMNS;
use super::page::NO_RESULT;
use crate::gate::job::Refusal;

/// Cells of the widest grid that is read; a stray cell in a far corner would cost gigabytes otherwise.
pub(super) const MAX_CELLS: u64 = 40_000_000;

/// A row with its number on the sheet.
pub(super) type SheetRow = (i64, Vec<Data>);

/// Cells that are merged over several rows: first and last row as the sheet numbers them, and their column.
pub(super) type Merged = (i64, i64, usize);

/// The rows of a sheet that hold anything, with the numbers that the sheet shows, and what is merged downwards.
pub(super) fn sheet_rows(
    book: &mut Xlsx<BufReader<File>>,
    name: &str,
) -> Result<(Vec<SheetRow>, Vec<Merged>), Refusal> {
    let rows = cells(book, name)?;
    let regions = book.merge_cells_by_sheet_name(name).map_err(|error| damaged(&error))?;
    Ok(spread(rows, &regions))
}

/// Gives the value of merged cells to every row that they span.
pub(super) fn spread(mut rows: Vec<SheetRow>, regions: &[Dimensions]) -> (Vec<SheetRow>, Vec<Merged>) {
    let merged: Vec<Merged> = regions.iter().filter_map(downward).collect();
    for &(first, last, column) in &merged {
        let from = rows.partition_point(|(number, _)| *number < first);
        let span = rows[from..].iter_mut().take_while(|(number, _)| *number <= last);
        let mut value = Data::Empty;
        for (number, row) in span {
            if *number == first {
                value = row.get(column).cloned().unwrap_or(Data::Empty);
            } else if value != Data::Empty {
                if row.len() <= column {
                    row.resize(column + 1, Data::Empty);
                }
                row[column] = value.clone();
            }
        }
    }
    (rows, merged)
}

pub(super) fn too_many() -> Refusal {
    Refusal::new("the sheet has too many cells; send the table as CSV")
}

fn downward(region: &Dimensions) -> Option<Merged> {
    let (first, last) = (i64::from(region.start.0) + 1, i64::from(region.end.0) + 1);
    let column = usize::try_from(region.start.1).ok().filter(|column| *column < MAX_COLUMNS)?;
    (last > first).then_some((first, last, column))
}

fn cells(book: &mut Xlsx<BufReader<File>>, name: &str) -> Result<Vec<SheetRow>, Refusal> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|error| damaged(&error))?;
    let mut rows: Vec<SheetRow> = Vec::new();
    let mut count: u64 = 0;
    while let Some(cell) = cells.next_cell_with_formula().map_err(|error| damaged(&error))? {
        let (row, column) = (cell.pos.0, cell.pos.1 as usize);
        let number = i64::from(row) + 1;
        let mut value = Data::from(cell.value);
        if value == Data::Empty && cell.formula.is_some() {
            value = Data::String(NO_RESULT.to_owned());
        }
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
            return Err(too_many());
        }
    }
    Ok(rows)
}

/// A cell as text: whole numbers without a point, dates as days.
pub(super) fn shown(cell: &Data) -> String {
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
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

pub(super) fn damaged(error: &impl std::fmt::Display) -> Refusal {
    damaged_as(".xlsx", error)
}

/// A workbook of any format that cannot be read.
pub(super) fn damaged_as(ending: &str, error: &impl std::fmt::Display) -> Refusal {
    let text: String = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    Refusal::new(format!("damaged {ending}, cut off or altered on its way; send it again ({text})"))
}
