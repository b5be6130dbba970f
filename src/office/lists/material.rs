//! What lists are made of: the rules of a series, and the mart's rows about them, as known at a moment.

use std::collections::{BTreeMap, BTreeSet};

use engine::compute::{Lines, require_known};
use engine::official::{Arrivals, referred, suppressions};
use engine::{Context, PipelineError, read_table, sha256_hex};
use law::cases::{FindingStatus, outlook};
use law::config::BureauSettings;
use law::domain::{Fen, IdNumber, Period, PersonKey};
use law::policy::{OnPublication, Rule, describe, stable_text};
use law::referrals::{Cell, EndedTags, ListRow, ListedRule, StayReason, Suppressed, Suppression, apply_suppressions};
use store::keys::Keys;
use store::ledger::{Moment, SealedGaps};
use store::warehouse::Version;

use super::Sealing;
use crate::seal::{SealContext, list_rows};

/// What a job's lists are made from.
#[derive(Default)]
pub(super) struct Material {
    pub(super) version: u64,
    /// Name and SHA-256 of the policy.
    pub(super) policy: (String, String),
    /// Its recipe, where lists are sealed from it.
    pub(super) recipe: String,
    /// The rules that it seals.
    pub(super) rules: Vec<ListedRule>,
    /// The mart's rows of them, without suppressed persons.
    pub(super) rows: Vec<ListRow>,
    /// Everybody whom they flag and refer, suppressed or not.
    pub(super) flagged: BTreeSet<PersonKey>,
    pub(super) suppressed: Suppressed,
    /// What officers have said of persons who stay off, as far as it is in force.
    pub(super) words: Vec<Suppression>,
    /// Flagged rows that they keep off.
    pub(super) kept_off: Vec<ListRow>,
    /// Whose tag has ended.
    pub(super) ended: EndedTags,
    /// Persons whose withdrawal is set aside, each with the question that is open.
    pub(super) stays: BTreeMap<PersonKey, StayReason>,
    /// Which data have not come whole.
    pub(super) sealed: SealedGaps,
}

impl Material {
    /// The material of a version; officers' words count as they were known at `moment`.
    pub(super) fn of(
        context: &Context,
        version: &Version,
        sealing: Sealing,
        lines: &BTreeMap<String, Lines>,
        (moment, sealed): (Moment, SealedGaps),
    ) -> Result<Self, PipelineError> {
        let Sealing { period, rhythm, .. } = sealing;
        let rules = listed_rules(context, sealing, lines);
        if rules.is_empty() {
            let why = format!("no rule of policy {} is sealed by this job for {period}", context.policy.name);
            return Err(PipelineError::NotReady(why));
        }
        let (mut rows, ended) = mart_rows(context, version, period)?;
        let in_force = context.policy.in_force(period.last_day());
        let others: BTreeSet<&str> = in_force.filter(|rule| !rhythm.seals(rule)).map(|rule| &*rule.id).collect();
        rows.retain(|row| !others.contains(row.rule.as_str()));
        let flagged = referred(&rules, &rows);
        let mut words = suppressions(context, moment)?;
        words.retain(|word| word.holds(period.last_day()));
        let (suppressed, kept_off) = apply_suppressions(&mut rows, &mut words);
        let policy = (context.policy.name.clone(), context.policy_hash.clone());
        let stays = sealed.aside.iter().map(|(person, why)| (*person, StayReason::coded(why.word()))).collect();
        let (version, recipe) = (version.number, String::new());
        Ok(Self { version, policy, recipe, rules, rows, flagged, suppressed, words, kept_off, ended, stays, sealed })
    }

    /// What lists of this material say besides their persons.
    pub(super) fn seal_context<'a>(
        &'a self,
        context: &'a Context,
        keys: &'a Keys,
        sealing: Sealing,
    ) -> SealContext<'a> {
        let BureauSettings { name, area_name, feedback_days } = &context.workspace.settings.bureau;
        SealContext {
            version: self.version,
            series: sealing.rhythm.mark(),
            texts: &context.texts,
            policy: &self.policy.0,
            policy_sha256: &self.policy.1,
            recipe: &self.recipe,
            rules: &self.rules,
            keys,
            sender: name,
            area_name: if area_name.is_empty() { &context.workspace.settings.area } else { area_name },
            feedback_days: *feedback_days,
            first_month: self.sealed.first_month,
            is_rehearsal: sealing.is_rehearsal,
            workers: context.workers(),
            at: context.now,
        }
    }
}

/// Which data of a period's rules have not come whole, and whose withdrawal is set aside, as the ledger knows it now.
pub(super) fn gaps_now(context: &Context, sealing: Sealing) -> Result<SealedGaps, PipelineError> {
    let Sealing { period, rhythm, .. } = sealing;
    let rules: Vec<&Rule> = context
        .policy
        .in_force(period.last_day())
        .filter(|rule| rhythm.seals(rule) && !rule.recipients.is_empty())
        .collect();
    let aside = context.ledger.people_set_aside(rhythm.mark())?;
    Ok(SealedGaps { aside, ..Arrivals::of(context)?.gaps(context, &rules, period) })
}

/// The mart's rows of a period, with the outlook of who is near; an id that the register does not have is the one
/// that the key holds.
fn mart_rows(context: &Context, version: &Version, period: Period) -> Result<(Vec<ListRow>, EndedTags), PipelineError> {
    let rules: Vec<&Rule> = context.policy.in_force(period.last_day()).collect();
    let (mut rows, mut ended) = (Vec::new(), EndedTags::new());
    for file in version.table("referral_rows").filter(|file| file.month == Some(period)) {
        require_known(context, file)?;
        for batch in read_table(&context.warehouse.path(file), None)? {
            rows.extend(list_rows(&batch?, &mut ended)?);
        }
    }
    for row in &mut rows {
        if let (None, Some(id)) = (row.cells.get("id_number"), IdNumber::from_key(row.person)) {
            row.cells.insert("id_number", Cell::Text(id.as_str().to_owned()));
        }
        if let Some(rule) = rules.iter().find(|rule| rule.id == row.rule) {
            add_forecast(row, rule, period);
        }
    }
    Ok((rows, ended))
}

/// Says of somebody near the line when to expect the crossing.
fn add_forecast(row: &mut ListRow, rule: &Rule, period: Period) {
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
            sha256: sha256_hex(&stable_text(rule)),
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
pub fn line_text(rule: &Rule, lines: &Lines) -> String {
    let mut distinct: Vec<&law::policy::Line> = Vec::new();
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
