//! Reading cells of a column by the name and type that `engine::table_schema` gives them.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray, new_null_array,
};
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;
use chrono::DateTime;
use engine::read_table;
use law::domain::Month;

use super::super::IntakeError;
use super::super::resolve::Origin;
use store::durable::At as _;

/// A file whose rows take part: staged, or of the version that is built upon.
pub(super) struct Part {
    pub path: PathBuf,
    pub origin: Origin,
    /// Number of the landed file in the batch, for staged parts.
    pub file: usize,
}

/// A batch and the file it came from, so that a wrong column is named with its place.
pub(super) struct Cells<'a> {
    batch: &'a RecordBatch,
    path: &'a Path,
}

impl<'a> Cells<'a> {
    pub(super) fn new(batch: &'a RecordBatch, path: &'a Path) -> Self {
        Self { batch, path }
    }

    fn array<A: Array + 'static>(&self, name: &str) -> Result<&'a A, IntakeError> {
        let column = self.batch.column_by_name(name);
        column
            .and_then(|column| column.as_any().downcast_ref())
            .ok_or_else(|| IntakeError::rows(self.path, format!("column {name} is missing or of another type")))
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a StringArray, IntakeError> {
        self.array(name)
    }

    pub(super) fn whole(&self, name: &str) -> Result<&'a Int64Array, IntakeError> {
        self.array(name)
    }

    pub(super) fn money(&self, name: &str) -> Result<&'a Decimal128Array, IntakeError> {
        self.array(name)
    }

    pub(super) fn flag(&self, name: &str) -> Result<&'a BooleanArray, IntakeError> {
        self.array(name)
    }

    pub(super) fn moment(&self, name: &str) -> Result<&'a TimestampMillisecondArray, IntakeError> {
        self.array(name)
    }

    pub(super) fn day(&self, name: &str) -> Result<&'a Date32Array, IntakeError> {
        self.array(name)
    }

    pub(super) fn count(&self, name: &str) -> Result<&'a Int32Array, IntakeError> {
        self.array(name)
    }
}

/// A text cell, if there is one and it is not empty.
pub(super) fn text_at(column: &StringArray, row: usize) -> Option<&str> {
    (column.is_valid(row)).then(|| column.value(row)).filter(|text| !text.is_empty())
}

/// The month of a moment in milliseconds since 1970, local time.
pub(super) fn month_of(milliseconds: i64) -> Option<Month> {
    DateTime::from_timestamp_millis(milliseconds).map(|moment| Month::of(moment.date_naive()))
}

/// The batches of a part, of some columns or of all (`None`).
pub(super) fn read_part(part: &Part, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>, IntakeError> {
    if part.origin == Origin::Incoming {
        return read_staged(&part.path, columns);
    }
    read_table(&part.path, columns)?.map(|batch| batch.map_err(IntakeError::from)).collect()
}

fn read_staged(path: &Path, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>, IntakeError> {
    let open = |projection| {
        let file = File::open(path).at(path)?;
        FileReader::try_new_buffered(file, projection).map_err(|error| IntakeError::rows(path, error))
    };
    let reader = match columns {
        None => open(None)?,
        Some(names) => {
            let schema = open(None)?.schema();
            let mut at = Vec::new();
            for name in names {
                at.push(schema.index_of(name).map_err(|error| IntakeError::rows(path, error))?);
            }
            at.sort_unstable();
            open(Some(at))?
        }
    };
    reader.map(|batch| batch.map_err(|error| IntakeError::rows(path, error))).collect()
}

/// The batch with exactly the columns of `schema`; those that it does not have are null.
pub(super) fn conform(batch: &RecordBatch, schema: &SchemaRef, path: &Path) -> Result<RecordBatch, IntakeError> {
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => column.clone(),
            None => new_null_array(field.data_type(), batch.num_rows()),
        })
        .collect();
    RecordBatch::try_new(schema.clone(), columns).map_err(|error| IntakeError::rows(path, error))
}
