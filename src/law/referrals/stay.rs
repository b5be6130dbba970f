//! Who stays on a list although no rule flags them today: an open question withdraws nobody, and absence alone neither.

use super::{Cell, Delta, Duty, ListRequest, ListRow, ListedPerson, Office, PreviousPerson, StayReason};
use crate::cases::FindingStatus;
use crate::domain::{CountyCode, PersonKey};

/// Columns that say where somebody lives: on a county's list they are that county's.
const PLACE: [&str; 4] = ["county_code", "town_name", "village_name", "village_code"];

/// Why somebody stays on an office's list of a county, and the row that says most of them today; `None`: they leave.
pub(super) fn stays<'a>(
    request: &ListRequest<'_>,
    rows: &[&'a ListRow],
    (person, was): (PersonKey, &PreviousPerson),
    (office, county): (&Office, &CountyCode),
) -> Option<(StayReason, Option<&'a ListRow>)> {
    let has_gap = !request.gaps_of(county).is_empty();
    if office.duty != Duty::Referral {
        // Of the bureau's own lists only silence takes nobody off: who has a finding stands where it says.
        return (has_gap && rows.is_empty()).then(|| (StayReason::data_missing(), None));
    }
    // What an officer or an office has said of them is no open question.
    if request.is_given_back(person, office) || is_kept_off(request, person, was) {
        return None;
    }
    let is_given = request.is_given_to(person, office);
    let is_here = |row: &&&ListRow| is_given || request.goes_to(&row.rule, office);
    // Flagged and not here: on the list of the county that they moved to.
    if rows.iter().filter(is_here).any(|row| row.status == FindingStatus::Flagged) {
        return None;
    }
    let leading = rows.iter().find(|row| row.rule == was.leading_rule);
    let is_open = |row: &&&ListRow| row.status == FindingStatus::Undecided;
    let open = leading.into_iter().chain(rows).filter(is_here).find(is_open);
    let asked = open.map(|row| asked_about(row)).or_else(|| request.stays.get(&person).cloned());
    let asked = asked.or_else(|| has_gap.then(StayReason::data_missing))?;
    Some((asked, open.or(leading).copied()))
}

/// Why a finding is undecided.
fn asked_about(row: &ListRow) -> StayReason {
    StayReason::coded(row.cells.get("reason").and_then(Cell::as_text).unwrap_or(FindingStatus::Undecided.code()))
}

/// Whether an officer keeps the person off for the rule that led, whatever becomes of the question.
fn is_kept_off(request: &ListRequest<'_>, person: PersonKey, was: &PreviousPerson) -> bool {
    request.suppressions.iter().any(|one| one.person == person && (one.rule.is_empty() || one.rule == was.leading_rule))
}

/// The row of somebody who stays: amounts of today where a row has them, the rules that brought them on the list.
pub(super) fn stay(
    person: PersonKey,
    was: &PreviousPerson,
    (reason, row): (&StayReason, Option<&ListRow>),
    county: &CountyCode,
) -> ListedPerson {
    let mut cells = row.map_or(&was.cells, |row| &row.cells).clone();
    if row.is_some_and(|row| row.county.as_ref() != Some(county)) {
        for name in PLACE {
            match was.cells.get(name) {
                Some(cell) => cells.insert(name, cell.clone()),
                None => cells.remove(name),
            };
        }
    }
    cells.insert("delta_reason", Cell::Text(format!("open:{}", reason.word())));
    ListedPerson {
        person,
        delta: Delta::Continuing,
        leading_rule: was.leading_rule.clone(),
        rules: was.rules.clone(),
        measured: row.map_or(was.measured, |row| row.measured),
        cells,
    }
}
