//! An invented small province as logical rows, batch by batch, as offices would hand it over.

use chrono::{NaiveDate, NaiveDateTime};
use law::domain::Month;

/// What one nightly run finds in the landing folders.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// The run's month: its as-of date is this month's last day.
    pub(crate) month: Month,
    pub(crate) claims: Vec<Claim>,
    pub(crate) residents: Vec<Resident>,
    pub(crate) rosters: Vec<Roster>,
    pub(crate) income: Vec<Income>,
    pub(crate) adjustments: Vec<Adjustment>,
}

/// A province: batches in the order of their months.
#[derive(Debug, Clone)]
pub(crate) struct Province {
    pub(crate) batches: Vec<Batch>,
    /// Which of the optional columns its files carry.
    pub(crate) shape: Shape,
    /// 脱贫人口 ends by absence as the other tags do.
    pub(crate) lifted_out_ends: bool,
}

/// Optional columns that a sender has or has not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) fund_parts: bool,
    pub(crate) cash: bool,
    pub(crate) hospital: bool,
}

/// Who a row is about, as its cells say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) cert_type: String,
    pub(crate) number: String,
    pub(crate) person_no: String,
    pub(crate) is_newborn: bool,
}

/// The money of a settlement, fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) total: i64,
    pub(crate) outside: i64,
    pub(crate) over: i64,
    pub(crate) first: i64,
    pub(crate) scope: i64,
    pub(crate) deductible: i64,
    pub(crate) pooled: i64,
    pub(crate) major: i64,
    pub(crate) assistance: i64,
    pub(crate) fund: i64,
    pub(crate) hospital: i64,
    pub(crate) personal: i64,
    pub(crate) account: i64,
    pub(crate) cash: i64,
}

impl Money {
    /// The same with every amount put through `change`.
    pub(crate) fn map(self, change: impl Fn(i64) -> i64) -> Self {
        Self {
            total: change(self.total),
            outside: change(self.outside),
            over: change(self.over),
            first: change(self.first),
            scope: change(self.scope),
            deductible: change(self.deductible),
            pooled: change(self.pooled),
            major: change(self.major),
            assistance: change(self.assistance),
            fund: change(self.fund),
            hospital: change(self.hospital),
            personal: change(self.personal),
            account: change(self.account),
            cash: change(self.cash),
        }
    }

    /// The amounts with the columns they stand in.
    pub(crate) fn cells(&self) -> [(&'static str, i64); 14] {
        [
            ("total_amount", self.total),
            ("outside_catalogue_amount", self.outside),
            ("over_limit_amount", self.over),
            ("first_share_amount", self.first),
            ("in_scope_amount", self.scope),
            ("deductible_amount", self.deductible),
            ("pooled_fund_amount", self.pooled),
            ("major_illness_amount", self.major),
            ("medical_assistance_amount", self.assistance),
            ("fund_amount", self.fund),
            ("hospital_amount", self.hospital),
            ("personal_amount", self.personal),
            ("account_amount", self.account),
            ("cash_amount", self.cash),
        ]
    }
}

/// A cell that says something else than the row's value.
pub(crate) type Spoiled = Option<(&'static str, String)>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) claim_id: String,
    pub(crate) original: String,
    pub(crate) document: Document,
    pub(crate) name: String,
    pub(crate) insurance_type: &'static str,
    pub(crate) care_type: &'static str,
    pub(crate) insured_area: String,
    pub(crate) settled_at: NaiveDateTime,
    pub(crate) updated_at: NaiveDateTime,
    pub(crate) money: Money,
    pub(crate) is_refunded: bool,
    pub(crate) is_valid: bool,
    pub(crate) manual_reason: &'static str,
    pub(crate) spoiled: Spoiled,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resident {
    pub(crate) document: Document,
    pub(crate) name: String,
    pub(crate) county: String,
    pub(crate) village_class: &'static str,
    pub(crate) household_type: &'static str,
    pub(crate) is_rural: Option<bool>,
    pub(crate) is_alive: Option<bool>,
    pub(crate) updated_at: Option<NaiveDateTime>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roster {
    pub(crate) document: Document,
    pub(crate) name: String,
    /// Our code; the file spells it in one of many ways.
    pub(crate) tag: &'static str,
    pub(crate) from: Option<NaiveDate>,
    pub(crate) to: Option<NaiveDate>,
    pub(crate) office: &'static str,
    /// Where the rosters state it.
    pub(crate) county: &'static str,
    pub(crate) roster_month: Option<Month>,
    /// 整份: the file takes the place of earlier ones of its month.
    pub(crate) is_whole: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Income {
    pub(crate) geography: &'static str,
    pub(crate) year: i32,
    pub(crate) fen: i64,
    pub(crate) release: i32,
    pub(crate) published: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adjustment {
    pub(crate) adjustment_id: String,
    pub(crate) claim_id: String,
    pub(crate) document: Document,
    pub(crate) fen: i64,
    pub(crate) paid: NaiveDate,
    pub(crate) updated_at: NaiveDateTime,
}
