//! Applications: one row per application and member, split by the member's bucket; a household's rows stand or
//! wait together, so every bucket is looked at.

use std::collections::HashMap;

use arrow::array::{Array, Date32Array, RecordBatch};

use super::super::IntakeError;
use super::super::resolve::{Applicants, ApplicationRow, Origin, count_applicants, resolve_applications};
use super::batch::{Batch, Change, in_parallel};
use super::columns::{AGE, Ages, Cells, Part, month_of_day, read_part, text_at};
use super::slots::{Decided, Shelf, Table, hold_reasons, place_of};

/// Number of the application and member: the order of the rows is total.
pub(super) static TABLE: Table = Table {
    name: "applications",
    held: Some("held_applications"),
    sorted_by: &["person_key", "application_id"],
    control: None,
};

const LIGHT: &[&str] =
    &["application_id", "person_key", AGE[0], AGE[1], AGE[2], "content_hash", "application_date", "is_applicant"];

/// Resolves the batch's applications and writes the touched files.
pub(super) fn take(batch: &Batch<'_>) -> Result<Change, IntakeError> {
    let buckets = batch.all_buckets();
    let counted = in_parallel(batch.workers, "applications", batch.progress, &buckets, |bucket| {
        let mut applicants = Applicants::new();
        count_applicants(&light_rows(&parts_of(batch, *bucket))?.0, &mut applicants);
        Ok(applicants)
    })?;
    let mut applicants = Applicants::new();
    for (application, count) in counted.into_iter().flatten() {
        *applicants.entry(application).or_default() += count;
    }
    batch.per_bucket(&buckets, |bucket| take_bucket(batch, bucket, &applicants))
}

/// The bucket's accepted rows, its held rows, then the staged ones.
fn parts_of(batch: &Batch<'_>, bucket: u16) -> Vec<Part> {
    let table = batch.version.bucket(TABLE.name, bucket).map(|entry| batch.existing_part(entry, false));
    let held = batch.version.bucket("held_applications", bucket).map(|entry| batch.existing_part(entry, true));
    table.chain(held).chain(batch.staged_parts(bucket)).collect()
}

/// The light rows of all parts, and for each the number of its part and its number there.
type Light = (Vec<ApplicationRow>, Vec<(usize, usize)>);

fn light_rows(parts: &[Part]) -> Result<Light, IntakeError> {
    let (mut rows, mut homes) = (Vec::new(), Vec::new());
    for (number, part) in parts.iter().enumerate() {
        let before = rows.len();
        for batch in read_part(part, Some(LIGHT))? {
            light(&batch, part, &mut rows)?;
        }
        homes.extend((0..rows.len() - before).map(|row| (number, row)));
    }
    Ok((rows, homes))
}

fn take_bucket(batch: &Batch<'_>, bucket: u16, applicants: &Applicants) -> Result<Change, IntakeError> {
    let parts = parts_of(batch, bucket);
    let mut change = Change::new(batch.staged.len());
    if parts.is_empty() {
        return Ok(change);
    }
    let (rows, homes) = light_rows(&parts)?;
    let mut reasons = HashMap::new();
    for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.origin == Origin::Held) {
        reasons.extend(hold_reasons(part)?.into_iter().enumerate().map(|(row, note)| ((number, row), note)));
    }
    let mut decided = Vec::new();
    for (fate, (part, number)) in resolve_applications(&rows, applicants).into_iter().zip(homes) {
        let origin = parts[part].origin;
        change.count(origin, parts[part].file, fate, 0);
        let (to, note) = place_of(fate);
        let renote = origin == Origin::Held && note != reasons.get(&(part, number)).cloned().flatten();
        decided.push(Decided { part, row: number, to, note, renote });
    }
    let shelf = Shelf { table: &TABLE, root: batch.root, bucket: Some(bucket), parts: &parts };
    change.entries = shelf.rewrite(&decided)?;
    Ok(change)
}

fn light(batch: &RecordBatch, part: &Part, rows: &mut Vec<ApplicationRow>) -> Result<(), IntakeError> {
    let cells = Cells::new(batch, &part.path);
    let (ids, persons) = (cells.text("application_id")?, cells.whole("person_key")?);
    let (ages, hashes) = (Ages::of(&cells, part)?, cells.whole("content_hash")?);
    let days = cells.maybe::<Date32Array>("application_date");
    let applicants = cells.flag("is_applicant")?;
    for row in 0..batch.num_rows() {
        rows.push(ApplicationRow {
            application_id: text_at(ids, row).unwrap_or_default().into(),
            person: persons.value(row),
            age: ages.of_row(row, days.and_then(|days| month_of_day(days, row))),
            content_hash: hashes.value(row),
            is_applicant: applicants.is_valid(row) && applicants.value(row),
        });
    }
    Ok(())
}
