//! Whether every list would reach somebody: the addresses in force, before anything is sent.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use law::referrals::Office;

use crate::Context;

/// The counties with the offices that today's rules refer to and for which no address is in force on a day.
#[must_use]
pub fn unrouted(context: &Context, day: NaiveDate) -> BTreeMap<String, Vec<String>> {
    let words = context.policy.in_force(day).flat_map(|rule| rule.recipients.iter().map(String::as_str));
    let offices = context.offices.of_lists(words, day, "");
    let codes: BTreeSet<String> = offices.into_iter().filter(Office::is_referral).map(|office| office.code).collect();
    let routes = context.workspace.routes(&mut Vec::new());
    let missing = routes.missing(context.counties.iter().map(|county| &county.code), &codes, day);
    missing.into_iter().map(|(county, offices)| (county.to_string(), offices)).collect()
}
