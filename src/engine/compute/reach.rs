//! Whose claims are looked at closely: a narrow pass over everybody's, then all columns of the few who could reach a
//! line. What `sql/intermediate/reach.sql` says of people is the reason why nobody else can.

use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use law::domain::Fen;
use law::policy::{Basis, Netting};

use super::evaluation::{Evaluation, Made, MadeOnce, together};
use super::links::Links;
use super::rules::{LINK, RuleData, Span};
use super::tables::{CLAIMS, CLAIMS_IN_REACH, REACH, looks_at_claims};
use super::task::{Input, Task};
use crate::{Copied, Engine, EngineError, Models, Param, Params, PersonKeys, PipelineError, Source, keys_of, rows_of};

/// The people above the floor.
const PEOPLE: &str = "people_in_reach";

/// Whose claims rules look at: nobody of whom all rules together are sure that they measure less than the lowest line.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    bound: Params,
    span: Span,
    /// Whose claims are looked at whatever they sum up to.
    links: Links,
}

impl Reach {
    /// The reach of the rules that look at single persons' claims, down to `margin` below their lowest line.
    pub(super) fn of(models: &Models, drawn: &[RuleData], margin: Fen, links: &Links) -> Option<Self> {
        let rules: Vec<&RuleData> = drawn.iter().filter(|data| looks_at_claims(models, data)).collect();
        let floor = rules.iter().map(|data| data.lines.floor).min()?;
        let bases: BTreeSet<&str> = rules.iter().map(|data| data.cost.basis.name()).collect();
        let bases = bases.iter().fold(";".to_owned(), |all, basis| all + basis + ";");
        let adds = rules.iter().any(|data| data.cost.medical_assistance == Netting::Ignore);
        let subtracts =
            rules.iter().any(|data| data.cost.adjustments == Netting::Subtract || data.cost.basis == Basis::NetBurden);
        let floor = Fen(floor.0 - margin.0);
        let bound = [
            ("bases", Param::Text(bases)),
            ("adds_assistance", Param::Boolean(adds)),
            ("subtracts", Param::Boolean(subtracts)),
            ("floor_amount", Param::Money(floor)),
        ];
        let bound = bound.map(|(name, value)| (name.to_owned(), value)).into();
        let period = rules.first()?.span.period;
        let span = Span::of_year(period).with(rules.iter().map(|data| data.span));
        Some(Self { bound, span, links: links.clone() })
    }

    fn task(
        &self,
        evaluation: &Evaluation<'_>,
        model: &str,
        checks: &[String],
        bucket: u16,
    ) -> Result<Task, PipelineError> {
        let mut task = evaluation.task(model, checks, self.span, bucket)?;
        task.params.extend(self.bound.clone());
        Ok(task)
    }

    /// Everybody's upper amounts.
    pub(super) fn of_everybody(
        &self,
        evaluation: &Evaluation<'_>,
        checks: &[String],
        bucket: u16,
    ) -> Result<Task, PipelineError> {
        self.task(evaluation, REACH, checks, bucket)
    }

    /// The people in reach, whose claims are copied: all columns of them.
    pub(super) fn of_people(
        &self,
        evaluation: &Evaluation<'_>,
        checks: &[String],
        bucket: u16,
        reach: Input,
    ) -> Result<Task, PipelineError> {
        let linked = self.links.rows(evaluation.models(), (bucket, evaluation.buckets().end))?;
        let mut task = self.task(evaluation, PEOPLE, checks, bucket)?.reading(REACH, reach);
        task = task.reading(LINK, Input::Rows(linked));
        let claims = evaluation.data.input(evaluation.models(), CLAIMS, self.span, bucket)?;
        task.inputs.insert(CLAIMS.to_owned(), Some(claims));
        CLAIMS_IN_REACH.clone_into(&mut task.table);
        Ok(task)
    }

    /// Makes files of both, of the claims only the columns that anybody reads.
    pub(super) async fn refresh(
        &self,
        evaluation: &Evaluation<'_>,
        (drawn, once): (&[RuleData], &MadeOnce),
        checks: &Checks,
    ) -> Result<[Made; 2], PipelineError> {
        let everybody = |bucket| Ok(once.read_by(self.of_everybody(evaluation, &checks.reach, bucket)?));
        let everybody: Result<Vec<Task>, PipelineError> = evaluation.buckets().map(everybody).collect();
        let reach = evaluation.make(REACH, everybody?).await?;
        let columns = columns_read(evaluation, drawn, &checks.claims, self.span).await?;
        let mut copies = Vec::new();
        for part in &reach.parts {
            let mut task = self.of_people(evaluation, &checks.claims, part.bucket, part.input.clone())?;
            task.copied = Some(Copied { table: CLAIMS.to_owned(), columns: columns.clone() });
            copies.push(task);
        }
        let claims = evaluation.make(CLAIMS_IN_REACH, copies).await?;
        Ok([reach, claims])
    }
}

/// Which of a job's checks follow everybody's reach, the claims in it, and each rule.
pub(super) struct Checks {
    reach: Vec<String>,
    claims: Vec<String>,
    /// Of what a rule measured.
    pub(super) rule: Vec<String>,
}

impl Checks {
    pub(super) fn of(models: &Models, checks: &[String]) -> Self {
        let (rule, others): (Vec<_>, Vec<_>) = checks.iter().cloned().partition(|check| models.is_abstract(check));
        let (reach, claims) = others.into_iter().partition(|check| models.sources_of(check).contains(REACH));
        Self { reach, claims, rule }
    }
}

/// The columns of claims that rules' statements and the checks of the claims in reach read.
async fn columns_read(
    evaluation: &Evaluation<'_>,
    drawn: &[RuleData],
    checks: &[String],
    span: Span,
) -> Result<BTreeSet<String>, PipelineError> {
    let models = evaluation.models();
    let mut statements = Vec::new();
    for check in checks {
        statements.push(evaluation.task(check, &[], span, 0)?);
    }
    for data in drawn.iter().filter(|data| looks_at_claims(models, data)) {
        statements.push(evaluation.task(&data.model, &[], data.span, 0)?.of_rule(data));
    }
    // whose rows they are is read in any case
    let mut columns = BTreeSet::from(["person_key".to_owned()]);
    for task in statements {
        let mut statement = task.statement(Path::new(""));
        for source in statement.sources.values_mut().filter(|source| matches!(source, Source::Files(_))) {
            *source = Source::Files(Vec::new());
        }
        columns.extend(evaluation.engine.columns_read(&statement, CLAIMS).await?);
    }
    Ok(columns)
}

/// Everybody's upper amounts of one bucket and the claims of the people in reach, in memory.
pub(super) async fn narrow(
    engine: &Engine,
    root: &Path,
    reach: &Task,
    people: Task,
) -> Result<(Input, Input), PipelineError> {
    let missing = || EngineError::Model { model: PEOPLE.to_owned(), why: "person_key is missing".to_owned() };
    let upper = together(engine.models(), REACH, engine.collect(&reach.statement(root)).await?)?;
    let people = people.reading(REACH, Input::Rows(upper.clone()));
    let keys = keys_of(&engine.collect(&people.statement(root)).await?).ok_or_else(missing)?;
    let mut rows = Vec::new();
    match people.inputs.get(CLAIMS) {
        Some(Some(Input::Rows(all))) => rows.push(only(all, &keys).ok_or_else(missing)?),
        Some(Some(Input::Files(files))) => {
            let schema = engine.models().schema_of(CLAIMS).ok_or_else(missing)?;
            for file in files {
                for batch in rows_of(&root.join(&file.path), &schema, &keys)? {
                    rows.push(batch?);
                }
            }
        }
        _ => {}
    }
    Ok((Input::Rows(upper), Input::Rows(together(engine.models(), CLAIMS, rows)?)))
}

/// The rows of some persons.
pub(super) fn only(batch: &RecordBatch, keys: &PersonKeys) -> Option<RecordBatch> {
    let persons = batch.column_by_name("person_key")?.as_primitive_opt::<Int64Type>()?;
    let is_wanted: BooleanArray = persons.iter().map(|key| Some(keys.contains(&key?))).collect();
    arrow::compute::filter_record_batch(batch, &is_wanted).ok()
}
