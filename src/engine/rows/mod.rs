//! Arrow batches as Rust rows, and back: the one place that knows which Arrow type holds which value.
//!
//! A struct made by [`crate::row!`] names the column of each field. [`of_model`] and [`of_file`] read it: the columns
//! are looked up and their types checked once per batch, then each row is a plain value. [`batch`] writes rows of
//! named cells under a schema. Whole columns on the hot path (intake, sums) do not come here.

mod read;
mod write;

use std::borrow::Cow;

use arrow::datatypes::DataType;
use chrono::{NaiveDate, NaiveDateTime};
use law::domain::Fen;

pub use arrow::array::RecordBatch;
pub use read::{Column, FromCell, Row, of_file, of_model, of_persons};
pub use write::batch;

/// One cell of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Money(Fen),
    Date(NaiveDate),
    Moment(NaiveDateTime),
    Flag(bool),
    Whole(i64),
}

/// Why a batch is not rows of the wanted kind. Never holds a cell's value.
#[derive(Debug, thiserror::Error)]
#[error("column {column}: {why}")]
pub struct RowError {
    pub column: String,
    pub why: String,
}

/// The kind of a column's values, in the words of the models' `.toml` files; `None` for types that no table has.
#[must_use]
pub const fn kind_of(data_type: &DataType) -> Option<&'static str> {
    match data_type {
        DataType::Null => Some("null"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some("text"),
        DataType::Decimal128(_, 2) => Some("money"),
        DataType::Date32 => Some("date"),
        DataType::Timestamp(..) => Some("timestamp"),
        DataType::Boolean => Some("boolean"),
        DataType::Int32 | DataType::Int64 => Some("bigint"),
        _ => None,
    }
}

macro_rules! values {
    ($($kind:ty => $value:expr,)+) => {
        $(impl<'a> From<$kind> for Value<'a> {
            fn from(value: $kind) -> Self {
                $value(value.into())
            }
        })+
    };
}

values! {
    &'a str => Value::Text,
    &'a String => Value::Text,
    String => Value::Text,
    Fen => Value::Money,
    NaiveDate => Value::Date,
    NaiveDateTime => Value::Moment,
    bool => Value::Flag,
    i64 => Value::Whole,
    i32 => Value::Whole,
    u32 => Value::Whole,
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{Field, Schema};
    use law::domain::PersonKey;

    use super::*;

    crate::row! {
        #[derive(Debug, PartialEq)]
        struct Paid {
            person: PersonKey = "person_key",
            amount: Fen = "amount",
            day: Option<NaiveDate> = "paid_date",
            note: Option<String> = "note",
        }
    }

    fn schema(amount: DataType) -> Arc<Schema> {
        let columns = [
            ("note", DataType::Utf8),
            ("amount", amount),
            ("paid_date", DataType::Date32),
            ("person_key", DataType::Int64),
        ];
        Arc::new(Schema::new(columns.map(|(name, kind)| Field::new(name, kind, true)).to_vec()))
    }

    fn written(amount: DataType, person: Value<'static>) -> Result<RecordBatch, crate::EngineError> {
        let day = NaiveDate::from_ymd_opt(1966, 2, 28);
        batch(
            "paid",
            &schema(amount),
            [
                vec![("person_key", person), ("amount", Fen(-12_345).into()), ("paid_date", day.into())],
                vec![("note", "本人".into()), ("amount", Fen(1).into()), ("person_key", 7_i64.into())],
            ],
        )
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let rows = written(DataType::Decimal128(18, 2), Value::Whole(-3)).unwrap();
        let day = NaiveDate::from_ymd_opt(1966, 2, 28);
        let first = Paid { person: PersonKey(-3), amount: Fen(-12_345), day, note: None };
        let second = Paid { person: PersonKey(7), amount: Fen(1), day: None, note: Some("本人".to_owned()) };
        assert_eq!(of_model::<Paid>("paid", &[rows]).unwrap(), [first, second]);
    }

    #[test]
    fn a_wrong_batch_is_named_by_model_and_column() {
        let model = |rows| of_model::<Paid>("paid", &[rows]).unwrap_err().to_string();
        let rows = written(DataType::Decimal128(18, 2), Value::Null).unwrap();
        assert_eq!(model(rows.clone()), "sql/paid.sql: column person_key: it is empty in row 1");
        let lacks = model(rows.project(&[0, 1, 3]).unwrap());
        assert_eq!(lacks, "sql/paid.sql: column paid_date: it is missing; it must be date");
        let texts = batch("paid", &schema(DataType::Utf8), [[("person_key", Value::Whole(1))]]).unwrap();
        assert_eq!(model(texts), "sql/paid.sql: column amount: it is Utf8; it must be money");
    }

    #[test]
    fn cells_that_do_not_fit_are_not_written() {
        let failed = |amount: DataType| written(amount, Value::Null).unwrap_err().to_string();
        assert_eq!(failed(DataType::Utf8), "sql/paid.sql: column amount: row 1 is not text");
        assert_eq!(
            failed(DataType::Decimal128(18, 3)),
            "sql/paid.sql: column amount: no row can hold Decimal128(18, 3)"
        );
        let unknown = batch("paid", &schema(DataType::Utf8), [[("amout", Value::Null)]]).unwrap_err();
        assert_eq!(unknown.to_string(), "sql/paid.sql: column amout: the table does not have it");
    }
}
