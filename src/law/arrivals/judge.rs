//! Judging what came: per county inside area-wide files, against the table of senders or the workspace's own past.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{ArrivalState, Gap, Gaps, Lying, Part, Sender};
use crate::contracts::{Feed, Tally};
use crate::domain::{CountyCode, Month, Workdays};

/// Share of rows or of money that may be lost: one in so many.
const LOST_ONE_IN: u64 = 200;

/// A few rows that cannot be read are every sender's month: from so many on, or from one in twenty of all, they leave a
/// county in doubt. Rows whose person and amount are legible make those people undecided: only many of them, or a third of
/// all, are the county's matter too.
const FLOOR: u64 = 20;
const FEW_LOST_ONE_IN: u64 = 20;
const FEW_NAMED_ONE_IN: u64 = 3;

/// What is known of what came.
#[derive(Debug, Clone, Copy)]
pub struct Came<'a> {
    pub parts: &'a [Part],
    pub lying: &'a [Lying],
}

/// Of whom something is expected.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The area's counties with their names.
    pub counties: &'a [(CountyCode, String)],
    pub senders: &'a [Sender],
    pub workdays: &'a Workdays,
    /// The day on which it is judged.
    pub today: NaiveDate,
}

/// How far one county's data of a month have come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    pub county: CountyCode,
    /// Its state, and the file that stands in the way.
    pub gap: Gap,
}

/// How far each county's data of each month have come; months in order, from the first one that is asked about to the
/// last.
#[must_use]
pub fn judge(expected: &Expected<'_>, came: &Came<'_>, (first, last): (Month, Month)) -> Vec<Arrival> {
    let claims = Counts::of(came.parts);
    let mut found = Vec::new();
    let mut month = first;
    while month <= last {
        let is_here = claims.months.contains(&month);
        for (county, _) in expected.counties {
            let state = match claims.state(county, month) {
                Some(state) => state,
                None if is_here => ArrivalState::Missing,
                None => ArrivalState::Late,
            };
            let gap = Gap { feed: Feed::Claims, month, state, file: String::new(), since: None };
            found.push(Arrival { county: county.clone(), gap });
        }
        month = month.next();
    }
    found.extend(rosters(expected, came, last));
    for lying in came.lying {
        stand_in_the_way(expected, came, (first, last), lying, &mut found);
    }
    found.sort();
    found
}

/// A file that is not taken makes the county's data incomplete; one that is no table only explains why nothing came.
fn stand_in_the_way(
    expected: &Expected<'_>,
    came: &Came<'_>,
    (first, last): (Month, Month),
    lying: &Lying,
    found: &mut Vec<Arrival>,
) {
    let month = lying.month(last);
    let is_asked = (first..=last).contains(&month);
    if !is_asked || lying.is_mended(came.parts) {
        return;
    }
    for county in lying.counties(expected.counties, expected.senders, came.parts) {
        let gap =
            Gap { feed: lying.feed, month, state: lying.state, file: lying.name.clone(), since: Some(lying.since) };
        let known =
            found.iter_mut().find(|one| one.county == *county && one.gap.feed == lying.feed && one.gap.month == month);
        match known {
            Some(one) if lying.is_stray && one.gap.state == ArrivalState::Whole => {}
            // The first file that stands in the way names the gap.
            Some(one) if one.gap.file.is_empty() => one.gap = gap,
            Some(_) => {}
            None if lying.is_stray => {}
            None => found.push(Arrival { county: county.clone(), gap }),
        }
    }
}

/// Rosters are judged where the table says who sends them: the newest one may be as old as the month before the last.
fn rosters(expected: &Expected<'_>, came: &Came<'_>, last: Month) -> Vec<Arrival> {
    let mut found = Vec::new();
    let asked = |county: &CountyCode| {
        let senders = expected.senders.iter().filter(|sender| sender.feed == Feed::Rosters);
        senders.filter(|sender| sender.cadence.has_every_month()).any(|sender| sender.covers(county))
    };
    for (county, _) in expected.counties.iter().filter(|(county, _)| asked(county)) {
        let own = came.parts.iter().filter(|part| part.feed == Feed::Rosters && part.good.rows > 0);
        // A roster that names no county is the area's.
        let own = own.filter(|part| part.county.as_ref().is_none_or(|of| of == county));
        let newest = own.filter_map(|part| part.month).filter(|month| *month <= last).max();
        let state = match newest {
            Some(month) if month >= last.previous() => ArrivalState::Whole,
            Some(_) => ArrivalState::Late,
            None => ArrivalState::Missing,
        };
        let gap = Gap { feed: Feed::Rosters, month: last, state, file: String::new(), since: None };
        found.push(Arrival { county: county.clone(), gap });
    }
    found
}

/// Claims by county and month.
struct Counts<'a> {
    parts: BTreeMap<(&'a CountyCode, Month), [Tally; 3]>,
    /// Counties of files in which too many rows cannot be ascribed to any county.
    blurred: BTreeSet<(&'a CountyCode, Month)>,
    months: BTreeSet<Month>,
}

impl<'a> Counts<'a> {
    fn of(parts: &'a [Part]) -> Self {
        let claims: Vec<&Part> = parts.iter().filter(|part| part.feed == Feed::Claims).collect();
        let mut counts = Self { parts: BTreeMap::new(), blurred: BTreeSet::new(), months: BTreeSet::new() };
        let mut by_file: BTreeMap<(&str, NaiveDate), Vec<&Part>> = BTreeMap::new();
        for part in claims {
            by_file.entry((&part.file, part.day)).or_default().push(part);
            if let (Some(county), Some(month)) = (&part.county, part.month) {
                let sums = counts.parts.entry((county, month)).or_default();
                for (sum, tally) in sums.iter_mut().zip([part.good, part.lost, part.named]) {
                    *sum += tally;
                }
                if part.good.rows > 0 {
                    counts.months.insert(month);
                }
            }
        }
        for parts in by_file.into_values() {
            let (known, unknown): (Vec<&Part>, Vec<&Part>) =
                parts.into_iter().partition(|part| part.county.is_some() && part.month.is_some());
            let sum = |parts: &[&Part], of: fn(&Part) -> Tally| {
                parts.iter().fold(Tally::default(), |mut sum, part| {
                    sum += of(part);
                    sum
                })
            };
            let (good, lost) = (sum(&known, |part| part.good), sum(&unknown, |part| part.lost));
            if is_too_much(lost, good, FEW_LOST_ONE_IN) {
                counts.blurred.extend(known.iter().filter_map(|part| Some((part.county.as_ref()?, part.month?))));
            }
        }
        counts
    }

    /// `None`: no row came.
    fn state(&self, county: &CountyCode, month: Month) -> Option<ArrivalState> {
        let [good, lost, named] = *self.parts.get(&(county, month))?;
        let is_lost = is_too_much(lost, good, FEW_LOST_ONE_IN) || is_too_much(named, good, FEW_NAMED_ONE_IN);
        let is_partial = good.rows == 0 || is_lost || self.blurred.contains(&(county, month));
        Some(if is_partial { ArrivalState::Partial } else { ArrivalState::Whole })
    }
}

/// Whether more than the bearable share of rows or of money is lost, and not only a few rows (one in `few_one_in`).
fn is_too_much(lost: Tally, good: Tally, few_one_in: u64) -> bool {
    if lost.rows < FLOOR && lost.rows.saturating_mul(few_one_in) <= lost.rows + good.rows {
        return false;
    }
    let rows = lost.rows.saturating_mul(LOST_ONE_IN) > lost.rows + good.rows;
    let (lost, good) = (lost.fen.unsigned_abs(), good.fen.unsigned_abs());
    rows || lost.saturating_mul(LOST_ONE_IN.into()) > lost.saturating_add(good)
}

/// The gaps among arrivals that can change somebody, by county.
#[must_use]
pub fn gaps(arrivals: &[Arrival], can_change: impl Fn(Feed) -> bool) -> Gaps {
    let mut found = Gaps::new();
    for arrival in arrivals.iter().filter(|one| one.gap.state != ArrivalState::Whole && can_change(one.gap.feed)) {
        found.entry(arrival.county.clone()).or_default().push(arrival.gap.clone());
    }
    found
}

/// Days after its due day on which a sender's data of a month came, by sender and month; of what is not here yet, the
/// days until today. Senders without a due day are nobody's delay.
#[must_use]
pub fn late_days(
    expected: &Expected<'_>,
    parts: &[Part],
    (first, last): (Month, Month),
) -> Vec<(String, Feed, Month, i64)> {
    let mut found = Vec::new();
    for sender in expected.senders.iter().filter(|sender| sender.cadence.has_every_month()) {
        let mut month = first;
        while month <= last {
            if let Some(due) = sender.due_day(month, expected.workdays) {
                let covers = |part: &&Part| {
                    part.feed == sender.feed
                        && part.month == Some(month)
                        && part.good.rows > 0
                        && part.county.as_ref().is_none_or(|county| sender.covers(county))
                };
                // The file with most of the month is its delivery; the others bring what was late in it.
                let main = parts.iter().filter(covers).max_by_key(|part| (part.good.rows, std::cmp::Reverse(part.day)));
                let came = main.map_or(expected.today, |part| part.day);
                let days = (came - due).num_days();
                if days > 0 {
                    found.push((sender.name.clone(), sender.feed, month, days));
                }
            }
            month = month.next();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::parse_date;

    #[test]
    fn few_lost_rows_are_every_month_and_many_leave_a_county_in_doubt() {
        let county = CountyCode::parse("990103").unwrap();
        let month = Month::parse("2026-10").unwrap();
        let tally = |rows: u64| Tally { rows, fen: i128::from(rows) * 10_000 };
        let counties = [(county.clone(), "青屏县".to_owned())];
        let workdays = Workdays::default();
        let day = parse_date("2026-11-03").unwrap();
        let expected = Expected { counties: &counties, senders: &[], workdays: &workdays, today: day };
        for (good, lost, named, state) in [
            (280, 3, 0, ArrivalState::Whole),
            (30, 3, 0, ArrivalState::Partial),
            (30, 0, 3, ArrivalState::Whole),
            (280, 0, 3, ArrivalState::Whole),
            (4_000, 21, 0, ArrivalState::Partial),
            (4_500, 20, 0, ArrivalState::Whole),
            (3_000, 0, 20, ArrivalState::Partial),
            (2, 2, 0, ArrivalState::Partial),
            (0, 0, 9, ArrivalState::Partial),
        ] {
            let part = Part {
                feed: Feed::Claims,
                file: "claims.csv".to_owned(),
                day,
                county: Some(county.clone()),
                month: Some(month),
                good: tally(good),
                lost: tally(lost),
                named: tally(named),
            };
            let found = judge(&expected, &Came { parts: &[part], lying: &[] }, (month, month));
            assert_eq!(found[0].gap.state, state, "{good} {lost} {named}");
        }
        let found = judge(&expected, &Came { parts: &[], lying: &[] }, (month, month));
        assert_eq!(found[0].gap.state, ArrivalState::Late);
    }
}
