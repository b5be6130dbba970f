//! The rosters feed: who is registered under which tag, from civil affairs and rural affairs.

use super::Kind::{Code, Date, Id, Month, Text};
use super::Presence::{Nullable, Optional, Required};
use super::{Column, Contract, Feed, Format, column};

/// One person and tag per row.
pub(super) static CONTRACT: Contract = Contract {
    feed: Feed::Rosters,
    version: 1,
    grain: "one person and tag; a row with a roster month belongs to that month's full roster of its office and tag",
    formats: &[Format::Parquet, Format::Csv, Format::Xlsx],
    columns: COLUMNS,
    unread: &["序号", "户编号", "人编号", "人数", "与户主关系", "民族", "健康状况", "致贫原因", "备注"],
    control: None,
};

static COLUMNS: &[Column] = &[
    column(
        "id_number",
        Id,
        Nullable,
        &["certno", "证件号码", "身份证号", "身份证号码", "公民身份号码"],
        "document number",
    ),
    column(
        "cert_type",
        Code,
        Optional,
        &["psn_cert_type", "证件类型"],
        "kind of document; empty means resident id (01)",
    ),
    column("person_name", Text, Optional, &["psn_name", "姓名", "家庭成员姓名"], "name"),
    column(
        "tag",
        Text,
        Required,
        &["psn_idet_type", "人员类别", "类别", "对象类别", "身份标识", "监测对象类型"],
        "category; aliases by pipelines/tables/tag_aliases.csv",
    ),
    column(
        "from_date",
        Date,
        Optional,
        &["begntime", "起始日期", "认定日期", "识别时间"],
        "first day; absent: the roster month's first",
    ),
    column("to_date", Date, Optional, &["endtime", "终止日期", "退出日期", "消除时间"], "last day; empty means open"),
    column("source_office", Text, Required, &["来源单位", "主管部门", "报送单位"], "office that keeps the roster"),
    column("county_code", Code, Optional, &["county", "县区代码"], "county-level code"),
    column(
        "roster_month",
        Month,
        Optional,
        &["名册月份", "数据月份"],
        "month of a full roster: whoever is no longer on the office's next one loses the tag",
    ),
];
