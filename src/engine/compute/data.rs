//! What rules are tried on: the files of a version, or rows in memory that stand for one bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use chrono::DateTime;
use law::domain::Month;
use law::policy::IncomeFigure;
use store::warehouse::{Version, Warehouse};

use super::findings::sources_in;
use super::reach::CLAIMS;
use super::rules::{Span, figures_of, income_figures, rows_failed};
use super::task::Input;
use crate::{EngineError, Models, PipelineError};

#[derive(Clone, Copy)]
pub enum Data<'a> {
    /// The files of a version.
    Stored { warehouse: &'a Warehouse, version: &'a Version },
    /// Rows of the tables that intake writes, by table, as one bucket; a table that is not named is empty.
    Rows(&'a BTreeMap<String, RecordBatch>),
}

impl Data<'_> {
    pub(super) fn buckets(self) -> std::ops::Range<u16> {
        match self {
            Self::Stored { version, .. } => 0..version.buckets,
            Self::Rows(_) => 0..1,
        }
    }

    /// The folder below which its files lie.
    pub(super) fn root(&self) -> &Path {
        match self {
            Self::Stored { warehouse, .. } => warehouse.root(),
            Self::Rows(_) => Path::new(""),
        }
    }

    /// What a statement of one bucket reads of a table.
    pub(super) fn input(self, models: &Models, table: &str, span: Span, bucket: u16) -> Result<Input, PipelineError> {
        match self {
            Self::Stored { version, .. } => {
                let files = sources_in(version, &BTreeSet::from([table.to_owned()]), span, bucket);
                Ok(Input::Files(files.into_values().flatten().collect()))
            }
            Self::Rows(tables) => match tables.get(table) {
                Some(rows) if table == CLAIMS => Ok(Input::Rows(booked_in(rows, |month| span.has_month(month))?)),
                Some(rows) => Ok(Input::Rows(rows.clone())),
                None => {
                    let missing =
                        || EngineError::Model { model: table.to_owned(), why: "there is no such table".to_owned() };
                    Ok(Input::Rows(RecordBatch::new_empty(models.schema_of(table).ok_or_else(missing)?)))
                }
            },
        }
    }

    /// All income figures.
    pub(super) fn figures(self) -> Result<Vec<IncomeFigure>, PipelineError> {
        match self {
            Self::Stored { warehouse, version } => income_figures(warehouse, version),
            Self::Rows(tables) => {
                let missing = arrow::error::ArrowError::SchemaError("a column is missing".to_owned());
                let rows = tables.get("income");
                rows.map_or(Ok(Vec::new()), |rows| figures_of(rows).ok_or_else(|| rows_failed("income", &missing)))
            }
        }
    }
}

/// The month on which each claim is booked: its settlement's, for a reversal its original's.
fn booked_months(claims: &RecordBatch) -> Result<Vec<Option<Month>>, PipelineError> {
    let missing = || rows_failed("claims", &arrow::error::ArrowError::SchemaError("a column is missing".to_owned()));
    let text = |name: &str| claims.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let ids = text("claim_id").ok_or_else(missing)?;
    let (kinds, originals) = (text("claim_kind"), text("original_claim_id").ok_or_else(missing)?);
    let settled = claims.column_by_name("settled_at").ok_or_else(missing)?;
    let settled = settled.as_primitive_opt::<TimestampMillisecondType>().ok_or_else(missing)?;
    let own = |row: usize| {
        let at = (!settled.is_null(row)).then(|| settled.value(row)).and_then(DateTime::from_timestamp_millis);
        at.map(|at| Month::of(at.date_naive()))
    };
    let known: BTreeMap<&str, usize> = (0..claims.num_rows()).map(|row| (ids.value(row), row)).collect();
    let booked = |row: usize| {
        let is_reversal = kinds.is_some_and(|kinds| !kinds.is_null(row) && kinds.value(row) == "reversal");
        let original = (is_reversal && !originals.is_null(row)).then(|| known.get(originals.value(row))).flatten();
        own(original.copied().unwrap_or(row))
    };
    Ok((0..claims.num_rows()).map(booked).collect())
}

fn booked_in(claims: &RecordBatch, wanted: impl Fn(Month) -> bool) -> Result<RecordBatch, PipelineError> {
    let booked = booked_months(claims)?.into_iter();
    let mask: BooleanArray = booked.map(|month| Some(month.is_some_and(&wanted))).collect();
    arrow::compute::filter_record_batch(claims, &mask).map_err(|error| rows_failed("claims", &error))
}
