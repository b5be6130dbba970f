//! The rows of some persons out of a table's file, without decoding those of the others.

use std::fs::File;
use std::path::Path;

use arrow::array::{AsArray, BooleanArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{FieldRef, Int64Type, SchemaRef};
use arrow::error::ArrowError;
use datafusion::common::HashSet;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter};

use crate::EngineError;
use store::durable::At as _;

const KEY: &str = "person_key";

pub type PersonKeys = HashSet<i64>;

/// The person keys of a statement's rows; `None` where it returns no such column.
#[must_use]
pub fn keys_of(batches: &[RecordBatch]) -> Option<PersonKeys> {
    let mut keys = PersonKeys::new();
    for batch in batches {
        keys.extend(batch.column_by_name(KEY)?.as_primitive_opt::<Int64Type>()?.iter().flatten());
    }
    Some(keys)
}

/// The rows of persons in one of our Parquet files, of the columns that `schema` names, in the file's order.
///
/// Only the keys are decoded for everybody. `person_key` must be a column of the file.
///
/// # Errors
/// When the file cannot be opened or a column is missing; each batch may fail as well.
pub fn rows_of(
    path: &Path,
    schema: &SchemaRef,
    keys: &PersonKeys,
) -> Result<impl Iterator<Item = Result<RecordBatch, EngineError>> + use<>, EngineError> {
    let failed = {
        let path = path.to_owned();
        move |error: ArrowError| EngineError::parquet(&path, error)
    };
    let file = File::open(path).at(path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| EngineError::parquet(path, error))?;
    let stored = builder.parquet_schema().clone();
    let wanted = ProjectionMask::columns(&stored, schema.fields().iter().map(|field| field.name().as_str()));
    let keys = keys.clone();
    let is_wanted = ArrowPredicateFn::new(ProjectionMask::columns(&stored, [KEY]), move |batch| {
        let missing = || ArrowError::SchemaError(format!("there is no column {KEY}"));
        let column = batch.columns().first().and_then(|column| column.as_primitive_opt::<Int64Type>());
        let column = column.ok_or_else(missing)?;
        Ok(column.iter().map(|key| Some(key.is_some_and(|key| keys.contains(&key)))).collect::<BooleanArray>())
    });
    let reader = builder
        .with_projection(wanted)
        .with_row_filter(RowFilter::new(vec![Box::new(is_wanted)]))
        .with_batch_size(8192)
        .build()
        .map_err(|error| EngineError::parquet(path, error))?;
    let schema = schema.clone();
    Ok(reader.map(move |batch| batch.and_then(|batch| by_name(&batch, &schema)).map_err(&failed)))
}

/// The batch with exactly the columns of `schema`; a file that was written before there was such a column has nothing there.
fn by_name(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let column = |field: &FieldRef| match batch.column_by_name(field.name()) {
        Some(column) => column.clone(),
        None => new_null_array(field.data_type(), batch.num_rows()),
    };
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), schema.fields().iter().map(column).collect(), &options)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;
    use crate::TableWriter;

    #[test]
    fn the_rows_of_some_come_in_the_order_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let keys: ArrayRef = Arc::new((0..50_000_i64).map(|row| Some(row / 3)).collect::<Int64Array>());
        let texts: ArrayRef = Arc::new((0..50_000).map(|row| Some(row.to_string())).collect::<StringArray>());
        let all = RecordBatch::try_from_iter_with_nullable([("person_key", keys, true), ("claim_id", texts, true)]);
        let all = all.unwrap();
        let mut writer = TableWriter::create(&path, &all.schema()).unwrap();
        writer.write(&all).unwrap();
        writer.finish().unwrap();

        let wanted = keys_of(&[all.slice(49_998, 1), all.slice(0, 1), all.slice(30_000, 2)]).unwrap();
        let only = Arc::new(all.schema().project(&[1]).unwrap());
        let found: Vec<RecordBatch> = rows_of(&path, &only, &wanted).unwrap().collect::<Result<_, _>>().unwrap();
        let texts = found.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter().flatten());
        let texts: Vec<&str> = texts.collect();
        assert_eq!(texts, ["0", "1", "2", "30000", "30001", "30002", "49998", "49999"]);
        assert_eq!(rows_of(&path, &all.schema(), &PersonKeys::new()).unwrap().count(), 0);
    }
}
