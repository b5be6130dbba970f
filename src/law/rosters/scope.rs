//! How far a roster speaks: an office and the offices that it has taken over from, in one county, of one tag.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::rules::RosterRules;
use super::snapshot::{Snapshot, Standing};
use crate::domain::Month;

/// Office, county and tag within which a complete roster ends tags.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    pub(super) office: String,
    pub(super) county: String,
    pub(super) tag: String,
}

/// The scope of each snapshot. Rows without a county are their office's own; where the office's rosters only ever name
/// one county, that is the one.
pub(super) fn scopes<'s>(
    snapshots: impl Iterator<Item = &'s Snapshot> + Clone,
    rules: &RosterRules,
    day: NaiveDate,
) -> BTreeMap<&'s Snapshot, Scope> {
    let speaker = |snapshot: &Snapshot| rules.speaker(&snapshot.office, day);
    let mut counties: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for snapshot in snapshots.clone().filter(|snapshot| !snapshot.county.is_empty()) {
        counties.entry(speaker(snapshot)).or_default().insert(&snapshot.county);
    }
    let scope = |snapshot: &'s Snapshot| {
        let office = speaker(snapshot);
        let only = counties.get(&office).filter(|counties| counties.len() == 1).and_then(|counties| counties.first());
        let county = if snapshot.county.is_empty() { only.map_or("", |county| *county) } else { &snapshot.county };
        (snapshot, Scope { office, county: county.to_owned(), tag: snapshot.tag.clone() })
    };
    snapshots.map(scope).collect()
}

/// The scope in which a snapshot stands.
pub(super) fn scope_of(standing: &Standing) -> Scope {
    let Standing { office, county, tag, .. } = standing.clone();
    Scope { office, county, tag }
}

/// Whole months from one to the other; 0 where it is not later.
pub(super) fn months_between(from: Month, to: Month) -> u32 {
    let number = |month: Month| i64::from(month.year()) * 12 + i64::from(month.number());
    u32::try_from(number(to) - number(from)).unwrap_or(0)
}
