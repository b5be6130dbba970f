//! A rule as a statement's data: its lines, its window, its parameters and parameter tables.

mod lines;
mod params;
mod span;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int32Type};
use arrow::ipc::writer::StreamWriter;
use chrono::{Days, NaiveDate};
use sha2::{Digest, Sha256};

pub use lines::Lines;
pub use params::{Known, RuleData, rule_tables};
pub use span::{Span, until};

use law::domain::{Fen, hex};
use law::policy::IncomeFigure;
use store::warehouse::{Version, Warehouse};

use crate::{EngineError, Models, PipelineError, read_table};

pub fn batch(models: &Models, table: &str, columns: Vec<ArrayRef>) -> Result<RecordBatch, PipelineError> {
    let schema = models.schema_of(table).ok_or_else(|| {
        PipelineError::Engine(EngineError::Model { model: table.to_owned(), why: "there is no such table".to_owned() })
    })?;
    RecordBatch::try_new(schema, columns).map_err(|error| rows_failed(table, &error))
}

pub fn rows_failed(table: &str, error: &arrow::error::ArrowError) -> PipelineError {
    PipelineError::Engine(EngineError::Model { model: table.to_owned(), why: error.to_string() })
}

/// Hash of a parameter table's rows, all of them.
pub fn hash_of(table: &str, rows: &RecordBatch) -> Result<String, PipelineError> {
    let failed = |error| rows_failed(table, &error);
    let mut stream = StreamWriter::try_new(Vec::new(), &rows.schema()).map_err(failed)?;
    stream.write(rows).map_err(failed)?;
    let bytes = stream.into_inner().map_err(failed)?;
    Ok(hex(&Sha256::digest(bytes)))
}

/// All income figures of a version.
pub fn income_figures(warehouse: &Warehouse, version: &Version) -> Result<Vec<IncomeFigure>, PipelineError> {
    let mut figures = Vec::new();
    for file in version.table("income") {
        let path = warehouse.path(file);
        for batch in read_table(&path, None)? {
            let damaged = || EngineError::parquet(&path, "a column of the income table is missing");
            figures.extend(figures_of(&batch?).ok_or_else(damaged)?);
        }
    }
    Ok(figures)
}

/// The figures in rows of the income table; `None` where a column is missing or an amount leaves 64 bits.
pub fn figures_of(batch: &RecordBatch) -> Option<Vec<IncomeFigure>> {
    let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let number = |name: &str| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int32Type>());
    let (indicator, geography, source) = (text("indicator")?, text("geography")?, text("source")?);
    let (year, release) = (number("year")?, number("release")?);
    let amount = batch.column_by_name("amount")?.as_primitive_opt::<Decimal128Type>()?;
    let published = batch.column_by_name("published_date")?.as_primitive_opt::<Date32Type>()?;
    let mut figures = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let day = (!published.is_null(row)).then(|| published.value(row)).and_then(|days| u64::try_from(days).ok());
        figures.push(IncomeFigure {
            indicator: indicator.value(row).to_owned(),
            geography: geography.value(row).to_owned(),
            year: year.value(row),
            amount: Fen(i64::try_from(amount.value(row)).ok()?),
            release: if release.is_null(row) { 1 } else { release.value(row) },
            published: day.and_then(|days| NaiveDate::default().checked_add_days(Days::new(days))),
            source: (!source.is_null(row)).then(|| source.value(row).to_owned()),
        });
    }
    Some(figures)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;

    use super::*;

    /// A correction of one county in the middle of many must make its findings anew.
    #[test]
    fn the_hash_sees_every_row() {
        let lines = |changed: Option<usize>| {
            let amount = |row| Some(if Some(row) == changed { 27_000_00_i64 } else { 28_000_00 });
            let amounts: ArrayRef = Arc::new((0..90).map(amount).collect::<Int64Array>());
            hash_of("rule_line", &RecordBatch::try_from_iter([("line_amount", amounts)]).unwrap()).unwrap()
        };
        assert_eq!(lines(None), lines(None));
        for row in [0, 45, 89] {
            assert_ne!(lines(None), lines(Some(row)), "row {row}");
        }
    }
}
