//! A rule as a statement's data: its lines, its window, its parameters and parameter tables.

mod lines;
mod params;
mod span;

use arrow::array::RecordBatch;
use arrow::ipc::writer::StreamWriter;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

pub use lines::Lines;
pub use params::{Known, RuleData, payer_kinds_of, rule_tables};
pub use span::{Span, until};

use law::domain::{Fen, hex};
use law::policy::IncomeFigure;
use store::warehouse::{Version, Warehouse};

use crate::rows::{self, Value};
use crate::{EngineError, Models};

/// By how much open links could raise what a rule measures of a person.
pub const LINK: &str = "rule_link";

/// Rows of a table that a statement reads.
pub fn table<'a, R>(models: &Models, table: &str, rows: impl IntoIterator<Item = R>) -> Result<RecordBatch, EngineError>
where
    R: IntoIterator<Item = (&'a str, Value<'a>)>,
{
    let none = || EngineError::Model { model: table.to_owned(), why: "there is no such table".to_owned() };
    rows::batch(table, &models.schema_of(table).ok_or_else(none)?, rows)
}

/// Hash of a parameter table's rows, all of them.
pub fn hash_of(table: &str, rows: &RecordBatch) -> Result<String, EngineError> {
    let failed =
        |error: arrow::error::ArrowError| EngineError::Model { model: table.to_owned(), why: error.to_string() };
    let mut stream = StreamWriter::try_new(Vec::new(), &rows.schema()).map_err(failed)?;
    stream.write(rows).map_err(failed)?;
    let bytes = stream.into_inner().map_err(failed)?;
    Ok(hex(&Sha256::digest(bytes)))
}

crate::row! {
    struct Figure {
        indicator: String = "indicator",
        geography: String = "geography",
        year: i32 = "year",
        amount: Fen = "amount",
        release: Option<i32> = "release",
        published: Option<NaiveDate> = "published_date",
        source: Option<String> = "source",
    }
}

impl From<Figure> for IncomeFigure {
    fn from(row: Figure) -> Self {
        let Figure { indicator, geography, year, amount, release, published, source } = row;
        Self { indicator, geography, year, amount, release: release.unwrap_or(1), published, source }
    }
}

/// All income figures of a version.
pub fn income_figures(warehouse: &Warehouse, version: &Version) -> Result<Vec<IncomeFigure>, EngineError> {
    let mut figures = Vec::new();
    for file in version.table("income") {
        for row in rows::of_file::<Figure>(&warehouse.path(file))? {
            figures.push(row?.into());
        }
    }
    Ok(figures)
}

/// The figures in rows of the income table.
pub fn figures_of(batch: &RecordBatch) -> Result<Vec<IncomeFigure>, EngineError> {
    let rows = rows::of_model::<Figure>("income", std::slice::from_ref(batch))?;
    Ok(rows.into_iter().map(IncomeFigure::from).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};

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
