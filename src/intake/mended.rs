//! Rejected rows that have come mended: kept open by their keys, closed by an accepted row with the same.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use arrow::ipc::reader::FileReader;
use chrono::{DateTime, Utc};
use law::contracts::{Feed, OpenRejects, RowKey};
use store::durable::At as _;
use store::ledger::{Ledger, NewRejects};

use super::IntakeError;
use super::gate::{GateReport, key_columns, keys};

/// Notes a file's rejected rows, and which of those of earlier files its accepted rows mend; returns how the earlier
/// files stand that it mends. Doing it again changes nothing.
pub(super) fn note(
    ledger: &Ledger,
    feed: Feed,
    (file_id, name): (&str, &str),
    (report, folder): (&GateReport, &Path),
    at: DateTime<Utc>,
) -> Result<Vec<OpenRejects>, IntakeError> {
    let rows = report.outcome.rejected_total().rows;
    if rows > 0 {
        ledger.note_rejects(&NewRejects { feed, file_id, name, rows, keys: &report.rejected }, at)?;
    }
    let open = ledger.open_reject_keys(feed, file_id)?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let mut by_number: HashMap<i64, Vec<RowKey>> = HashMap::new();
    for key in open {
        by_number.entry(key.number).or_default().push(key);
    }
    let mut mended = BTreeSet::new();
    for staged in &report.staged {
        let path = folder.join(&staged.name);
        let file = std::fs::File::open(&path).at(&path)?;
        let whole = FileReader::try_new(file, None).map_err(|error| IntakeError::rows(&path, error))?;
        let schema = whole.schema();
        let places = key_columns(feed).into_iter().filter_map(|name| schema.index_of(name).ok()).collect();
        let file = std::fs::File::open(&path).at(&path)?;
        let reader = FileReader::try_new(file, Some(places)).map_err(|error| IntakeError::rows(&path, error))?;
        for batch in reader {
            let batch = batch.map_err(|error| IntakeError::rows(&path, error))?;
            for key in
                (0..batch.num_rows()).flat_map(|row| keys(feed, &batch, row, |number| by_number.contains_key(&number)))
            {
                let alike = by_number.get(&key.number).into_iter().flatten();
                mended.extend(alike.filter(|open| open.may_be(key)).copied());
            }
        }
    }
    if mended.is_empty() {
        return Ok(Vec::new());
    }
    Ok(ledger.close_rejects(feed, file_id, &mended, at)?)
}
