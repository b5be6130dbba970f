//! Who would enter and who would leave, by rule and county, and how many stand where.

use std::collections::{BTreeMap, BTreeSet};

use engine::compute::{FindingRow, read_findings};
use engine::{Context, PipelineError};
use law::cases::Outcome;
use law::domain::{IdNumber, Period, PersonKey, mask_id, mask_name};
use serde::Serialize;
use store::warehouse::Version;

use crate::people::names_of;

/// Persons who would enter or leave the flagged of a rule in a county.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    pub rule: String,
    /// County code; empty while it is unclear.
    pub county: String,
    /// Persons flagged then who are not now.
    pub enter: u64,
    /// Persons flagged now who are not then.
    pub leave: u64,
}

/// Persons of a rule by status, before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatusTotals {
    pub rule: String,
    pub flagged_before: u64,
    pub flagged: u64,
    pub near_before: u64,
    pub near: u64,
    pub undecided_before: u64,
    pub undecided: u64,
}

/// A person who would enter or leave; masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonMove {
    pub rule: String,
    pub county: String,
    pub enters: bool,
    /// The id number, masked; of other documents nothing is shown.
    pub id_number: String,
    pub person_name: String,
}

/// The findings before and after.
pub(super) struct Moves {
    /// The period whose findings stand before: the run's own, else the last one of its year.
    pub(super) compared_with: Option<Period>,
    pub(super) after: Vec<FindingRow>,
    pub(super) totals: Vec<StatusTotals>,
    moved: BTreeSet<(String, String, bool, PersonKey)>,
}

impl Moves {
    /// Compares what a version has found with what the tried one has.
    pub(super) fn between(
        context: &Context,
        (before, after): (&Version, &Version),
        period: Period,
    ) -> Result<Self, PipelineError> {
        let periods = before.table("findings").filter_map(|file| file.month);
        let compared_with = periods.filter(|found| *found <= period && found.year() == period.year()).max();
        let rows = |version, period: Option<Period>| {
            period.map_or(Ok(Vec::new()), |period| read_findings(context, version, period))
        };
        let (before, after) = (rows(before, compared_with)?, rows(after, Some(period))?);
        let (then, now) = (flagged(&after), flagged(&before));
        let moved = |from: &Flagged, to: &Flagged, enters: bool| -> Vec<_> {
            let gone = from.iter().filter(|(key, _)| !to.contains_key(*key));
            gone.map(|((rule, person), county)| (rule.clone(), county.clone(), enters, *person)).collect()
        };
        let moved = moved(&then, &now, true).into_iter().chain(moved(&now, &then, false)).collect();
        Ok(Self { compared_with, totals: totals(&before, &after), after, moved })
    }

    /// Counts by rule and county.
    pub(super) fn by_county(&self) -> Vec<Move> {
        let mut counts: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
        for (rule, county, enters, _) in &self.moved {
            let (enter, leave) = counts.entry((rule, county)).or_default();
            *(if *enters { enter } else { leave }) += 1;
        }
        let line = |((rule, county), (enter, leave)): ((&str, &str), (u64, u64))| Move {
            rule: rule.to_owned(),
            county: county.to_owned(),
            enter,
            leave,
        };
        counts.into_iter().map(line).collect()
    }

    /// The persons, masked, by rule, county and name.
    pub(super) fn persons(&self, context: &Context, version: &Version) -> Result<Vec<PersonMove>, PipelineError> {
        let names = names_of(context, version, &self.moved.iter().map(|(.., person)| *person).collect())?;
        let shown = |(rule, county, enters, person): &(String, String, bool, PersonKey)| PersonMove {
            rule: rule.clone(),
            county: county.clone(),
            enters: *enters,
            id_number: IdNumber::from_key(*person).map_or_else(String::new, |id| mask_id(id.as_str())),
            person_name: names.get(person).map_or_else(String::new, |name| mask_name(name)),
        };
        Ok(self.moved.iter().map(shown).collect())
    }
}

type Flagged = BTreeMap<(String, PersonKey), String>;

fn flagged(rows: &[FindingRow]) -> Flagged {
    let flagged = rows.iter().filter(|row| row.status == Outcome::Flagged);
    flagged.map(|row| ((row.rule.clone(), row.person), row.county.clone().unwrap_or_default())).collect()
}

fn totals(before: &[FindingRow], after: &[FindingRow]) -> Vec<StatusTotals> {
    let mut totals: BTreeMap<&str, StatusTotals> = BTreeMap::new();
    for (is_after, row) in before.iter().map(|row| (false, row)).chain(after.iter().map(|row| (true, row))) {
        let of_rule = totals.entry(&row.rule).or_default();
        *(match (row.status, is_after) {
            (Outcome::Flagged, false) => &mut of_rule.flagged_before,
            (Outcome::Flagged, true) => &mut of_rule.flagged,
            (Outcome::Near, false) => &mut of_rule.near_before,
            (Outcome::Near, true) => &mut of_rule.near,
            (Outcome::Undecided, false) => &mut of_rule.undecided_before,
            (Outcome::Undecided, true) => &mut of_rule.undecided,
            (Outcome::Below | Outcome::Outside, _) => continue,
        }) += 1;
    }
    totals.into_iter().map(|(rule, totals)| StatusTotals { rule: rule.to_owned(), ..totals }).collect()
}
