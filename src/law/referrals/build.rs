//! From the mart's rows to the month's lists.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::row::PROVISIONAL;
use super::stay::{stay, stays};
use super::{
    Cell, Delta, DeltaCounts, Duty, ListError, ListId, ListKind, ListRequest, ListRow, ListedPerson, Office,
    PreviousPerson, Rollup, Suppressed,
};
use crate::arrivals::Gap;
use crate::cases::FindingStatus;
use crate::domain::{CountyCode, Period, PersonKey};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferralList {
    pub id: ListId,
    pub office: Office,
    pub county_name: String,
    /// Rows: persons by place and key, then the withdrawn ones.
    pub rows: Vec<ListedPerson>,
    /// Id and manifest hash of the list before.
    pub previous: Option<(String, String)>,
    /// The same of the last lists of offices that this one takes over from.
    pub took_over: Vec<(String, String)>,
    /// The county's data that had not come whole when it was made.
    pub gaps: Vec<Gap>,
}

/// The month's lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    /// The month.
    pub period: Period,
    pub lists: Vec<ReferralList>,
    pub rollup: Rollup,
}

impl Lists {
    /// Says of persons who left a list because they are suppressed that this is why.
    pub fn note_suppressed(&mut self, suppressed: &Suppressed) {
        let is_off = |person: &PersonKey| suppressed.values().any(|persons| persons.contains(person));
        let rows = self.lists.iter_mut().filter(|list| list.office.is_referral()).flat_map(|list| &mut list.rows);
        for row in rows.filter(|row| row.delta == Delta::Withdrawn && is_off(&row.person)) {
            row.cells.insert("delta_reason", Cell::Text("suppressed".to_owned()));
        }
    }
}

/// Builds the month's lists: for every county and office, new against the last sealed list.
pub fn build_lists(request: &ListRequest<'_>, rows: &[ListRow]) -> Result<Lists, ListError> {
    let order: BTreeMap<&str, usize> =
        request.rules.iter().enumerate().map(|(at, rule)| (rule.id.as_str(), at)).collect();
    for row in rows {
        if !order.contains_key(row.rule.as_str()) {
            return Err(ListError::UnknownRule { rule: row.rule.clone() });
        }
    }
    let rows = &keep(request, rows);
    let people = by_person(rows, &order);
    let kept_off = by_person(request.kept_off, &order);
    let mut lists = Vec::new();
    for office in request.offices.iter().filter(|office| office.duty != Duty::Summary) {
        let mut hits = hits_of(request, &people, office);
        if office.duty == Duty::Undecided {
            add_kept_off(request, &kept_off, &mut hits);
        }
        let mut counties: BTreeSet<CountyCode> = request.counties.keys().cloned().collect();
        counties.extend(hits.keys().cloned());
        let left = request.previous.iter().filter(|((_, of), list)| *of == office.code && !list.persons.is_empty());
        counties.extend(left.filter_map(|((county, _), _)| CountyCode::parse(county).ok()));
        for county in counties {
            let found = hits.get(&county).map_or(&[][..], Vec::as_slice);
            lists.push(build_one(request, &people, office, county, found)?);
        }
    }
    lists.sort_by_cached_key(|list| list.id.to_string());
    Ok(Lists { period: request.period, lists, rollup: Rollup::build(request, rows) })
}

/// A person's rows in the policy's order.
type People<'a> = BTreeMap<PersonKey, Vec<&'a ListRow>>;

fn by_person<'a>(rows: &'a [ListRow], order: &BTreeMap<&str, usize>) -> People<'a> {
    let mut people = People::new();
    for row in rows {
        people.entry(row.person).or_default().push(row);
    }
    for hits in people.values_mut() {
        hits.sort_by_key(|row| order.get(row.rule.as_str()));
    }
    people
}

/// The rows that bring persons on an office's lists, by county.
fn hits_of<'a>(
    request: &ListRequest<'_>,
    people: &People<'a>,
    office: &Office,
) -> BTreeMap<CountyCode, Vec<Vec<&'a ListRow>>> {
    let mut counties: BTreeMap<CountyCode, Vec<Vec<&ListRow>>> = BTreeMap::new();
    for (person, rows) in people {
        // Who is over one line is not also listed as near another.
        if office.duty == Duty::Near && rows.iter().any(|row| row.status == FindingStatus::Flagged) {
            continue;
        }
        let hits: Vec<&ListRow> = if request.is_given_back(*person, office) {
            Vec::new()
        } else if request.is_given_to(*person, office) {
            rows.iter().copied().filter(|row| row.status == FindingStatus::Flagged).collect()
        } else {
            rows.iter()
                .copied()
                .filter(|row| row.status == office.status() && request.goes_to(&row.rule, office))
                .collect()
        };
        if let Some(first) = hits.first() {
            let county = first.county.as_ref().unwrap_or(request.area).clone();
            counties.entry(county).or_default().push(hits);
        }
    }
    counties
}

/// Adds those whom officers keep off: all of them stand before the bureau every month.
fn add_kept_off<'a>(
    request: &ListRequest<'_>,
    kept_off: &People<'a>,
    counties: &mut BTreeMap<CountyCode, Vec<Vec<&'a ListRow>>>,
) {
    for rows in kept_off.values() {
        let Some(first) = rows.first() else { continue };
        let county = first.county.as_ref().unwrap_or(request.area).clone();
        let own = counties.entry(county).or_default();
        match own.iter_mut().find(|hits| hits.first().is_some_and(|hit| hit.person == first.person)) {
            Some(hits) => hits.extend(rows),
            None => own.push(rows.clone()),
        }
    }
}

fn build_one(
    request: &ListRequest<'_>,
    people: &People<'_>,
    office: &Office,
    county: CountyCode,
    found: &[Vec<&ListRow>],
) -> Result<ReferralList, ListError> {
    let previous = request.previous.get(&(county.to_string(), office.code.clone()));
    let nobody = BTreeMap::new();
    let before = previous.map_or(&nobody, |list| &list.persons);
    let mut rows: Vec<ListedPerson> = found.iter().filter_map(|hits| listed(request, hits, before, office)).collect();
    let now: BTreeSet<PersonKey> = rows.iter().map(|row| row.person).collect();
    let mut withdrawn = Vec::new();
    for (person, was) in before.iter().filter(|(person, _)| !now.contains(person)) {
        let own = people.get(person).map_or(&[][..], Vec::as_slice);
        match stays(request, own, (*person, was), (office, &county)) {
            Some((reason, row)) => rows.push(stay(*person, was, (&reason, row), &county)),
            None => withdrawn.push(withdraw(*person, was, &reason_gone(request, own, *person, was, office, &county))),
        }
    }
    rows.sort_by(|a, b| place(a).cmp(&place(b)));
    withdrawn.sort_by(|a, b| place(a).cmp(&place(b)));
    rows.append(&mut withdrawn);

    let gaps = request.gaps_of(&county).to_vec();
    let kind = if rows.is_empty() && gaps.is_empty() { ListKind::Nil } else { ListKind::Full };
    let county_name = request.county_name(&county);
    let id = ListId { period: request.period, county, office: office.code.clone(), kind, version: 1 };
    let change = DeltaCounts::of(&rows);
    if !change.balances(before.len()) {
        let (new, withdrawn, now) = (change.new, change.withdrawn, change.persons());
        return Err(ListError::Unbalanced { list_id: id.to_string(), before: before.len(), new, withdrawn, now });
    }
    // Row county = list county, before the list's own is written into every row.
    let strays = rows.iter().filter(|row| is_stray(row, &id.county, request.area)).count();
    if strays > 0 {
        return Err(ListError::OtherCounty { list_id: id.to_string(), rows: strays });
    }
    fill(request, &id, &county_name, &mut rows);
    let took_over = previous.map_or_else(Vec::new, |list| list.took_over.clone());
    let previous = previous.map(|list| (list.list_id.clone(), list.manifest_sha256.clone()));
    Ok(ReferralList { id, office: office.clone(), county_name, rows, previous, took_over, gaps })
}

fn listed(
    request: &ListRequest<'_>,
    hits: &[&ListRow],
    before: &BTreeMap<PersonKey, PreviousPerson>,
    office: &Office,
) -> Option<ListedPerson> {
    let leading = hits.first()?;
    let given = request.is_given_to(leading.person, office);
    let rules: Vec<String> = hits.iter().map(|row| row.rule.clone()).collect();
    let mut cells = leading.cells.clone();
    let delta = match before.get(&leading.person) {
        None => Delta::New,
        Some(was) => {
            let fresh: Vec<&str> =
                rules.iter().filter(|rule| !was.rules.contains(rule)).map(|rule| rule_name(request, rule)).collect();
            if fresh.is_empty() {
                Delta::Continuing
            } else {
                cells.insert("delta_reason", Cell::Text(format!("rules:{}", fresh.join("、"))));
                Delta::Escalated
            }
        }
    };
    let person = leading.person;
    if given {
        cells.entry("delta_reason").or_insert(Cell::Text("given_back".to_owned()));
        cells.insert("reason", Cell::Text("given_back".to_owned()));
    }
    Some(ListedPerson { person, delta, leading_rule: leading.rule.clone(), rules, measured: leading.measured, cells })
}

fn withdraw(person: PersonKey, was: &PreviousPerson, reason: &str) -> ListedPerson {
    let mut cells = was.cells.clone();
    cells.insert("delta_reason", Cell::Text(reason.to_owned()));
    ListedPerson {
        person,
        delta: Delta::Withdrawn,
        leading_rule: was.leading_rule.clone(),
        rules: was.rules.clone(),
        measured: was.measured,
        cells,
    }
}

/// The rows with those who stay flagged although the published line lies above them: listed before, under the same
/// rule, when a provisional line held.
fn keep(request: &ListRequest<'_>, rows: &[ListRow]) -> Vec<ListRow> {
    let keeping: BTreeSet<&str> = request.rules.iter().filter(|rule| rule.keeps).map(|rule| rule.id.as_str()).collect();
    let referred: BTreeSet<&str> =
        request.offices.iter().filter(|office| office.is_referral()).map(|office| office.code.as_str()).collect();
    let lists = request.previous.iter().filter(|((_, office), _)| referred.contains(office.as_str()));
    let persons = lists.flat_map(|(_, list)| &list.persons);
    let listed: BTreeSet<(PersonKey, &str)> =
        persons.flat_map(|(person, was)| was.rules.iter().map(|rule| (*person, rule.as_str()))).collect();
    let is_kept = |row: &ListRow| {
        let rule = row.rule.as_str();
        row.is_over_provisional() && keeping.contains(rule) && listed.contains(&(row.person, rule))
    };
    let mut rows = rows.to_vec();
    for row in rows.iter_mut().filter(|row| is_kept(row)) {
        row.status = FindingStatus::Flagged;
        row.cells.insert("delta_reason", Cell::Text("kept_provisional".to_owned()));
    }
    rows
}

/// Why somebody is no longer on a list, as far as tonight's rows tell.
fn reason_gone(
    request: &ListRequest<'_>,
    rows: &[&ListRow],
    person: PersonKey,
    was: &PreviousPerson,
    office: &Office,
    county: &CountyCode,
) -> String {
    let has = |status| rows.iter().any(|row| row.status == status);
    if request.is_given_back(person, office) {
        return "rerouted".to_owned();
    }
    let ended = request.ended.get(&(person, was.leading_rule.clone())).filter(|_| office.is_referral());
    if let Some(ended) = ended.filter(|_| !has(FindingStatus::Flagged) && !has(FindingStatus::Undecided)) {
        return ended.reason();
    }
    let reason = if has(office.status()) && rows.iter().any(|row| row.county.as_ref() != Some(county)) {
        "moved"
    } else if has(FindingStatus::Flagged) {
        if office.is_referral() { "gone" } else { "flagged" }
    } else if has(FindingStatus::Undecided) {
        "undecided"
    } else if office.is_referral() && line_published(request, rows, was, county) {
        "line_published"
    } else if rows.is_empty() {
        "gone"
    } else {
        "near"
    };
    reason.to_owned()
}

/// Whether the published line alone explains that somebody left: listed under a provisional one, with an amount that
/// does not cross the published one, and not lower today than the line of then.
fn line_published(request: &ListRequest<'_>, rows: &[&ListRow], was: &PreviousPerson, county: &CountyCode) -> bool {
    let Some(rule) = request.rules.iter().find(|rule| rule.id == was.leading_rule) else { return false };
    let line_then = match was.cells.get("line_amount") {
        Some(Cell::Money(line)) => *line,
        _ => return false,
    };
    let was_provisional = was.cells.get("line_status").and_then(Cell::as_text) == Some(PROVISIONAL);
    let Some((line, warn)) = rule.lines.get(county.as_str()) else { return false };
    let is_higher = *line > line_then && was.measured <= *line;
    let explains = match rows.iter().find(|row| row.rule == rule.id) {
        Some(row) => row.measured >= line_then,
        // Whoever has no row lies below the warning line; so did the amount of then, or it has fallen since.
        None => was.measured <= *warn,
    };
    was_provisional && !rule.is_provisional && is_higher && explains
}

/// Whether a row belongs to another county than its list; on the area's own list are those whose county is unclear.
fn is_stray(row: &ListedPerson, county: &CountyCode, area: &CountyCode) -> bool {
    let code = row.cells.get("county_code").and_then(Cell::as_text);
    county != area && code.is_some_and(|code| code != county.as_str())
}

/// What rows are ordered by: county is the list's own.
fn place(row: &ListedPerson) -> (&str, &str, PersonKey) {
    let text = |name: &str| row.cells.get(name).and_then(Cell::as_text).unwrap_or_default();
    (text("town_name"), text("village_name"), row.person)
}

/// Fills in the columns that the mart does not have.
pub(super) fn fill(request: &ListRequest<'_>, id: &ListId, county_name: &str, rows: &mut [ListedPerson]) {
    for (at, row) in rows.iter_mut().enumerate() {
        let names: Vec<&str> = row.rules.iter().map(|rule| rule_name(request, rule)).collect();
        let token = request.tokens.token(&format!("{id}|{}", row.person.0));
        let rule_ids = row.rules.join(";");
        let cells = &mut row.cells;
        cells.insert("rule_ids", Cell::Text(rule_ids));
        cells.insert("row_no", Cell::Count(i64::try_from(at + 1).unwrap_or(i64::MAX)));
        cells.insert("county_code", Cell::Text(id.county.to_string()));
        cells.insert("county_name", Cell::Text(county_name.to_owned()));
        cells.insert("delta", Cell::Text(row.delta.code().to_owned()));
        cells.insert("rule_names", Cell::Text(names.join("、")));
        cells.insert("measured_amount", Cell::Money(row.measured));
        cells.insert("row_token", Cell::Text(token));
        if let Some(Cell::Date(born)) = cells.get("birth_date") {
            let age = age_on(*born, request.period.last_day());
            cells.insert("age", Cell::Count(age));
        }
    }
}

fn rule_name<'a>(request: &'a ListRequest<'_>, id: &'a str) -> &'a str {
    request.rules.iter().find(|rule| rule.id == id).map_or(id, |rule| rule.name.as_str())
}

/// Full years on a day.
fn age_on(born: NaiveDate, day: NaiveDate) -> i64 {
    let before_birthday = (day.month(), day.day()) < (born.month(), born.day());
    i64::from(day.year() - born.year()) - i64::from(before_birthday)
}
