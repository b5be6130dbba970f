//! How workbooks look, and what text may stand in them.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};
use law::domain::Period;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr;

use crate::seal::{REHEARSAL, SealContext};

/// The sheet that holds the list.
pub(crate) const LIST_SHEET: &str = "名单";

const FONT: &str = "宋体";

/// The formats of a workbook's cells.
pub(super) struct Formats {
    pub(super) title: Format,
    pub(super) heading: Format,
    pub(super) feedback_heading: Format,
    pub(super) text: Format,
    pub(super) wrapped: Format,
    pub(super) money: Format,
    pub(super) date: Format,
    pub(super) count: Format,
    /// Cells that the recipient fills in, which protection leaves open: texts, days, yuan.
    pub(super) answer: Format,
    pub(super) answer_day: Format,
    pub(super) answer_yuan: Format,
}

impl Formats {
    pub(super) fn new() -> Self {
        let base = Format::new().set_font_name(FONT).set_font_size(11).set_align(FormatAlign::VerticalCenter);
        let cell = base.clone().set_border(FormatBorder::Thin).set_border_color(Color::RGB(0x00BF_BFBF));
        let heading = cell.clone().set_bold().set_text_wrap().set_align(FormatAlign::Center);
        let answer = cell.clone().set_background_color(Color::RGB(0x00FF_FBEF)).set_unlocked();
        Self {
            title: base.set_font_size(14).set_bold(),
            heading: heading.clone().set_background_color(Color::RGB(0x00DD_EBF7)),
            feedback_heading: heading.set_background_color(Color::RGB(0x00FF_F2CC)),
            text: cell.clone().set_num_format("@"),
            wrapped: cell.clone().set_text_wrap().set_align(FormatAlign::Top),
            money: cell.clone().set_num_format("#,##0.00"),
            date: cell.clone().set_num_format("yyyy-mm-dd"),
            count: cell.set_num_format("0").set_align(FormatAlign::Center),
            answer: answer.clone().set_num_format("@"),
            answer_day: answer.clone().set_num_format("yyyy-mm-dd"),
            answer_yuan: answer.set_num_format("#,##0.00"),
        }
    }

    /// The same for withdrawn rows: grey and struck through, so that nobody takes them for listed ones.
    pub(super) fn withdrawn(&self) -> Self {
        let grey = |format: &Format| {
            format.clone().set_font_color(Color::RGB(0x007F_7F7F)).set_background_color(Color::RGB(0x00ED_EDED))
        };
        let struck = |format: &Format| grey(format).set_font_strikethrough();
        Self {
            title: self.title.clone(),
            heading: self.heading.clone(),
            feedback_heading: self.feedback_heading.clone(),
            text: struck(&self.text),
            wrapped: grey(&self.wrapped),
            money: struck(&self.money),
            date: struck(&self.date),
            count: grey(&self.count),
            answer: grey(&self.answer),
            answer_day: grey(&self.answer_day),
            answer_yuan: grey(&self.answer_yuan),
        }
    }
}

/// A workbook whose bytes depend on its content only.
pub(super) fn workbook(period: Period, title: &str, sender: &str) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let font = Format::new().set_font_name(FONT).set_font_size(11).set_font_charset(134);
    workbook.set_default_format(&font, 18, 72)?;
    let made = excel_date(period.last_day())?;
    let properties = DocProperties::new()
        .set_title(cell_text(title))
        .set_author(cell_text(sender))
        .set_company(cell_text(sender))
        .set_creation_datetime(&made);
    workbook.set_properties(&properties);
    Ok(workbook)
}

/// A day as workbooks store it.
pub(super) fn excel_date(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    // A part out of range becomes one that the check below refuses.
    let (year, month) = (u16::try_from(day.year()).unwrap_or(0), u8::try_from(day.month()).unwrap_or(0));
    ExcelDateTime::from_ymd(year, month, u8::try_from(day.day()).unwrap_or(0))
}

/// Landscape A4, so many sheets of paper wide as needed to stay readable, page numbers below.
pub(super) fn paper(sheet: &mut Worksheet, pages_wide: u16) {
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(pages_wide, 0);
    sheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3).set_footer("&C第 &P 页，共 &N 页");
}

/// On every page of a rehearsal, above it, that it is one.
pub(super) fn mark(sheet: &mut Worksheet, context: &SealContext<'_>) {
    if context.is_rehearsal {
        sheet.set_header(format!("&C&16{REHEARSAL}"));
    }
}

/// Text as a cell can hold it: control characters that XML forbids, and the carriage return that XML readers
/// change, become U+FFFD. CSV, Parquet and JSON carry them as they are.
pub(crate) fn cell_text(text: &str) -> Cow<'_, str> {
    let forbidden = |c: char| (c < ' ' && !matches!(c, '\t' | '\n')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { Cow::Owned(text.replace(forbidden, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Width in half-width characters; Chinese counts two each.
pub(super) fn width_of(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}
