//! The aided feed: persons who got help on application, by whatever office. Whom of them no rule had flagged is the
//! measure of what the rules miss.

use super::Kind::{Code, Date, Id, Money, Text};
use super::Presence::{Nullable, Optional, Required};
use super::{Column, Contract, Feed, Format, column};

pub(super) static CONTRACT: Contract = Contract {
    feed: Feed::Aided,
    version: 1,
    grain: "one grant of help on application to one person (依申请救助台账)",
    formats: &[Format::Parquet, Format::Csv, Format::Xlsx],
    columns: COLUMNS,
    unread: &["rid", "序号", "联系电话", "家庭住址", "开户银行", "银行账号", "备注"],
    control: None,
};

static COLUMNS: &[Column] = &[
    column(
        "id_number",
        Id,
        Nullable,
        &["certno", "证件号码", "身份证号", "身份证号码", "公民身份号码"],
        "document number of the person",
    ),
    column(
        "cert_type",
        Code,
        Optional,
        &["psn_cert_type", "证件类型"],
        "kind of document; empty means resident id (01)",
    ),
    column("person_name", Text, Optional, &["psn_name", "姓名"], "name of the person"),
    column("aided_date", Date, Required, &["救助日期", "审批日期", "发放日期"], "day of the grant"),
    column("scheme", Text, Optional, &["救助类别", "救助项目"], "临时救助, 医疗救助, 低保, ..."),
    column("aid_amount", Money, Optional, &["救助金额", "发放金额"], "yuan granted"),
    column("county_code", Code, Optional, &["county", "县区代码"], "county-level code"),
    column("source_office", Text, Optional, &["来源单位", "经办单位"], "office that granted it"),
];
