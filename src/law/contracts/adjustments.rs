//! The adjustments feed: payments after the settlement that lower what the person bore.

use super::Kind::{Code, Date, Id, Moment, Money, Text};
use super::Presence::{Nullable, Optional, Required};
use super::{Column, Contract, Feed, Format, column};

/// One payment per row and update.
pub(super) static CONTRACT: Contract = Contract {
    feed: Feed::Adjustments,
    version: 1,
    grain: "one later payment for one claim (FLX_REIM_REG_INFO_D, YEAR_IN_SDRY_REIM_D, insurers, charities)",
    formats: &[Format::Parquet, Format::Csv],
    columns: COLUMNS,
    unread: &["rid", "备注"],
    control: Some("amount"),
};

static COLUMNS: &[Column] = &[
    column("adjustment_id", Id, Required, &["reim_id", "报销编号"], "payment number"),
    column("claim_id", Id, Required, &["setl_id", "结算ID"], "the claim whose burden it lowers"),
    column("id_number", Id, Nullable, &["certno", "证件号码", "身份证号"], "document number of the person"),
    column(
        "cert_type",
        Code,
        Optional,
        &["psn_cert_type", "证件类型"],
        "kind of document; empty means resident id (01)",
    ),
    column("amount", Money, Required, &["金额", "报销金额"], "yuan paid to the person; negative takes a payment back"),
    column("payer", Text, Optional, &["支付方"], "who paid: 二次报销, 商业保险, 慈善, ..."),
    column("kind", Code, Optional, &["类型"], "payer's own code"),
    column("paid_date", Date, Required, &["支付日期"], "day of payment; it is booked on the claim's month"),
    column(
        "updated_at",
        Moment,
        Optional,
        &["updt_time", "更新时间"],
        "orders the updates of a payment; absent: paid_date",
    ),
];
