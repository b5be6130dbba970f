//! Rows of claims files that a question holds back: what each could add, for as long as its file is held.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, BooleanArray, Date32Array, Decimal128Array, RecordBatch};
use arrow::compute::{SortColumn, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use engine::{HELD_FILE_ROWS, days_since_epoch, read_table, table_schema};
use law::holds::AmountUnit;
use store::warehouse::{FileEntry, Version};

use super::super::IntakeError;
use super::super::resolve::Origin;
use super::columns::{Cells, Part, month_of, read_part, text_at};
use super::whole::write_rows;
use crate::gate::WAITING;

/// A claims file that is held.
pub(crate) struct HeldFile {
    /// The mark that its rows carry.
    pub source_file: String,
    /// Where its rows are staged.
    pub folder: PathBuf,
    /// In which unit its amounts are likely to be.
    pub unit: AmountUnit,
}

/// Columns of staged claims from which a row's form here follows.
const READ: [&str; 10] = [
    "person_key",
    "claim_kind",
    "claim_hash",
    "institution_code",
    "insured_area",
    "settled_at",
    "is_valid",
    "personal_amount",
    "source_file",
    "source_row",
];

/// The table's files where other files are held than those of which it has rows; `None` where they are the same.
pub(crate) fn follow(root: &Path, version: &Version, held: &[HeldFile]) -> Result<Option<Vec<FileEntry>>, IntakeError> {
    let wanted: BTreeSet<&str> = held.iter().map(|file| file.source_file.as_str()).collect();
    let mut kept: Vec<(u16, RecordBatch)> = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for entry in version.table(HELD_FILE_ROWS) {
        let path = root.join(&entry.path);
        for batch in read_table(&path, None)? {
            let batch = batch?;
            known.extend(Cells::new(&batch, &path).text("source_file")?.iter().flatten().map(str::to_owned));
            kept.push((entry.bucket.unwrap_or(0), batch));
        }
    }
    if known.iter().map(String::as_str).eq(wanted.iter().copied()) {
        return Ok(None);
    }
    let mut entries = Vec::new();
    for bucket in 0..version.buckets {
        let mut rows = Vec::new();
        for (_, batch) in kept.iter().filter(|(of, _)| *of == bucket) {
            rows.push(only(batch, root, &wanted)?);
        }
        for file in held.iter().filter(|file| !known.contains(&file.source_file)) {
            rows.extend(rows_of(file, bucket)?);
        }
        let had_rows = kept.iter().any(|(of, _)| *of == bucket);
        if had_rows || rows.iter().any(|batch| batch.num_rows() > 0) {
            entries.push(write_rows(root, HELD_FILE_ROWS, Some(bucket), |schema| sorted(&schema, &rows))?);
        }
    }
    Ok(Some(entries))
}

/// The rows of files that are still held.
fn only(batch: &RecordBatch, path: &Path, wanted: &BTreeSet<&str>) -> Result<RecordBatch, IntakeError> {
    let files = Cells::new(batch, path).text("source_file")?;
    let stays: BooleanArray = files.iter().map(|file| Some(file.is_some_and(|file| wanted.contains(file)))).collect();
    filter_record_batch(batch, &stays).map_err(|error| IntakeError::rows(path, error))
}

/// By person and place, so that the same rows are the same bytes.
fn sorted(schema: &SchemaRef, rows: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    let all = concat_batches(schema, rows)?;
    let by = ["person_key", "source_file", "source_row"];
    let columns = by.iter().filter_map(|name| all.column_by_name(name).cloned());
    let columns: Vec<SortColumn> = columns.map(|values| SortColumn { values, options: None }).collect();
    take_record_batch(&all, &lexsort_to_indices(&columns, None)?)
}

/// A file's rows of one bucket: settlements that passed the gate, and those that it rejected of legible people.
fn rows_of(file: &HeldFile, bucket: u16) -> Result<Vec<RecordBatch>, IntakeError> {
    let part = |prefix: &str| {
        let path = file.folder.join(format!("{prefix}bucket={bucket:03}.arrow"));
        path.is_file().then_some(Part { path, origin: Origin::Incoming, file: 0, taken_in: None })
    };
    let mut rows = Vec::new();
    if let Some(part) = part("") {
        for batch in read_part(&part, Some(&READ))? {
            rows.push(of_claims(&batch, &part.path, file.unit)?);
        }
    }
    if let Some(part) = part(WAITING) {
        for batch in read_part(&part, None)? {
            let months = Cells::new(&batch, &part.path).day("settled_month")?.clone();
            rows.push(formed(&batch, &part.path, &months, ("upper_amount", file.unit), |_| true)?);
        }
    }
    Ok(rows)
}

fn of_claims(batch: &RecordBatch, path: &Path, unit: AmountUnit) -> Result<RecordBatch, IntakeError> {
    let cells = Cells::new(batch, path);
    let (kinds, valid, settled) = (cells.text("claim_kind")?, cells.flag("is_valid")?, cells.moment("settled_at")?);
    let month = |row: usize| month_of(settled.value(row)).map(|month| days_since_epoch(month.first_day()));
    let months: Date32Array =
        (0..batch.num_rows()).map(|row| settled.is_valid(row).then(|| month(row)).flatten()).collect();
    let counts = |row: usize| {
        let is_void = valid.is_valid(row) && !valid.value(row);
        !is_void && text_at(kinds, row) == Some("settlement")
    };
    formed(batch, path, &months, ("personal_amount", unit), counts)
}

/// The rows that could add something, in the table's form.
fn formed(
    batch: &RecordBatch,
    path: &Path,
    months: &Date32Array,
    (amount, unit): (&str, AmountUnit),
    counts: impl Fn(usize) -> bool,
) -> Result<RecordBatch, IntakeError> {
    let failed = |error: ArrowError| IntakeError::rows(path, error);
    let schema = table_schema(HELD_FILE_ROWS).ok_or_else(|| IntakeError::rows(path, "no such table"))?;
    let printed = Cells::new(batch, path).money(amount)?;
    let upper = |row: usize| (printed.is_valid(row) && counts(row)).then(|| unit.fen(printed.value(row))).flatten();
    let uppers: Decimal128Array =
        (0..batch.num_rows()).map(|row| upper(row).filter(|fen| *fen > 0).map(i128::from)).collect();
    let uppers = uppers.with_precision_and_scale(18, 2).map_err(failed)?;
    let adds: BooleanArray = (0..uppers.len()).map(|row| Some(uppers.is_valid(row))).collect();
    let columns = schema.fields().iter().map(|field| -> Result<ArrayRef, IntakeError> {
        Ok(match field.name().as_str() {
            "settled_month" => Arc::new(months.clone()),
            "upper_amount" => Arc::new(uppers.clone()),
            name => batch.column_by_name(name).cloned().ok_or_else(|| IntakeError::rows(path, format!("no {name}")))?,
        })
    });
    let batch = RecordBatch::try_new(schema.clone(), columns.collect::<Result<_, _>>()?).map_err(failed)?;
    filter_record_batch(&batch, &adds).map_err(failed)
}
