//! The tables that statements read by name: which of them are handed in, which files of a version belong to a bucket and
//! span, and which rules ask for what.

use std::collections::{BTreeMap, BTreeSet};

use store::warehouse::{FileEntry, Version};

use super::rules::{RuleData, Span};
use super::stated::SNAPSHOTS;
use crate::Models;

/// The counties in which anybody lives or is insured.
pub(super) const AREAS: &str = "areas";
/// What each roster file states, bucket by bucket.
pub(super) const STATED: &str = "stated_tags";
/// From when to when each person has each tag, by what all offices state.
pub const TAGS: &str = "tag_spans";
/// What is open about people's claims and later payments.
pub const OPEN_ITEMS: &str = "open_items";
/// What each member of an applying household paid: a table of its own, since members lie in many buckets.
pub const MEMBERS: &str = "member_burden";
/// Everybody's upper amounts.
pub const REACH: &str = "reach";
/// Their claims, which rules read in place of everybody's.
pub const CLAIMS_IN_REACH: &str = "claims_in_reach";
/// Everybody's claims; under this name statements read those in reach as well.
pub const CLAIMS: &str = "claims";

crate::row! {
    /// A county in which anybody lives or is insured.
    pub struct Area {
        pub county: Option<String> = "county_code",
    }
}

/// The stored files that a bucket's statement reads: whole tables, or the months that a span reads of those split by month.
pub fn sources_in(
    version: &Version,
    wanted: &BTreeSet<String>,
    span: Span,
    bucket: u16,
) -> BTreeMap<String, Vec<FileEntry>> {
    let fits = |file: &&FileEntry| match (file.table.as_str(), file.month) {
        ("findings" | REACH | TAGS | OPEN_ITEMS, month) => month == Some(span.period),
        (_, None) => true,
        (_, Some(part)) => span.has_month(part.month()),
    };
    wanted
        .iter()
        .filter(|table| !is_handed_in(table))
        .map(|table| (table.clone(), version.bucket(table, bucket).filter(fits).cloned().collect()))
        .collect()
}

/// Whether a table is no stored one of the bucket: a rule's own data, and what is put together over all buckets.
pub fn is_handed_in(table: &str) -> bool {
    table.starts_with("rule") || table == SNAPSHOTS || table == MEMBERS
}

/// Whether a rule's statement reads what the members of all applying households paid.
pub(super) fn needs_members(models: &Models, data: &RuleData) -> bool {
    models.sources_of(&data.model).contains(MEMBERS)
}

/// Whether a rule looks at the claims of one person at a time. A household's cost is bounded by no person's reach, and
/// its claims lie in many buckets; statements of a former program may know of no reach.
pub(super) fn looks_at_claims(models: &Models, data: &RuleData) -> bool {
    models.get(REACH).is_some() && models.sources_of(&data.model).contains(CLAIMS) && !needs_members(models, data)
}
