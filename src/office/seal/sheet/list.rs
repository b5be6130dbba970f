//! The sheet 名单: one row per person, the feedback block, the details behind it.

#![expect(clippy::disallowed_types, reason = "workbook cells are doubles: the nearest to the exact decimal")]

use std::path::Path;

use law::referrals::{Cell, ColumnKind, Delta, Duty, ListColumn, ListedPerson, Place, ReferralList, columns_of, label};
use rust_xlsxwriter::{ColNum, Format, ProtectionOptions, RowNum, Worksheet, XlsxError};

use store::durable::At as _;

use super::feedback::{FEEDBACK, Feedback};
use super::style::{Formats, LIST_SHEET, cell_text, excel_date, mark, paper, width_of, workbook};
use crate::seal::{SealContext, SealError};

/// Rows above the first person: title and headings.
const FIRST_ROW: RowNum = 2;
/// Columns to the left of the line that stays in view: up to the name.
const FROZEN_BEHIND: &str = "person_name";
const WIDEST: usize = 44;

/// Writes the workbook of a list.
pub(crate) fn write_list(
    path: &Path,
    list: &ReferralList,
    seq: u64,
    context: &SealContext<'_>,
) -> Result<(), SealError> {
    let bytes = build(path, list, seq, context).map_err(SealError::write(path))?;
    Ok(std::fs::write(path, bytes).at(path)?)
}

fn build(path: &Path, list: &ReferralList, seq: u64, context: &SealContext<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = workbook(list.id.period, &context.title(&list.office.list_title), context.sender)?;
    if let Some(folder) = path.parent() {
        // The writer's scratch holds persons: it stays inside the staging folder.
        workbook.set_tempdir(folder)?;
    }
    let formats = Formats::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(LIST_SHEET)?;
    write_sheet(sheet, list, seq, context, &formats)?;
    let notes = workbook.add_worksheet_with_constant_memory()?;
    super::notes::write_notes(notes, list, seq, context, &formats)?;
    workbook.save_to_buffer()
}

/// One column of the sheet.
enum SheetColumn {
    Table(&'static ListColumn),
    Feedback(&'static Feedback),
}

/// Printed columns, the feedback block, the details.
fn sheet_columns(list: &ReferralList) -> Vec<SheetColumn> {
    let text = |row: &ListedPerson, column: &str| row.cells.get(column).and_then(Cell::as_text).map(str::to_owned);
    // somebody flagged with a reason is certain, and something is asked about them
    let asks = |row: &ListedPerson| text(row, "status").as_deref() == Some("flagged") && text(row, "reason").is_some();
    let asks = list.office.duty == Duty::Undecided || list.rows.iter().any(asks);
    let shown = |column: &&ListColumn| column.name != "reason" || asks;
    let all = || columns_of(list.office.profile, list.office.duty).filter(shown);
    let at = |place: Place| all().filter(move |column| column.place == place);
    let feedback = FEEDBACK.iter().filter(|_| list.office.is_referral());
    at(Place::Core)
        .map(SheetColumn::Table)
        .chain(feedback.map(SheetColumn::Feedback))
        .chain(at(Place::Detail).map(SheetColumn::Table))
        .collect()
}

fn write_sheet(
    sheet: &mut Worksheet,
    list: &ReferralList,
    seq: u64,
    context: &SealContext<'_>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let columns = sheet_columns(list);
    sheet.set_default_row_height(18);
    sheet.set_row_height(0, 26)?.write_string_with_format(
        0,
        0,
        cell_text(&context.title(&title(list, seq))),
        &formats.title,
    )?;
    sheet.set_row_height(1, 34)?;
    for (at, column) in (0..).zip(&columns) {
        let (heading, format) = match column {
            SheetColumn::Table(column) => (column.heading(), &formats.heading),
            SheetColumn::Feedback(column) => (column.heading, &formats.feedback_heading),
        };
        sheet.write_string_with_format(1, at, heading, format)?;
        sheet.set_column_width(at, u32::try_from(width(column, &list.rows)).unwrap_or(20))?;
    }
    let withdrawn = formats.withdrawn();
    for (row, person) in (FIRST_ROW..).zip(&list.rows) {
        let formats = if person.delta == Delta::Withdrawn { &withdrawn } else { formats };
        write_row(sheet, row, &columns, person, formats)?;
    }
    finish_sheet(sheet, &columns, list.rows.len())?;
    mark(sheet, context);
    Ok(())
}

/// Filter, frozen panes, dropdowns and print setup.
fn finish_sheet(sheet: &mut Worksheet, columns: &[SheetColumn], rows: usize) -> Result<(), XlsxError> {
    let last_row = FIRST_ROW + RowNum::try_from(rows.saturating_sub(1)).unwrap_or(RowNum::MAX - FIRST_ROW);
    let last_column = ColNum::try_from(columns.len().saturating_sub(1)).unwrap_or(ColNum::MAX);
    sheet.autofilter(1, 0, if rows == 0 { 1 } else { last_row }, last_column)?;
    let frozen = columns.iter().position(|column| matches!(column, SheetColumn::Table(c) if c.name == FROZEN_BEHIND));
    let name = ColNum::try_from(frozen.unwrap_or(0)).unwrap_or(0);
    sheet.set_freeze_panes(FIRST_ROW, name + 1)?;
    // On paper, too, every part of a row shows whose it is.
    sheet.set_repeat_rows(0, 1)?.set_repeat_columns(0, name)?;
    paper(sheet, 3);
    let printed = columns.iter().filter(|column| !matches!(column, SheetColumn::Table(c) if c.place == Place::Detail));
    let printed = ColNum::try_from(printed.count().saturating_sub(1)).unwrap_or(last_column);
    sheet.set_print_area(0, 0, if rows == 0 { 1 } else { last_row }, printed)?;
    if rows == 0 {
        return Ok(());
    }
    if columns.iter().any(|column| matches!(column, SheetColumn::Feedback(_))) {
        // Without a password: it keeps rows, headings and tokens from being changed by mistake.
        sheet.protect_with_options(&ProtectionOptions {
            format_cells: true,
            format_columns: true,
            format_rows: true,
            sort: true,
            use_autofilter: true,
            ..ProtectionOptions::default()
        });
    }
    for (at, column) in (0..).zip(columns) {
        let SheetColumn::Feedback(column) = column else { continue };
        if let Some(rule) = column.validation()? {
            sheet.add_data_validation(FIRST_ROW, at, last_row, at, &rule)?;
        }
    }
    Ok(())
}

fn write_row(
    sheet: &mut Worksheet,
    row: RowNum,
    columns: &[SheetColumn],
    person: &ListedPerson,
    formats: &Formats,
) -> Result<(), XlsxError> {
    for (at, column) in (0..).zip(columns) {
        match column {
            SheetColumn::Feedback(column) => sheet.write_blank(row, at, column.format(formats))?,
            SheetColumn::Table(column) => match person.cells.get(column.name) {
                None => sheet.write_blank(row, at, blank_format(column.kind, formats))?,
                Some(Cell::Text(text)) => {
                    let text = shown_text(column, text);
                    sheet.write_string_with_format(row, at, cell_text(&text), &formats.text)?
                }
                // A workbook stores numbers as doubles: the nearest one to the exact decimal, which every reader
                // rounds back to the same two decimals.
                Some(Cell::Money(fen)) => match fen.to_string().parse::<f64>() {
                    Ok(yuan) => sheet.write_number_with_format(row, at, yuan, &formats.money)?,
                    Err(_) => sheet.write_string_with_format(row, at, fen.to_string(), &formats.text)?,
                },
                Some(Cell::Date(date)) => match excel_date(*date) {
                    Ok(day) => sheet.write_date_with_format(row, at, day, &formats.date)?,
                    // Workbooks know no day before 1900.
                    Err(_) => sheet.write_string_with_format(row, at, date.to_string(), &formats.text)?,
                },
                Some(Cell::Count(count)) => match count.to_string().parse::<f64>() {
                    Ok(count) => sheet.write_number_with_format(row, at, count, &formats.count)?,
                    Err(_) => sheet.write_blank(row, at, &formats.count)?,
                },
            },
        };
    }
    Ok(())
}

fn blank_format(kind: ColumnKind, formats: &Formats) -> &Format {
    match kind {
        ColumnKind::Money => &formats.money,
        ColumnKind::Date => &formats.date,
        ColumnKind::Count => &formats.count,
        ColumnKind::Text | ColumnKind::Id | ColumnKind::Coded(_) => &formats.text,
    }
}

/// A text cell as people read it: codes by their labels.
fn shown_text(column: &ListColumn, text: &str) -> String {
    if let ColumnKind::Coded(table) = column.kind { label(table, text) } else { text.to_owned() }
}

/// Wide enough for the table's own width and for the longest text, within reason.
fn width(column: &SheetColumn, rows: &[ListedPerson]) -> usize {
    match column {
        SheetColumn::Feedback(column) => usize::from(column.width),
        SheetColumn::Table(column) => {
            let texts = rows.iter().filter_map(|row| row.cells.get(column.name).and_then(Cell::as_text));
            let longest = texts.map(|text| width_of(&shown_text(column, text)) + 2).max().unwrap_or(0);
            longest.clamp(usize::from(column.width), WIDEST.max(usize::from(column.width)))
        }
    }
}

fn title(list: &ReferralList, seq: u64) -> String {
    let (period, office) = (list.id.period, &list.office);
    format!(
        "{} {}{}{}{}　编号 {}（第{seq}号）　敏感个人信息，仅限防止返贫致贫监测帮扶使用，不得外传",
        period.chinese(),
        list.county_name,
        office.name,
        office.list_title,
        list.id.kind.chinese(),
        list.id,
    )
}
