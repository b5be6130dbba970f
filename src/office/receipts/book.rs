//! The workbook of rows that were not taken, for their office: its cells as it wrote them, the wrong ones marked, and
//! what to mend. Mended and sent back it is a receipt like any other.

use std::path::{Path, PathBuf};

use law::config::Layout;
use law::contracts::Feed;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use store::durable::{self, Readers};

use super::ReceiptError;
use super::given::RowFault;
use crate::seal::cell_text;

/// Headings and widths: the row of the office's file, what it wrote, what to mend.
const COLUMNS: [(&str, u8); 14] = [
    ("行号", 8),
    ("行标识", 20),
    ("核查单位", 18),
    ("核查人", 10),
    ("核查日期", 14),
    ("签收情况", 12),
    ("是否找到", 10),
    ("是否纳入监测", 12),
    ("纳入类别", 16),
    ("未纳入原因", 18),
    ("帮扶措施", 20),
    ("帮扶金额（元）", 16),
    ("备注", 24),
    ("说明", 56),
];

/// Characters of the file's name in the workbook's.
const STEM: usize = 60;

/// Writes the workbook below `rejects/receipts/`; `None` where every row was taken.
pub(super) fn write(
    layout: &Layout,
    (file_id, name): (&str, &str),
    faults: &[RowFault],
) -> Result<Option<PathBuf>, ReceiptError> {
    if faults.is_empty() {
        return Ok(None);
    }
    let folder = layout.rejects(Feed::Receipts.name());
    let stem: String = Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let stem: String = stem.chars().take(STEM).collect();
    let path = folder.join(format!("{stem}.{}.xlsx", file_id.get(..8).unwrap_or(file_id)));
    let refused = |error: XlsxError| ReceiptError::Refused { file: name.to_owned(), why: error.to_string() };
    let bytes = book(faults).map_err(refused)?;
    durable::make_folder(&folder)?;
    durable::write(&path, &bytes, Readers::Usual)?;
    Ok(Some(path))
}

fn book(faults: &[RowFault]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2020, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = book.add_worksheet();
    sheet.set_name("须更正")?.set_freeze_panes(1, 0)?;
    let head = Format::new().set_bold().set_background_color("#DDE6F0").set_text_wrap();
    let (plain, wrong) =
        (Format::new().set_num_format("@"), Format::new().set_num_format("@").set_background_color("#FFC7CE"));
    let wrapped = Format::new().set_text_wrap();
    for (at, (heading, width)) in (0_u16..).zip(COLUMNS) {
        sheet.set_column_width(at, width)?.write_string_with_format(0, at, heading, &head)?;
    }
    for (row, fault) in (1_u32..).zip(faults) {
        for (at, (heading, _)) in (0_u16..).zip(COLUMNS) {
            let format = if fault.columns.iter().any(|column| column == heading) { &wrong } else { &plain };
            let written =
                fault.written.iter().find(|(column, _)| *column == heading).map_or("", |(_, cell)| cell.as_str());
            match heading {
                "行号" => sheet.write_string(row, at, fault.row.to_string())?,
                "说明" => sheet.write_string_with_format(row, at, &fault.why, &wrapped)?,
                _ => sheet.write_string_with_format(row, at, cell_text(written), format)?,
            };
        }
    }
    book.save_to_buffer()
}
