//! The statements of a simulation, bucket by bucket: each bucket's rows are counted and forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use engine::PipelineError;
use engine::compute::rules::{RuleData, Span};
use engine::compute::{Evaluation, Lines};
use law::cases::FindingStatus;
use law::domain::Period;
use law::policy::{Operator, Rule};

use super::count::{Bucket, Counts, flagged};
use super::rows;
use super::rows::{Finding, Weighed};
use super::variants::{STEP, Scales, variants};

/// Counts, and the lines that the rules drew.
pub(super) struct Found {
    pub(super) counts: Counts,
    pub(super) draft_lines: Vec<Lines>,
    pub(super) against_lines: Vec<Lines>,
}

/// What a statement's rows are for.
#[derive(Debug, Clone, Copy)]
enum Role {
    /// The findings of a rule of the draft.
    Draft(usize),
    /// The findings of a rule of the other policy that the draft does not have.
    Against(usize),
    /// Everybody whom a rule of the draft means.
    Everybody(usize),
    /// A rule of the draft under a variant.
    Varied(usize, usize),
    Groups,
}

/// What counting needs to know of the rules.
struct Setup {
    /// What each statement's rows are for, in order.
    roles: Vec<Role>,
    scales: Vec<Scales>,
    /// The draft's rule that is the same as the other policy's, by rule of the other.
    same: Vec<Option<usize>>,
    /// Last day of the period.
    on: NaiveDate,
}

/// Tries the draft's rules and the other policy's.
pub(super) async fn count(
    evaluation: &Evaluation<'_>,
    [draft, against]: [&[&Rule]; 2],
    period: Period,
) -> Result<Found, PipelineError> {
    let varied: Vec<(usize, usize, Rule)> = variants()
        .iter()
        .enumerate()
        .flat_map(|(at, variant)| draft.iter().enumerate().map(move |(rule, known)| (at, rule, variant.rerun(known))))
        .filter_map(|(at, rule, varied)| Some((at, rule, varied?)))
        .collect();
    let all = draft.iter().chain(against).copied().chain(varied.iter().map(|(_, _, rule)| rule));
    let setting = evaluation.setting(Span::of_rules(all, period)).await?;
    let known = setting.known(evaluation.models());

    let mut plan: Vec<(Role, RuleData)> = Vec::new();
    for (at, rule) in draft.iter().enumerate() {
        let data = RuleData::of(rule, known)?;
        plan.push((Role::Draft(at), data.clone()));
        plan.push((Role::Everybody(at), data.for_everybody(evaluation.models())?));
    }
    let same: Vec<Option<usize>> =
        against.iter().map(|rule| draft.iter().position(|other| finds_alike(rule, other))).collect();
    for (at, rule) in against.iter().enumerate().filter(|(at, _)| same[*at].is_none()) {
        plan.push((Role::Against(at), RuleData::of(rule, known)?));
    }
    for (at, rule, varied) in &varied {
        plan.push((Role::Varied(*at, *rule), RuleData::of(varied, known)?));
    }
    let scales = draft.iter().map(|rule| {
        let mut other = (*rule).clone();
        other.line.operator = match rule.line.operator {
            Operator::Over => Operator::From,
            Operator::From => Operator::Over,
        };
        Scales { rule: (*rule).clone(), flipped: setting.lines(&other) }
    });
    let (mut roles, drawn): (Vec<Role>, Vec<RuleData>) = plan.into_iter().unzip();
    roles.push(Role::Groups);
    let setup = Arc::new(Setup { roles, scales: scales.collect(), same, on: period.last_day() });
    let groups = evaluation.period_tasks(("person_groups", &[]), draft, &setting.once, period)?;
    // a line that is moved down lies below the lowest one
    let judging = evaluation.prepare(drawn, &setting.once, STEP).await?;
    let counted = judging.by_bucket(groups, move |bucket, rows| one_bucket(&setup, bucket, &rows));
    let mut counts = Counts::default();
    counted.await?.into_iter().for_each(|bucket| counts.add(bucket));
    let [draft_lines, against_lines] =
        [draft, against].map(|rules| rules.iter().map(|rule| setting.lines(rule)).collect());
    Ok(Found { counts, draft_lines, against_lines })
}

/// Whether two rules find the same people: their names, recipients and dates of validity do not matter.
fn finds_alike(one: &Rule, other: &Rule) -> bool {
    (one.shape, &one.who, &one.cost, &one.line, &one.means, one.warn_at)
        == (other.shape, &other.who, &other.cost, &other.line, &other.means, other.warn_at)
}

/// Counts what a bucket's statements found, in the order in which later ones need earlier ones.
fn one_bucket(setup: &Setup, number: u16, found: &[Vec<RecordBatch>]) -> Result<Counts, PipelineError> {
    let mut bucket = Bucket {
        draft: vec![Vec::new(); setup.scales.len()],
        against: vec![Vec::new(); setup.same.len()],
        varied: vec![vec![None; setup.scales.len()]; variants().len()],
        ..Bucket::default()
    };
    for (role, batches) in setup.roles.iter().zip(found) {
        match *role {
            Role::Draft(rule) => bucket.draft[rule] = rows::findings(batches)?,
            Role::Against(rule) => bucket.against[rule] = rows::findings(batches)?,
            Role::Varied(variant, rule) => {
                bucket.varied[variant][rule] = Some(flagged(&rows::findings(batches)?));
            }
            Role::Everybody(rule) => {
                vary(&mut bucket, &setup.scales[rule], rule, &rows::weighed(batches)?, number)?;
            }
            Role::Groups => bucket.groups = groups(&mut bucket, setup, batches)?,
        }
    }
    Ok(Counts::of(&bucket))
}

/// Weighs a rule's people under every variant that needs no statement of its own.
fn vary(
    bucket: &mut Bucket,
    scales: &Scales,
    rule: usize,
    people: &[Weighed],
    number: u16,
) -> Result<(), PipelineError> {
    // The rows must say of the rule as it stands what its own statement says.
    let (own, weighed) = (flagged(&bucket.draft[rule]), scales.flagged(people, None));
    if own != weighed {
        let why = format!("the rule flags {} persons, weighing its rows {}", own.len(), weighed.len());
        let place = format!("rule {} bucket {number:03}", scales.rule.id);
        return Err(PipelineError::Check { check: "simulate".to_owned(), place, why });
    }
    for (at, variant) in variants().into_iter().enumerate() {
        if !variant.is_own(&scales.rule) && variant.fits(&scales.rule) && variant.rerun(&scales.rule).is_none() {
            bucket.varied[at][rule] = Some(scales.flagged(people, Some(variant)));
        }
    }
    Ok(())
}

/// The groups of all who are flagged; fills in what both policies find alike.
fn groups(
    bucket: &mut Bucket,
    setup: &Setup,
    batches: &[RecordBatch],
) -> Result<BTreeMap<i64, rows::Groups>, PipelineError> {
    for (rule, same) in setup.same.iter().enumerate() {
        if let Some(same) = same {
            bucket.against[rule] = bucket.draft[*same].clone();
        }
    }
    let listed = bucket.draft.iter().flatten().filter(|row: &&Finding| row.status == FindingStatus::Flagged);
    rows::groups(batches, listed.map(|row| row.person).collect::<Vec<_>>().into_iter(), setup.on)
}
