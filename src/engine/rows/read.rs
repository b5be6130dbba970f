//! Reading rows: columns found by name and checked once per batch, cells as Rust values.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Int32Type, Int64Type, TimeUnit, TimestampMillisecondType,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use law::cases::{Outcome, Reason};
use law::domain::{Fen, PersonKey};
use law::referrals::Delta;

use super::{RowError, Value, kind_of};
use crate::{EngineError, PersonKeys, read_table, rows_of, table_schema};

impl<'a> Value<'a> {
    /// A cell of a column; `None` where its type is not a table's, or an amount leaves 64 bits.
    pub fn at(column: &'a dyn Array, row: usize) -> Option<Self> {
        if column.is_null(row) {
            return Some(Self::Null);
        }
        Some(match column.data_type() {
            DataType::Null => Self::Null,
            DataType::Utf8 => column.as_string::<i32>().value(row).into(),
            DataType::LargeUtf8 => column.as_string::<i64>().value(row).into(),
            DataType::Utf8View => column.as_string_view().value(row).into(),
            DataType::Boolean => column.as_boolean().value(row).into(),
            DataType::Decimal128(_, 2) => {
                Fen(i64::try_from(column.as_primitive::<Decimal128Type>().value(row)).ok()?).into()
            }
            DataType::Date32 => Date32Type::to_naive_date_opt(column.as_primitive::<Date32Type>().value(row))?.into(),
            DataType::Int32 => column.as_primitive::<Int32Type>().value(row).into(),
            DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                let milliseconds = column.as_primitive::<TimestampMillisecondType>().value(row);
                DateTime::from_timestamp_millis(milliseconds)?.naive_utc().into()
            }
            _ => return None,
        })
    }
}

/// A Rust value that a cell can hold.
pub trait FromCell: Sized {
    /// The kind of its columns, as [`kind_of`] names it.
    const KIND: &'static str;

    /// `None` where the cell is empty, or holds what the type does not know.
    fn from_cell(cell: Value<'_>) -> Option<Self>;
}

impl<T: FromCell> FromCell for Option<T> {
    const KIND: &'static str = T::KIND;

    fn from_cell(cell: Value<'_>) -> Option<Self> {
        if cell == Value::Null { Some(None) } else { T::from_cell(cell).map(Some) }
    }
}

macro_rules! cells {
    ($($kind:literal $type:ty: $pattern:pat => $value:expr,)+) => {
        $(impl FromCell for $type {
            const KIND: &'static str = $kind;

            fn from_cell(cell: Value<'_>) -> Option<Self> {
                if let $pattern = cell { $value } else { None }
            }
        })+
    };
}

cells! {
    "text" String: Value::Text(text) => Some(text.into_owned()),
    "money" Fen: Value::Money(fen) => Some(fen),
    "date" NaiveDate: Value::Date(day) => Some(day),
    "timestamp" NaiveDateTime: Value::Moment(moment) => Some(moment),
    "boolean" bool: Value::Flag(flag) => Some(flag),
    "bigint" i64: Value::Whole(number) => Some(number),
    "bigint" i32: Value::Whole(number) => i32::try_from(number).ok(),
    "bigint" PersonKey: Value::Whole(key) => Some(PersonKey(key)),
    "text" Outcome: Value::Text(code) => Outcome::parse(&code),
    "text" Reason: Value::Text(code) => Reason::parse(&code),
    "text" Delta: Value::Text(code) => Delta::parse(&code),
}

/// A column of a batch, of a type that its cells can be read from.
pub struct Column<'a, T> {
    name: &'a str,
    array: &'a ArrayRef,
    cells: PhantomData<T>,
}

impl<'a, T: FromCell> Column<'a, T> {
    pub fn of(batch: &'a RecordBatch, name: &'a str) -> Result<Self, RowError> {
        let wrong = |what: &str| RowError { column: name.to_owned(), why: format!("{what}; it must be {}", T::KIND) };
        let array = batch.column_by_name(name).ok_or_else(|| wrong("it is missing"))?;
        match kind_of(array.data_type()) {
            Some(kind) if kind == T::KIND || kind == "null" => Ok(Self { name, array, cells: PhantomData }),
            _ => Err(wrong(&format!("it is {}", array.data_type()))),
        }
    }

    pub fn get(&self, row: usize) -> Result<T, RowError> {
        let cell = Value::at(self.array.as_ref(), row);
        let is_empty = cell == Some(Value::Null);
        cell.and_then(T::from_cell).ok_or_else(|| {
            let what = if is_empty { "it is empty" } else { "it holds what this program does not know" };
            RowError { column: self.name.to_owned(), why: format!("{what} in row {}", row + 1) }
        })
    }
}

/// A struct whose fields are columns; [`crate::row!`] makes it.
pub trait Row: Sized {
    const COLUMNS: &'static [&'static str];

    fn read(batch: &RecordBatch) -> Result<Vec<Self>, RowError>;
}

/// Declares a struct and the column of each field: `person: PersonKey = "person_key"`. A field that may be empty is
/// an `Option`.
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $kind:ty = $column:literal,)+
    }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $kind,)+ }

        impl $crate::rows::Row for $name {
            const COLUMNS: &'static [&'static str] = &[$($column),+];

            fn read(batch: &$crate::rows::RecordBatch) -> Result<Vec<Self>, $crate::rows::RowError> {
                $(let $field = $crate::rows::Column::<$kind>::of(batch, $column)?;)+
                (0..batch.num_rows()).map(|row| Ok(Self { $($field: $field.get(row)?,)+ })).collect()
            }
        }
    };
}

/// The rows that a model returned.
pub fn of_model<T: Row>(model: &str, batches: &[RecordBatch]) -> Result<Vec<T>, EngineError> {
    let mut rows = Vec::new();
    for batch in batches {
        let read = T::read(batch);
        rows.extend(read.map_err(|error| EngineError::Model { model: model.to_owned(), why: error.to_string() })?);
    }
    Ok(rows)
}

/// The rows of one of our Parquet files, in its order.
pub fn of_file<T: Row>(path: &Path) -> Result<impl Iterator<Item = Result<T, EngineError>> + use<T>, EngineError> {
    let batches = read_table(path, Some(T::COLUMNS))?;
    let path = path.to_owned();
    let rows = batches.map(move |batch| T::read(&batch?).map_err(|error| EngineError::parquet(&path, error)));
    Ok(rows.flat_map(|rows| match rows {
        Ok(rows) => rows.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    }))
}

/// The rows of some persons in a file of a table that intake writes.
pub fn of_persons<T: Row>(path: &Path, table: &str, persons: &PersonKeys) -> Result<Vec<T>, EngineError> {
    let wrong = |why: String| EngineError::Model { model: table.to_owned(), why };
    let schema = table_schema(table).ok_or_else(|| wrong("no such table".to_owned()))?;
    let columns: Vec<usize> = T::COLUMNS.iter().filter_map(|name| schema.index_of(name).ok()).collect();
    let schema = Arc::new(schema.project(&columns).map_err(|error| wrong(error.to_string()))?);
    let batches: Vec<RecordBatch> = rows_of(path, &schema, persons)?.collect::<Result<_, _>>()?;
    of_model(table, &batches)
}
