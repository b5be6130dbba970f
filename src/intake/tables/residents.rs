//! Residents: one row per person in each bucket's file.

use std::path::PathBuf;

use arrow::array::{Array, RecordBatch};
use law::domain::comparable_name;

use super::super::IntakeError;
use super::super::resolve::{Origin, ResidentRow, resolve_residents};
use super::batch::{Batch, Change};
use super::columns::{AGE, Ages, Cells, Part, read_part, text_at};
use super::slots::{Decided, Note, Shelf, Table, place_of};

static TABLE: Table = Table { name: "residents", held: None, sorted_by: &["person_key"], control: None };

const LIGHT: &[&str] = &["person_key", AGE[0], AGE[1], AGE[2], "content_hash", "person_name", "has_name_conflict"];

/// Whether somebody is registered as living.
pub(in super::super) struct Living {
    /// The person's key.
    pub person: i64,
    pub is_alive: bool,
}

/// Who is living by the rows of one file, staged or accepted.
pub(in super::super) fn living(path: PathBuf, origin: Origin) -> Result<Vec<Living>, IntakeError> {
    let part = Part { path, origin, file: 0, taken_in: None };
    let mut found = Vec::new();
    for batch in read_part(&part, Some(&["person_key", "is_alive"]))? {
        let cells = Cells::new(&batch, &part.path);
        let (persons, alive) = (cells.whole("person_key")?, cells.flag("is_alive")?);
        found.extend(
            (0..batch.num_rows())
                .map(|row| Living { person: persons.value(row), is_alive: alive.is_null(row) || alive.value(row) }),
        );
    }
    Ok(found)
}

/// Resolves the batch's register rows and writes the touched files.
pub(super) fn take(batch: &Batch<'_>) -> Result<Change, IntakeError> {
    batch.per_bucket(&batch.all_buckets(), |bucket| {
        let staged = batch.staged_parts(bucket);
        if staged.is_empty() { Ok(Change::new(batch.staged.len())) } else { take_bucket(batch, bucket, staged) }
    })
}

fn take_bucket(batch: &Batch<'_>, bucket: u16, staged: Vec<Part>) -> Result<Change, IntakeError> {
    let existing = batch.version.bucket(TABLE.name, bucket).map(|entry| batch.existing_part(entry, false));
    let parts: Vec<Part> = existing.chain(staged).collect();
    let (mut rows, mut homes) = (Vec::new(), Vec::new());
    for (number, part) in parts.iter().enumerate() {
        let before = rows.len();
        for batch in read_part(part, Some(LIGHT))? {
            light(&batch, part, &mut rows)?;
        }
        homes.extend((0..rows.len() - before).map(|row| (number, row)));
    }
    let mut change = Change::new(batch.staged.len());
    let mut decided = Vec::new();
    for ((row, fate), (part, number)) in rows.iter().zip(resolve_residents(&rows)).zip(homes) {
        change.count(parts[part].origin, parts[part].file, fate.fate, 0);
        let (to, _) = place_of(fate.fate);
        let note = to.map(|_| Note::NameConflict(fate.has_name_conflict));
        let renote = to.is_some() && fate.has_name_conflict != row.has_name_conflict;
        decided.push(Decided { part, row: number, to, note, renote });
    }
    let shelf = Shelf { table: &TABLE, root: batch.root, bucket: Some(bucket), parts: &parts };
    change.entries = shelf.rewrite(&decided)?;
    Ok(change)
}

fn light(batch: &RecordBatch, part: &Part, rows: &mut Vec<ResidentRow>) -> Result<(), IntakeError> {
    let cells = Cells::new(batch, &part.path);
    let (persons, hashes) = (cells.whole("person_key")?, cells.whole("content_hash")?);
    let (ages, names) = (Ages::of(&cells, part)?, cells.text("person_name")?);
    let conflicts = cells.flag("has_name_conflict")?;
    for row in 0..batch.num_rows() {
        rows.push(ResidentRow {
            person: persons.value(row),
            age: ages.of_row(row, None),
            content_hash: hashes.value(row),
            name: comparable_name(text_at(names, row).unwrap_or_default()).into(),
            has_name_conflict: conflicts.is_valid(row) && conflicts.value(row),
        });
    }
    Ok(())
}
