//! The residents feed: the person register (PSN_INFO_B and its local extracts).

use super::Kind::{Code, Date, Flag, Id, Moment, Text};
use super::Presence::{Nullable, Optional, Required};
use super::{Column, Contract, Feed, Format, column};

/// One person per row and update.
pub(super) static CONTRACT: Contract = Contract {
    feed: Feed::Residents,
    version: 1,
    grain: "one person per update; the latest update of a person counts",
    formats: &[Format::Parquet, Format::Csv],
    columns: COLUMNS,
    unread: &["rid", "naty", "mar_stas", "hsreg_addr", "live_addr", "resdbook_no", "edu", "opt_time", "crte_time"],
    control: None,
};

static COLUMNS: &[Column] = &[
    column("id_number", Id, Nullable, &["certno", "证件号码", "身份证号", "身份证号码"], "document number"),
    column(
        "cert_type",
        Code,
        Optional,
        &["psn_cert_type", "证件类型"],
        "kind of document; empty means resident id (01)",
    ),
    column("person_no", Id, Optional, &["psn_no", "人员编号"], "insurance person number"),
    column("person_name", Text, Required, &["psn_name", "姓名"], "name"),
    column("sex", Code, Optional, &["gend", "性别"], "1 or 男, 2 or 女"),
    column("birth_date", Date, Optional, &["brdy", "出生日期"], "birth date; absent: from the id"),
    column("phone", Text, Optional, &["tel", "mob", "联系电话"], "phone; never leaves on a list by default"),
    column("county_code", Code, Required, &["county", "live_admdvs", "县区代码"], "county-level code of the address"),
    column("town_name", Text, Optional, &["town", "乡镇", "镇街"], "township or street"),
    column("village_name", Text, Optional, &["village", "村", "行政村", "村居"], "village or community"),
    column("village_code", Code, Optional, &["emp_no", "村居代码"], "12-digit code"),
    column(
        "village_class",
        Code,
        Optional,
        &["城乡分类代码"],
        "NBS urban-rural class: 111 to 123 urban, 210 and 220 rural",
    ),
    column(
        "household_type",
        Code,
        Optional,
        &["resd_natu", "户口性质"],
        "10 to 12 urban, 20 to 22 rural, 50 resident household (does not tell)",
    ),
    column("is_rural", Flag, Optional, &["是否农村", "农村居民"], "rural resident: yes, no, or empty for unknown"),
    column("rural_source", Text, Optional, &["农村认定来源"], "who says so"),
    column("is_alive", Flag, Optional, &["surv_stas", "生存状态"], "1 alive, 0 or 2 dead; empty means alive"),
    column("insurance_type", Code, Optional, &["insutype", "险种类型"], "insurance in force"),
    column("insured_from", Date, Optional, &["begndate", "参保开始日期"], "first day of the insurance in force"),
    column("insured_to", Date, Optional, &["enddate", "参保结束日期"], "last day; empty means open"),
    column(
        "updated_at",
        Moment,
        Optional,
        &["updt_time", "更新时间"],
        "orders the updates of a person; empty counts as oldest",
    ),
];
