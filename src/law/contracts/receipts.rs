//! The receipts feed: what an office answers about the persons of a list, in the list's own workbook or as CSV.

use super::Kind::{Date, Id, Money, Text};
use super::Presence::{Optional, Required};
use super::{Column, Contract, Feed, Format, column};

/// One person of one list per row.
pub(super) static CONTRACT: Contract = Contract {
    feed: Feed::Receipts,
    version: 1,
    grain: "one person of one list; imported file by file with `poverty-watch receipts import`, never from landing/. \
            The other columns of a list may stand in the file and are not read",
    formats: &[Format::Xlsx, Format::Csv],
    columns: COLUMNS,
    unread: &[],
    control: None,
};

static COLUMNS: &[Column] = &[
    column("row_token", Id, Required, &["行标识"], "token of the list's row; by it alone rows are matched"),
    column("unit", Text, Optional, &["核查单位"], "unit that looked"),
    column("verifier", Text, Optional, &["核查人"], "person who looked"),
    column("verified_date", Date, Optional, &["核查日期"], "day of the visit"),
    column("receipt", Text, Optional, &["签收情况"], "接收, 不属本单位, 重复 or 查无此人"),
    column("found", Text, Optional, &["是否找到"], "是 or 否"),
    column("enrolled", Text, Optional, &["是否纳入监测"], "是, 否 or 核查中"),
    column("category", Text, Optional, &["纳入类别"], "category of monitoring, where enrolled"),
    column("not_enrolled_reason", Text, Optional, &["未纳入原因"], "reason, where not enrolled"),
    column("measure", Text, Optional, &["帮扶措施"], "main measure of help"),
    column("aid_amount", Money, Optional, &["帮扶金额（元）", "帮扶金额"], "yuan granted or approved"),
    column("remark", Text, Optional, &["备注"], "free text"),
];
