//! Adjustments: booked on the month of their claim; they follow when the claim comes, moves or goes.

use std::collections::HashMap;

use arrow::array::{Array, Date32Array, RecordBatch};
use law::contracts::Feed;
use law::domain::{Period, comparable_name, stable_hash};
use store::warehouse::FileEntry;

use super::super::IntakeError;
use super::super::resolve::{AdjustmentRow, ClaimPlace, Issuer, Origin, resolve_adjustments};
use super::batch::{Batch, Change};
use super::columns::{AGE, Ages, Cells, Part, month_of_day, read_part, text_at};
use super::scan::IdSet;
use super::slots::{Decided, Shelf, Table, hold_reasons, place_of};

pub(super) static TABLE: Table = Table {
    name: "adjustments",
    held: Some("held_adjustments"),
    sorted_by: &["person_key", "claim_id", "adjustment_id", "content_hash"],
    control: Some("amount"),
};

const LIGHT: &[&str] = &[
    "adjustment_id",
    "claim_id",
    AGE[0],
    AGE[1],
    AGE[2],
    "content_hash",
    "person_key",
    "amount",
    "payer",
    "paid_date",
];

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
    let (mut rows, mut homes, mut reasons) = (Vec::new(), Vec::new(), HashMap::new());
    for (number, part) in parts.iter().enumerate() {
        let before = rows.len();
        for batch in read_part(part, Some(LIGHT))? {
            light(&batch, part, &mut rows)?;
        }
        homes.extend((0..rows.len() - before).map(|row| (number, row)));
        if part.origin == Origin::Held {
            reasons.extend(hold_reasons(part)?.into_iter().enumerate().map(|at| ((number, at.0), at.1)));
        }
    }
    let places = places(batch, bucket, &rows, new_claims)?;
    let fates = resolve_adjustments(&rows, |claim, person| places.get(&(claim.into(), person)).copied());
    let mut decided = Vec::new();
    for ((row, fate), (part, number)) in rows.iter().zip(fates).zip(homes) {
        change.count(row.origin, parts[part].file, fate, row.fen);
        let (to, note) = place_of(fate);
        let renote = row.origin == Origin::Held && note != reasons.get(&(part, number)).cloned().flatten();
        decided.push(Decided { part, row: number, to, note, renote });
    }
    let shelf = Shelf { table: &TABLE, root: batch.root, bucket: Some(bucket), parts: &parts };
    change.entries = shelf.rewrite(&decided)?;
    Ok(change)
}

fn light(batch: &RecordBatch, part: &Part, rows: &mut Vec<AdjustmentRow>) -> Result<(), IntakeError> {
    let cells = Cells::new(batch, &part.path);
    let (ids, claims) = (cells.text("adjustment_id")?, cells.text("claim_id")?);
    let (ages, hashes) = (Ages::of(&cells, part)?, cells.whole("content_hash")?);
    let (payers, days) = (cells.text("payer")?, cells.maybe::<Date32Array>("paid_date"));
    let (persons, money) = (cells.whole("person_key")?, cells.money("amount")?);
    for row in 0..batch.num_rows() {
        let claim = text_at(claims, row).unwrap_or_default();
        rows.push(AdjustmentRow {
            adjustment_id: text_at(ids, row).unwrap_or_default().into(),
            claim_id: claim.into(),
            issuer: Issuer {
                institution: text_at(payers, row).map(|payer| stable_hash(&comparable_name(payer))),
                area: Some(stable_hash(claim)),
            },
            age: ages.of_row(row, days.and_then(|days| month_of_day(days, row))),
            content_hash: hashes.value(row),
            person: persons.value(row),
            fen: money.value(row),
            origin: part.origin,
        });
    }
    Ok(())
}

/// Where the claims of these adjustments stand, among the bucket's accepted claims after this batch.
fn places(
    batch: &Batch<'_>,
    bucket: u16,
    rows: &[AdjustmentRow],
    new: &[FileEntry],
) -> Result<HashMap<(Box<str>, i64), ClaimPlace>, IntakeError> {
    let wanted = IdSet::new(rows.iter().map(|row| stable_hash(&row.claim_id)).collect());
    let new = new.iter().filter(|entry| entry.table == Feed::Claims.name());
    let old = batch.version.bucket(Feed::Claims.name(), bucket);
    let old = old.filter(|entry| !new.clone().any(|new| new.month == entry.month));
    let mut places = HashMap::new();
    for entry in old.chain(new.clone().filter(|entry| entry.rows > 0)) {
        let (part, Some(month)) = (batch.existing_part(entry, false), entry.month.map(Period::month)) else { continue };
        for batch in read_part(&part, Some(&["claim_id", "person_key", "personal_amount", "is_valid"]))? {
            let cells = Cells::new(&batch, &part.path);
            let (ids, persons) = (cells.text("claim_id")?, cells.whole("person_key")?);
            let (personal, valid) = (cells.money("personal_amount")?, cells.flag("is_valid")?);
            for row in 0..batch.num_rows() {
                let Some(id) = text_at(ids, row).filter(|id| wanted.contains(stable_hash(id))) else { continue };
                if valid.is_null(row) || valid.value(row) {
                    let place = places.entry((id.into(), persons.value(row)));
                    let personal = personal.value(row);
                    place.and_modify(|place: &mut ClaimPlace| place.is_one_of_several = true).or_insert(ClaimPlace {
                        month,
                        personal,
                        is_one_of_several: false,
                    });
                }
            }
        }
    }
    Ok(places)
}
