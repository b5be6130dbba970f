//! How far persons came: flagged, listed, sent, acknowledged, verified, aided, per county and office, with the days
//! between; and which cells an export hides. Pure counting.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{is_small, suppress};
use crate::domain::Fen;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A rule flagged the person.
    Flagged,
    /// They are on the office's list.
    Listed,
    /// The list was handed over.
    Sent,
    /// The office confirmed the list, or answered about the person.
    Acknowledged,
    /// The office looked, and said what it found.
    Verified,
    Aided,
}

/// The stages with their names, in order.
pub const STAGES: [(Stage, &str); 6] = [
    (Stage::Flagged, "flagged"),
    (Stage::Listed, "listed"),
    (Stage::Sent, "sent"),
    (Stage::Acknowledged, "acknowledged"),
    (Stage::Verified, "verified"),
    (Stage::Aided, "aided"),
];

/// One person's way at one office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub county: String,
    pub office: String,
    pub reached: Stage,
    /// Days of sealing, handing over, acknowledgement and answer, where they are known.
    pub days: [Option<NaiveDate>; 4],
    pub amount: Fen,
}

/// One county's and office's persons, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelLine {
    /// County and office code; `None` for the total.
    pub place: Option<(String, String)>,
    /// Persons who came so far or farther, by stage; the total counts a person once per office.
    pub counts: [u64; 6],
    /// Which of them an export hides.
    pub hidden: [bool; 6],
    /// Median days from sealing to handing over, from there to acknowledgement, from there to the answer.
    pub days: [Option<i64>; 3],
    pub amount_fen: i128,
}

/// A line as it may leave the bureau: what would tell of few persons is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLine {
    pub place: Option<(String, String)>,
    pub counts: [Option<u64>; 6],
    pub days: [Option<i64>; 3],
    pub amount: Option<Fen>,
}

impl FunnelLine {
    #[must_use]
    pub fn shown(&self) -> ShownLine {
        // A median of few persons, or their money, tells of one of them.
        let is_shown = |at: usize| !self.hidden[at] && !is_small(self.counts[at]);
        let median = |at: usize| self.days[at].filter(|_| is_shown(at + 2) && self.counts[at + 2] > 0);
        ShownLine {
            place: self.place.clone(),
            counts: [0, 1, 2, 3, 4, 5].map(|at| (!self.hidden[at]).then_some(self.counts[at])),
            days: [median(0), median(1), median(2)],
            amount: i64::try_from(self.amount_fen).ok().map(Fen).filter(|_| is_shown(5)),
        }
    }
}

/// Counts that add up to a known sum, as they may leave the bureau. Two are hidden at least, or the sum would tell the
/// one.
#[must_use]
pub fn shown_parts(counts: &[u64]) -> Vec<Option<u64>> {
    let small = counts.iter().filter(|count| is_small(**count)).count();
    let next = counts.iter().copied().filter(|count| *count > 0 && !is_small(*count)).min();
    let is_hidden = |count: u64| is_small(count) || (small == 1 && Some(count) == next);
    counts.iter().map(|count| (!is_hidden(*count)).then_some(*count)).collect()
}

/// Counts ways per county and office, the total last.
#[must_use]
pub fn funnel(ways: &[Way]) -> Vec<FunnelLine> {
    let mut places: BTreeMap<(&str, &str), Vec<&Way>> = BTreeMap::new();
    for way in ways {
        places.entry((&way.county, &way.office)).or_default().push(way);
    }
    let all: Vec<&Way> = ways.iter().collect();
    let mut lines: Vec<FunnelLine> = places
        .iter()
        .map(|((county, office), ways)| line(Some(((*county).to_owned(), (*office).to_owned())), ways))
        .collect();
    lines.push(line(None, &all));
    hide(&mut lines);
    lines
}

fn line(place: Option<(String, String)>, ways: &[&Way]) -> FunnelLine {
    let came = |stage: Stage| ways.iter().filter(|way| way.reached >= stage).count() as u64;
    let between = |at: usize| {
        let mut days: Vec<i64> =
            ways.iter().filter_map(|way| Some((way.days[at + 1]? - way.days[at]?).num_days())).collect();
        days.sort_unstable();
        days.get(days.len().saturating_sub(1) / 2).copied()
    };
    FunnelLine {
        place,
        counts: STAGES.map(|(stage, _)| came(stage)),
        hidden: [false; 6],
        days: [between(0), between(1), between(2)],
        amount_fen: ways.iter().map(|way| way.amount.unscaled()).sum(),
    }
}

/// Hides what would let somebody work out a count of 1 to 4. The stages contain each other, so what is protected are
/// the persons who came exactly so far: these add up, per line and per stage.
fn hide(lines: &mut [FunnelLine]) {
    let exact = |counts: &[u64; 6]| -> Vec<u64> {
        let own = (0..6).map(|at| counts[at] - counts.get(at + 1).copied().unwrap_or(0));
        own.chain([counts[0]]).collect()
    };
    let table: Vec<Vec<u64>> = lines.iter().map(|line| exact(&line.counts)).collect();
    for (line, hidden) in lines.iter_mut().zip(suppress(&table)) {
        for at in 0..6 {
            // A stage is the sum of what came exactly so far and farther, or the line's total less the rest.
            let from_above = hidden[at..6].iter().all(|hidden| !hidden);
            let from_total = hidden[..at].iter().all(|hidden| !hidden) && !hidden[6];
            line.hidden[at] = !(from_above || from_total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(county: &str, reached: Stage, days: [i64; 3]) -> Way {
        let start = NaiveDate::default();
        let mut at = 0;
        let mut day = |step: i64| {
            at += step;
            start.checked_add_days(chrono::Days::new(at.unsigned_abs()))
        };
        let days = [day(0), day(days[0]), day(days[1]), day(days[2])];
        Way { county: county.to_owned(), office: "MZ".to_owned(), reached, days, amount: Fen(100) }
    }

    #[test]
    fn stages_contain_each_other_and_small_ones_are_hidden() {
        let mut ways = Vec::new();
        for (county, counts) in [("990102", [20, 10, 6, 30, 7, 9]), ("990103", [0, 5, 0, 12, 2, 8])] {
            for ((stage, _), count) in STAGES.into_iter().zip(counts) {
                ways.extend((0..count).map(|n| way(county, stage, [1, n, 3])));
            }
        }
        let lines = funnel(&ways);
        assert_eq!(lines[0].counts, [82, 62, 52, 46, 16, 9]);
        assert_eq!(lines[1].counts, [27, 27, 22, 22, 10, 8]);
        assert_eq!(lines[2].counts, [109, 89, 74, 68, 26, 17]);
        assert_eq!((lines[0].days[0], lines[0].days[2]), (Some(1), Some(3)));
        assert_eq!(lines[2].amount_fen, 10_900);
        // Two persons of 990103 came exactly to the answer: neither that stage nor the next may be shown.
        let shown = |line: usize, at: usize| !lines[line].hidden[at];
        assert!(!(shown(1, 4) && shown(1, 5)), "{lines:?}");
        assert!(shown(0, 0) && shown(2, 0));
        let one = lines[1].shown();
        assert_eq!((one.counts[4].is_some() && one.counts[5].is_some(), one.counts[0]), (false, Some(27)));
        assert!(lines.iter().all(|line| (0..3).all(|at| line.shown().days[at].is_none() || !line.hidden[at + 2])));
        assert_eq!(funnel(&[])[0].shown().amount, Some(Fen(0)));
        assert_eq!(shown_parts(&[9, 3, 7, 0]), [Some(9), None, None, Some(0)], "the smallest that is told hides, too");
        assert_eq!(shown_parts(&[2, 9, 4]), [None, Some(9), None]);
        assert!(funnel(&[]).iter().all(|line| line.counts == [0; 6]));
    }

    #[test]
    fn no_hidden_count_follows_from_the_shown_ones() {
        let mut random = fastrand::Rng::with_seed(11);
        let mut cases = 0;
        for _ in 0..400 {
            let mut ways = Vec::new();
            for county in ["990102", "990103", "990104"] {
                for (stage, _) in STAGES {
                    let count = if random.bool() { 0 } else { random.u32(0..12) };
                    ways.extend((0..count).map(|_| way(county, stage, [1, 1, 1])));
                }
            }
            for line in funnel(&ways) {
                for at in 0..6 {
                    let next = line.counts.get(at + 1).copied().unwrap_or(0);
                    let is_next_shown = line.hidden.get(at + 1).is_none_or(|hidden| !hidden);
                    let exact = line.counts[at] - next;
                    assert!(
                        line.hidden[at] || !is_next_shown || !(1..=4).contains(&exact),
                        "a count of {exact} can be worked out: {line:?}"
                    );
                    cases += 1;
                }
            }
        }
        println!("funnel without small counts: {cases} cases");
    }
}
