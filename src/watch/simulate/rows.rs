//! The rows of a bucket's statements as counting reads them. They live as long as their bucket is counted.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use chrono::{Datelike, NaiveDate};
use engine::PipelineError;
use engine::compute::Cells;
use law::domain::{Fen, IdNumber, PersonKey};

/// What somebody must look at, by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) person: i64,
    pub(super) status: Status,
    pub(super) reason: String,
    pub(super) county: Option<String>,
    pub(super) is_rural: Option<bool>,
    /// Measured cost above the line.
    pub(super) excess: Fen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// 列入.
    Flagged,
    /// 关注.
    Near,
    /// 待核实.
    Undecided,
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

fn each<T>(
    batches: &[RecordBatch],
    mut read: impl FnMut(Cells<'_>) -> Result<Option<T>, PipelineError>,
) -> Result<Vec<T>, PipelineError> {
    let mut found = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            found.extend(read(Cells { batch, row })?);
        }
    }
    Ok(found)
}

pub(super) fn findings(batches: &[RecordBatch]) -> Result<Vec<Finding>, PipelineError> {
    each(batches, |cells| {
        let status = match cells.text("status")?.as_deref() {
            Some("flagged") => Status::Flagged,
            Some("near") => Status::Near,
            Some("undecided") => Status::Undecided,
            _ => return Ok(None),
        };
        Ok(Some(Finding {
            person: cells.whole("person_key")?.unwrap_or_default(),
            status,
            reason: if status == Status::Undecided { cells.text("reason")?.unwrap_or_default() } else { String::new() },
            county: cells.text("county_code")?,
            is_rural: cells.flag("is_rural")?,
            excess: cells.money("excess_amount")?.unwrap_or_default(),
        }))
    })
}

/// Everybody whom the rule means and about whom nothing is open.
pub(super) fn weighed(batches: &[RecordBatch]) -> Result<Vec<Weighed>, PipelineError> {
    each(batches, |cells| {
        if !matches!(cells.text("status")?.as_deref(), Some("flagged" | "near")) {
            return Ok(None);
        }
        let money = |name: &str| cells.money(name).map(Option::unwrap_or_default);
        Ok(Some(Weighed {
            person: cells.whole("person_key")?.unwrap_or_default(),
            county: cells.text("county_code")?,
            is_rural: cells.flag("is_rural")?,
            measured: money("measured_amount")?,
            line: money("line_amount")?,
        }))
    })
}

/// The groups of the people who are asked for; a resident id says what the register does not.
pub(super) fn groups(
    batches: &[RecordBatch],
    wanted: impl Iterator<Item = i64>,
    on: NaiveDate,
) -> Result<BTreeMap<i64, Groups>, PipelineError> {
    let none = Groups { has_tag: false, is_lifted_out: false, is_male: None, age: None };
    let mut found: BTreeMap<i64, Groups> = wanted.map(|person| (person, none)).collect();
    each(batches, |cells| {
        let person = cells.whole("person_key")?.unwrap_or_default();
        if let Some(groups) = found.get_mut(&person) {
            *groups = Groups {
                has_tag: cells.flag("has_tag")?.unwrap_or_default(),
                is_lifted_out: cells.flag("is_lifted_out")?.unwrap_or_default(),
                is_male: cells.text("sex")?.and_then(|code| male(&code)),
                age: cells.day("birth_date")?.map(|born| age(born, on)),
            };
        }
        Ok(None::<()>)
    })?;
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
