//! Judging people by any policy on stored data or on rows in memory. Writes nothing and commits nothing.

mod rows;
mod stored;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use law::domain::Period;
use law::policy::{Policy, Rule};
use store::warehouse::{Version, Warehouse};

use super::findings::{MEMBERS, is_handed_in, needs_members};
use super::reach::{Bound, REACH, looks_at_claims, narrow};
use super::rules::{Known, RuleData, Span};
use crate::{Engine, EngineError, Models, PipelineError, Source, Statement, in_parallel};

#[derive(Clone, Copy)]
pub enum Data<'a> {
    /// The files of a version.
    Stored { warehouse: &'a Warehouse, version: &'a Version },
    /// Rows of the tables that intake writes, by table, as one bucket; a table that is not named is empty.
    Rows(&'a BTreeMap<String, RecordBatch>),
}

/// A policy and models, tried on data.
pub struct Trial<'a> {
    pub engine: &'a Engine,
    pub policy: &'a Policy,
    /// The counties that get a line.
    pub counties: &'a BTreeSet<String>,
    pub data: Data<'a>,
    /// Buckets worked on at once.
    pub workers: usize,
}

/// A rule's data, and what is put together for it before any bucket is judged.
pub struct Prepared {
    pub data: RuleData,
    members: Option<Source>,
}

impl Trial<'_> {
    /// The findings of all rules in force, of all buckets, by rule and bucket.
    pub async fn findings(&self, period: Period) -> Result<Vec<RecordBatch>, PipelineError> {
        let rules: Vec<&Rule> = self.policy.in_force(period.last_day()).collect();
        let stated = self.stated(period).await?;
        let figures = self.figures()?;
        let models = self.engine.models();
        let known = Known { models, counties: self.counties, stated: &stated, figures: &figures, period };
        let mut statements = Vec::new();
        for rule in rules {
            let prepared = self.prepare(RuleData::of(rule, known)?).await?;
            // statements of a former program know of no reach
            let has_reach = models.get(REACH).is_some() && looks_at_claims(models, &prepared.data);
            let reach = has_reach.then(|| (Bound::of([rule]), prepared.data.lines.floor));
            for bucket in self.buckets() {
                statements.push((self.statement_of(&prepared, bucket)?, reach.clone()));
            }
        }
        let engine = self.engine.clone();
        let found = in_parallel(self.workers, statements, move |(mut statement, reach)| {
            let engine = engine.clone();
            async move {
                if let Some((bound, floor)) = &reach {
                    narrow(&engine, (bound, *floor), &mut statement).await?;
                }
                Ok::<_, PipelineError>(engine.collect(&statement).await?)
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// Puts together what a rule's statements read over all buckets.
    pub async fn prepare(&self, data: RuleData) -> Result<Prepared, PipelineError> {
        let models = self.engine.models();
        let members = if needs_members(models, &data) { Some(self.members(&data).await?) } else { None };
        Ok(Prepared { data, members })
    }

    /// A prepared rule's statement of one bucket.
    pub fn statement_of(&self, rule: &Prepared, bucket: u16) -> Result<Statement, PipelineError> {
        let mut statement = self.statement(&rule.data, &rule.data.model, bucket)?;
        statement.sources.extend(rule.members.iter().map(|rows| (MEMBERS.to_owned(), rows.clone())));
        Ok(statement)
    }

    /// What the members of all applying households paid, over all buckets.
    async fn members(&self, data: &RuleData) -> Result<Source, PipelineError> {
        let statements = self.buckets().map(|bucket| self.statement(data, MEMBERS, bucket));
        let found = self.run(statements.collect::<Result<_, _>>()?).await?;
        together(self.engine.models(), MEMBERS, found.into_iter().flatten())
    }

    /// A rule's statement of one bucket.
    fn statement(&self, data: &RuleData, model: &str, bucket: u16) -> Result<Statement, PipelineError> {
        let mut sources = self.sources(model, data.span, bucket)?;
        let own = data.rows_for(&self.engine.models().sources_of(model));
        sources.extend(own.into_iter().map(|(table, rows)| (table, Source::Rows(rows))));
        Ok(Statement {
            model: model.to_owned(),
            measures: data.measures.clone(),
            sources,
            params: data.params.clone(),
            place: format!("period {} rule {} bucket {bucket:03}", data.span.period, data.rule),
        })
    }

    /// The tables of one bucket that a model reads, but for what is handed in.
    pub fn sources(&self, model: &str, span: Span, bucket: u16) -> Result<BTreeMap<String, Source>, PipelineError> {
        let wanted = self.engine.models().sources_of(model).into_iter();
        let stored = wanted.filter(|table| !is_handed_in(table));
        stored.map(|table| Ok((table.clone(), self.source(&table, span, bucket)?))).collect()
    }

    fn source(&self, table: &str, span: Span, bucket: u16) -> Result<Source, PipelineError> {
        match self.data {
            Data::Stored { warehouse, version } => Ok(stored::source(warehouse, version, table, span, bucket)),
            Data::Rows(tables) => rows::source(tables, self.engine.models(), table, span),
        }
    }

    /// The buckets of the data.
    pub fn buckets(&self) -> std::ops::Range<u16> {
        match self.data {
            Data::Stored { version, .. } => 0..version.buckets,
            Data::Rows(_) => 0..1,
        }
    }

    /// Carries statements out, the results in their order.
    pub async fn run(&self, statements: Vec<Statement>) -> Result<Vec<Vec<RecordBatch>>, PipelineError> {
        let engine = self.engine.clone();
        let found = in_parallel(self.workers, statements, move |statement| {
            let engine = engine.clone();
            async move { engine.collect(&statement).await }
        });
        Ok(found.await?)
    }
}

/// Rows of a model as one table.
pub fn together(
    models: &Models,
    model: &str,
    batches: impl Iterator<Item = RecordBatch>,
) -> Result<Source, PipelineError> {
    let wrong = |why: String| EngineError::Model { model: model.to_owned(), why };
    let schema = models.schema_of(model).ok_or_else(|| wrong("there is no such table".to_owned()))?;
    // the engine knows columns to be never null; contracts do not say so
    let conformed: Result<Vec<RecordBatch>, _> =
        batches.map(|batch| RecordBatch::try_new(schema.clone(), batch.columns().to_vec())).collect();
    let rows = conformed.and_then(|all| arrow::compute::concat_batches(&schema, &all));
    Ok(Source::Rows(rows.map_err(|error| wrong(error.to_string()))?))
}
