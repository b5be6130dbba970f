//! The one evaluator: a period's rules on data. The nightly, plans, simulations, backtests and case books all ask it.
//!
//! What is found over all buckets comes first (counties, rosters' tags); each bucket for itself follows in `judging`. The
//! nightly keeps the rows of each step as
//! files; whoever only tries rules has them in memory, a bucket at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use law::domain::{Counties, Period};
use law::policy::{IncomeFigure, Rule};
use law::rosters::RosterRules;
use store::warehouse::{FileEntry, Version};

use super::data::Data;
use super::refresh::refresh;
use super::rules::{Known, Lines, RuleData, Span, payer_kinds_of, rule_tables, until};
use super::stated::{SNAPSHOTS, Stated};
use super::tables::{AREAS, Area, OPEN_ITEMS, STATED, TAGS, is_handed_in};
use super::task::{Input, Task};
use crate::rows::of_model;
use crate::{Context, Engine, EngineError, Models, Param, PipelineError, in_parallel};

/// Rules carried out on data.
pub struct Evaluation<'a> {
    pub(super) engine: &'a Engine,
    pub(super) data: Data<'a>,
    /// The counties that get a line whether or not anybody lives there.
    served: BTreeSet<String>,
    /// Buckets worked on at once.
    pub(super) workers: usize,
    /// What rosters are judged by.
    rosters: Arc<RosterRules>,
    /// Which codes mean which county.
    places: Arc<Counties>,
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
    pub fn new(engine: &'a Engine, data: Data<'a>, served: BTreeSet<String>, workers: usize) -> Self {
        Self { engine, data, served, workers, rosters: Arc::default(), places: Arc::default(), keeper: None }
    }

    /// Judges rosters and places by a workspace's own tables.
    #[must_use]
    pub fn with_tables(self, rosters: Arc<RosterRules>, places: Arc<Counties>) -> Self {
        Self { rosters, places, ..self }
    }

    /// The same on a version of a workspace.
    #[must_use]
    pub fn of(context: &'a Context, version: &'a Version) -> Self {
        let data = Data::Stored { warehouse: &context.warehouse, version };
        Self::new(&context.engine, data, context.served(), context.workers())
            .with_tables(context.rosters.clone(), context.places.clone())
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
        let measures = self.models().get(model).and_then(|model| model.measures.clone());
        self.measured(model, measures, checks, span, bucket)
    }

    /// The statement of a model that reads what a rule measures, and decides nothing.
    pub(super) fn measuring(
        &self,
        model: &str,
        measures: Option<String>,
        span: Span,
        bucket: u16,
    ) -> Result<Task, PipelineError> {
        self.measured(model, measures, &[], span, bucket)
    }

    fn measured(
        &self,
        model: &str,
        measures: Option<String>,
        checks: &[String],
        span: Span,
        bucket: u16,
    ) -> Result<Task, PipelineError> {
        let models = self.models();
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
            ("payer_kinds", payer_kinds_of([])),
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
    pub(super) fn rule_task(
        &self,
        data: &RuleData,
        model: &str,
        checks: &[String],
        bucket: u16,
    ) -> Result<Task, PipelineError> {
        let task = self.task(model, checks, data.span, bucket)?.of_rule(data);
        Ok(Task { rule: Some(data.rule.clone()), ..task })
    }

    /// A task per bucket for a model that reads what all rules of a period find.
    pub fn period_tasks(
        &self,
        (model, checks): (&str, &[String]),
        rules: &[&Rule],
        once: &MadeOnce,
        period: Period,
    ) -> Result<Vec<Task>, PipelineError> {
        let span = Span::of_rules(rules.iter().copied(), period);
        let rows = rule_tables(rules, period, self.models())?;
        let of = |bucket| {
            let mut task = once.read_by(self.task(model, checks, span, bucket)?.reading_rows(&rows));
            task.params.insert("payer_kinds".to_owned(), payer_kinds_of(rules.iter().copied()));
            Ok(task)
        };
        self.buckets().map(of).collect()
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
            stated: Stated::new(self.rosters.clone(), self.data.roster_files()?, span.period),
            figures: self.data.figures()?,
            places: self.places.clone(),
            period: span.period,
            once: MadeOnce::default(),
            made: Made::default(),
        };
        setting.add(self.data.root(), &areas.parts, &stated.parts)?;
        setting.made.add(areas);
        setting.made.add(stated);
        let snapshots = BTreeMap::from([(SNAPSHOTS.to_owned(), setting.stated.rows(self.models())?)]);
        for table in [TAGS, OPEN_ITEMS] {
            let tasks = each(table)?.into_iter().map(|task| task.reading_rows(&snapshots)).collect();
            let step = self.make(table, tasks).await?;
            setting.once.0.insert(table, step.parts.iter().map(|part| (part.bucket, part.input.clone())).collect());
            setting.made.add(step);
        }
        Ok(setting)
    }
}

/// The rows that a step has just made once for all rules ([`TAGS`], [`OPEN_ITEMS`]), by table and bucket; where there
/// are none a version's own files hold.
#[derive(Debug, Clone, Default)]
pub struct MadeOnce(BTreeMap<&'static str, BTreeMap<u16, Input>>);

impl MadeOnce {
    pub(super) fn read_by(&self, mut task: Task) -> Task {
        for (table, rows) in &self.0 {
            if let Some(rows) = rows.get(&task.bucket) {
                task = task.reading(table, rows.clone());
            }
        }
        task
    }
}

/// What holds for all buckets of a period: which counties need a line, what the rosters state, which figures are out.
pub struct Setting {
    pub counties: BTreeSet<String>,
    pub stated: Stated,
    pub once: MadeOnce,
    pub figures: Vec<IncomeFigure>,
    pub places: Arc<Counties>,
    pub period: Period,
    pub(super) made: Made,
}

impl Setting {
    /// As a version's own files of the period tell it.
    pub fn stored(context: &Context, version: &Version, period: Period) -> Result<Self, PipelineError> {
        let part = |file: &FileEntry| Part { bucket: 0, input: Input::Files(vec![file.clone()]) };
        // what a former program noted of rosters has other columns; counties and lines do not need it
        let is_known = |file: &&FileEntry| {
            file.month == Some(period)
                && (file.table != STATED || file.format >= context.engine.models().interface_of(STATED))
        };
        let parts = |table: &str| -> Vec<Part> { version.table(table).filter(is_known).map(part).collect() };
        let figures = super::rules::income_figures(&context.warehouse, version)?;
        let data = Data::Stored { warehouse: &context.warehouse, version };
        let stated = Stated::new(context.rosters.clone(), data.roster_files()?, period);
        let (counties, places) = (context.served(), context.places.clone());
        let (once, made) = (MadeOnce::default(), Made::default());
        let mut setting = Self { counties, stated, once, figures, places, period, made };
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
        let Self { counties, stated, figures, places, period, .. } = self;
        Known { models, counties, places, stated, figures, period: *period }
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

/// The parts of a step as one table.
pub(super) fn all_of(models: &Models, model: &str, parts: &[Part]) -> Result<Input, PipelineError> {
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
