//! The rows of a bucket's statements as counting reads them. They live as long as their bucket is counted.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use chrono::{Datelike, NaiveDate};
use engine::PipelineError;
use engine::rows::of_model;
use law::cases::{FindingStatus, Outcome, Reason};
use law::domain::{Fen, IdNumber, PersonKey};

/// What somebody must look at, by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) person: i64,
    pub(super) status: FindingStatus,
    /// Of those who cannot be decided.
    pub(super) reason: Option<Reason>,
    pub(super) county: Option<String>,
    pub(super) is_rural: Option<bool>,
    /// Measured cost above the line.
    pub(super) excess: Fen,
}

/// Somebody whom a rule means and about whom nothing is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Weighed {
    pub(super) person: i64,
    pub(super) county: Option<String>,
    pub(super) is_rural: Option<bool>,
    pub(super) measured: Fen,
    pub(super) line: Fen,
}

/// The groups to which a person belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Groups {
    pub(super) has_tag: bool,
    /// On a roster of those lifted out of poverty.
    pub(super) is_lifted_out: bool,
    /// `Some(true)`: male.
    pub(super) is_male: Option<bool>,
    /// Age in years on the period's last day.
    pub(super) age: Option<i32>,
}

engine::row! {
    struct Judged {
        person: i64 = "person_key",
        status: Outcome = "status",
        reason: Option<Reason> = "reason",
        county: Option<String> = "county_code",
        is_rural: Option<bool> = "is_rural",
        measured: Fen = "measured_amount",
        line: Option<Fen> = "line_amount",
        excess: Option<Fen> = "excess_amount",
    }
}

pub(super) fn findings(batches: &[RecordBatch]) -> Result<Vec<Finding>, PipelineError> {
    let rows = of_model::<Judged>("rules", batches)?.into_iter();
    let finding = |Judged { person, status, reason, county, is_rural, excess, .. }: Judged| {
        let status = status.status()?;
        let reason = reason.filter(|_| status == FindingStatus::Undecided);
        Some(Finding { person, status, reason, county, is_rural, excess: excess.unwrap_or_default() })
    };
    Ok(rows.filter_map(finding).collect())
}

/// Everybody whom the rule means and about whom nothing is open.
pub(super) fn weighed(batches: &[RecordBatch]) -> Result<Vec<Weighed>, PipelineError> {
    let rows = of_model::<Judged>("rules", batches)?.into_iter();
    let rows = rows.filter(|row| matches!(row.status, Outcome::Flagged | Outcome::Near));
    let weigh = |Judged { person, county, is_rural, measured, line, .. }: Judged| Weighed {
        person,
        county,
        is_rural,
        measured,
        line: line.unwrap_or_default(),
    };
    Ok(rows.map(weigh).collect())
}

engine::row! {
    struct GroupRow {
        person: i64 = "person_key",
        has_tag: Option<bool> = "has_tag",
        is_lifted_out: Option<bool> = "is_lifted_out",
        sex: Option<String> = "sex",
        born: Option<NaiveDate> = "birth_date",
    }
}

/// The groups of the people who are asked for; a resident id says what the register does not.
pub(super) fn groups(
    batches: &[RecordBatch],
    wanted: impl Iterator<Item = i64>,
    on: NaiveDate,
) -> Result<BTreeMap<i64, Groups>, PipelineError> {
    let none = Groups { has_tag: false, is_lifted_out: false, is_male: None, age: None };
    let mut found: BTreeMap<i64, Groups> = wanted.map(|person| (person, none)).collect();
    for row in of_model::<GroupRow>("person_groups", batches)? {
        if let Some(groups) = found.get_mut(&row.person) {
            *groups = Groups {
                has_tag: row.has_tag.unwrap_or_default(),
                is_lifted_out: row.is_lifted_out.unwrap_or_default(),
                is_male: row.sex.as_deref().and_then(male),
                age: row.born.map(|born| age(born, on)),
            };
        }
    }
    for (person, groups) in &mut found {
        let id = IdNumber::from_key(PersonKey(*person));
        groups.age = groups.age.or_else(|| id.as_ref()?.birth_date().map(|born| age(born, on)));
        groups.is_male = groups.is_male.or_else(|| id.map(|_| person % 2 == 1));
    }
    Ok(found)
}

fn male(code: &str) -> Option<bool> {
    match code {
        "1" | "男" => Some(true),
        "2" | "女" => Some(false),
        _ => None,
    }
}

fn age(born: NaiveDate, on: NaiveDate) -> i32 {
    on.year() - born.year() - i32::from((on.month(), on.day()) < (born.month(), born.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_counts_on_its_day() {
        let day = |text| law::domain::parse_date(text).unwrap();
        for (born, on, years) in
            [("1966-10-31", "2026-10-31", 60), ("1966-11-01", "2026-10-31", 59), ("2026-10-31", "2026-10-31", 0)]
        {
            assert_eq!(age(day(born), day(on)), years, "{born} {on}");
        }
    }
}
