//! The block of columns that the recipient fills in.

use law::cases::{CATEGORIES, ENROLLED, FOUND, MEASURES, REASONS, RECEIPTS};

/// A column that the recipient fills in.
pub(super) struct Feedback {
    pub(super) heading: &'static str,
    pub(super) width: u8,
    /// Values to choose from; empty: free.
    pub(super) choices: &'static [&'static str],
    /// What to write, for the explanation sheet.
    pub(super) hint: &'static str,
}

const fn free(heading: &'static str, width: u8, hint: &'static str) -> Feedback {
    Feedback { heading, width, choices: &[], hint }
}

const fn choice(heading: &'static str, width: u8, choices: &'static [&'static str], hint: &'static str) -> Feedback {
    Feedback { heading, width, choices, hint }
}

pub(super) const FEEDBACK: &[Feedback] = &[
    free("核查单位", 18, "填写开展核查的乡镇（街道）或单位全称"),
    free("核查人", 10, "填写核查人姓名"),
    free("核查日期", 12, "格式如 2026-11-05"),
    choice("签收情况", 12, RECEIPTS, "是否接收此人；不属本单位的由医疗保障局转其他单位"),
    choice("是否找到", 10, FOUND, "本人或家属是否已联系上"),
    choice("是否纳入监测", 12, ENROLLED, "核查后是否纳入监测帮扶"),
    choice("纳入类别", 16, CATEGORIES, "纳入监测的，选择类别"),
    choice("未纳入原因", 18, REASONS, "未纳入的，选择原因；选“其他”的在备注说明"),
    choice("帮扶措施", 16, MEASURES, "已落实的主要帮扶措施；有多项的在备注列出"),
    free("帮扶金额（元）", 14, "已发放或已审批的金额"),
    free("备注", 24, "其他需要说明的情况"),
];
