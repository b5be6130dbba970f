//! The funnel of a period or a year, and whom the rules missed: persons who got help on application though no rule had
//! flagged them, with the cause.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use chrono::NaiveDate;
use engine::compute::{FindingRow, read_findings};
use engine::rows::of_file;
use engine::{Context, PipelineError, Rhythm, read_table};
use law::cases::{Outcome, Reason};
use law::domain::{Fen, Period, PersonKey};
use law::referrals::{FunnelLine, Office, Stage, Way, funnel as count};
use store::ledger::FunnelRow;
use store::warehouse::Version;

/// What `funnel` shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    /// The period whose findings count as flagged.
    pub period: Period,
    /// Whether only that period's lists count, not the whole year's.
    pub is_period: bool,
    /// Per county and office, the total last.
    pub lines: Vec<FunnelLine>,
    /// Persons helped on application in the year, by what the rules had said.
    pub missed: Missed,
}

/// Persons who got help on application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missed {
    pub aided: u64,
    /// Those whom a rule had flagged.
    pub flagged: u64,
    /// The others, by cause: `near`, `undecided: <reason>`, `outside`, `below_line`, `no_claims`.
    pub causes: BTreeMap<String, u64>,
}

/// Counts how far persons came, for one period's lists or for the year up to the last sealed period.
pub async fn funnel(context: &Context, month: Option<Period>) -> Result<Funnel, PipelineError> {
    let period = match month {
        Some(month) => month,
        None => context
            .ledger
            .last_sealed_period()?
            .ok_or_else(|| PipelineError::NotReady("no list is sealed yet".to_owned()))?,
    };
    let version = context.warehouse.current().await?;
    let findings = read_findings(context, &version, period)?;
    let rows = context.ledger.funnel_rows(period.year(), None)?;
    let ways = ways(context, period, month.is_some(), &findings, &rows);
    let missed = missed(context, &version, period, &findings)?;
    Ok(Funnel { period, is_period: month.is_some(), lines: count(&ways), missed })
}

/// Every flagged or listed person's way, per office.
fn ways(context: &Context, period: Period, is_period: bool, findings: &[FindingRow], rows: &[FunnelRow]) -> Vec<Way> {
    let mut ways: BTreeMap<(String, PersonKey), Way> = BTreeMap::new();
    let offices = offices_by_rule(context, period);
    let area = &context.workspace.settings.area;
    for finding in findings.iter().filter(|finding| finding.status == Outcome::Flagged) {
        for office in offices.get(&finding.rule).into_iter().flatten() {
            let county = finding.county.clone().unwrap_or_else(|| area.clone());
            ways.entry((office.clone(), finding.person)).or_insert_with(|| start(county, office.clone()));
        }
    }
    let referred = rows.iter().filter(|row| Office::is_referral_code(&row.office));
    for row in referred.clone().filter(|row| !is_period || row.period == period) {
        let key = (row.office.clone(), row.person);
        let way = ways.entry(key).or_insert_with(|| start(row.county.clone(), row.office.clone()));
        way.county.clone_from(&row.county);
        way.reached = way.reached.max(Stage::Listed);
    }
    // What an office said of somebody counts for every month's list that names them.
    for row in referred {
        if let Some(way) = ways.get_mut(&(row.office.clone(), row.person)).filter(|way| way.reached >= Stage::Listed) {
            go_on(way, row);
        }
    }
    ways.into_values().collect()
}

fn start(county: String, office: String) -> Way {
    Way { county, office, reached: Stage::Flagged, days: [None; 4], amount: Fen::ZERO }
}

fn go_on(way: &mut Way, row: &FunnelRow) {
    let reached = if row.is_aided {
        Stage::Aided
    } else if row.verified.is_some() {
        Stage::Verified
    } else if row.acknowledged.is_some() {
        Stage::Acknowledged
    } else if row.sent.is_some() {
        Stage::Sent
    } else {
        Stage::Listed
    };
    way.reached = way.reached.max(reached);
    let days = [Some(row.sealed), row.sent, row.acknowledged, row.verified];
    for (known, day) in way.days.iter_mut().zip(days) {
        *known = match (*known, day) {
            (Some(known), Some(day)) => Some(known.min(day)),
            (known, day) => known.or(day),
        };
    }
    // The same grant may be told on several lists: the largest counts.
    way.amount = way.amount.max(row.amount.unwrap_or_default());
}

/// Codes of the offices that each rule refers to.
fn offices_by_rule(context: &Context, period: Period) -> BTreeMap<String, Vec<String>> {
    let day = period.last_day();
    let codes = |rule: &law::policy::Rule| {
        let rhythm = if Rhythm::TenDays.seals(rule) { Rhythm::TenDays } else { Rhythm::Monthly };
        let heirs = rule.recipients.iter().filter_map(|word| context.offices.in_force(word, day));
        heirs.map(|office| format!("{}{}", office.code, rhythm.mark())).collect()
    };
    context.policy.in_force(day).map(|rule| (rule.id.clone(), codes(rule))).collect()
}

/// Whom the rules missed, among those who got help on application in the period's year up to its end.
fn missed(
    context: &Context,
    version: &Version,
    period: Period,
    findings: &[FindingRow],
) -> Result<Missed, PipelineError> {
    let aided = aided(context, version, period)?;
    let mut missed = Missed { aided: aided.len() as u64, ..Missed::default() };
    if aided.is_empty() {
        return Ok(missed);
    }
    let mut said: BTreeMap<PersonKey, BTreeSet<(u8, String)>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| aided.contains(&finding.person)) {
        let word = match finding.status {
            Outcome::Flagged => (0, String::new()),
            Outcome::Undecided => (1, format!("undecided: {}", finding.reason.map_or("", Reason::code))),
            Outcome::Near => (2, "near".to_owned()),
            Outcome::Below => (3, "below_line".to_owned()),
            Outcome::Outside => (4, "outside".to_owned()),
        };
        said.entry(finding.person).or_default().insert(word);
    }
    let with_claims = with_claims(context, version, period, &aided)?;
    for person in &aided {
        match said.get(person).and_then(|words| words.first()) {
            Some((0, _)) => missed.flagged += 1,
            Some((_, word)) => *missed.causes.entry(word.clone()).or_default() += 1,
            None => {
                let cause = if with_claims.contains(person) { "below_line" } else { "no_claims" };
                *missed.causes.entry(cause.to_owned()).or_default() += 1;
            }
        }
    }
    Ok(missed)
}

engine::row! {
    struct Aided {
        person: PersonKey = "person_key",
        day: Option<NaiveDate> = "aided_date",
    }
}

fn aided(context: &Context, version: &Version, period: Period) -> Result<BTreeSet<PersonKey>, PipelineError> {
    let first = NaiveDate::from_ymd_opt(period.year(), 1, 1).unwrap_or_default();
    let days = first..=period.last_day();
    let mut found = BTreeSet::new();
    for file in version.table("aided") {
        for row in of_file::<Aided>(&context.warehouse.path(file))? {
            let row = row?;
            found.extend(row.day.filter(|day| days.contains(day)).map(|_| row.person));
        }
    }
    Ok(found)
}

/// Those of `persons` who have any claims in the period's year up to its end.
fn with_claims(
    context: &Context,
    version: &Version,
    period: Period,
    persons: &BTreeSet<PersonKey>,
) -> Result<BTreeSet<PersonKey>, PipelineError> {
    let mut found = BTreeSet::new();
    let is_of_year = |month: Period| month.year() == period.year() && month.month() <= period.month();
    for file in version.table("claims").filter(|file| file.month.is_some_and(is_of_year)) {
        for batch in read_table(&context.warehouse.path(file), Some(&["person_key"]))? {
            let batch = batch?;
            let keys = batch.column(0).as_primitive::<Int64Type>();
            found.extend(keys.values().iter().map(|key| PersonKey(*key)).filter(|key| persons.contains(key)));
        }
    }
    Ok(found)
}
