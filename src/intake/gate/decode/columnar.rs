//! Parquet: metadata that makes sense, column types that fit the contract, pages of typed columns.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use law::contracts::Kind;
use law::profiles::Head;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaData;

use super::form::Form;
use super::headers::MAX_COLUMNS;
use super::{Layout, Page, Source};
use crate::gate::job::{GateJob, Refusal};

pub(super) struct ParquetSource {
    reader: Option<ParquetRecordBatchReader>,
    layout: Layout,
    /// Per contract column: its place in the batches.
    places: Vec<Option<usize>>,
    declared: i64,
    seen: i64,
}

impl ParquetSource {
    /// Reads the footer, checks it, its columns and their types.
    pub(super) fn open(file: File, job: &GateJob, form: &Form) -> Result<Self, Refusal> {
        let bytes = file.metadata().map_err(|error| Refusal::new(format!("the file cannot be read: {error}")))?.len();
        // The embedded Arrow schema is the sender's word about types; only Parquet's own types count.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder =
            ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(|error| damaged(&error))?;
        check_metadata(builder.metadata(), bytes)?;
        let declared = builder.metadata().file_metadata().num_rows();
        let schema = builder.schema().clone();
        let headers: Vec<_> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let layout = Layout::match_headers(&headers, job, form, false)?;
        check_types(&layout, &schema)?;
        let mut wanted: Vec<usize> = layout.places.iter().flatten().copied().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let places = layout.places.iter().map(|place| place.and_then(|at| wanted.iter().position(|w| *w == at)));
        let places = places.collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
        let reader = builder.with_projection(mask).with_batch_size(job.batch_rows.max(1)).build();
        let reader = Some(reader.map_err(|error| damaged(&error))?);
        Ok(Self { reader, layout, places, declared, seen: 0 })
    }
}

impl ParquetSource {
    /// The next rows. The library stops the program at pages that contradict themselves: that costs this file alone, and
    /// is told with the row before which it happened.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, Refusal> {
        let Some(reader) = self.reader.as_mut() else { return Ok(None) };
        let next = catch_unwind(AssertUnwindSafe(|| reader.next()));
        let stopped = |_| {
            self.reader = None;
            Refusal::new(format!(
                "damaged Parquet file: a page that contradicts itself, at row {} or after it; send it again",
                self.seen + 1
            ))
        };
        next.map_err(stopped)?.transpose().map_err(|error| damaged(&error))
    }
}

/// The names of the columns, as if they stood in a row.
pub(super) fn names(file: File) -> Result<Vec<Head>, Refusal> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(&error))?;
    Ok(vec![vec![(1, builder.schema().fields().iter().map(|field| field.name().clone()).collect())]])
}

impl Source for ParquetSource {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn next_page(&mut self) -> Result<Option<Page>, Refusal> {
        let batch = loop {
            match self.next_batch()? {
                Some(batch) if batch.num_rows() == 0 => {}
                other => break other,
            }
        };
        let Some(batch) = batch else {
            self.reader = None;
            if self.seen != self.declared {
                let (seen, declared) = (self.seen, self.declared);
                return Err(Refusal::new(format!("damaged Parquet file: {declared} rows declared, {seen} found")));
            }
            return Ok(None);
        };
        let first = self.seen + 1;
        self.seen += i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
        let columns = self.places.iter().map(|place| place.and_then(|at| batch.columns().get(at).cloned())).collect();
        Ok(Some(Page { columns, rows: (first..=self.seen).collect(), faults: Vec::new(), sheet: None }))
    }
}

/// Counts and sizes that cannot be true are refused before anything is allocated for them.
fn check_metadata(metadata: &ParquetMetaData, bytes: u64) -> Result<(), Refusal> {
    let refused = |what: &str| Err(Refusal::new(format!("damaged Parquet file: {what}")));
    let file = metadata.file_metadata();
    if file.schema_descr().num_columns() > MAX_COLUMNS {
        return refused(&format!("{} columns; at most {MAX_COLUMNS} are read", file.schema_descr().num_columns()));
    }
    let Ok(rows) = u64::try_from(file.num_rows()) else { return refused("a negative number of rows") };
    if rows > bytes.saturating_mul(4) {
        return refused(&format!("{rows} rows in {bytes} bytes"));
    }
    let mut sum: i64 = 0;
    for group in metadata.row_groups() {
        if group.num_rows() < 0 {
            return refused("a row group with a negative number of rows");
        }
        sum = sum.saturating_add(group.num_rows());
        for column in group.columns() {
            let (start, length) = column.byte_range_checked();
            if start.checked_add(length).is_none_or(|end| end > bytes) {
                return refused("a column chunk lies beyond the file's end");
            }
        }
    }
    if sum == file.num_rows() { Ok(()) } else { refused("its row groups do not add up to its number of rows") }
}

/// `ColumnChunkMetaData::byte_range` panics on negative offsets.
trait CheckedRange {
    fn byte_range_checked(&self) -> (u64, u64);
}

impl CheckedRange for parquet::file::metadata::ColumnChunkMetaData {
    fn byte_range_checked(&self) -> (u64, u64) {
        let start = self.dictionary_page_offset().unwrap_or_else(|| self.data_page_offset());
        let as_u64 = |value: i64| u64::try_from(value).unwrap_or(u64::MAX);
        (as_u64(start), as_u64(self.compressed_size()))
    }
}

fn check_types(layout: &Layout, schema: &Schema) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    for (column, place) in layout.places.iter().enumerate() {
        let Some(field) = place.and_then(|at| schema.fields().get(at)) else { continue };
        let kind = layout.kind(column);
        if !accepts(kind, field.data_type()) {
            wrong.push(format!("column {} is {}, accepted: {}", field.name(), field.data_type(), accepted(kind)));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::new(format!("column types: {}", wrong.join("; ")))) }
}

/// Whether cells of a kind may come in an Arrow type; a column of nothing but nulls fits every kind.
fn accepts(kind: Kind, found: &DataType) -> bool {
    let text = matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null);
    let whole = found.is_integer();
    let day = matches!(found, DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _));
    text || match kind {
        Kind::Text | Kind::Id => false,
        Kind::Code | Kind::Count => whole,
        Kind::Money => whole || found.is_decimal() || *found == DataType::Float64,
        Kind::Date | Kind::Moment => day,
        Kind::Month => day || whole,
        Kind::Flag => whole || *found == DataType::Boolean,
    }
}

const fn accepted(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Id => "text only (numbers lose digits)",
        Kind::Code | Kind::Count => "text, whole number",
        Kind::Money => "decimal, text, whole number, float of 64 bits (32 bits lose fen)",
        Kind::Date | Kind::Moment => "date, timestamp, text",
        Kind::Month => "text, whole number (202610), date",
        Kind::Flag => "boolean, whole number (0, 1), text",
    }
}

/// Decoder messages speak of offsets and encodings, not of cells; they are cut all the same.
fn damaged(error: &impl std::fmt::Display) -> Refusal {
    let text: String = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    Refusal::new(format!("damaged Parquet file, cut off or altered on its way; send it again ({text})"))
}
