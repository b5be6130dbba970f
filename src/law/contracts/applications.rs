//! The applications feed: households that apply for medical assistance (依申请医疗救助), as they declare themselves.

use super::Kind::{Code, Date, Flag, Id, Moment, Money, Text};
use super::Presence::{Nullable, Optional, Required};
use super::{Column, Contract, Feed, Format, column};

/// One member of one applying household per row and update.
pub(super) static CONTRACT: Contract = Contract {
    feed: Feed::Applications,
    version: 1,
    grain: "one application (依申请医疗救助申请表) and member of the applying household, the applicant included; \
            the latest update of an application and person counts",
    formats: &[Format::Parquet, Format::Csv, Format::Xlsx],
    columns: COLUMNS,
    unread: &["rid", "序号", "与申请人关系", "家庭人口数", "联系电话", "家庭住址", "开户银行", "银行账号", "备注"],
    control: None,
};

static COLUMNS: &[Column] = &[
    column(
        "application_id",
        Id,
        Required,
        &["appy_id", "apply_no", "申请编号", "申请单号", "受理编号"],
        "number of the application; the same on the rows of all members",
    ),
    column(
        "application_date",
        Date,
        Required,
        &["appy_date", "appy_time", "申请日期", "申请时间"],
        "day of the application; the applicant's row decides, a rule's window ends on it",
    ),
    column(
        "id_number",
        Id,
        Nullable,
        &["certno", "证件号码", "身份证号", "身份证号码", "公民身份号码"],
        "document number of the member",
    ),
    column(
        "cert_type",
        Code,
        Optional,
        &["psn_cert_type", "证件类型"],
        "kind of document; empty means resident id (01)",
    ),
    column("person_name", Text, Optional, &["psn_name", "姓名", "家庭成员姓名"], "name of the member"),
    column(
        "is_applicant",
        Flag,
        Required,
        &["appyer_flag", "是否申请人", "申请人标志"],
        "whether this member is the applicant; exactly one is, else the application waits",
    ),
    column(
        "household_income_amount",
        Money,
        Nullable,
        &["fam_inc", "家庭年可支配收入", "家庭年收入"],
        "declared disposable income of the household, yuan a year; the applicant's row decides, empty: unknown",
    ),
    column(
        "assets_amount",
        Money,
        Optional,
        &["fam_asset", "家庭财产", "家庭财产总额"],
        "declared assets of the household, yuan; the applicant's row decides, empty: unknown",
    ),
    column(
        "other_spending_amount",
        Money,
        Optional,
        &["其他刚性支出", "教育等刚性支出", "教育支出"],
        "declared other necessary spending (education and the like), yuan a year; the applicant's row decides",
    ),
    column("county_code", Code, Optional, &["county", "县区代码", "受理县区"], "county-level code where it was made"),
    column(
        "updated_at",
        Moment,
        Optional,
        &["updt_time", "更新时间"],
        "orders the updates of an application and person; absent: application_date",
    ),
];
