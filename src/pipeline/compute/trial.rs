//! Judging people by any policy on data in memory, without committing anything.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int32Type, TimestampMillisecondType};
use chrono::{DateTime, Days, NaiveDate};

use super::findings::window;
use super::rules::{self, Lines};
use super::stated::Stated;
use crate::domain::{Fen, Month, Period};
use crate::engine::{Engine, EngineError, Param, Params, Source, Statement};
use crate::pipeline::PipelineError;
use crate::policy::{IncomeFigure, Policy, Rule};

/// What a trial reads.
pub(in crate::pipeline) enum Data<'a> {
    /// Rows of the stored tables.
    Rows(&'a BTreeMap<String, RecordBatch>),
}

/// A policy and models, tried on data.
pub(in crate::pipeline) struct Trial<'a> {
    pub(in crate::pipeline) engine: &'a Engine,
    pub(in crate::pipeline) policy: &'a Policy,
    pub(in crate::pipeline) counties: &'a BTreeSet<String>,
    pub(in crate::pipeline) data: Data<'a>,
    pub(in crate::pipeline) workers: usize,
}

impl Trial<'_> {
    pub(in crate::pipeline) async fn findings(&self, period: Period) -> Result<Vec<RecordBatch>, PipelineError> {
        let Data::Rows(tables) = self.data;
        let models = self.engine.models();
        let place = format!("month {period}, {} at once", self.workers);
        let on_date: Params = [("on_date".to_owned(), Param::Date(period.last_day()))].into();
        let run = async |model: &str, sources: BTreeMap<String, Source>, params: Params| {
            self.engine.collect(&Statement { model: model.to_owned(), sources, params, place: place.clone() }).await
        };
        let rows = |table: &str| Source::Rows(tables[table].clone());
        let mut stated = Stated::default();
        for batch in run("stated_tags", [("rosters".to_owned(), rows("rosters"))].into(), on_date.clone()).await? {
            stated.add(&batch)?;
        }
        let figures = figures(&tables["income"])?;
        let mut totals = Vec::new();
        for month in window(period) {
            let of_month = claims_of(&tables["claims"], month)?;
            if of_month.num_rows() > 0 {
                let sources =
                    [("claims".to_owned(), Source::Rows(of_month)), ("adjustments".to_owned(), rows("adjustments"))];
                totals.extend(run("totals", sources.into(), on_date.clone()).await?);
            }
        }
        let schema = models.schema_of("totals").ok_or_else(|| wrong("totals"))?;
        let conformed: Result<Vec<_>, _> =
            totals.iter().map(|b| RecordBatch::try_new(schema.clone(), b.columns().to_vec())).collect();
        let totals = arrow::compute::concat_batches(&schema, &conformed.map_err(|e| wrong(&e.to_string()))?)
            .map_err(|e| wrong(&e.to_string()))?;
        let mut found = Vec::new();
        let rules: Vec<&Rule> = self.policy.in_force(period.last_day()).collect();
        for rule in rules {
            let lines = Lines::draw(rule, self.counties, period, period.last_day(), &figures);
            let has_roster = rule.who.tags.iter().any(|tag| stated.has(tag.code()));
            let sources: BTreeMap<String, Source> = [
                ("rule_line".to_owned(), Source::Rows(lines.rows(models)?)),
                ("rule_tag".to_owned(), Source::Rows(rules::tag_rows(rule, models)?)),
                ("rule_insurance".to_owned(), Source::Rows(rules::insurance_rows(&[rule], models)?)),
                ("stated_tags".to_owned(), Source::Rows(stated.rows(models)?)),
                ("totals".to_owned(), Source::Rows(totals.clone())),
                ("rosters".to_owned(), rows("rosters")),
                ("residents".to_owned(), rows("residents")),
            ]
            .into();
            found.extend(run(&rule.shape.model(), sources, rules::params(rule, &lines, period, has_roster)).await?);
        }
        Ok(found)
    }
}

fn wrong(why: &str) -> EngineError {
    EngineError::Model { model: "trial".to_owned(), why: why.to_owned() }
}

fn claims_of(claims: &RecordBatch, month: Month) -> Result<RecordBatch, PipelineError> {
    let column = |name: &str| claims.column_by_name(name).ok_or_else(|| wrong(name));
    let (ids, originals) = (column("claim_id")?.as_string::<i32>(), column("original_claim_id")?.as_string::<i32>());
    let settled = column("settled_at")?.as_primitive::<TimestampMillisecondType>();
    let of = |row: usize| DateTime::from_timestamp_millis(settled.value(row)).map(|at| Month::of(at.date_naive()));
    let booked = (0..claims.num_rows()).map(|row| {
        let original =
            (!originals.is_null(row)).then(|| (0..claims.num_rows()).find(|o| ids.value(*o) == originals.value(row)));
        Some(of(original.flatten().unwrap_or(row)) == Some(month))
    });
    let mask: BooleanArray = booked.collect();
    Ok(arrow::compute::filter_record_batch(claims, &mask).map_err(|e| wrong(&e.to_string()))?)
}

fn figures(batch: &RecordBatch) -> Result<Vec<IncomeFigure>, PipelineError> {
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| wrong(name));
    let (indicator, geography) = (column("indicator")?.as_string::<i32>(), column("geography")?.as_string::<i32>());
    let (year, release) = (column("year")?.as_primitive::<Int32Type>(), column("release")?.as_primitive::<Int32Type>());
    let amount = column("amount")?.as_primitive::<Decimal128Type>();
    let published = column("published_date")?.as_primitive::<Date32Type>();
    let mut figures = Vec::new();
    for row in 0..batch.num_rows() {
        let day = published.iter().nth(row).flatten().and_then(|days| u64::try_from(days).ok());
        figures.push(IncomeFigure {
            indicator: indicator.value(row).to_owned(),
            geography: geography.value(row).to_owned(),
            year: year.value(row),
            amount: Fen(i64::try_from(amount.value(row)).unwrap_or_default()),
            release: release.value(row),
            published: day.and_then(|days| NaiveDate::default().checked_add_days(Days::new(days))),
            source: None,
        });
    }
    Ok(figures)
}
