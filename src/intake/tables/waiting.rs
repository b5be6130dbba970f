//! Rejected rows of claims that wait to be mended: they stay until a row with their number comes that is accepted.

use std::collections::{BTreeSet, HashMap};

use arrow::array::{Array as _, Date32Array};
use engine::WAITING_ROWS;
use law::domain::stable_hash;
use store::warehouse::FileEntry;

use super::super::IntakeError;
use super::super::resolve::{Fate, Issuer, Origin};
use super::batch::Batch;
use super::columns::{Cells, Part, read_part, text_at};
use super::slots::{Decided, Shelf, Table, place_of};
use crate::gate::WAITING;

static TABLE: Table = Table {
    name: WAITING_ROWS,
    held: None,
    sorted_by: &["person_key", "claim_hash", "upper_amount", "source_file", "source_row"],
    control: None,
};

/// Keeps the batch's rows that wait, and lets go of those that were mended.
pub(super) fn take(batch: &Batch<'_>) -> Result<Vec<FileEntry>, IntakeError> {
    let mut entries = Vec::new();
    let mut buckets = Vec::new();
    let mut waiting = BTreeSet::new();
    for bucket in batch.all_buckets() {
        let existing = batch.version.bucket(TABLE.name, bucket).map(|entry| batch.existing_part(entry, false));
        let parts: Vec<Part> = existing.chain(staged(batch, bucket)).collect();
        if parts.is_empty() {
            continue;
        }
        let mut rows = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            read(part, number, &mut rows)?;
        }
        waiting.extend(rows.iter().filter_map(|row| row.claim));
        buckets.push((bucket, parts, rows));
    }
    if buckets.is_empty() {
        return Ok(entries);
    }
    let mended = accepted(batch, &waiting)?;
    for (bucket, parts, rows) in buckets {
        // sent again and still wrong: what could change most stays
        let mut most: HashMap<(i64, u64), &Row> = HashMap::new();
        for row in &rows {
            let Some(claim) = row.claim else { continue };
            let known = most.entry((row.person, claim)).or_insert(row);
            if row.weight() > known.weight() {
                *known = row;
            }
        }
        let decided = rows.iter().map(|row| {
            let is_mended =
                mended.iter().any(|(claim, issuer)| row.claim == Some(*claim) && row.issuer.may_be(*issuer));
            let is_less = row.claim.is_some_and(|claim| most[&(row.person, claim)].at != row.at);
            let fate = if is_mended || is_less { Fate::Superseded } else { Fate::Accepted(None) };
            let (to, note) = place_of(fate);
            Decided { part: row.at.0, row: row.at.1, to, note, renote: false }
        });
        let decided: Vec<Decided> = decided.collect();
        let shelf = Shelf { table: &TABLE, root: batch.root, bucket: Some(bucket), parts: &parts };
        entries.extend(shelf.rewrite(&decided)?);
    }
    Ok(entries)
}

/// The staged files of a bucket with rows that wait.
fn staged<'b>(batch: &'b Batch<'_>, bucket: u16) -> impl Iterator<Item = Part> + use<'b> {
    let taken_in = Some(batch.taken_in());
    batch.staged.iter().enumerate().filter_map(move |(file, folder)| {
        let path = folder.join(format!("{WAITING}bucket={bucket:03}.arrow"));
        path.is_file().then_some(Part { path, origin: Origin::Incoming, file, taken_in })
    })
}

struct Row {
    person: i64,
    /// Hash of the claim's number, where it can be read.
    claim: Option<u64>,
    issuer: Issuer,
    fen: i128,
    /// First day of the month of settlement, in days since 1970.
    month: Option<i32>,
    /// Number of its part and its number there.
    at: (usize, usize),
}

impl Row {
    const fn weight(&self) -> (u128, Option<i32>) {
        (self.fen.unsigned_abs(), self.month)
    }
}

fn read(part: &Part, number: usize, rows: &mut Vec<Row>) -> Result<(), IntakeError> {
    let mut first = 0;
    for batch in read_part(part, None)? {
        let cells = Cells::new(&batch, &part.path);
        let (persons, claims) = (cells.whole("person_key")?, cells.whole("claim_hash")?);
        let (institutions, areas) = (cells.text("institution_code")?, cells.text("insured_area")?);
        let (amounts, months) = (cells.money("upper_amount")?, cells.maybe::<Date32Array>("settled_month"));
        for row in 0..batch.num_rows() {
            rows.push(Row {
                person: persons.value(row),
                claim: claims.is_valid(row).then(|| claims.value(row).cast_unsigned()),
                issuer: Issuer {
                    institution: text_at(institutions, row).map(stable_hash),
                    area: text_at(areas, row).map(stable_hash),
                },
                fen: amounts.value(row),
                month: months.filter(|months| months.is_valid(row)).map(|months| months.value(row)),
                at: (number, first + row),
            });
        }
        first += batch.num_rows();
    }
    Ok(())
}

/// Numbers and issuers of the batch's candidates that carry one of these numbers.
fn accepted(batch: &Batch<'_>, waiting: &BTreeSet<u64>) -> Result<Vec<(u64, Issuer)>, IntakeError> {
    let mut found = Vec::new();
    for bucket in batch.all_buckets() {
        for part in batch.staged_parts(bucket) {
            for rows in read_part(&part, Some(&["claim_hash", "institution_code", "insured_area"]))? {
                let cells = Cells::new(&rows, &part.path);
                let (institutions, areas) = (cells.text("institution_code")?, cells.text("insured_area")?);
                for (row, claim) in cells.whole("claim_hash")?.iter().enumerate() {
                    let Some(claim) = claim.map(i64::cast_unsigned).filter(|claim| waiting.contains(claim)) else {
                        continue;
                    };
                    let (institution, area) = (text_at(institutions, row), text_at(areas, row));
                    let issuer = Issuer { institution: institution.map(stable_hash), area: area.map(stable_hash) };
                    found.push((claim, issuer));
                }
            }
        }
    }
    Ok(found)
}
