//! A trial on rows in memory, which stand for one bucket.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use chrono::DateTime;
use law::domain::Month;

use crate::compute::rules::{Span, rows_failed};
use crate::{EngineError, Models, PipelineError, Source};

/// The rows of a table that a statement reads; of claims those booked in the span's months.
pub(super) fn source(
    tables: &BTreeMap<String, RecordBatch>,
    models: &Models,
    table: &str,
    span: Span,
) -> Result<Source, PipelineError> {
    match tables.get(table) {
        Some(rows) if table == "claims" => Ok(Source::Rows(booked_in(rows, |month| span.has_month(month))?)),
        Some(rows) => Ok(Source::Rows(rows.clone())),
        None => {
            let missing = || EngineError::Model { model: table.to_owned(), why: "there is no such table".to_owned() };
            Ok(Source::Rows(RecordBatch::new_empty(models.schema_of(table).ok_or_else(missing)?)))
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
