//! The seal step: the mart's rows become the period's lists, and the lists are sealed, once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::compute::Lines;
use super::context::sha256_hex;
use super::seal::{SealContext, list_rows, previous_lists, seal};
use super::{Context, PipelineError};
use crate::cases::FindingStatus;
use crate::config::BureauSettings;
use crate::domain::{CountyCode, Fen, IdNumber, Period, PersonKey};
use crate::engine::read_table;
use crate::policy::{Rule, describe};
use crate::referrals::{Cell, ListRequest, ListRow, ListedRule, Lists, Office, Profile, build_lists};
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
    /// Folder of the period.
    pub folder: String,
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { referral_lists, persons, control_amount, folder, .. } = self;
        let when = if self.is_new { "sealed" } else { "sealed before, left as they are:" };
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

/// Seals a period's lists, or says how the sealed ones differ from what the data say now.
pub(super) fn seal_period(
    context: &Context,
    version: &Version,
    period: Period,
    lines: &BTreeMap<String, Lines>,
) -> Result<Sealed, PipelineError> {
    let rows = mart_rows(context, version, period)?;
    let folder = context.workspace.layout.lists(period).display().to_string();
    let sealed = context.ledger.sealed_lists(period)?;
    let flagged: BTreeSet<PersonKey> =
        rows.iter().filter(|row| row.status == FindingStatus::Flagged).map(|row| row.person).collect();
    if !sealed.is_empty() {
        let referrals = sealed.iter().filter(|list| is_referral(&list.office));
        let mut listed = BTreeMap::new();
        for list in referrals.clone() {
            for person in context.ledger.list_persons(&list.list_id)?.iter().filter(|one| one.delta != "withdrawn") {
                listed.insert(person.person, person.measured);
            }
        }
        let enter = flagged.iter().filter(|person| !listed.contains_key(person)).count();
        let leave = listed.keys().filter(|person| !flagged.contains(person)).count();
        return Ok(Sealed {
            is_new: false,
            referral_lists: referrals.count(),
            persons: listed.len(),
            control_amount: yuan(listed.into_values()),
            since: Some((enter, leave)),
            folder,
        });
    }
    let rules = listed_rules(context, period, lines);
    let lists = period_lists(context, period, &rules, &rows)?;
    seal_now(context, version, &rules, &lists)?;
    let referrals = lists.lists.iter().filter(|list| list.office.is_referral());
    let present =
        referrals.clone().flat_map(|list| &list.rows).filter(|row| row.delta != crate::referrals::Delta::Withdrawn);
    let listed: BTreeMap<PersonKey, Fen> = present.map(|row| (row.person, row.measured)).collect();
    Ok(Sealed {
        is_new: true,
        referral_lists: referrals.count(),
        persons: listed.len(),
        control_amount: yuan(listed.into_values()),
        since: None,
        folder,
    })
}

fn is_referral(code: &str) -> bool {
    Office::ALL.iter().any(|office| office.code() == code && office.is_referral())
}

fn yuan(amounts: impl Iterator<Item = Fen>) -> String {
    let fen: i128 = amounts.sum();
    i64::try_from(fen).map_or_else(|_| format!("{fen} fen"), |fen| Fen(fen).to_string())
}

/// The mart's rows of a period; an id that the register does not have is the one that the key holds.
fn mart_rows(context: &Context, version: &Version, period: Period) -> Result<Vec<ListRow>, PipelineError> {
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
    }
    Ok(rows)
}

fn period_lists(
    context: &Context,
    period: Period,
    rules: &[ListedRule],
    rows: &[ListRow],
) -> Result<Lists, PipelineError> {
    let wrong = |error: crate::domain::ParseError| PipelineError::NotReady(format!("settings, area: {error}"));
    let area = CountyCode::parse(&context.workspace.settings.area).map_err(wrong)?;
    let counties: BTreeMap<CountyCode, String> =
        context.counties.iter().map(|county| (county.code.clone(), county.name.clone())).collect();
    let previous = previous_lists(&context.workspace.layout, &context.ledger, period)?;
    let request = ListRequest { period, area: &area, counties: &counties, rules, previous: &previous };
    build_lists(&request, rows).map_err(|error| PipelineError::Seal(error.into()))
}

fn seal_now(context: &Context, version: &Version, rules: &[ListedRule], lists: &Lists) -> Result<(), PipelineError> {
    let BureauSettings { name, area_name, feedback_days } = &context.workspace.settings.bureau;
    let area_name = if area_name.is_empty() { &context.workspace.settings.area } else { area_name };
    let seal_context = SealContext {
        version: version.number,
        policy: &context.policy.name,
        policy_sha256: &context.policy_hash,
        rules,
        profile: Profile::default(),
        sender: name,
        area_name,
        feedback_days: *feedback_days,
        at: context.now,
    };
    seal(&context.workspace.layout, &context.ledger, lists, &seal_context)?;
    Ok(())
}

/// What lists say of the rules in force.
fn listed_rules(context: &Context, period: Period, lines: &BTreeMap<String, Lines>) -> Vec<ListedRule> {
    let rules = context.policy.in_force(period.last_day());
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
            recipients: rule.recipients.iter().filter_map(|id| Office::parse_recipient(id)).collect(),
        })
        .collect()
}

/// `2025年收入 28134.00 元 × 1 = 28134.00 元（来源，2026-03-05 发布）`, or how many places have a line of their own.
fn line_text(rule: &Rule, lines: &Lines) -> String {
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
