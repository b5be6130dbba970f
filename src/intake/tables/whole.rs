//! Writing a table's file as a whole: small tables, and those that are not sorted into slots.

use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use engine::{TableWriter, table_schema};
use store::durable::At as _;
use store::warehouse::FileEntry;

use super::super::IntakeError;

/// Writes a table's file under a name of its content; no rows take the file away.
pub(crate) fn write_rows(
    root: &Path,
    table: &str,
    bucket: Option<u16>,
    rows: impl FnOnce(SchemaRef) -> Result<RecordBatch, ArrowError>,
) -> Result<FileEntry, IntakeError> {
    let folder = bucket.map_or_else(|| table.to_owned(), |bucket| format!("{table}/bucket={bucket:03}"));
    let unnamed = root.join(&folder).join("unnamed.parquet");
    let schema = table_schema(table).ok_or_else(|| IntakeError::rows(&unnamed, "no such table"))?;
    let rows = rows(schema.clone()).map_err(|error| IntakeError::rows(&unnamed, error))?;
    let entry = FileEntry {
        table: table.to_owned(),
        month: None,
        rule: None,
        bucket,
        path: String::new(),
        rows: 0,
        bytes: 0,
        sha256: String::new(),
        control_fen: None,
        inputs: String::new(),
        format: 0,
    };
    if rows.num_rows() == 0 {
        return Ok(entry);
    }
    let mut writer = TableWriter::create(&unnamed, &schema)?;
    writer.write(&rows)?;
    let written = writer.finish()?;
    let path = format!("{folder}/{}.parquet", written.sha256.get(..16).unwrap_or_default());
    let named = root.join(&path);
    std::fs::rename(&unnamed, &named).at(&named)?;
    Ok(FileEntry { path, rows: written.rows, bytes: written.bytes, sha256: written.sha256, ..entry })
}
