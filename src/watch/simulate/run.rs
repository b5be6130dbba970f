//! The statements of a simulation, bucket by bucket: each bucket's rows are counted and forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use chrono::NaiveDate;
use engine::compute::rules::{Known, RuleData, Span};
use engine::compute::{Bound, CLAIMS, Lines, Prepared, Stated, Trial, narrow};
use engine::{Engine, Param, PipelineError, Source, Statement, in_parallel};
use law::domain::{Fen, Period};
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
    scales: Vec<Scales>,
    /// The draft's rule that is the same as the other policy's, by rule of the other.
    same: Vec<Option<usize>>,
    /// Nobody whose cost does not exceed it is noticed by any rule under any variant.
    floor: Fen,
    /// What no rule under any variant can measure more than.
    bound: Bound,
    /// Last day of the period.
    on: NaiveDate,
}

/// Tries the draft's rules and the other policy's.
pub(super) async fn count(
    trial: &Trial<'_>,
    [draft, against]: [&[&Rule]; 2],
    period: Period,
) -> Result<Found, PipelineError> {
    let stated = trial.stated(period).await?;
    let figures = trial.figures()?;
    let varied: Vec<(usize, usize, Rule)> = variants()
        .iter()
        .enumerate()
        .flat_map(|(at, variant)| draft.iter().enumerate().map(move |(rule, known)| (at, rule, variant.rerun(known))))
        .filter_map(|(at, rule, varied)| Some((at, rule, varied?)))
        .collect();
    let all = draft.iter().chain(against).copied().chain(varied.iter().map(|(_, _, rule)| rule));
    let bound = Bound::of(all.clone());
    let counties = counties(trial, Span::of_rules(all, period)).await?;
    let models = trial.engine.models();
    let known = Known { models, counties: &counties, stated: &stated, figures: &figures, period };

    let mut plan = Vec::new();
    let (mut draft_lines, mut against_lines) = (Vec::new(), Vec::new());
    for (at, rule) in draft.iter().enumerate() {
        let data = RuleData::of(rule, known)?;
        draft_lines.push(data.lines.clone());
        plan.push((Role::Draft(at), trial.prepare(data.clone()).await?));
        plan.push((Role::Everybody(at), trial.prepare(data.for_everybody(models)?).await?));
    }
    let same: Vec<Option<usize>> =
        against.iter().map(|rule| draft.iter().position(|other| finds_alike(rule, other))).collect();
    for (at, rule) in against.iter().enumerate() {
        let data = RuleData::of(rule, known)?;
        against_lines.push(data.lines.clone());
        if same[at].is_none() {
            plan.push((Role::Against(at), trial.prepare(data).await?));
        }
    }
    for (at, rule, varied) in &varied {
        plan.push((Role::Varied(*at, *rule), trial.prepare(RuleData::of(varied, known)?).await?));
    }
    let scales = draft.iter().map(|rule| {
        let mut other = (*rule).clone();
        other.line.operator = match rule.line.operator {
            Operator::Over => Operator::From,
            Operator::From => Operator::Over,
        };
        let flipped = Lines::draw(&other, &counties, period, period.last_day(), &figures);
        Scales { rule: (*rule).clone(), flipped }
    });
    let lowest = plan.iter().map(|(_, rule)| rule.data.lines.floor).min().unwrap_or_default();
    let floor = Fen(lowest.0 - STEP.0);
    let setup = Setup { scales: scales.collect(), same, floor, bound, on: period.last_day() };
    let counts = by_bucket(trial, &plan, setup, &stated, period).await?;
    Ok(Found { counts, draft_lines, against_lines })
}

/// Whether two rules find the same people: their names, recipients and dates of validity do not matter.
fn finds_alike(one: &Rule, other: &Rule) -> bool {
    (one.shape, &one.who, &one.cost, &one.line, &one.means, one.warn_at)
        == (other.shape, &other.who, &other.cost, &other.line, &other.means, other.warn_at)
}

/// The counties that get a line: those of the workspace, and those in which anybody lives or is insured.
async fn counties(trial: &Trial<'_>, span: Span) -> Result<BTreeSet<String>, PipelineError> {
    let mut statements = Vec::new();
    for bucket in trial.buckets() {
        let sources = trial.sources("areas", span, bucket)?;
        statements.push(statement("areas", sources, span.period, bucket));
    }
    let mut counties = trial.counties.clone();
    for batch in trial.run(statements).await?.into_iter().flatten() {
        if let Some(codes) = batch.column_by_name("county_code").and_then(|column| column.as_string_opt::<i32>()) {
            counties.extend(codes.iter().flatten().map(str::to_owned));
        }
    }
    Ok(counties)
}

fn statement(model: &str, sources: BTreeMap<String, Source>, period: Period, bucket: u16) -> Statement {
    let day = Param::Date(period.last_day());
    Statement {
        model: model.to_owned(),
        measures: None,
        sources,
        params: [("on_date".to_owned(), day.clone()), ("tags_from".to_owned(), day)].into(),
        place: format!("period {period} bucket {bucket:03}"),
    }
}

async fn by_bucket(
    trial: &Trial<'_>,
    plan: &[(Role, Prepared)],
    setup: Setup,
    stated: &Stated,
    period: Period,
) -> Result<Counts, PipelineError> {
    let stated = stated.rows(trial.engine.models())?;
    let mut buckets = Vec::new();
    for bucket in trial.buckets() {
        let mut statements = Vec::new();
        for (role, rule) in plan {
            statements.push((*role, trial.statement_of(rule, bucket)?));
        }
        let mut sources = trial.sources("person_groups", Span::of_year(period), bucket)?;
        sources.insert("stated_tags".to_owned(), Source::Rows(stated.clone()));
        statements.push((Role::Groups, statement("person_groups", sources, period, bucket)));
        buckets.push(statements);
    }
    let (engine, setup) = (trial.engine.clone(), Arc::new(setup));
    let counted = in_parallel(trial.workers, buckets, move |statements| {
        let (engine, setup) = (engine.clone(), setup.clone());
        async move { one_bucket(&engine, &setup, statements).await }
    });
    let mut counts = Counts::default();
    counted.await?.into_iter().for_each(|bucket| counts.add(bucket));
    Ok(counts)
}

/// Runs a bucket's statements, in the order in which later ones need what earlier ones found.
async fn one_bucket(
    engine: &Engine,
    setup: &Setup,
    statements: Vec<(Role, Statement)>,
) -> Result<Counts, PipelineError> {
    let mut reach = Reach { floor: setup.floor, narrowed: Vec::new() };
    let mut bucket = Bucket {
        draft: vec![Vec::new(); setup.scales.len()],
        against: vec![Vec::new(); setup.same.len()],
        varied: vec![vec![None; setup.scales.len()]; variants().len()],
        ..Bucket::default()
    };
    for (role, mut statement) in statements {
        reach.narrow(engine, &setup.bound, &mut statement).await?;
        let batches = engine.collect(&statement).await?;
        match role {
            Role::Draft(rule) => bucket.draft[rule] = rows::findings(&batches)?,
            Role::Against(rule) => bucket.against[rule] = rows::findings(&batches)?,
            Role::Varied(variant, rule) => {
                bucket.varied[variant][rule] = Some(flagged(&rows::findings(&batches)?));
            }
            Role::Everybody(rule) => {
                let people = rows::weighed(&batches)?;
                vary(&mut bucket, &setup.scales[rule], rule, &people, &statement.place)?;
            }
            Role::Groups => bucket.groups = groups(&mut bucket, setup, &batches)?,
        }
    }
    Ok(Counts::of(&bucket))
}

/// A bucket's claims, only of people whose cost could reach a line: all rules and variants share the reading of them.
struct Reach {
    floor: Fen,
    narrowed: Vec<(Vec<PathBuf>, Source)>,
}

impl Reach {
    async fn narrow(&mut self, engine: &Engine, bound: &Bound, statement: &mut Statement) -> Result<(), PipelineError> {
        let Some(Source::Files(files)) = statement.sources.get(CLAIMS) else { return Ok(()) };
        if let Some((_, rows)) = self.narrowed.iter().find(|(known, _)| known == files) {
            statement.sources.insert(CLAIMS.to_owned(), rows.clone());
            return Ok(());
        }
        let files = files.clone();
        narrow(engine, (bound, self.floor), statement).await?;
        self.narrowed.extend(statement.sources.get(CLAIMS).map(|rows| (files, rows.clone())));
        Ok(())
    }
}

/// Weighs a rule's people under every variant that needs no statement of its own.
fn vary(
    bucket: &mut Bucket,
    scales: &Scales,
    rule: usize,
    people: &[Weighed],
    place: &str,
) -> Result<(), PipelineError> {
    // The rows must say of the rule as it stands what its own statement says.
    let (own, weighed) = (flagged(&bucket.draft[rule]), scales.flagged(people, None));
    if own != weighed {
        let why = format!("the rule flags {} persons, weighing its rows {}", own.len(), weighed.len());
        return Err(PipelineError::Check { check: "simulate".to_owned(), place: place.to_owned(), why });
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
    let listed = bucket.draft.iter().flatten().filter(|row: &&Finding| row.status == rows::Status::Flagged);
    rows::groups(batches, listed.map(|row| row.person).collect::<Vec<_>>().into_iter(), setup.on)
}
