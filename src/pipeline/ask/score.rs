//! How good warnings were: who was warned of, who crossed the line, how long before. Pure counting.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::domain::PersonKey;

/// A person under one rule, the rule by its place in the policy.
pub(super) type Watched = (PersonKey, usize);

/// What was known, and what a warning said, at the end of one month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// Over the line.
    pub(super) flagged: BTreeSet<Watched>,
    /// Warned of, with the month (by its place among the snapshots) in which the line is expected to be crossed.
    pub(super) warned: BTreeMap<Watched, Option<usize>>,
}

/// How a warning did over all months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Persons warned of before they were over the line; each counts once per rule.
    pub warned: usize,
    /// Those of them who crossed it later.
    pub hits: usize,
    /// Persons who crossed it after the first month.
    pub crossings: usize,
    /// hits / warned; `None` without warnings.
    pub precision: Option<Decimal>,
    /// hits / crossings; `None` without crossings.
    pub recall: Option<Decimal>,
    /// Months from the first warning to the crossing, the median over the hits (the lower of two middle ones).
    pub median_lead_months: Option<usize>,
    /// Hits whose last warning named the month of the crossing or a neighbour, of those that named one.
    pub month_right: (usize, usize),
}

/// Scores a warning; snapshots in the order of their months.
pub(super) fn score(snapshots: &[Snapshot]) -> Score {
    let crossed = first(snapshots, |snapshot| snapshot.flagged.iter().copied().collect());
    let warned = first(snapshots, |snapshot| {
        snapshot.warned.keys().filter(|watched| !snapshot.flagged.contains(watched)).copied().collect()
    });
    // Whoever was over the line first and warned of later fell back: no warning of that crossing.
    let before = |watched: &Watched, at: usize| crossed.get(watched).is_none_or(|crossing| at < *crossing);
    let warned: BTreeMap<Watched, usize> = warned.into_iter().filter(|(who, at)| before(who, *at)).collect();
    let mut leads: Vec<usize> =
        warned.iter().filter_map(|(who, at)| crossed.get(who).map(|crossing| crossing - at)).collect();
    leads.sort_unstable();
    let crossings = crossed.values().filter(|at| **at > 0).count();
    let months = warned.keys().filter_map(|who| {
        let crossing = *crossed.get(who)?;
        let last = snapshots[..crossing].iter().rev().find_map(|snapshot| snapshot.warned.get(who).copied())??;
        Some(last.abs_diff(crossing) <= 1)
    });
    let named: Vec<bool> = months.collect();
    Score {
        warned: warned.len(),
        hits: leads.len(),
        crossings,
        precision: share(leads.len(), warned.len()),
        recall: share(leads.len(), crossings),
        median_lead_months: leads.get(leads.len().saturating_sub(1) / 2).copied(),
        month_right: (named.iter().filter(|right| **right).count(), named.len()),
    }
}

/// The first month in which each appears.
fn first(snapshots: &[Snapshot], pick: impl Fn(&Snapshot) -> Vec<Watched>) -> BTreeMap<Watched, usize> {
    let mut found = BTreeMap::new();
    for (at, snapshot) in snapshots.iter().enumerate() {
        for watched in pick(snapshot) {
            found.entry(watched).or_insert(at);
        }
    }
    found
}

/// A share with three places.
fn share(part: usize, whole: usize) -> Option<Decimal> {
    let whole = Decimal::from(whole);
    (!whole.is_zero()).then(|| (Decimal::from(part) / whole).round_dp(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn who(number: i64) -> Watched {
        (PersonKey(number), 0)
    }

    /// Months from left to right; `n` warned of, `3` warned of with that month expected, `F` over the line.
    fn snapshots(people: &[&str]) -> Vec<Snapshot> {
        let months = people.iter().map(|line| line.len()).max().unwrap_or(0);
        let mut all = vec![Snapshot::default(); months];
        for (number, line) in (1..).zip(people) {
            for (at, letter) in line.chars().enumerate() {
                match letter {
                    'F' => drop(all[at].flagged.insert(who(number))),
                    'n' => drop(all[at].warned.insert(who(number), None)),
                    digit if digit.is_ascii_digit() => {
                        let month = digit.to_digit(10).map(|month| month as usize);
                        all[at].warned.insert(who(number), month);
                    }
                    _ => {}
                }
            }
        }
        all
    }

    #[test]
    fn each_person_counts_once() {
        let score = score(&snapshots(&[".nnFF", "..n..", "...FF", "FFFFF", ".Fn.F"]));
        assert_eq!((score.warned, score.hits, score.crossings), (2, 1, 3));
        assert_eq!(score.precision, Some(Decimal::new(5, 1)));
        assert_eq!(score.recall, Some(Decimal::new(333, 3)));
        assert_eq!(score.median_lead_months, Some(2));
    }

    #[test]
    fn the_last_named_month_before_the_crossing_counts() {
        let score = score(&snapshots(&["14F..", "42.F.", "0..F."]));
        assert_eq!(score.month_right, (1, 3));
    }

    #[test]
    fn nobody_gives_no_shares() {
        let score = score(&snapshots(&["....", "...."]));
        assert_eq!((score.precision, score.recall, score.median_lead_months), (None, None, None));
    }
}
