//! How good warnings were: who was warned of, who crossed the line, how long before. Pure counting.
//!
//! Who is warned of in the last month only is not counted: no month is left in which the warning could come true.

use std::collections::{BTreeMap, BTreeSet};

use law::domain::PersonKey;
use rust_decimal::Decimal;
use serde::Serialize;

/// What was known, and what a warning said, at the end of one month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) flagged: BTreeSet<PersonKey>,
    /// Warned of, with the month (by its place among the snapshots) in which the line is expected to be crossed.
    pub(super) warned: BTreeMap<PersonKey, Option<usize>>,
}

/// What is counted of one rule's months of one year; several are added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    warned: usize,
    /// Months from the first warning to the crossing, one per hit.
    leads: Vec<usize>,
    crossings: usize,
    crossed_at_once: usize,
    /// Of each hit whose last warning named a month: whether it was that of the crossing, or a neighbour.
    named: Vec<bool>,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.warned += other.warned;
        self.leads.extend(&other.leads);
        self.crossings += other.crossings;
        self.crossed_at_once += other.crossed_at_once;
        self.named.extend(&other.named);
    }
}

/// How a warning did over all months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Persons warned of before they were over the line; each counts once per rule and year.
    pub warned: usize,
    /// Those of them who crossed it later.
    pub hits: usize,
    /// Persons who crossed it after the first month.
    pub crossings: usize,
    /// Persons over it in the first month already: nobody could have warned of them.
    pub crossed_at_once: usize,
    /// hits / warned; `None` without warnings.
    pub precision: Option<Decimal>,
    /// hits / crossings; `None` without crossings.
    pub recall: Option<Decimal>,
    /// Months from the first warning to the crossing, the median over the hits (the lower of two middle ones).
    pub median_lead_months: Option<usize>,
    /// Hits whose last warning named the month of the crossing or a neighbour.
    pub month_right: usize,
    /// Hits whose last warning named a month.
    pub month_named: usize,
}

impl Score {
    /// The shares of what was counted.
    pub(super) fn of(tally: &Tally) -> Self {
        let mut leads = tally.leads.clone();
        leads.sort_unstable();
        Self {
            warned: tally.warned,
            hits: leads.len(),
            crossings: tally.crossings,
            crossed_at_once: tally.crossed_at_once,
            precision: share(leads.len(), tally.warned),
            recall: share(leads.len(), tally.crossings),
            median_lead_months: leads.get(leads.len().saturating_sub(1) / 2).copied(),
            month_right: tally.named.iter().filter(|right| **right).count(),
            month_named: tally.named.len(),
        }
    }
}

/// Counts how a warning did; snapshots in the order of their months.
pub(super) fn tally(snapshots: &[Snapshot]) -> Tally {
    let crossed = first(snapshots, |snapshot| snapshot.flagged.iter().copied().collect());
    let mut warned = first(snapshots, |snapshot| {
        snapshot.warned.keys().filter(|watched| !snapshot.flagged.contains(watched)).copied().collect()
    });
    // Whoever was over the line first and warned of later fell back: no warning of that crossing.
    warned.retain(|who, at| *at + 1 < snapshots.len() && crossed.get(who).is_none_or(|crossing| *at < *crossing));
    let hits = || warned.iter().filter_map(|(who, at)| Some((who, *at, *crossed.get(who)?)));
    let last_named = |who: &PersonKey, crossing: usize| {
        snapshots[..crossing].iter().rev().find_map(|snapshot| snapshot.warned.get(who).copied())?
    };
    Tally {
        warned: warned.len(),
        leads: hits().map(|(_, at, crossing)| crossing - at).collect(),
        crossings: crossed.values().filter(|at| **at > 0).count(),
        crossed_at_once: crossed.values().filter(|at| **at == 0).count(),
        named: hits()
            .filter_map(|(who, _, crossing)| Some(last_named(who, crossing)?.abs_diff(crossing) <= 1))
            .collect(),
    }
}

/// The first month in which each appears.
fn first(snapshots: &[Snapshot], pick: impl Fn(&Snapshot) -> Vec<PersonKey>) -> BTreeMap<PersonKey, usize> {
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
    (!whole.is_zero()).then(|| (Decimal::from(part) / whole).round_dp(3).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn who(number: i64) -> PersonKey {
        PersonKey(number)
    }

    fn score(snapshots: &[Snapshot]) -> Score {
        Score::of(&tally(snapshots))
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
        assert_eq!((score.warned, score.hits, score.crossings, score.crossed_at_once), (2, 1, 3, 1));
        assert_eq!(score.precision, Some(Decimal::new(5, 1)));
        assert_eq!(score.recall, Some(Decimal::new(333, 3)));
        assert_eq!(score.median_lead_months, Some(2));
    }

    #[test]
    fn the_last_named_month_before_the_crossing_counts() {
        let score = score(&snapshots(&["14F..", "42.F.", "0..F."]));
        assert_eq!((score.month_right, score.month_named), (1, 3));
    }

    #[test]
    fn who_is_first_warned_of_in_the_last_month_is_not_judged() {
        let score = score(&snapshots(&["...n", "..nn", "..nF"]));
        assert_eq!((score.warned, score.hits, score.crossings), (2, 1, 1));
    }

    #[test]
    fn years_and_rules_add_up() {
        let mut both = tally(&snapshots(&[".nF", ".n."]));
        both.add(&tally(&snapshots(&["n..F", "F..."])));
        let score = Score::of(&both);
        assert_eq!((score.warned, score.hits, score.crossings, score.crossed_at_once), (3, 2, 2, 1));
        assert_eq!((score.precision, score.median_lead_months), (Some(Decimal::new(667, 3)), Some(1)));
    }

    #[test]
    fn nobody_gives_no_shares() {
        let score = score(&snapshots(&["....", "...."]));
        assert_eq!((score.precision, score.recall, score.median_lead_months), (None, None, None));
    }
}
