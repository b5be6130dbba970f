//! The column table: one line per column drives XLSX, CSV, Parquet and the README.
//!
//! To add a column to the lists: give it to the mart (`sql/marts/referral_rows.sql`) and add one line here.

use super::{Duty, Profile, labels};

/// How a column's values are written.
#[derive(Debug, Clone, Copy)]
pub enum ColumnKind {
    Text,
    /// An id: text even where it looks like a number.
    Id,
    /// A code, shown to people by its Chinese label.
    Coded(fn(&str) -> String),
    Money,
    Date,
    Count,
}

/// Where a column stands on the sheet for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Core,
    /// Behind the feedback block, not printed.
    Detail,
}

#[derive(Debug, Clone, Copy)]
pub struct ListColumn {
    /// Machine name: in CSV and Parquet, and in the mart.
    pub name: &'static str,
    pub heading: &'static str,
    pub kind: ColumnKind,
    pub width: u8,
    pub place: Place,
    /// The least profile that shows it.
    pub profile: Profile,
    /// Whether only the lists of near persons show it, which do not leave the bureau.
    pub only_near: bool,
}

const fn core(name: &'static str, heading: &'static str, kind: ColumnKind, width: u8) -> ListColumn {
    ListColumn { name, heading, kind, width, place: Place::Core, profile: Profile::Default, only_near: false }
}

const fn detail(name: &'static str, heading: &'static str, kind: ColumnKind, width: u8) -> ListColumn {
    ListColumn { name, heading, kind, width, place: Place::Detail, profile: Profile::Default, only_near: false }
}

const fn contact(name: &'static str, heading: &'static str, kind: ColumnKind, width: u8) -> ListColumn {
    ListColumn { name, heading, kind, width, place: Place::Core, profile: Profile::Contact, only_near: false }
}

const fn near(name: &'static str, heading: &'static str, kind: ColumnKind, width: u8) -> ListColumn {
    ListColumn { name, heading, kind, width, place: Place::Core, profile: Profile::Default, only_near: true }
}

use ColumnKind::{Coded, Count, Date, Id, Money, Text};

/// The number of the form in which lists are written: columns, headings, labels, pages, manifest. Raise it with any
/// change of these: lists of one number are compared by bytes when they are made again, older ones by what they say.
/// 1: 6311a20, whose manifests carry no number.
pub const LIST_FORMAT: u32 = 2;

/// Columns that are filled in while lists are built; all others come from the mart.
pub const FILLED_IN: [&str; 10] = [
    "row_no",
    "county_name",
    "age",
    "delta",
    "delta_reason",
    "rule_names",
    "rule_ids",
    "row_token",
    "run_rate_amount",
    "expected_month",
];

/// All columns, in the order of CSV and Parquet.
pub const COLUMNS: &[ListColumn] = &[
    core("row_no", "序号", Count, 6),
    detail("county_code", "县区代码", Id, 10),
    core("county_name", "县（市、区）", Text, 14),
    core("town_name", "乡镇（街道）", Text, 16),
    core("village_name", "村（社区）", Text, 18),
    core("person_name", "姓名", Text, 12),
    core("id_number", "证件号码", Id, 21),
    detail("cert_type", "证件类型", Coded(labels::cert_type), 14),
    core("sex", "性别", Coded(labels::sex), 6),
    core("age", "年龄", Count, 6),
    detail("birth_date", "出生日期", Date, 12),
    contact("phone", "联系电话", Id, 15),
    core("tags", "身份标识", Coded(labels::tags), 20),
    detail("tag_sources", "标识来源", Text, 24),
    core("delta", "变动情况", Coded(labels::delta), 10),
    core("delta_reason", "变动说明", Coded(labels::delta_reason), 24),
    core("rule_names", "命中规则", Text, 26),
    core("reason", "待核实原因", Coded(labels::reason), 22),
    core("measured_amount", "认定自付金额（元）", Money, 16),
    core("line_amount", "监测线（元）", Money, 14),
    core("line_status", "监测线性质", Coded(labels::line_status), 12),
    core("excess_amount", "超出金额（元）", Money, 14),
    near("margin_amount", "距监测线（元）", Money, 14),
    near("first_warned_date", "首次超过预警标准日期", Date, 14),
    near("recent_amount", "近三个月费用（元）", Money, 14),
    near("run_rate_amount", "近期月均费用（元）", Money, 14),
    near("expected_month", "照此预计越线月份", Coded(labels::expected_month), 16),
    core("first_crossed_date", "首次越线日期", Date, 14),
    core("last_settled_date", "最近结算日期", Date, 14),
    core("total_amount", "年度总费用（元）", Money, 16),
    core("personal_burden_amount", "个人负担总额（元）", Money, 16),
    detail("basis", "认定口径", Coded(labels::basis), 22),
    detail("income_amount", "上年人均可支配收入（元）", Money, 18),
    detail("in_scope_amount", "政策范围内费用（元）", Money, 16),
    detail("fund_amount", "基金支付（元）", Money, 16),
    detail("medical_assistance_amount", "医疗救助（元）", Money, 16),
    detail("in_catalogue_self_pay_amount", "目录内自付（元）", Money, 16),
    detail("self_pay_with_over_limit_amount", "目录内自付含超限价（元）", Money, 18),
    detail("in_scope_self_pay_amount", "政策范围内自付（元）", Money, 16),
    detail("component_self_pay_amount", "分项自付（元）", Money, 16),
    detail("cash_amount", "现金支付（元）", Money, 16),
    detail("net_burden_amount", "净负担（元）", Money, 16),
    detail("adjustment_amount", "后续补助冲减（元）", Money, 16),
    detail("inpatient_amount", "其中：住院（元）", Money, 16),
    detail("outpatient_amount", "其中：门诊（元）", Money, 16),
    detail("pharmacy_amount", "其中：药店（元）", Money, 16),
    detail("claim_count", "结算次数", Count, 10),
    detail("insurance_types", "险种", Coded(labels::insurance), 20),
    detail("insured_area", "参保地代码", Id, 12),
    detail("rural", "是否农村居民", Coded(labels::rural), 14),
    detail("rural_source", "农村认定来源", Text, 18),
    detail("village_code", "村代码", Id, 16),
    detail("rule_ids", "命中规则代码", Text, 24),
    detail("clause", "依据条款", Text, 30),
    detail("rule_version", "规则版本", Text, 14),
    detail("row_token", "行标识", Id, 20),
];

/// The column with that machine name.
#[must_use]
pub fn column_called(name: &str) -> Option<&'static ListColumn> {
    COLUMNS.iter().find(|column| column.name == name)
}

/// The columns that a profile shows on lists of a duty, in order.
pub fn columns_of(profile: Profile, duty: Duty) -> impl Iterator<Item = &'static ListColumn> {
    let shown = move |column: &&ListColumn| column.profile <= profile && (duty == Duty::Near || !column.only_near);
    COLUMNS.iter().filter(shown)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What `LIST_FORMAT` stands for. Where this fails, raise the number and write down the new hash; the hash alone where
    /// no list reads otherwise than before.
    #[test]
    fn a_change_of_columns_or_labels_raises_the_list_format() {
        let columns = COLUMNS.iter().map(|ListColumn { name, heading, width, place, profile, only_near, .. }| {
            format!("{name} {heading} {width} {place:?} {profile:?} {only_near}\n")
        });
        let hash = crate::domain::stable_hash(&(columns.collect::<String>() + include_str!("labels.rs")));
        assert_eq!((LIST_FORMAT, format!("{hash:016x}").as_str()), (2, "3fd390c446329066"));
    }

    #[test]
    fn names_are_unique_and_headings_fit() {
        let names: BTreeSet<_> = COLUMNS.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), COLUMNS.len());
        for column in COLUMNS {
            // Two lines of heading.
            let width = unicode_width::UnicodeWidthStr::width(column.heading);
            assert!(width <= 2 * usize::from(column.width), "{}", column.name);
        }
        assert!(columns_of(Profile::Default, Duty::Near).all(|column| column.name != "phone"));
        for duty in [Duty::Referral, Duty::Undecided, Duty::Summary] {
            assert!(columns_of(Profile::Contact, duty).all(|column| !column.only_near));
        }
        assert_eq!(columns_of(Profile::Contact, Duty::Near).count(), COLUMNS.len());
    }
}
