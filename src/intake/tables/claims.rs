//! Claims: which existing rows a batch concerns, in whichever bucket they lie, and each bucket's new files.
//!
//! Memory: the hashes of the batch's claim ids, and the full rows of as many buckets as there are workers.

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow::array::{Array, RecordBatch};
use law::domain::stable_hash;
use store::warehouse::FileEntry;

use super::super::IntakeError;
use super::super::resolve::{ClaimRow, Kind, Origin, resolve_claims};
use super::batch::{Batch, Change, in_parallel};
use super::columns::{Cells, Part, month_of, read_part, text_at};
use super::scan::{Hit, IdSet};
use super::slots::{Decided, Shelf, Table, hold_reasons, place_of};
use super::{adjustments, scan};

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
    incoming: BTreeSet<u16>,
    /// All rows of the claims that are in more than one bucket (their person's key was corrected), with the bucket.
    crossing: Vec<(u16, ClaimRow)>,
    /// Buckets that lose a claim to another.
    losing: BTreeSet<u16>,
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
        let mut concerned = Self { hits, incoming, crossing: Vec::new(), losing: BTreeSet::new() };
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
            self.losing.insert(bucket);
        }
        for (bucket, part) in staged {
            let found = light(part, |_| true)?;
            let found = found.into_iter().filter(|row| crossing.contains(&stable_hash(&row.claim_id)));
            self.crossing.extend(found.map(|row| (*bucket, row)));
        }
        Ok(())
    }

    fn buckets(&self) -> Vec<u16> {
        self.incoming.union(&self.losing).copied().collect()
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BooleanArray, Decimal128Array, Int64Array, StringArray, TimestampMillisecondArray, new_null_array,
    };
    use arrow::ipc::writer::FileWriter;

    use super::super::super::commit::check_tables;
    use super::super::super::resolve::{Fate, HoldReason};
    use super::*;
    use engine::{read_table, table_schema};
    use law::contracts::Feed;
    use law::domain::{Month, PersonKey, bucket_of};
    use store::warehouse::Version;

    const BUCKETS: u16 = 3;

    /// A random row on a few claims and persons, so that everything collides and crosses buckets.
    fn random_row(random: &mut fastrand::Rng) -> ClaimRow {
        let kind = [Kind::Settlement, Kind::Reversal, Kind::Supplement][[0, 0, 0, 1, 1, 1, 2][random.usize(0..7)]];
        let (sign, fen) = (if kind == Kind::Reversal { -1 } else { 1 }, i128::from(random.u8(1..4)));
        let mut row = ClaimRow {
            claim_id: format!("c{}", random.u8(0..7)).into(),
            original_claim_id: (kind == Kind::Reversal).then(|| format!("c{}", random.u8(0..7)).into()),
            updated_at: random.i64(0..4),
            content_hash: 0,
            person: if random.u8(0..3) > 0 { 1 } else { random.i64(0..5) },
            settled: Month::new(1970, random.u32(1..4)).unwrap(),
            kind,
            is_valid: random.u8(0..8) > 0,
            total: sign * fen,
            personal: sign * fen.min(2),
            origin: Origin::Incoming,
        };
        let content = format!("{row:?}").replace(&format!("updated_at: {}", row.updated_at), "");
        row.content_hash = stable_hash(&content).cast_signed();
        row
    }

    /// Stages rows as the gate does.
    fn stage(folder: &Path, rows: &[ClaimRow]) {
        std::fs::create_dir_all(folder).unwrap();
        let schema = table_schema("claims").unwrap();
        for bucket in 0..BUCKETS {
            let rows: Vec<_> = rows.iter().filter(|row| bucket_of(PersonKey(row.person), BUCKETS) == bucket).collect();
            if rows.is_empty() {
                continue;
            }
            let moments = |value: &dyn Fn(&ClaimRow) -> i64| -> ArrayRef {
                Arc::new(TimestampMillisecondArray::from_iter_values(rows.iter().map(|row| value(row))))
            };
            let money = |value: &dyn Fn(&ClaimRow) -> i128| -> ArrayRef {
                let amounts = Decimal128Array::from_iter_values(rows.iter().map(|row| value(row)));
                Arc::new(amounts.with_precision_and_scale(18, 2).unwrap())
            };
            let whole = |value: &dyn Fn(&ClaimRow) -> i64| -> ArrayRef {
                Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| value(row))))
            };
            let kind = |row: &ClaimRow| match row.kind {
                Kind::Settlement => "settlement",
                Kind::Reversal => "reversal",
                Kind::Supplement => "supplement",
            };
            let settled =
                |row: &ClaimRow| row.settled.first_day().and_hms_opt(8, 0, 0).unwrap().and_utc().timestamp_millis();
            let columns = schema.fields().iter().map(|field| -> ArrayRef {
                match field.name().as_str() {
                    "claim_id" => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.claim_id))),
                    "original_claim_id" => {
                        Arc::new(rows.iter().map(|row| row.original_claim_id.as_deref()).collect::<StringArray>())
                    }
                    "claim_kind" => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| kind(row)))),
                    "is_valid" => Arc::new(rows.iter().map(|row| Some(row.is_valid)).collect::<BooleanArray>()),
                    "updated_at" => moments(&|row| row.updated_at),
                    "settled_at" => moments(&settled),
                    "person_key" => whole(&|row| row.person),
                    "content_hash" => whole(&|row| row.content_hash),
                    "claim_hash" => whole(&|row| stable_hash(&row.claim_id).cast_signed()),
                    "original_hash" => {
                        let hash = |row: &&&ClaimRow| row.original_claim_id.as_deref().map(stable_hash);
                        Arc::new(rows.iter().map(|row| hash(&row).map(u64::cast_signed)).collect::<Int64Array>())
                    }
                    "total_amount" => money(&|row| row.total),
                    "personal_amount" => money(&|row| row.personal),
                    _ => new_null_array(field.data_type(), rows.len()),
                }
            });
            let batch = RecordBatch::try_new(schema.clone(), columns.collect()).unwrap();
            let file = std::fs::File::create(folder.join(format!("bucket={bucket:03}.arrow"))).unwrap();
            let mut writer = FileWriter::try_new(file, &schema).unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
        }
    }

    type Kept = BTreeSet<(String, i64, String)>;

    fn kept_by(root: &Path, version: &Version) -> Kept {
        let mut kept = Kept::new();
        for entry in &version.files {
            let mut last = (i64::MIN, i64::MIN);
            for batch in read_table(&root.join(&entry.path), None).unwrap() {
                let batch = batch.unwrap();
                let cells = Cells::new(&batch, root);
                for row in 0..batch.num_rows() {
                    let person = cells.whole("person_key").unwrap().value(row);
                    let order = (person, cells.moment("settled_at").unwrap().value(row));
                    assert!(last <= order, "sorted");
                    last = order;
                    assert_eq!(entry.bucket, Some(bucket_of(PersonKey(person), BUCKETS)));
                    let place = match entry.month {
                        Some(month) => month.to_string(),
                        None => cells.text("hold_reason").unwrap().value(row).to_owned(),
                    };
                    let id = cells.text("claim_id").unwrap().value(row).to_owned();
                    assert!(kept.insert((id, cells.whole("content_hash").unwrap().value(row), place)));
                }
            }
        }
        kept
    }

    fn kept_at_once(rows: &[ClaimRow]) -> Kept {
        let place = |fate| match fate {
            Fate::Accepted(month) => month.map(|month| month.to_string()),
            Fate::Held(reason) => Some(HoldReason::code(reason).to_owned()),
            Fate::Superseded | Fate::Duplicate => None,
        };
        let fates = resolve_claims(rows).into_iter().map(place);
        let kept = rows.iter().zip(fates);
        kept.filter_map(|(row, place)| Some((row.claim_id.to_string(), row.content_hash, place?))).collect()
    }

    /// The files, after any split into batches, hold what the pure resolution of all rows at once says.
    #[test]
    fn any_split_leaves_the_same_rows_in_the_files() {
        let mut random = fastrand::Rng::with_seed(21);
        for case in 0..30 {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("warehouse");
            let mut version = Version { buckets: BUCKETS, ..Version::default() };
            let mut all: Vec<ClaimRow> = Vec::new();
            for step in 0..5 {
                let mut staged: Vec<PathBuf> = Vec::new();
                for file in 0..random.usize(1..3) {
                    let rows: Vec<ClaimRow> = (0..random.usize(0..7)).map(|_| random_row(&mut random)).collect();
                    staged.push(folder.path().join(format!("{step}-{file}")));
                    stage(&staged[file], &rows);
                    all.extend(rows);
                }
                let batch = Batch {
                    feed: Feed::Claims,
                    root: &root,
                    version: &version,
                    arrived: &[],
                    staged: &staged,
                    workers: 2,
                    progress: &|_, _, _| {},
                };
                let change = take(&batch).unwrap();
                let next = version.next("intake", change.entries.clone(), Vec::new());
                check_tables(Feed::Claims, &version, &next, &change).unwrap();
                version = next;
                assert_eq!(kept_by(&root, &version), kept_at_once(&all), "case {case}, step {step}: {all:#?}");
            }
        }
    }
}
