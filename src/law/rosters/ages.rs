//! How old rosters are, and which categories stay away.

use std::collections::BTreeMap;

use super::scope::{Scope, months_between, scope_of};
use super::snapshot::{Fate, Snapshot, Standing};
use crate::domain::Month;

/// How old an office's last roster of a tag is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age {
    pub office: String,
    /// Empty where the office's rosters name none.
    pub county: String,
    pub tag: String,
    pub last_month: Month,
    pub months: u32,
}

/// The age of each office's last monthly roster, by office, county and tag, at a month.
#[must_use]
pub fn ages(standings: &BTreeMap<Snapshot, Standing>, on: Month) -> Vec<Age> {
    let mut last: BTreeMap<Scope, Month> = BTreeMap::new();
    for (snapshot, standing) in standings.iter().filter(|(snapshot, _)| snapshot.is_full) {
        if standing.fate == Fate::Counts {
            let month = last.entry(scope_of(standing)).or_insert(Month::of(snapshot.month));
            *month = (*month).max(Month::of(snapshot.month));
        }
    }
    let age = |(scope, last_month): (Scope, Month)| Age {
        office: scope.office,
        county: scope.county,
        tag: scope.tag,
        last_month,
        months: months_between(last_month, on),
    };
    last.into_iter().map(age).collect()
}

/// Tags that an office's newest roster of a county leaves out altogether: a category with nobody left is said, or missing.
#[must_use]
pub fn left_out(standings: &BTreeMap<Snapshot, Standing>, on: Month) -> Vec<Age> {
    let ages = ages(standings, on);
    let newest = |age: &Age| {
        let of_office = ages.iter().filter(|other| (&other.office, &other.county) == (&age.office, &age.county));
        of_office.map(|other| other.last_month).max()
    };
    ages.iter().filter(|age| newest(age).is_some_and(|newest| age.last_month < newest)).cloned().collect()
}
