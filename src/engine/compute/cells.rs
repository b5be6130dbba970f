//! One row of a statement's result, read by column name. What the columns mean is the reader's matter.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use chrono::NaiveDate;
use law::domain::Fen;

use crate::{EngineError, PipelineError};

/// One row of a batch.
pub struct Cells<'a> {
    pub batch: &'a RecordBatch,
    pub row: usize,
}

impl Cells<'_> {
    fn cell<T>(&self, name: &str, read: impl Fn(&dyn Array) -> Option<T>) -> Result<Option<T>, PipelineError> {
        let missing = || EngineError::Model { model: "rules".to_owned(), why: format!("it must return {name}") };
        let column = self.batch.column_by_name(name).ok_or_else(missing)?;
        if column.is_null(self.row) {
            return Ok(None);
        }
        Ok(Some(read(column.as_ref()).ok_or_else(missing)?))
    }

    pub fn text(&self, name: &str) -> Result<Option<String>, PipelineError> {
        self.cell(name, |column| Some(column.as_string_opt::<i32>()?.value(self.row).to_owned()))
    }

    pub fn money(&self, name: &str) -> Result<Option<Fen>, PipelineError> {
        self.cell(name, |column| {
            let unscaled = column.as_primitive_opt::<Decimal128Type>()?.value(self.row);
            i64::try_from(unscaled).ok().map(Fen)
        })
    }

    pub fn whole(&self, name: &str) -> Result<Option<i64>, PipelineError> {
        self.cell(name, |column| Some(column.as_primitive_opt::<Int64Type>()?.value(self.row)))
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, PipelineError> {
        self.cell(name, |column| Some(column.as_boolean_opt()?.value(self.row)))
    }

    pub fn day(&self, name: &str) -> Result<Option<NaiveDate>, PipelineError> {
        self.cell(name, |column| {
            Date32Type::to_naive_date_opt(column.as_primitive_opt::<Date32Type>()?.value(self.row))
        })
    }
}
