//! Claims: which existing rows a batch concerns, in whichever bucket they lie, and each bucket's new files.
//!
//! Memory: the hashes of the batch's claim ids, and the full rows of as many buckets as there are workers.

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow::array::{Array, RecordBatch};

use super::super::IntakeError;
use super::super::resolve::{ClaimRow, HoldReason, Kind, Origin, resolve_claims};
use super::columns::{Cells, month_of, read_part, text_at};
use super::scan::{self, Hit, IdSet};
use super::slots::{Decided, Note, Part, Shelf, Table, place_of};
use super::{Batch, Change, adjustments, in_parallel};
use crate::domain::stable_hash;
use crate::warehouse::FileEntry;

/// Claims and held claims.
pub(super) static TABLE: Table = Table {
    name: "claims",
    held: Some("held_claims"),
    sorted_by: &["person_key", "settled_at", "claim_id"],
    control: Some("total_amount"),
};

const LIGHT: &[&str] = &[
    "claim_id",
    "original_claim_id",
    "updated_at",
    "content_hash",
    "person_key",
    "settled_at",
    "claim_kind",
    "is_valid",
    "total_amount",
    "personal_amount",
];

/// Resolves the batch's claims and writes the touched files; adjustments follow the claims that they belong to.
pub(super) fn take(batch: &Batch<'_>) -> Result<Change, IntakeError> {
    let concerned = Concerned::find(batch)?;
    let buckets = concerned.buckets();
    batch.per_bucket(&buckets, |bucket| {
        let mut change = take_bucket(batch, bucket, &concerned)?;
        if !change.entries.is_empty() {
            change.entries.extend(adjustments::follow(batch, bucket, &change.entries)?);
        }
        Ok(change)
    })
}

fn take_bucket(batch: &Batch<'_>, bucket: u16, concerned: &Concerned<'_>) -> Result<Change, IntakeError> {
    let mut parts = Vec::new();
    let mut rows = Vec::new();
    // Where each row lies; `None` for another bucket's row, which only takes part in the election.
    let mut homes: Vec<Option<(usize, usize)>> = Vec::new();
    let mut reasons = HashMap::new();
    for (entry, hits) in concerned.hits.iter().filter(|(entry, _)| entry.bucket == Some(bucket)) {
        let part = batch.existing_part(entry, entry.table != TABLE.name);
        if !hits.is_empty() {
            let numbers: Vec<usize> = hits.iter().map(|hit| hit.row).collect();
            rows.extend(light(&part, |row| numbers.binary_search(&row).is_ok())?);
            homes.extend(numbers.iter().map(|row| Some((parts.len(), *row))));
            if part.origin == Origin::Held {
                reasons.extend(hold_reasons(&part)?.into_iter().enumerate().map(|at| ((parts.len(), at.0), at.1)));
            }
        }
        parts.push(part);
    }
    let foreign = concerned.crossing_rows(bucket);
    rows.extend(foreign.clone().filter(|row| row.origin != Origin::Incoming).cloned());
    homes.resize(rows.len(), None);
    for part in batch.staged_parts(bucket) {
        let more = light(&part, |_| true)?;
        homes.extend((0..more.len()).map(|row| Some((parts.len(), row))));
        rows.extend(more);
        parts.push(part);
    }
    rows.extend(foreign.filter(|row| row.origin == Origin::Incoming).cloned());
    homes.resize(rows.len(), None);

    let fates = resolve_claims(&rows);
    let mut change = Change::new(batch.staged.len());
    let mut decided = Vec::new();
    for ((row, fate), home) in rows.iter().zip(fates).zip(homes) {
        let Some((part, number)) = home else { continue };
        change.count(row.origin, parts[part].file, fate, row.total);
        let (to, note) = place_of(fate);
        let renote = row.origin == Origin::Held && note != reasons.get(&(part, number)).copied().flatten();
        decided.push(Decided { part, row: number, to, note, renote });
    }
    let shelf = Shelf { table: &TABLE, root: batch.root, bucket: Some(bucket), parts: &parts };
    change.entries = shelf.rewrite(&decided)?;
    Ok(change)
}

/// The reasons of a file of held rows.
pub(super) fn hold_reasons(part: &Part) -> Result<Vec<Option<Note>>, IntakeError> {
    let mut reasons = Vec::new();
    for batch in read_part(part, Some(&["hold_reason"]))? {
        let column = Cells::new(&batch, &part.path).text("hold_reason")?;
        reasons.extend(column.iter().map(|code| HoldReason::parse(code?).map(Note::Hold)));
    }
    Ok(reasons)
}

/// The light rows of a part, of the row numbers that are wanted.
fn light(part: &Part, wanted: impl Fn(usize) -> bool) -> Result<Vec<ClaimRow>, IntakeError> {
    let mut rows = Vec::new();
    let mut first = 0;
    for batch in read_part(part, Some(LIGHT))? {
        let numbers = (0..batch.num_rows()).filter(|row| wanted(first + row));
        light_batch(&batch, part, numbers, &mut rows)?;
        first += batch.num_rows();
    }
    Ok(rows)
}

fn light_batch(
    batch: &RecordBatch,
    part: &Part,
    numbers: impl Iterator<Item = usize>,
    rows: &mut Vec<ClaimRow>,
) -> Result<(), IntakeError> {
    let cells = Cells::new(batch, &part.path);
    let (ids, originals) = (cells.text("claim_id")?, cells.text("original_claim_id")?);
    let (updates, settled) = (cells.moment("updated_at")?, cells.moment("settled_at")?);
    let (hashes, persons) = (cells.whole("content_hash")?, cells.whole("person_key")?);
    let (kinds, valid) = (cells.text("claim_kind")?, cells.flag("is_valid")?);
    let (totals, personal) = (cells.money("total_amount")?, cells.money("personal_amount")?);
    for row in numbers {
        let wrong = || IntakeError::rows(&part.path, format!("row {row} has no month"));
        rows.push(ClaimRow {
            claim_id: text_at(ids, row).unwrap_or_default().into(),
            original_claim_id: text_at(originals, row).map(Into::into),
            updated_at: updates.value(row),
            content_hash: hashes.value(row),
            person: persons.value(row),
            settled: month_of(settled.value(row)).ok_or_else(wrong)?,
            kind: Kind::parse(kinds.value(row)),
            is_valid: valid.is_null(row) || valid.value(row),
            total: totals.value(row),
            personal: personal.value(row),
            origin: part.origin,
        });
    }
    Ok(())
}

/// The existing rows that a batch concerns, and the claims that are in more than one bucket.
struct Concerned<'a> {
    /// Every existing file of claims, with the rows that matter.
    hits: Vec<(&'a FileEntry, Vec<Hit>)>,
    /// Buckets with staged rows.
    incoming: BTreeSet<u16>,
    /// All rows of the claims that are in more than one bucket (their person's key was corrected), with the bucket.
    crossing: Vec<(u16, ClaimRow)>,
    /// Buckets that lose a claim to another.
    bereft: BTreeSet<u16>,
}

impl<'a> Concerned<'a> {
    fn find(batch: &Batch<'a>) -> Result<Self, IntakeError> {
        let all = batch.all_buckets();
        let staged: Vec<(u16, Part)> =
            all.iter().flat_map(|bucket| batch.staged_parts(*bucket).into_iter().map(|part| (*bucket, part))).collect();
        let read = in_parallel(batch.workers, "claims ids", batch.progress, &staged, |(_, part)| scan::ids(part))?;
        let (mut claims, mut wanted) = (Vec::new(), Vec::new());
        for ((bucket, _), (ids, originals)) in staged.iter().zip(read) {
            wanted.extend(ids.iter().copied().chain(originals));
            claims.extend(ids.into_iter().map(|id| (id, *bucket)));
        }
        claims.sort_unstable();
        claims.dedup();
        let hits = existing_hits(batch, IdSet::new(wanted))?;
        let crossing = crossing_ids(&claims, &hits);
        let incoming = staged.iter().map(|(bucket, _)| *bucket).collect();
        let mut concerned = Self { hits, incoming, crossing: Vec::new(), bereft: BTreeSet::new() };
        if !crossing.is_empty() {
            concerned.gather(batch, &crossing, &staged)?;
        }
        Ok(concerned)
    }

    fn gather(
        &mut self,
        batch: &Batch<'_>,
        crossing: &HashSet<u64>,
        staged: &[(u16, Part)],
    ) -> Result<(), IntakeError> {
        for (entry, hits) in &self.hits {
            let bucket = entry.bucket.unwrap_or_default();
            let rows: Vec<usize> = hits.iter().filter(|hit| crossing.contains(&hit.claim)).map(|hit| hit.row).collect();
            if rows.is_empty() {
                continue;
            }
            let part = batch.existing_part(entry, entry.table != TABLE.name);
            let found = light(&part, |row| rows.binary_search(&row).is_ok())?;
            self.crossing.extend(found.into_iter().map(|row| (bucket, row)));
            self.bereft.insert(bucket);
        }
        for (bucket, part) in staged {
            let found = light(part, |_| true)?;
            let found = found.into_iter().filter(|row| crossing.contains(&stable_hash(&row.claim_id)));
            self.crossing.extend(found.map(|row| (*bucket, row)));
        }
        Ok(())
    }

    fn buckets(&self) -> Vec<u16> {
        self.incoming.union(&self.bereft).copied().collect()
    }

    fn crossing_rows(&self, bucket: u16) -> impl Iterator<Item = &ClaimRow> + Clone {
        self.crossing.iter().filter(move |(home, _)| *home != bucket).map(|(_, row)| row)
    }
}

/// The existing rows that are concerned, and whatever those drag in: a reversal cannot be judged without its
/// original and that one's other reversals.
fn existing_hits<'a>(batch: &Batch<'a>, mut wanted: IdSet) -> Result<Vec<(&'a FileEntry, Vec<Hit>)>, IntakeError> {
    let version = batch.version;
    let entries: Vec<&FileEntry> = version.table("claims").chain(version.table("held_claims")).collect();
    loop {
        let found = in_parallel(batch.workers, "claims scan", batch.progress, &entries, |entry| {
            scan::hits(&batch.root.join(&entry.path), &wanted)
        })?;
        let originals = found.iter().flatten().filter_map(|hit| hit.original);
        let more: Vec<u64> = originals.filter(|original| !wanted.contains(*original)).collect();
        if more.is_empty() {
            return Ok(entries.into_iter().zip(found).collect());
        }
        wanted = IdSet::new(wanted.hashes().iter().copied().chain(more).collect());
    }
}

/// The claims of which rows lie in more than one bucket. `claims` is sorted.
fn crossing_ids(claims: &[(u64, u16)], hits: &[(&FileEntry, Vec<Hit>)]) -> HashSet<u64> {
    let mut crossing: HashSet<u64> =
        claims.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0).collect();
    for (entry, hits) in hits {
        for hit in hits {
            let from = claims.partition_point(|(id, _)| *id < hit.claim);
            let same = claims[from..].iter().take_while(|(id, _)| *id == hit.claim);
            if same.into_iter().any(|(_, bucket)| Some(*bucket) != entry.bucket) {
                crossing.insert(hit.claim);
            }
        }
    }
    crossing
}
