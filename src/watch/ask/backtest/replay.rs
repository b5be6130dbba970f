//! One past month again: the rules' own statements, over what was settled by its last day.
//!
//! The warehouse does not keep what was known when. What the dates tell is cut: claims and reversals settled later,
//! figures published later. Whom a rule means is taken as on the last replayed day, for all months alike: rosters often
//! begin later than claims, and a roster's first month would look as if all its people crossed the line then. Later
//! payments are those of today.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type};
use engine::compute::rules::{Known, RuleData};
use engine::compute::{Stated, income_figures, sources_in};
use engine::{Context, EngineError, Param, PipelineError, Source, Statement, in_parallel, read_table};
use law::domain::{Fen, Month, Period, PersonKey};
use law::policy::{IncomeFigure, Rule, Shape, TagsOn};
use store::warehouse::Version;

/// Nobody below this part of the line is looked at: no way of warning would name them.
const FLOOR_PART: i64 = 20;

/// What a rule said of one person at the end of a month; persons whom it does not mean or cannot decide are left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replayed {
    pub(super) person: PersonKey,
    pub(super) is_flagged: bool,
    pub(super) is_near: bool,
    pub(super) measured: Fen,
    pub(super) line: Option<Fen>,
    pub(super) recent: Option<Fen>,
}

/// What all months are replayed on.
pub(super) struct Replay<'a> {
    context: &'a Context,
    version: &'a Version,
    counties: BTreeSet<String>,
    figures: Vec<IncomeFigure>,
    /// The last replayed month, and what the rosters state by its end.
    last: Period,
    stated: Stated,
}

impl<'a> Replay<'a> {
    pub(super) async fn new(context: &'a Context, version: &'a Version, to: Month) -> Result<Self, PipelineError> {
        let mut counties: BTreeSet<String> = context.counties.iter().map(|county| county.code.to_string()).collect();
        for file in version.table("areas") {
            for batch in read_table(&context.warehouse.path(file), None)? {
                let batch = batch?;
                counties.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned));
            }
        }
        let figures = income_figures(&context.warehouse, version)?;
        let last = Period::from(to);
        let stated = Stated::read(&context.engine, &context.warehouse, version, last).await?;
        Ok(Self { context, version, counties, figures, last, stated })
    }

    /// What each rule in force said at the end of a month. Rules decided on application look at no month.
    pub(super) async fn month(&self, month: Month) -> Result<Vec<(&'a Rule, Vec<Replayed>)>, PipelineError> {
        let (context, period) = (self.context, Period::from(month));
        let models = context.engine.models();
        let (counties, stated, figures) = (&self.counties, &self.stated, &self.figures);
        let known = Known { models, counties, stated, figures, period };
        let rules: Vec<&Rule> =
            context.policy.in_force(period.last_day()).filter(|rule| rule.shape != Shape::Application).collect();
        let data = |rule: &&Rule| RuleData::of(rule, known).map(|data| self.as_known(rule, data));
        let drawn: Vec<RuleData> = rules.iter().map(data).collect::<Result<_, _>>()?;
        let mut found = Vec::new();
        for (rule, data) in rules.into_iter().zip(&drawn) {
            let statements = (0..self.version.buckets).map(|bucket| self.statement(data, bucket));
            let batches = self.run(statements.collect()).await?.into_iter().flatten();
            let rows: Option<Vec<Vec<Replayed>>> = batches.map(|batch| replayed(&batch)).collect();
            let missing = || EngineError::Model { model: data.model.clone(), why: "a column is missing".to_owned() };
            found.push((rule, rows.ok_or_else(missing)?.concat()));
        }
        Ok(found)
    }

    /// A rule's data with nothing settled after the period, with everybody above a small part of the line, and with
    /// the people whom the rule means at the end.
    fn as_known(&self, rule: &Rule, mut data: RuleData) -> RuleData {
        let last_day = Param::Date(self.last.last_day());
        let mut own = vec![
            ("floor_amount", Param::Money(Fen(data.lines.floor.0 / FLOOR_PART))),
            ("until", Param::Date(data.span.period.last_day())),
            ("on_date", last_day.clone()),
        ];
        if rule.who.tags_on == TagsOn::PeriodEnd {
            own.push(("tags_from", last_day));
        }
        data.params.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        data
    }

    fn statement(&self, data: &RuleData, bucket: u16) -> Statement {
        let models = self.context.engine.models();
        let wanted = models.sources_of(&data.model);
        let files = sources_in(self.version, &wanted, data.span, bucket).into_iter();
        let mut sources: BTreeMap<String, Source> = files
            .map(|(table, files)| {
                (table, Source::Files(files.iter().map(|file| self.context.warehouse.path(file)).collect()))
            })
            .collect();
        sources.extend(data.rows_for(&wanted).into_iter().map(|(table, rows)| (table, Source::Rows(rows))));
        Statement {
            model: data.model.clone(),
            measures: data.measures.clone(),
            sources,
            params: data.params.clone(),
            place: format!("period {} rule {} bucket {bucket:03}", data.span.period, data.rule),
        }
    }

    async fn run(&self, statements: Vec<Statement>) -> Result<Vec<Vec<RecordBatch>>, PipelineError> {
        let engine = self.context.engine.clone();
        let found = in_parallel(self.context.workers(), statements, move |statement| {
            let engine = engine.clone();
            async move { engine.collect(&statement).await }
        });
        Ok(found.await?)
    }
}

/// The rows of a batch that say something; `None` where a column is missing.
fn replayed(batch: &RecordBatch) -> Option<Vec<Replayed>> {
    let money = |name: &str| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Decimal128Type>());
    let persons = batch.column_by_name("person_key")?.as_primitive_opt::<Int64Type>()?;
    let statuses = batch.column_by_name("status")?.as_string_opt::<i32>()?;
    let (measured, line, recent) = (money("measured_amount")?, money("line_amount")?, money("recent_amount")?);
    let fen = |column: &arrow::array::PrimitiveArray<Decimal128Type>, row: usize| {
        column.is_valid(row).then(|| column.value(row)).and_then(|fen| i64::try_from(fen).ok()).map(Fen)
    };
    let says = |row: &usize| matches!(statuses.value(*row), "flagged" | "near" | "below");
    let rows = (0..batch.num_rows()).filter(says).map(|row| Replayed {
        person: PersonKey(persons.value(row)),
        is_flagged: statuses.value(row) == "flagged",
        is_near: statuses.value(row) == "near",
        measured: fen(measured, row).unwrap_or(Fen::ZERO),
        line: fen(line, row),
        recent: fen(recent, row),
    });
    Some(rows.collect())
}
