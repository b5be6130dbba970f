//! Writing rows: cells by column name, under a table's schema.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Date32Type, SchemaRef, TimeUnit};
use chrono::NaiveTime;

use super::{RowError, Value, kind_of};
use crate::EngineError;

/// Rows under the schema of `table`, a column's order being the schema's; a column that a row does not name is null.
pub fn batch<'a, R>(
    table: &str,
    schema: &SchemaRef,
    rows: impl IntoIterator<Item = R>,
) -> Result<RecordBatch, EngineError>
where
    R: IntoIterator<Item = (&'a str, Value<'a>)>,
{
    let wrong = |error: &dyn ToString| EngineError::Model { model: table.to_owned(), why: error.to_string() };
    let mut columns: Vec<Vec<Value<'a>>> = vec![Vec::new(); schema.fields().len()];
    let mut count = 0;
    for row in rows {
        count += 1;
        for (name, cell) in row {
            let column = schema.index_of(name).map_err(|_| {
                wrong(&RowError { column: name.to_owned(), why: "the table does not have it".to_owned() })
            })?;
            columns[column].resize(count - 1, Value::Null);
            columns[column].push(cell);
        }
    }
    let mut arrays = Vec::with_capacity(columns.len());
    for (field, mut cells) in schema.fields().iter().zip(columns) {
        cells.resize(count, Value::Null);
        let array = array(field.data_type(), &cells);
        arrays.push(array.map_err(|why| wrong(&RowError { column: field.name().clone(), why }))?);
    }
    RecordBatch::try_new(schema.clone(), arrays).map_err(|error| wrong(&error))
}

fn array(data_type: &DataType, cells: &[Value<'_>]) -> Result<ArrayRef, String> {
    Ok(match data_type {
        DataType::Utf8 => {
            let texts =
                each(data_type, cells, |cell| if let Value::Text(text) = cell { Some(text.as_ref()) } else { None });
            Arc::new(StringArray::from(texts?))
        }
        DataType::Boolean => {
            let flags = each(data_type, cells, |cell| if let Value::Flag(flag) = cell { Some(*flag) } else { None });
            Arc::new(BooleanArray::from(flags?))
        }
        DataType::Int64 => Arc::new(Int64Array::from(each(data_type, cells, whole)?)),
        DataType::Int32 => {
            let numbers = each(data_type, cells, |cell| i32::try_from(whole(cell)?).ok());
            Arc::new(Int32Array::from(numbers?))
        }
        DataType::Date32 => {
            let days = each(data_type, cells, |cell| match cell {
                Value::Date(day) => Some(Date32Type::from_naive_date(*day)),
                _ => None,
            });
            Arc::new(Date32Array::from(days?))
        }
        DataType::Timestamp(TimeUnit::Millisecond, None) => {
            let moments = each(data_type, cells, |cell| match cell {
                Value::Date(day) => Some(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()),
                Value::Moment(moment) => Some(moment.and_utc().timestamp_millis()),
                _ => None,
            });
            Arc::new(TimestampMillisecondArray::from(moments?))
        }
        DataType::Decimal128(precision, 2) => {
            let fen = each(data_type, cells, |cell| match cell {
                Value::Money(fen) => Some(fen.unscaled()),
                _ => None,
            });
            let money = Decimal128Array::from(fen?).with_precision_and_scale(*precision, 2);
            Arc::new(money.map_err(|error| error.to_string())?)
        }
        _ => return Err(format!("no row can hold {data_type}")),
    })
}

const fn whole(cell: &Value<'_>) -> Option<i64> {
    if let Value::Whole(number) = cell { Some(*number) } else { None }
}

/// The cells as one type; null stays null.
fn each<'c, T>(
    data_type: &DataType,
    cells: &'c [Value<'_>],
    get: impl Fn(&'c Value<'_>) -> Option<T>,
) -> Result<Vec<Option<T>>, String> {
    let wrong = |row: usize| format!("row {} is not {}", row + 1, kind_of(data_type).unwrap_or("known"));
    let cell = |(row, cell): (usize, &'c Value<'_>)| match cell {
        Value::Null => Ok(None),
        cell => get(cell).map(Some).ok_or_else(|| wrong(row)),
    };
    cells.iter().enumerate().map(cell).collect()
}
