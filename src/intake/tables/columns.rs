//! Reading cells of a column by the name and type that `engine::table_schema` gives them.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
use super::super::resolve::{Age, Origin};
use store::durable::At as _;

/// A file whose rows take part: staged, or of the version that is built upon.
pub(super) struct Part {
    pub path: PathBuf,
    pub origin: Origin,
    /// Number of the landed file in the batch, for staged parts.
    pub file: usize,
    /// Number of the version that takes the rows in; `None`: each row has its own.
    pub taken_in: Option<i64>,
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

    /// A column that files of an older format lack.
    pub(super) fn maybe<A: Array + 'static>(&self, name: &str) -> Option<&'a A> {
        self.batch.column_by_name(name)?.as_any().downcast_ref()
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

/// When each row of a batch was written and when it came; files from before that was kept lack the columns.
pub(super) struct Ages<'a> {
    updates: &'a TimestampMillisecondArray,
    taken_in: Option<&'a Int64Array>,
    names: Option<&'a StringArray>,
    /// The number of the version that takes all of them in.
    incoming: Option<i64>,
    /// The last name and its form for ordering, since neighbours mostly come from one file.
    last: RefCell<(String, Arc<str>)>,
}

impl<'a> Ages<'a> {
    pub(super) fn of(cells: &Cells<'a>, part: &Part) -> Result<Self, IntakeError> {
        let (taken_in, names) = (cells.maybe("taken_in"), cells.maybe("source_name"));
        let (updates, incoming) = (cells.moment("updated_at")?, part.taken_in);
        Ok(Self { updates, taken_in, names, incoming, last: RefCell::new((String::new(), "".into())) })
    }

    pub(super) fn of_row(&self, row: usize, month: Option<Month>) -> Age {
        let name = self.names.and_then(|names| text_at(names, row)).unwrap_or_default();
        let mut last = self.last.borrow_mut();
        if last.0 != name {
            *last = (name.to_owned(), sortable(name).into());
        }
        let stored = self.taken_in.filter(|column| column.is_valid(row)).map_or(0, |column| column.value(row));
        Age {
            updated_at: if self.updates.is_valid(row) { self.updates.value(row) } else { 0 },
            month,
            taken_in: self.incoming.unwrap_or(stored),
            file: last.1.clone(),
        }
    }
}

/// A file's name in a form that sorts as people count: without its ending, so that `a` comes before `a-v2`, and with
/// numbers of one length, so that `v9` comes before `v10`.
fn sortable(name: &str) -> String {
    let bare = name.rsplit_once('.').map_or(name, |(bare, _)| bare);
    let mut form = String::with_capacity(bare.len());
    for run in bare.chars().collect::<Vec<_>>().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let text: String = run.iter().collect();
        form.push_str(&if run[0].is_ascii_digit() { format!("{text:0>20}") } else { text });
    }
    form
}

/// The columns that say when a row was written and when it came.
pub(super) const AGE: [&str; 3] = ["updated_at", "taken_in", "source_name"];

/// A text cell, if there is one and it is not empty.
pub(super) fn text_at(column: &StringArray, row: usize) -> Option<&str> {
    (column.is_valid(row)).then(|| column.value(row)).filter(|text| !text.is_empty())
}

/// The month of a moment in milliseconds since 1970, local time.
pub(super) fn month_of(milliseconds: i64) -> Option<Month> {
    DateTime::from_timestamp_millis(milliseconds).map(|moment| Month::of(moment.date_naive()))
}

/// The month of a day, if there is one.
pub(super) fn month_of_day(days: &Date32Array, row: usize) -> Option<Month> {
    days.is_valid(row).then(|| days.value_as_date(row)).flatten().map(Month::of)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_names_sort_behind_earlier_ones() {
        let names =
            ["结算202601.csv", "结算202601-v2.csv", "结算202601-v9.xlsx", "结算202601-v10.csv", "结算202602.csv"];
        let sorted: Vec<String> = names.iter().map(|name| sortable(name)).collect();
        assert!(sorted.is_sorted(), "{sorted:?}");
        assert_eq!(sortable(""), "");
    }
}
