//! The column table: one line per column drives XLSX, CSV, Parquet and the README.
//!
//! To add a column to the lists: give it to the mart (`sql/marts/referral_rows.sql`), add one line here and its
//! heading to `texts.toml`.

use super::{Duty, Profile};
use crate::texts::{Table, zh};

/// How a column's values are written.
#[derive(Debug, Clone, Copy)]
pub enum ColumnKind {
    Text,
    /// An id: text even where it looks like a number.
    Id,
    /// A code, shown to people by its Chinese label.
    Coded(Table),
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
    pub kind: ColumnKind,
    pub width: u8,
    pub place: Place,
    /// The least profile that shows it.
    pub profile: Profile,
    /// Whether only the lists of near persons show it, which do not leave the bureau.
    pub only_near: bool,
}

impl ListColumn {
    /// What stands above it on the sheet for people.
    #[must_use]
    pub fn heading(&self) -> &'static str {
        zh(Table::Column, self.name)
    }
}

const fn core(name: &'static str, kind: ColumnKind, width: u8) -> ListColumn {
    ListColumn { name, kind, width, place: Place::Core, profile: Profile::Default, only_near: false }
}

const fn detail(name: &'static str, kind: ColumnKind, width: u8) -> ListColumn {
    ListColumn { name, kind, width, place: Place::Detail, profile: Profile::Default, only_near: false }
}

const fn contact(name: &'static str, kind: ColumnKind, width: u8) -> ListColumn {
    ListColumn { name, kind, width, place: Place::Core, profile: Profile::Contact, only_near: false }
}

const fn near(name: &'static str, kind: ColumnKind, width: u8) -> ListColumn {
    ListColumn { name, kind, width, place: Place::Core, profile: Profile::Default, only_near: true }
}

use ColumnKind::{Coded, Count, Date, Id, Money, Text};

/// The number of the form in which lists are written: columns, headings, labels, pages, manifest. Raise it with any
/// change of these: lists of one number are compared by bytes when they are made again, older ones by what they say.
/// 1: 6311a20, whose manifests carry no number.
pub const LIST_FORMAT: u32 = 4;

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
    core("row_no", Count, 6),
    detail("county_code", Id, 10),
    core("county_name", Text, 14),
    core("town_name", Text, 16),
    core("village_name", Text, 18),
    core("person_name", Text, 12),
    core("id_number", Id, 21),
    detail("cert_type", Coded(Table::CertType), 14),
    core("sex", Coded(Table::Sex), 6),
    core("age", Count, 6),
    detail("birth_date", Date, 12),
    contact("phone", Id, 15),
    core("tags", Coded(Table::Tag), 20),
    detail("tag_sources", Text, 24),
    core("delta", Coded(Table::Delta), 10),
    core("delta_reason", Coded(Table::DeltaReason), 24),
    core("rule_names", Text, 26),
    core("reason", Coded(Table::Reason), 22),
    core("measured_amount", Money, 16),
    core("line_amount", Money, 14),
    core("line_status", Coded(Table::LineStatus), 12),
    core("excess_amount", Money, 14),
    near("margin_amount", Money, 14),
    near("first_warned_date", Date, 14),
    near("recent_amount", Money, 14),
    near("run_rate_amount", Money, 14),
    near("expected_month", Coded(Table::ExpectedMonth), 16),
    core("first_crossed_date", Date, 14),
    core("last_settled_date", Date, 14),
    core("total_amount", Money, 16),
    core("personal_burden_amount", Money, 16),
    detail("basis", Coded(Table::Basis), 22),
    detail("income_amount", Money, 18),
    detail("in_scope_amount", Money, 16),
    detail("fund_amount", Money, 16),
    detail("medical_assistance_amount", Money, 16),
    detail("in_catalogue_self_pay_amount", Money, 16),
    detail("self_pay_with_over_limit_amount", Money, 18),
    detail("in_scope_self_pay_amount", Money, 16),
    detail("component_self_pay_amount", Money, 16),
    detail("cash_amount", Money, 16),
    detail("net_burden_amount", Money, 16),
    detail("adjustment_amount", Money, 16),
    detail("inpatient_amount", Money, 16),
    detail("outpatient_amount", Money, 16),
    detail("pharmacy_amount", Money, 16),
    detail("claim_count", Count, 10),
    detail("insurance_types", Coded(Table::Insurance), 20),
    detail("insured_area", Id, 12),
    detail("rural", Coded(Table::Rural), 14),
    detail("rural_source", Text, 18),
    detail("village_code", Id, 16),
    detail("rule_ids", Text, 24),
    detail("clause", Text, 30),
    detail("rule_version", Text, 14),
    detail("row_token", Id, 20),
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
        let columns = COLUMNS.iter().map(|ListColumn { name, width, place, profile, only_near, .. }| {
            format!("{name} {width} {place:?} {profile:?} {only_near}\n")
        });
        let hash = crate::domain::stable_hash(&(columns.collect::<String>() + include_str!("../texts/texts.toml")));
        assert_eq!((LIST_FORMAT, format!("{hash:016x}").as_str()), (4, "3a84269a51816797"));
    }

    #[test]
    fn names_are_unique_and_headings_fit() {
        let names: BTreeSet<_> = COLUMNS.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), COLUMNS.len());
        for column in COLUMNS {
            // Two lines of heading.
            let width = unicode_width::UnicodeWidthStr::width(column.heading());
            assert!(width <= 2 * usize::from(column.width), "{}", column.name);
        }
        assert!(columns_of(Profile::Default, Duty::Near).all(|column| column.name != "phone"));
        for duty in [Duty::Referral, Duty::Undecided, Duty::Summary] {
            assert!(columns_of(Profile::Contact, duty).all(|column| !column.only_near));
        }
        assert_eq!(columns_of(Profile::Contact, Duty::Near).count(), COLUMNS.len());
    }
}
