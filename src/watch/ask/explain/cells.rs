//! Rows of a statement as JSON: money as text in yuan, dates as text, names and numbers masked.

use arrow::array::{Array, RecordBatch};
use engine::rows::Value as Cell;
use law::domain::{Fen, mask_id, mask_name};
use serde_json::{Map, Value};

/// Every row as an object by column name.
pub(super) fn rows_of(batches: &[RecordBatch]) -> Vec<Value> {
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| as_json(batch, row))).collect()
}

fn as_json(batch: &RecordBatch, row: usize) -> Value {
    let schema = batch.schema();
    let cells = schema.fields().iter().zip(batch.columns());
    Value::Object(
        cells.map(|(field, column)| (field.name().clone(), cell(column.as_ref(), row))).collect::<Map<_, _>>(),
    )
}

fn cell(column: &dyn Array, row: usize) -> Value {
    match Cell::at(column, row) {
        Some(Cell::Text(text)) => Value::from(text),
        Some(Cell::Flag(flag)) => Value::from(flag),
        Some(Cell::Whole(number)) => Value::from(number),
        Some(Cell::Money(fen)) => Value::from(fen.to_string()),
        Some(Cell::Date(day)) => Value::from(day.to_string()),
        Some(Cell::Null | Cell::Moment(_)) | None => Value::Null,
    }
}

/// Hides who it is, recognisable to its owner only.
pub(super) fn mask(row: &mut Value) {
    for (column, masked) in [("person_name", mask_name as fn(&str) -> String), ("id_number", mask_id)] {
        if let Some(text) = row.get(column).and_then(Value::as_str).map(masked) {
            row[column] = Value::String(text);
        }
    }
}

/// A text cell, if there is one.
pub(super) fn text<'a>(row: &'a Value, column: &str) -> Option<&'a str> {
    row.get(column).and_then(Value::as_str)
}

/// A money cell; nothing where it is empty.
pub(super) fn money(row: &Value, column: &str) -> Fen {
    text(row, column).and_then(|text| Fen::parse(text).ok()).unwrap_or(Fen::ZERO)
}
