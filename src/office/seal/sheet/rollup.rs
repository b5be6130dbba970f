//! The workbook of the roll-up.

#![expect(clippy::disallowed_types, reason = "workbook cells are doubles: the nearest to the exact decimal")]

use std::path::Path;

use law::referrals::Rollup;
use law::texts::{Table, zh};
use rust_xlsxwriter::{ColNum, Format, FormatAlign, RowNum, Worksheet, XlsxError};

use store::durable::At as _;

use super::style::{Formats, cell_text, mark, paper, workbook};
use crate::seal::{SealContext, SealError};

/// What stands where a count is hidden.
const HIDDEN: &str = "＊";

pub(crate) fn write_rollup(path: &Path, rollup: &Rollup, context: &SealContext<'_>) -> Result<(), SealError> {
    let bytes = build(rollup, context).map_err(SealError::write(path))?;
    Ok(std::fs::write(path, bytes).at(path)?)
}

fn build(rollup: &Rollup, context: &SealContext<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = workbook(rollup.id.period, &context.title("因病返贫致贫风险监测汇总表"), context.sender)?;
    let formats = Formats::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("汇总表")?;
    sheet.set_default_row_height(18);
    let period = rollup.id.period;
    let title = format!("{} {}因病返贫致贫风险监测汇总表　编号 {}", period.chinese(), context.area_name, rollup.id);
    sheet.set_row_height(0, 26)?.write_string_with_format(0, 0, cell_text(&context.title(&title)), &formats.title)?;
    let unit = "单位：人次、元。1 至 4 人次的数字及可据以推算的数字以“＊”隐去；同一人命中两条规则计两人次。";
    sheet.write_string(1, 0, cell_text(&format!("{unit}{}", missing(rollup))))?;
    sheet.set_row_height(2, 48)?;
    write_headings(sheet, rollup, &formats)?;
    for (row, line) in (3..).zip(&rollup.lines) {
        let code = line.county.as_ref().map_or("", |county| county.as_str());
        sheet.write_string_with_format(row, 0, code, &formats.text)?;
        sheet.write_string_with_format(row, 1, cell_text(&line.name), &formats.text)?;
        for (column, cell) in (2..).step_by(2).zip(&line.cells) {
            let hits = cell.hits.map(|hits| hits.to_string());
            write_value(sheet, row, column, hits.as_deref(), &formats.count)?;
            let sum = cell.measured_fen.map(yuan);
            write_value(sheet, row, column + 1, sum.as_deref(), &formats.money)?;
        }
    }
    sheet.set_freeze_panes(3, 2)?.set_repeat_rows(0, 2)?;
    paper(sheet, 1);
    mark(sheet, context);
    workbook.save_to_buffer()
}

/// Which counties' data have not come; nothing where all have.
fn missing(rollup: &Rollup) -> String {
    if rollup.missing.is_empty() {
        return String::new();
    }
    let counties: Vec<String> = rollup.missing.iter().map(|(name, what)| format!("{name}（{what}）")).collect();
    format!("数据未到齐的县（市、区）：{}；其数字为已收到数据所示，补齐后另行更新。", counties.join("、"))
}

fn write_headings(sheet: &mut Worksheet, rollup: &Rollup, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 10)?.set_column_width(1, 16)?;
    sheet.write_string_with_format(2, 0, "县区代码", &formats.heading)?;
    sheet.write_string_with_format(2, 1, "县（市、区）", &formats.heading)?;
    let names = rollup.columns.iter().map(|(_, name, state)| format!("{name}\n{}", zh(Table::Status, state.code())));
    for (column, name) in (2..).step_by(2).zip(names.chain(["合计".to_owned()])) {
        sheet.set_column_width(column, 12)?.set_column_width(column + 1, 16)?;
        sheet.write_string_with_format(2, column, cell_text(&format!("{name}人次")), &formats.heading)?;
        sheet.write_string_with_format(2, column + 1, cell_text(&format!("{name}金额")), &formats.heading)?;
    }
    Ok(())
}

fn write_value(
    sheet: &mut Worksheet,
    row: RowNum,
    column: ColNum,
    value: Option<&str>,
    format: &Format,
) -> Result<(), XlsxError> {
    match value.map(str::parse::<f64>) {
        Some(Ok(number)) => sheet.write_number_with_format(row, column, number, format)?,
        _ => sheet.write_string_with_format(row, column, HIDDEN, &format.clone().set_align(FormatAlign::Right))?,
    };
    Ok(())
}

/// Fen as yuan text; sums may leave 64 bits.
pub(crate) fn yuan(fen: i128) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}
