//! The seal step: the mart's rows become the period's lists, and the lists are sealed, once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::compute::Lines;
use super::context::sha256_hex;
use super::official::{Rhythm, inherit, is_of};
use super::seal::{SealContext, list_rows, previous_lists, seal};
use super::{Context, PipelineError};
use crate::cases::{FindingStatus, outlook};
use crate::config::BureauSettings;
use crate::domain::{CountyCode, Fen, IdNumber, Period, PersonKey};
use crate::engine::read_table;
use crate::ledger::SealedList;
use crate::policy::{OnPublication, Rule, describe};
use crate::referrals::{Cell, DeltaCounts, ListRequest, ListRow, ListedRule, Lists, Office, Profile, build_lists};
use crate::warehouse::Version;

/// What sealing did.
#[derive(Debug, Serialize)]
pub struct Sealed {
    /// Whether the period was sealed now; it was before, otherwise.
    pub is_new: bool,
    /// Lists that leave the bureau, empty ones included.
    pub referral_lists: usize,
    /// Persons on them, each counted once.
    pub persons: usize,
    /// Sum of their measured amounts, yuan.
    pub control_amount: String,
    /// Persons whom the accepted data would put on now, and take off, since the period was sealed. They go out as
    /// new and withdrawn with the next period's lists.
    pub since: Option<(usize, usize)>,
    /// Whether it only rehearsed: nothing is sealed then.
    pub is_rehearsal: bool,
    /// Folder of the period.
    pub folder: String,
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { referral_lists, persons, control_amount, folder, .. } = self;
        let when = if self.is_rehearsal {
            "rehearsed, nothing is sealed:"
        } else if self.is_new {
            "sealed"
        } else {
            "sealed before, left as they are:"
        };
        write!(f, "{when} {referral_lists} referral lists, {persons} persons, {control_amount} yuan, below {folder}")?;
        match self.since {
            Some((enter, leave)) if enter + leave > 0 => write!(
                f,
                "\nsince then {enter} persons would enter and {leave} would leave; the next period's lists will say so"
            ),
            _ => Ok(()),
        }
    }
}

/// What is sealed, and whether in earnest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealing {
    /// The period.
    pub(super) period: Period,
    /// The series.
    pub(super) rhythm: Rhythm,
    /// Whether nothing is sealed, only written aside and marked.
    pub(super) is_rehearsal: bool,
}

/// The lists of the period's series that are sealed.
pub(super) fn sealed_before(context: &Context, sealing: Sealing) -> Result<Vec<SealedList>, PipelineError> {
    let sealed = context.ledger.sealed_lists(sealing.period)?;
    Ok(sealed.into_iter().filter(|list| is_of(sealing.rhythm, &list.office)).collect())
}

/// A list that would be sealed.
#[derive(Debug, Serialize)]
pub struct PlannedList {
    /// Its id.
    pub list_id: String,
    /// County code.
    pub county: String,
    /// Office code.
    pub office: String,
    /// Whether it would leave the bureau.
    pub is_referral: bool,
    /// Persons on it.
    pub persons: usize,
    /// Not on the list before.
    pub new: usize,
    /// On both.
    pub continuing: usize,
    /// On both, with a further rule.
    pub escalated: usize,
    /// No longer on it.
    pub withdrawn: usize,
}

/// What sealing would do.
#[derive(Debug, Default)]
pub(super) struct PlannedLists {
    /// The lists, by id; none where the period is sealed already.
    pub(super) lists: Vec<PlannedList>,
    /// Where it is sealed already: persons whom the data would put on now, and take off.
    pub(super) since: Option<(usize, usize)>,
}

/// What sealing a period would do; nothing is written.
pub(super) fn planned_lists(
    context: &Context,
    version: &Version,
    sealing: Sealing,
    lines: &BTreeMap<String, Lines>,
) -> Result<PlannedLists, PipelineError> {
    let (rules, rows) = rules_and_rows(context, version, sealing, lines)?;
    let sealed = sealed_before(context, sealing)?;
    if !sealed.is_empty() {
        let since = since(context, sealing.period, &rules, &rows, &sealed)?.since;
        return Ok(PlannedLists { lists: Vec::new(), since });
    }
    let lists = period_lists(context, sealing, &rules, &rows)?.lists.into_iter().map(|list| {
        let counts = DeltaCounts::of(&list.rows);
        PlannedList {
            list_id: list.id.to_string(),
            county: list.id.county.to_string(),
            office: list.id.office,
            is_referral: list.office.is_referral(),
            persons: counts.persons(),
            new: counts.new,
            continuing: counts.continuing,
            escalated: counts.escalated,
            withdrawn: counts.withdrawn,
        }
    });
    Ok(PlannedLists { lists: lists.collect(), since: None })
}

/// The rules that a job seals, and the mart's rows of them.
fn rules_and_rows(
    context: &Context,
    version: &Version,
    sealing: Sealing,
    lines: &BTreeMap<String, Lines>,
) -> Result<(Vec<ListedRule>, Vec<ListRow>), PipelineError> {
    let Sealing { period, rhythm, .. } = sealing;
    let rules = listed_rules(context, sealing, lines);
    if rules.is_empty() {
        let why = format!("no rule of policy {} is sealed by this job for {period}", context.policy.name);
        return Err(PipelineError::NotReady(why));
    }
    let mut rows = mart_rows(context, version, period)?;
    let others: BTreeSet<&str> =
        context.policy.in_force(period.last_day()).filter(|rule| !rhythm.seals(rule)).map(|rule| &*rule.id).collect();
    rows.retain(|row| !others.contains(row.rule.as_str()));
    Ok((rules, rows))
}

/// Seals a period's lists, or says how the sealed ones differ from what the data say now.
pub(super) fn seal_period(
    context: &Context,
    version: &Version,
    sealing: Sealing,
    lines: &BTreeMap<String, Lines>,
) -> Result<Sealed, PipelineError> {
    let Sealing { period, is_rehearsal, .. } = sealing;
    let (rules, rows) = rules_and_rows(context, version, sealing, lines)?;
    let sealed = sealed_before(context, sealing)?;
    if !sealed.is_empty() && !is_rehearsal {
        return since(context, period, &rules, &rows, &sealed);
    }
    let lists = period_lists(context, sealing, &rules, &rows)?;
    seal_now(context, version, &rules, &lists, sealing)?;
    let referrals = lists.lists.iter().filter(|list| list.office.is_referral());
    let present =
        referrals.clone().flat_map(|list| &list.rows).filter(|row| row.delta != crate::referrals::Delta::Withdrawn);
    let listed: BTreeMap<PersonKey, Fen> = present.map(|row| (row.person, row.measured)).collect();
    let layout = &context.workspace.layout;
    let folder = if is_rehearsal { layout.rehearsals(period) } else { layout.lists(period) };
    Ok(Sealed {
        is_new: !is_rehearsal,
        referral_lists: referrals.count(),
        persons: listed.len(),
        control_amount: yuan(listed.into_values()),
        since: None,
        is_rehearsal,
        folder: folder.display().to_string(),
    })
}

/// How the sealed lists differ from what the data say now.
fn since(
    context: &Context,
    period: Period,
    rules: &[ListedRule],
    rows: &[ListRow],
    sealed: &[SealedList],
) -> Result<Sealed, PipelineError> {
    let referred = |row: &&ListRow| rules.iter().any(|rule| rule.id == row.rule && !rule.recipients.is_empty());
    let flagged: BTreeSet<PersonKey> =
        rows.iter().filter(|row| row.status == FindingStatus::Flagged).filter(referred).map(|row| row.person).collect();
    let referrals = sealed.iter().filter(|list| Office::is_referral_code(&list.office));
    let mut listed = BTreeMap::new();
    for list in referrals.clone() {
        for person in context.ledger.list_persons(&list.list_id)?.iter().filter(|one| one.delta != "withdrawn") {
            listed.insert(person.person, person.measured);
        }
    }
    // Who stays by the policy's choice is near the published line, and no news.
    let kept: BTreeSet<PersonKey> = rows.iter().filter(|row| row.is_over_provisional()).map(|row| row.person).collect();
    let enter = flagged.iter().filter(|person| !listed.contains_key(person)).count();
    let leave = listed.keys().filter(|person| !flagged.contains(person) && !kept.contains(person)).count();
    Ok(Sealed {
        is_new: false,
        referral_lists: referrals.count(),
        persons: listed.len(),
        control_amount: yuan(listed.into_values()),
        since: Some((enter, leave)),
        is_rehearsal: false,
        folder: context.workspace.layout.lists(period).display().to_string(),
    })
}

fn yuan(amounts: impl Iterator<Item = Fen>) -> String {
    let fen: i128 = amounts.sum();
    i64::try_from(fen).map_or_else(|_| format!("{fen} fen"), |fen| Fen(fen).to_string())
}

/// The mart's rows of a period, with the outlook of who is near; an id that the register does not have is the one
/// that the key holds.
fn mart_rows(context: &Context, version: &Version, period: Period) -> Result<Vec<ListRow>, PipelineError> {
    let rules: Vec<&Rule> = context.policy.in_force(period.last_day()).collect();
    let mut rows = Vec::new();
    for file in version.table("referral_rows").filter(|file| file.month == Some(period)) {
        for batch in read_table(&context.warehouse.path(file), None)? {
            rows.extend(list_rows(&batch?)?);
        }
    }
    for row in &mut rows {
        if let (None, Some(id)) = (row.cells.get("id_number"), IdNumber::from_key(row.person)) {
            row.cells.insert("id_number", Cell::Text(id.as_str().to_owned()));
        }
        if let Some(rule) = rules.iter().find(|rule| rule.id == row.rule) {
            foresee(row, rule, period);
        }
    }
    Ok(rows)
}

/// Says of somebody near the line when to expect the crossing.
fn foresee(row: &mut ListRow, rule: &Rule, period: Period) {
    let Some(Cell::Money(line)) = row.cells.get("line_amount") else { return };
    if row.status != FindingStatus::Near {
        return;
    }
    let recent = match row.cells.get("recent_amount") {
        Some(Cell::Money(recent)) => Some(*recent),
        _ => None,
    };
    let found = outlook(rule, period, row.measured, *line, recent);
    let month = found.forecast.map(|forecast| {
        row.cells.insert("run_rate_amount", Cell::Money(forecast.monthly));
        forecast.month.map_or_else(|| "not_this_year".to_owned(), |month| month.to_string())
    });
    row.cells.insert("expected_month", Cell::Text(month.unwrap_or_else(|| "no_forecast".to_owned())));
}

fn period_lists(
    context: &Context,
    Sealing { period, rhythm, .. }: Sealing,
    rules: &[ListedRule],
    rows: &[ListRow],
) -> Result<Lists, PipelineError> {
    let wrong = |error: crate::domain::ParseError| PipelineError::NotReady(format!("settings, area: {error}"));
    let area = CountyCode::parse(&context.workspace.settings.area).map_err(wrong)?;
    let counties: BTreeMap<CountyCode, String> =
        context.counties.iter().map(|county| (county.code.clone(), county.name.clone())).collect();
    let day = period.last_day();
    let sealed = context.policy.in_force(day).filter(|rule| rhythm.seals(rule));
    let words = sealed.flat_map(|rule| rule.recipients.iter().map(String::as_str));
    let offices = context.offices.of_lists(words, day, rhythm.mark());
    let mut previous = previous_lists(&context.workspace.layout, &context.ledger, period)?;
    inherit(&mut previous, &context.offices, &offices, day, rhythm);
    let request =
        ListRequest { period, area: &area, counties: &counties, rules, offices: &offices, previous: &previous };
    build_lists(&request, rows).map_err(|error| PipelineError::Seal(error.into()))
}

fn seal_now(
    context: &Context,
    version: &Version,
    rules: &[ListedRule],
    lists: &Lists,
    sealing: Sealing,
) -> Result<(), PipelineError> {
    let BureauSettings { name, area_name, feedback_days } = &context.workspace.settings.bureau;
    let area_name = if area_name.is_empty() { &context.workspace.settings.area } else { area_name };
    let seal_context = SealContext {
        version: version.number,
        series: sealing.rhythm.mark(),
        texts: &context.texts,
        policy: &context.policy.name,
        policy_sha256: &context.policy_hash,
        rules,
        profile: Profile::default(),
        sender: name,
        area_name,
        feedback_days: *feedback_days,
        is_rehearsal: sealing.is_rehearsal,
        at: context.now,
    };
    seal(&context.workspace.layout, &context.ledger, lists, &seal_context)?;
    Ok(())
}

/// What lists say of the rules in force that the series seals.
fn listed_rules(context: &Context, sealing: Sealing, lines: &BTreeMap<String, Lines>) -> Vec<ListedRule> {
    let day = sealing.period.last_day();
    let rules = context.policy.in_force(day).filter(|rule| sealing.rhythm.seals(rule));
    let code = |word: &String| {
        context.offices.in_force(word, day).map(|office| format!("{}{}", office.code, sealing.rhythm.mark()))
    };
    rules
        .map(|rule| ListedRule {
            id: rule.id.clone(),
            name: rule.name.clone(),
            version: rule.version.clone(),
            sha256: sha256_hex(&format!("{rule:?}")),
            text: describe::rule(rule),
            clause: rule.clause.to_string(),
            basis: rule.cost.basis.name().to_owned(),
            line: lines.get(&rule.id).map_or_else(String::new, |lines| line_text(rule, lines)),
            recipients: rule.recipients.iter().filter_map(code).collect(),
            is_provisional: lines.get(&rule.id).is_some_and(Lines::is_provisional),
            lines: lines.get(&rule.id).map_or_else(BTreeMap::new, drawn_lines),
            keeps: rule.line.on_publication == OnPublication::Keep,
        })
        .collect()
}

/// The lines that are drawn from a figure, with their warning lines, by county; where residence decides, the lower.
fn drawn_lines(lines: &Lines) -> BTreeMap<String, (Fen, Fen)> {
    let mut drawn: BTreeMap<String, (Fen, Fen)> = BTreeMap::new();
    for ((county, _), line) in lines.by_place.iter().filter(|(_, line)| line.figure.is_some()) {
        let pair = (line.amount, line.warn);
        drawn.entry(county.clone()).and_modify(|known| *known = (*known).min(pair)).or_insert(pair);
    }
    drawn
}

/// `2025年收入 28134.00 元 × 1 = 28134.00 元（来源，2026-03-05 发布）`, or how many places have a line of their own.
pub(super) fn line_text(rule: &Rule, lines: &Lines) -> String {
    let mut distinct: Vec<&crate::policy::Line> = Vec::new();
    for line in lines.by_place.values() {
        if distinct.iter().all(|known| known.figure != line.figure) {
            distinct.push(line);
        }
    }
    match distinct.as_slice() {
        [] if rule.line.needs_figure() => "缺少收入数据".to_owned(),
        [] => "按申请家庭收入计算".to_owned(),
        [line] => describe::line(rule, line),
        many => {
            let mark = if lines.is_provisional() { "，含暂用标准" } else { "" };
            format!("各地收入标准不同（{} 个{mark}），见各行", many.len())
        }
    }
}
