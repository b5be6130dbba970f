//! Adjustments: booked on the month of their claim; they follow when the claim comes, moves or goes.

use std::collections::HashMap;

use arrow::array::{Array, RecordBatch};
use law::contracts::Feed;
use law::domain::{Period, stable_hash};
use store::warehouse::FileEntry;

use super::super::IntakeError;
use super::super::resolve::{AdjustmentRow, ClaimPlace, Origin, resolve_adjustments};
use super::batch::{Batch, Change};
use super::columns::{Cells, Part, read_part, text_at};
use super::scan::IdSet;
use super::slots::{Decided, Shelf, Table, hold_reasons, place_of};

pub(super) static TABLE: Table = Table {
    name: "adjustments",
    held: Some("held_adjustments"),
    sorted_by: &["person_key", "claim_id", "adjustment_id"],
    control: Some("amount"),
};

const LIGHT: &[&str] = &["adjustment_id", "claim_id", "updated_at", "content_hash", "person_key", "amount"];

/// Resolves the batch's adjustments and writes the touched files.
pub(super) fn take(batch: &Batch<'_>) -> Result<Change, IntakeError> {
    batch.per_bucket(&batch.all_buckets(), |bucket| {
        let staged = batch.staged_parts(bucket);
        if staged.is_empty() { Ok(Change::new(batch.staged.len())) } else { take_bucket(batch, bucket, staged, &[]) }
    })
}

/// The adjustment files of a bucket that change because its claims did (`new`: the claims' new entries).
pub(super) fn follow(batch: &Batch<'_>, bucket: u16, new: &[FileEntry]) -> Result<Vec<FileEntry>, IntakeError> {
    Ok(take_bucket(batch, bucket, Vec::new(), new)?.entries)
}

fn take_bucket(
    batch: &Batch<'_>,
    bucket: u16,
    staged: Vec<Part>,
    new_claims: &[FileEntry],
) -> Result<Change, IntakeError> {
    let table = batch.version.bucket(TABLE.name, bucket).map(|entry| batch.existing_part(entry, false));
    let held = batch.version.bucket("held_adjustments", bucket).map(|entry| batch.existing_part(entry, true));
    let parts: Vec<Part> = table.chain(held).chain(staged).collect();
    let mut change = Change::new(if batch.feed == Feed::Adjustments { batch.staged.len() } else { 0 });
    if parts.is_empty() {
        return Ok(change);
    }
    let (mut rows, mut amounts, mut homes, mut reasons) = (Vec::new(), Vec::new(), Vec::new(), HashMap::new());
    for (number, part) in parts.iter().enumerate() {
        let before = rows.len();
        for batch in read_part(part, Some(LIGHT))? {
            light(&batch, part, &mut rows, &mut amounts)?;
        }
        homes.extend((0..rows.len() - before).map(|row| (number, row)));
        if part.origin == Origin::Held {
            reasons.extend(hold_reasons(part)?.into_iter().enumerate().map(|at| ((number, at.0), at.1)));
        }
    }
    let places = places(batch, bucket, &rows, new_claims)?;
    let fates = resolve_adjustments(&rows, |claim| places.get(claim).copied());
    let mut decided = Vec::new();
    for (((row, fate), (part, number)), fen) in rows.iter().zip(fates).zip(homes).zip(amounts) {
        change.count(row.origin, parts[part].file, fate, fen);
        let (to, note) = place_of(fate);
        let renote = row.origin == Origin::Held && note != reasons.get(&(part, number)).copied().flatten();
        decided.push(Decided { part, row: number, to, note, renote });
    }
    let shelf = Shelf { table: &TABLE, root: batch.root, bucket: Some(bucket), parts: &parts };
    change.entries = shelf.rewrite(&decided)?;
    Ok(change)
}

fn light(
    batch: &RecordBatch,
    part: &Part,
    rows: &mut Vec<AdjustmentRow>,
    amounts: &mut Vec<i128>,
) -> Result<(), IntakeError> {
    let cells = Cells::new(batch, &part.path);
    let (ids, claims) = (cells.text("adjustment_id")?, cells.text("claim_id")?);
    let (updates, hashes) = (cells.moment("updated_at")?, cells.whole("content_hash")?);
    let (persons, money) = (cells.whole("person_key")?, cells.money("amount")?);
    for row in 0..batch.num_rows() {
        rows.push(AdjustmentRow {
            adjustment_id: text_at(ids, row).unwrap_or_default().into(),
            claim_id: text_at(claims, row).unwrap_or_default().into(),
            updated_at: updates.value(row),
            content_hash: hashes.value(row),
            person: persons.value(row),
            origin: part.origin,
        });
        amounts.push(money.value(row));
    }
    Ok(())
}

/// Where the claims of these adjustments stand, among the bucket's accepted claims after this batch.
fn places(
    batch: &Batch<'_>,
    bucket: u16,
    rows: &[AdjustmentRow],
    new: &[FileEntry],
) -> Result<HashMap<Box<str>, ClaimPlace>, IntakeError> {
    let wanted = IdSet::new(rows.iter().map(|row| stable_hash(&row.claim_id)).collect());
    let new = new.iter().filter(|entry| entry.table == Feed::Claims.name());
    let old = batch.version.bucket(Feed::Claims.name(), bucket);
    let old = old.filter(|entry| !new.clone().any(|new| new.month == entry.month));
    let mut places = HashMap::new();
    for entry in old.chain(new.clone().filter(|entry| entry.rows > 0)) {
        let (part, Some(month)) = (batch.existing_part(entry, false), entry.month.map(Period::month)) else { continue };
        for batch in read_part(&part, Some(&["claim_id", "person_key", "is_valid"]))? {
            let cells = Cells::new(&batch, &part.path);
            let (ids, persons) = (cells.text("claim_id")?, cells.whole("person_key")?);
            let valid = cells.flag("is_valid")?;
            for row in 0..batch.num_rows() {
                let Some(id) = text_at(ids, row).filter(|id| wanted.contains(stable_hash(id))) else { continue };
                if valid.is_null(row) || valid.value(row) {
                    places.insert(id.into(), ClaimPlace { person: persons.value(row), month });
                }
            }
        }
    }
    Ok(places)
}
