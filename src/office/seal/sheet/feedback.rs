//! The block of columns that the recipient fills in: what each cell may hold.

use law::cases::{CATEGORIES, ENROLLED, FOUND, MEASURES, REASONS, RECEIPTS};
use rust_xlsxwriter::{DataValidation, DataValidationRule, ExcelDateTime, Format, XlsxError};

use super::style::Formats;

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words or several, parted by `、`: the dropdown offers one, and stops nobody from writing more.
    Words(&'static [&'static str]),
    Day,
    Yuan,
}

/// A column that the recipient fills in.
pub(super) struct Feedback {
    pub(super) heading: &'static str,
    pub(super) width: u8,
    pub(super) entry: Entry,
    /// What to write, for the explanation sheet.
    pub(super) hint: &'static str,
}

const fn column(heading: &'static str, width: u8, entry: Entry, hint: &'static str) -> Feedback {
    Feedback { heading, width, entry, hint }
}

impl Feedback {
    /// The words of its dropdown.
    pub(super) const fn choices(&self) -> &'static [&'static str] {
        match self.entry {
            Entry::Word(words) | Entry::Words(words) => words,
            Entry::Text | Entry::Day | Entry::Yuan => &[],
        }
    }

    /// How an empty cell of it looks.
    pub(super) const fn format<'f>(&self, formats: &'f Formats) -> &'f Format {
        match self.entry {
            Entry::Day => &formats.answer_day,
            Entry::Yuan => &formats.answer_yuan,
            Entry::Text | Entry::Word(_) | Entry::Words(_) => &formats.answer,
        }
    }

    /// What a spreadsheet lets people write there, and what it says of anything else.
    pub(super) fn validation(&self) -> Result<Option<DataValidation>, XlsxError> {
        let only = |rule: DataValidation, title: &str, message: String| {
            rule.set_error_title(title)?.set_error_message(message).map(Some)
        };
        match self.entry {
            Entry::Text => Ok(None),
            Entry::Word(words) => only(
                DataValidation::new().allow_list_strings(words)?,
                "请从列表中选择",
                format!("“{}”只能从下拉列表中选择。", self.heading),
            ),
            Entry::Words(words) => Ok(Some(DataValidation::new().allow_list_strings(words)?.show_error_message(false))),
            Entry::Day => {
                let (first, last) = (ExcelDateTime::from_ymd(2000, 1, 1)?, ExcelDateTime::from_ymd(2099, 12, 31)?);
                only(
                    DataValidation::new().allow_date(DataValidationRule::Between(first, last)),
                    "请填写日期",
                    format!("“{}”请填写日期，如2026-11-05。", self.heading),
                )
            }
            Entry::Yuan => only(
                DataValidation::new().allow_decimal_number(DataValidationRule::Between(0.0, 100_000_000.0)),
                "请填写金额",
                format!("“{}”请填写数字，单位为元。", self.heading),
            ),
        }
    }
}

pub(super) const FEEDBACK: &[Feedback] = &[
    column("核查单位", 18, Entry::Text, "填写开展核查的乡镇（街道）或单位全称"),
    column("核查人", 10, Entry::Text, "填写核查人姓名"),
    column("核查日期", 12, Entry::Day, "填写日期，如2026-11-05"),
    column("签收情况", 12, Entry::Word(RECEIPTS), "是否接收此人；不属本单位的由医疗保障局转其他单位"),
    column("是否找到", 10, Entry::Word(FOUND), "本人或家属是否已联系上"),
    column("是否纳入监测", 12, Entry::Word(ENROLLED), "核查后是否纳入监测帮扶"),
    column("纳入类别", 16, Entry::Word(CATEGORIES), "纳入监测的，选择类别"),
    column("未纳入原因", 18, Entry::Word(REASONS), "未纳入的，选择原因；选“其他”的在备注说明"),
    column("帮扶措施", 20, Entry::Words(MEASURES), "已落实的帮扶措施；有多项的用顿号（、）隔开"),
    column("帮扶金额（元）", 14, Entry::Yuan, "已发放或已审批的金额"),
    column("备注", 24, Entry::Text, "其他需要说明的情况"),
];
