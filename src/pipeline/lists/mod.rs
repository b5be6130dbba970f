//! The seal step: the mart's rows become the period's lists, and the lists are sealed, once. What changes them later
//! is sealed beside them (`correct`); a sealed list can be made again and compared (`reproduce`).

mod correct;
mod reproduce;

pub(super) use correct::correct_period;
pub use correct::{Corrected, Retracted, retract};
pub use reproduce::{Difference, Reproduced, Reproducer};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::cases::FindingStatus;
use crate::config::BureauSettings;
use crate::domain::{CountyCode, Fen, IdNumber, Period, PersonKey};
use crate::engine::read_table;
use crate::keys::Keys;
use crate::ledger::{Moment, SealedList};
use crate::pipeline::compute::Lines;
use crate::pipeline::context::sha256_hex;
use crate::pipeline::official::{Rhythm, inherit, is_of};
use crate::pipeline::seal::{SealContext, list_rows, previous_lists, seal};
use crate::pipeline::{Context, PipelineError};
use crate::policy::{OnPublication, Rule, describe};
use crate::referrals::{Cell, ListRequest, ListRow, ListedRule, Lists, Office, PreviousList, Reroutes, build_lists};
use crate::warehouse::Version;
use crate::workspace::keep_recipe;

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
    /// new and withdrawn with the next period's lists, or are told at once by `lists correct`.
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
                "\nsince then {enter} persons would enter and {leave} would leave; `lists correct --month` tells the \
                 offices at once, else the next period's lists do"
            ),
            _ => Ok(()),
        }
    }
}

/// What is sealed, and whether in earnest.
#[derive(Debug, Clone, Copy)]
pub(in crate::pipeline) struct Sealing {
    /// The period.
    pub(in crate::pipeline) period: Period,
    /// The series.
    pub(in crate::pipeline) rhythm: Rhythm,
    /// Whether nothing is sealed, only written aside and marked.
    pub(in crate::pipeline) is_rehearsal: bool,
}

/// The lists of the period's series that are sealed.
pub(in crate::pipeline) fn sealed_before(
    context: &Context,
    sealing: Sealing,
) -> Result<Vec<SealedList>, PipelineError> {
    let sealed = context.ledger.sealed_lists(sealing.period)?;
    Ok(sealed.into_iter().filter(|list| is_of(sealing.rhythm, &list.office)).collect())
}

/// Seals a period's lists, or says how the sealed ones differ from what the data say now.
pub(in crate::pipeline) fn seal_period(
    context: &Context,
    version: &Version,
    sealing: Sealing,
    lines: &BTreeMap<String, Lines>,
) -> Result<Sealed, PipelineError> {
    let Sealing { period, is_rehearsal, .. } = sealing;
    let mut material = Material::of(context, version, sealing, lines)?;
    let sealed = sealed_before(context, sealing)?;
    if !sealed.is_empty() && !is_rehearsal {
        return since(context, period, &material, &sealed);
    }
    if !is_rehearsal {
        material.recipe = keep_recipe(&context.workspace)?;
    }
    let told = Told::at(context, sealing, Moment::before(period))?;
    let lists = told.lists(period, &material)?;
    let seal_context = material.seal_context(context, &told.keys, is_rehearsal);
    seal(&context.workspace.layout, &context.ledger, &lists, &seal_context)?;
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

/// What lists are made of: the rules of the series, and the mart's rows about them.
struct Material {
    version: u64,
    policy: (String, String),
    recipe: String,
    rules: Vec<ListedRule>,
    rows: Vec<ListRow>,
}

impl Material {
    fn of(
        context: &Context,
        version: &Version,
        sealing: Sealing,
        lines: &BTreeMap<String, Lines>,
    ) -> Result<Self, PipelineError> {
        let Sealing { period, rhythm, .. } = sealing;
        let rules = listed_rules(context, sealing, lines);
        if rules.is_empty() {
            let why = format!("no rule of policy {} is sealed by this job for {period}", context.policy.name);
            return Err(PipelineError::NotReady(why));
        }
        let mut rows = mart_rows(context, version, period)?;
        let in_force = context.policy.in_force(period.last_day());
        let others: BTreeSet<&str> = in_force.filter(|rule| !rhythm.seals(rule)).map(|rule| &*rule.id).collect();
        rows.retain(|row| !others.contains(row.rule.as_str()));
        let policy = (context.policy.name.clone(), context.policy_hash.clone());
        Ok(Self { version: version.number, policy, recipe: String::new(), rules, rows })
    }

    fn seal_context<'a>(&'a self, context: &'a Context, keys: &'a Keys, is_rehearsal: bool) -> SealContext<'a> {
        let BureauSettings { name, area_name, feedback_days } = &context.workspace.settings.bureau;
        SealContext {
            version: self.version,
            policy: &self.policy.0,
            policy_sha256: &self.policy.1,
            recipe: &self.recipe,
            rules: &self.rules,
            keys,
            sender: name,
            area_name: if area_name.is_empty() { &context.workspace.settings.area } else { area_name },
            feedback_days: *feedback_days,
            is_rehearsal,
            at: context.now,
        }
    }
}

/// What lists are told from: the places and offices, what stands of earlier lists, who was given back.
struct Told {
    area: CountyCode,
    counties: BTreeMap<CountyCode, String>,
    offices: Vec<Office>,
    previous: BTreeMap<(String, String), PreviousList>,
    reroutes: Reroutes,
    keys: Keys,
}

impl Told {
    fn at(context: &Context, sealing: Sealing, moment: Moment) -> Result<Self, PipelineError> {
        let Sealing { period, rhythm, .. } = sealing;
        let wrong = |error: crate::domain::ParseError| PipelineError::NotReady(format!("settings, area: {error}"));
        let day = period.last_day();
        let sealed = context.policy.in_force(day).filter(|rule| rhythm.seals(rule));
        let words = sealed.flat_map(|rule| rule.recipients.iter().map(String::as_str));
        let offices = context.offices.of_lists(words, day, rhythm.mark());
        let layout = &context.workspace.layout;
        let mut previous = previous_lists(layout, &context.ledger, moment)?;
        inherit(&mut previous, &context.offices, &offices, day, rhythm);
        Ok(Self {
            area: CountyCode::parse(&context.workspace.settings.area).map_err(wrong)?,
            counties: context.counties.iter().map(|county| (county.code.clone(), county.name.clone())).collect(),
            offices,
            previous,
            reroutes: context.ledger.reroutes(moment)?,
            keys: Keys::open(layout)?,
        })
    }

    fn request<'a>(&'a self, period: Period, rules: &'a [ListedRule]) -> ListRequest<'a> {
        ListRequest {
            period,
            area: &self.area,
            counties: &self.counties,
            rules,
            offices: &self.offices,
            previous: &self.previous,
            reroutes: &self.reroutes,
            tokens: &self.keys.tokens,
        }
    }

    fn lists(&self, period: Period, material: &Material) -> Result<Lists, PipelineError> {
        let request = self.request(period, &material.rules);
        build_lists(&request, &material.rows).map_err(|error| PipelineError::Seal(error.into()))
    }
}

/// How the sealed lists differ from what the data say now.
fn since(
    context: &Context,
    period: Period,
    material: &Material,
    sealed: &[SealedList],
) -> Result<Sealed, PipelineError> {
    let Material { rules, rows, .. } = material;
    let referred = |row: &&ListRow| rules.iter().any(|rule| rule.id == row.rule && !rule.recipients.is_empty());
    let flagged: BTreeSet<PersonKey> =
        rows.iter().filter(|row| row.status == FindingStatus::Flagged).filter(referred).map(|row| row.person).collect();
    let places: BTreeSet<(&str, &str)> =
        sealed.iter().map(|list| (list.county.as_str(), list.office.as_str())).collect();
    let stands = context.ledger.standing(Moment::within(period))?;
    let referrals = stands.iter().filter(|((county, office), standing)| {
        standing.last.period == period
            && Office::is_referral_code(office)
            && places.contains(&(county.as_str(), office.as_str()))
    });
    let persons = referrals.clone().flat_map(|(_, standing)| &standing.persons);
    let listed: BTreeMap<PersonKey, Fen> = persons.map(|one| (one.person.person, one.person.measured)).collect();
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
