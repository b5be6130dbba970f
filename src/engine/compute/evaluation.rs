//! The one evaluator: a period's rules on data. The nightly, plans, simulations, backtests and case books all ask it.
//!
//! What is found over all buckets comes first (counties, rosters' tags, what members of applying households paid), then
//! each bucket for itself: everybody's reach, the claims in it, every rule. The nightly keeps the rows of each step as
//! files; whoever only tries rules has them in memory, a bucket at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::RecordBatch;
use law::domain::{Fen, Period};
use law::policy::{IncomeFigure, Rule};
use store::warehouse::{FileEntry, Version};

use super::data::Data;
use super::findings::{Area, MEMBERS, is_handed_in};
use super::reach::{CLAIMS, REACH, Reach, narrow};
use super::refresh::refresh;
use super::rules::{Known, Lines, RuleData, Span, rule_tables, until};
use super::stated::Stated;
use super::task::{Input, Task};
use crate::rows::of_model;
use crate::{Context, Engine, EngineError, Models, Param, PipelineError, in_parallel};

const AREAS: &str = "areas";
const STATED: &str = "stated_tags";

/// Rules carried out on data.
pub struct Evaluation<'a> {
    pub(super) engine: &'a Engine,
    pub(super) data: Data<'a>,
    /// The counties that get a line whether or not anybody lives there.
    served: BTreeSet<String>,
    /// Buckets worked on at once.
    workers: usize,
    /// Whose next version keeps what is made; `None`: it stays in memory.
    keeper: Option<&'a Context>,
}

/// The rows of a step in one bucket.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) bucket: u16,
    pub(super) input: Input,
}

/// What a step has made.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) parts: Vec<Part>,
    /// How many files were made anew.
    pub(super) anew: usize,
}

impl Made {
    pub(super) fn add(&mut self, step: Self) {
        self.parts.extend(step.parts);
        self.anew += step.anew;
    }
}

impl<'a> Evaluation<'a> {
    /// Tries rules: nothing is written.
    #[must_use]
    pub const fn new(engine: &'a Engine, data: Data<'a>, served: BTreeSet<String>, workers: usize) -> Self {
        Self { engine, data, served, workers, keeper: None }
    }

    /// The same on a version of a workspace.
    #[must_use]
    pub fn of(context: &'a Context, version: &'a Version) -> Self {
        let data = Data::Stored { warehouse: &context.warehouse, version };
        Self::new(&context.engine, data, context.served(), context.workers())
    }

    /// In earnest: the next version keeps what is made, and what is fresh is not made again.
    pub(super) fn kept(context: &'a Context, version: &'a Version) -> Self {
        Self { keeper: Some(context), ..Self::of(context, version) }
    }

    /// The models that carry the rules out.
    #[must_use]
    pub fn models(&self) -> &Models {
        self.engine.models()
    }

    pub(super) fn buckets(&self) -> std::ops::Range<u16> {
        self.data.buckets()
    }

    /// A model's statement of one bucket with the checks that follow it, on all data that they read.
    pub(super) fn task(&self, model: &str, checks: &[String], span: Span, bucket: u16) -> Result<Task, PipelineError> {
        let models = self.models();
        let measures = models.get(model).and_then(|model| model.measures.clone());
        let names = checks.iter().map(String::as_str).chain([model]);
        let wanted: BTreeSet<String> = names.flat_map(|name| models.bound_sources(name, measures.as_deref())).collect();
        let mut inputs = BTreeMap::new();
        for table in wanted.into_iter().filter(|table| table != model) {
            let stored = if is_handed_in(&table) { None } else { Some(self.data.input(models, &table, span, bucket)?) };
            inputs.insert(table, stored);
        }
        let on_date = Param::Date(span.period.last_day());
        let params = [
            ("on_date", on_date.clone()),
            ("tags_from", on_date),
            ("until", Param::Date(until(span.period))),
            ("everybody", Param::Boolean(false)),
        ];
        Ok(Task {
            model: model.to_owned(),
            measures,
            copied: None,
            table: if models.shapes().any(|shape| shape.name == model) { "findings" } else { model }.to_owned(),
            period: span.period,
            rule: None,
            bucket,
            inputs,
            params: params.map(|(name, value)| (name.to_owned(), value)).into(),
            checks: checks.to_vec(),
        })
    }

    /// A rule's statement of one bucket: the one that judges, or one that it stands on.
    fn rule_task(&self, data: &RuleData, model: &str, checks: &[String], bucket: u16) -> Result<Task, PipelineError> {
        let task = self.task(model, checks, data.span, bucket)?.of_rule(data);
        Ok(Task { rule: Some(data.rule.clone()), ..task })
    }

    /// A task per bucket for a model that reads what all rules of a period find.
    pub fn period_tasks(
        &self,
        (model, checks): (&str, &[String]),
        rules: &[&Rule],
        stated: &Stated,
        period: Period,
    ) -> Result<Vec<Task>, PipelineError> {
        let models = self.models();
        let span = Span::of_rules(rules.iter().copied(), period);
        let mut rows = rule_tables(rules, period, models)?;
        rows.insert(STATED.to_owned(), stated.rows(models)?);
        self.buckets().map(|bucket| Ok(self.task(model, checks, span, bucket)?.reading_rows(&rows))).collect()
    }

    /// Makes the rows of a step: files of the next version, or rows in memory.
    pub(super) async fn make(&self, step: &str, tasks: Vec<Task>) -> Result<Made, PipelineError> {
        if let (Some(context), Data::Stored { version, .. }) = (self.keeper, self.data) {
            let refreshed = refresh(context, version, step, tasks).await?;
            let part =
                |entry: FileEntry| Part { bucket: entry.bucket.unwrap_or_default(), input: Input::Files(vec![entry]) };
            return Ok(Made { parts: refreshed.entries.into_iter().map(part).collect(), anew: refreshed.made });
        }
        let (engine, root) = (self.engine.clone(), self.data.root().to_owned());
        let made = in_parallel(self.workers, tasks, move |task| {
            let (engine, root) = (engine.clone(), root.clone());
            async move {
                let rows = engine.collect(&task.statement(&root)).await?;
                let input = Input::Rows(together(engine.models(), &task.model, rows)?);
                Ok::<_, PipelineError>(Part { bucket: task.bucket, input })
            }
        });
        Ok(Made { parts: made.await?, anew: 0 })
    }

    /// What holds for all buckets of a period, for rules that read this span.
    pub async fn setting(&self, span: Span) -> Result<Setting, PipelineError> {
        let each = |model: &str| -> Result<Vec<Task>, PipelineError> {
            self.buckets().map(|bucket| self.task(model, &[], span, bucket)).collect()
        };
        let areas = self.make(AREAS, each(AREAS)?).await?;
        let stated = self.make(STATED, each(STATED)?).await?;
        let mut setting = Setting {
            counties: self.served.clone(),
            stated: Stated::default(),
            figures: self.data.figures()?,
            period: span.period,
            made: Made::default(),
        };
        setting.add(self.data.root(), &areas.parts, &stated.parts)?;
        setting.made.add(areas);
        setting.made.add(stated);
        Ok(setting)
    }

    /// Gets rules ready that are drawn: what each needs over all buckets, and whose claims any of them looks at.
    /// `margin`: by so much below the lowest line somebody is still looked at.
    pub async fn prepare(&self, drawn: Vec<RuleData>, margin: Fen) -> Result<Judging<'_>, PipelineError> {
        let (mut members, mut made) = (Vec::with_capacity(drawn.len()), Made::default());
        for data in &drawn {
            let mut files = None;
            if needs_members(self.models(), data) {
                let tasks = self.buckets().map(|bucket| self.rule_task(data, MEMBERS, &[], bucket));
                let step = self.make(MEMBERS, tasks.collect::<Result<_, _>>()?).await?;
                files = Some(all_of(self.models(), MEMBERS, &step.parts)?);
                made.add(step);
            }
            members.push(files);
        }
        let reach = Reach::of(self.models(), &drawn, margin);
        Ok(Judging { evaluation: self, drawn, members, made, reach })
    }

    /// The findings of rules on a period, of all buckets; what `refresh_findings` keeps, in memory.
    pub async fn findings(&self, rules: &[&Rule], period: Period) -> Result<Vec<RecordBatch>, PipelineError> {
        let setting = self.setting(Span::of_rules(rules.iter().copied(), period)).await?;
        let judging = self.prepare(setting.draw(rules, self.models())?, Fen::ZERO).await?;
        Ok(judging.by_bucket(Vec::new(), |_, rows| Ok(rows.concat())).await?.concat())
    }
}

/// Whether a rule's statement reads what the members of all applying households paid.
fn needs_members(models: &Models, data: &RuleData) -> bool {
    models.sources_of(&data.model).contains(MEMBERS)
}

/// Whether a rule looks at the claims of one person at a time. A household's cost is bounded by no person's reach, and
/// its claims lie in many buckets; statements of a former program may know of no reach.
pub(super) fn looks_at_claims(models: &Models, data: &RuleData) -> bool {
    models.get(REACH).is_some() && models.sources_of(&data.model).contains(CLAIMS) && !needs_members(models, data)
}

/// What holds for all buckets of a period: which counties need a line, what the rosters state, which figures are out.
pub struct Setting {
    pub counties: BTreeSet<String>,
    pub stated: Stated,
    pub figures: Vec<IncomeFigure>,
    pub period: Period,
    pub(super) made: Made,
}

impl Setting {
    /// As a version's own files of the period tell it.
    pub fn stored(context: &Context, version: &Version, period: Period) -> Result<Self, PipelineError> {
        let part = |file: &FileEntry| Part { bucket: 0, input: Input::Files(vec![file.clone()]) };
        let parts = |table: &str| -> Vec<Part> {
            version.table(table).filter(|file| file.month == Some(period)).map(part).collect()
        };
        let figures = super::rules::income_figures(&context.warehouse, version)?;
        let (counties, stated) = (context.served(), Stated::default());
        let mut setting = Self { counties, stated, figures, period, made: Made::default() };
        setting.add(context.warehouse.root(), &parts(AREAS), &parts(STATED))?;
        Ok(setting)
    }

    fn add(&mut self, root: &Path, areas: &[Part], stated: &[Part]) -> Result<(), PipelineError> {
        for part in areas {
            let areas: Vec<Area> = of_model(AREAS, &part.input.read(root)?)?;
            self.counties.extend(areas.into_iter().filter_map(|area| area.county));
        }
        for part in stated {
            self.stated.add(&part.input.read(root)?)?;
        }
        Ok(())
    }

    #[must_use]
    pub fn known<'k>(&'k self, models: &'k Models) -> Known<'k> {
        Known { models, counties: &self.counties, stated: &self.stated, figures: &self.figures, period: self.period }
    }

    /// Rules with all that their statements need besides the data of persons.
    pub fn draw(&self, rules: &[&Rule], models: &Models) -> Result<Vec<RuleData>, PipelineError> {
        rules.iter().map(|rule| Ok(RuleData::of(rule, self.known(models))?)).collect()
    }

    /// A rule's lines as they stand in this period.
    #[must_use]
    pub fn lines(&self, rule: &Rule) -> Lines {
        Lines::draw(rule, &self.counties, self.period, self.period.last_day(), &self.figures)
    }
}

/// Rules of a period ready for every bucket.
pub struct Judging<'a> {
    evaluation: &'a Evaluation<'a>,
    pub(super) drawn: Vec<RuleData>,
    /// What the members of applying households paid, for each rule that asks.
    members: Vec<Option<Input>>,
    pub(super) made: Made,
    pub(super) reach: Option<Reach>,
}

/// The statements of one bucket, each with whether it reads the claims in reach, and what those are found by.
struct Bucket {
    number: u16,
    reach: Option<(Task, Task)>,
    tasks: Vec<(Task, bool)>,
}

impl Judging<'_> {
    /// The statements of one bucket, in the order of the rules: where a rule looks at single persons' claims, on the
    /// upper amounts and claims of those in reach.
    pub(super) fn rule_tasks(
        &self,
        checks: &[String],
        bucket: u16,
        in_reach: Option<&(Input, Input)>,
    ) -> Result<Vec<Task>, PipelineError> {
        let evaluation = self.evaluation;
        let task = |(data, members): (&RuleData, &Option<Input>)| {
            let task = evaluation.rule_task(data, &data.model, checks, bucket)?;
            let task = members.iter().fold(task, |task, members| task.reading(MEMBERS, members.clone()));
            Ok(match in_reach.filter(|_| looks_at_claims(evaluation.models(), data)) {
                Some((reach, claims)) => task.reading(REACH, reach.clone()).reading(CLAIMS, claims.clone()),
                None => task.reading(REACH, Input::Files(Vec::new())),
            })
        };
        self.drawn.iter().zip(&self.members).map(task).collect()
    }

    /// Carries all rules out, bucket by bucket, and after them `more`, one task of each bucket. `then` is given the
    /// rows of each rule in the order in which they were prepared; nothing of a bucket is kept longer than it runs.
    pub async fn by_bucket<T, F>(&self, more: Vec<Task>, then: F) -> Result<Vec<T>, PipelineError>
    where
        T: Send + 'static,
        F: Fn(u16, Vec<Vec<RecordBatch>>) -> Result<T, PipelineError> + Clone + Send + Sync + 'static,
    {
        let evaluation = self.evaluation;
        let mut more: BTreeMap<u16, Task> = more.into_iter().map(|task| (task.bucket, task)).collect();
        let mut buckets = Vec::new();
        for number in evaluation.buckets() {
            // whose claims are looked at is known only once the bucket is carried out
            let waiting = (Input::Files(Vec::new()), Input::Files(Vec::new()));
            let mut bucket = Bucket { number, reach: None, tasks: Vec::new() };
            if let Some(reach) = &self.reach {
                let everybody = reach.of_everybody(evaluation, &[], number)?;
                bucket.reach = Some((everybody, reach.of_people(evaluation, &[], number, waiting.0.clone())?));
            }
            let looks = self.drawn.iter().map(|data| looks_at_claims(evaluation.models(), data));
            bucket.tasks = self.rule_tasks(&[], number, Some(&waiting))?.into_iter().zip(looks).collect();
            bucket.tasks.extend(more.remove(&number).map(|task| (task, false)));
            buckets.push(bucket);
        }
        let (engine, root) = (evaluation.engine.clone(), evaluation.data.root().to_owned());
        in_parallel(evaluation.workers, buckets, move |bucket| {
            let (engine, root, then) = (engine.clone(), root.clone(), then.clone());
            async move { then(bucket.number, bucket.carry_out(&engine, &root).await?) }
        })
        .await
    }
}

impl Bucket {
    async fn carry_out(self, engine: &Engine, root: &Path) -> Result<Vec<Vec<RecordBatch>>, PipelineError> {
        let in_reach = match self.reach {
            Some((everybody, people)) => Some(narrow(engine, root, &everybody, people).await?),
            None => None,
        };
        let mut found = Vec::with_capacity(self.tasks.len());
        for (task, looks) in self.tasks {
            let task = match in_reach.clone().filter(|_| looks) {
                Some((reach, claims)) => task.reading(REACH, reach).reading(CLAIMS, claims),
                None => task,
            };
            found.push(engine.collect(&task.statement(root)).await?);
        }
        Ok(found)
    }
}

/// The parts of a step as one table.
fn all_of(models: &Models, model: &str, parts: &[Part]) -> Result<Input, PipelineError> {
    let (mut files, mut batches) = (Vec::new(), Vec::new());
    for part in parts {
        match &part.input {
            Input::Files(entries) => files.extend(entries.iter().cloned()),
            Input::Rows(rows) => batches.push(rows.clone()),
        }
    }
    Ok(if files.is_empty() { Input::Rows(together(models, model, batches)?) } else { Input::Files(files) })
}

/// Rows of a model as one table.
pub fn together(models: &Models, model: &str, batches: Vec<RecordBatch>) -> Result<RecordBatch, PipelineError> {
    let wrong = |why: String| EngineError::Model { model: model.to_owned(), why };
    let schema = models.schema_of(model).ok_or_else(|| wrong("there is no such table".to_owned()))?;
    // the engine knows columns to be never null; contracts do not say so
    let conformed: Result<Vec<RecordBatch>, _> =
        batches.into_iter().map(|batch| RecordBatch::try_new(schema.clone(), batch.columns().to_vec())).collect();
    let rows = conformed.and_then(|all| arrow::compute::concat_batches(&schema, &all));
    Ok(rows.map_err(|error| wrong(error.to_string()))?)
}
