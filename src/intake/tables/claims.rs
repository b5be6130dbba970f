//! Claims: which existing rows a batch concerns, in whichever bucket they lie, and each bucket's new files.
//!
//! Memory: the hashes of the batch's claim ids, and the full rows of as many buckets as there are workers.

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow::array::{Array, BooleanArray, RecordBatch, StringArray};
use engine::{PersonKeys, rows_of, table_schema};
use law::domain::stable_hash;
use store::warehouse::FileEntry;

use super::super::IntakeError;
use super::super::resolve::{ClaimRow, Fate, HoldReason, Issuer, Kind, Origin, Resolved, resolve_claims};
use super::batch::{Batch, Change, in_parallel};
use super::columns::{AGE, Ages, Cells, Part, month_of, read_part, text_at};
use super::scan::{Hit, IdSet};
use super::slots::{Decided, Note, Shelf, Table, hold_reasons, place_of};
use super::{adjustments, scan, waiting};

pub(super) static TABLE: Table = Table {
    name: "claims",
    held: Some("held_claims"),
    sorted_by: &["person_key", "settled_at", "claim_id", "content_hash"],
    control: Some("total_amount"),
};

const LIGHT: &[&str] = &[
    "claim_id",
    "original_claim_id",
    "institution_code",
    "insured_area",
    AGE[0],
    AGE[1],
    AGE[2],
    "content_hash",
    "person_key",
    "settled_at",
    "claim_kind",
    "is_valid",
    "is_refunded",
    "total_amount",
    "personal_amount",
];

/// Resolves the batch's claims and writes the touched files; adjustments follow the claims that they belong to.
pub(super) fn take(batch: &Batch<'_>) -> Result<Change, IntakeError> {
    let concerned = Concerned::find(batch)?;
    let buckets = concerned.buckets();
    let mut change = batch.per_bucket(&buckets, |bucket| {
        let mut change = take_bucket(batch, bucket, &concerned)?;
        if !change.entries.is_empty() {
            change.entries.extend(adjustments::follow(batch, bucket, &change.entries)?);
        }
        Ok(change)
    })?;
    change.entries.extend(waiting::take(batch)?);
    Ok(change)
}

fn take_bucket(batch: &Batch<'_>, bucket: u16, concerned: &Concerned<'_>) -> Result<Change, IntakeError> {
    let mut parts = Vec::new();
    let mut rows = Vec::new();
    // Where each row lies; `None` for another bucket's row, which only takes part in the election.
    let mut homes: Vec<Option<(usize, usize)>> = Vec::new();
    let mut reasons = HashMap::new();
    for (entry, hits) in concerned.hits.iter().filter(|(entry, _)| entry.bucket == Some(bucket)) {
        let part = batch.existing_part(entry, entry.table != TABLE.name);
        let mut numbers: Vec<usize> = hits.iter().map(|hit| hit.row).collect();
        if part.origin == Origin::Held {
            let held = hold_reasons(&part)?;
            numbers.extend(held.iter().enumerate().filter(|(_, note)| waits_for_any(note.as_ref())).map(|at| at.0));
            numbers.sort_unstable();
            numbers.dedup();
            reasons.extend(held.into_iter().enumerate().map(|at| ((parts.len(), at.0), at.1)));
        }
        if !numbers.is_empty() {
            rows.extend(light(&part, |row| numbers.binary_search(&row).is_ok())?);
            homes.extend(numbers.iter().map(|row| Some((parts.len(), *row))));
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

    let Resolved { fates, mut found } = resolve_claims(&rows, &other_claims(batch, bucket, &rows)?);
    let mut change = Change::new(batch.staged.len());
    let mut decided = Vec::new();
    for (index, ((row, fate), home)) in rows.iter().zip(fates).zip(homes).enumerate() {
        let Some((part, number)) = home else { continue };
        change.count(row.origin, parts[part].file, fate, row.total);
        let (to, note) = place_of(fate);
        let renote = row.origin == Origin::Held && note != reasons.get(&(part, number)).cloned().flatten();
        let original = found.remove(&index).filter(|_| matches!(fate, Fate::Accepted(_)));
        decided.push(Decided { part, row: number, to, note: original.map(Note::Original).or(note), renote });
    }
    let shelf = Shelf { table: &TABLE, root: batch.root, bucket: Some(bucket), parts: &parts };
    change.entries = shelf.rewrite(&decided)?;
    Ok(change)
}

/// Whether a held row may be released by a row that does not name it.
const fn waits_for_any(note: Option<&Note>) -> bool {
    matches!(note, Some(Note::Hold(HoldReason::NoOriginal | HoldReason::ManyOriginals | HoldReason::RefundedAlone)))
}

/// The accepted claims, beside `rows`, of those of whom a refund waits for an original that it does not name, and of
/// whom rows came in: few people.
fn other_claims(batch: &Batch<'_>, bucket: u16, rows: &[ClaimRow]) -> Result<Vec<ClaimRow>, IntakeError> {
    let is_unnamed = |row: &&ClaimRow| row.kind == Kind::Reversal && row.original_claim_id.is_none();
    let unnamed: HashSet<i64> = rows.iter().filter(is_unnamed).map(|row| row.person).collect();
    let came = rows.iter().filter(|row| row.origin == Origin::Incoming && unnamed.contains(&row.person));
    let persons: PersonKeys = came.map(|row| row.person).collect();
    let mut others = Vec::new();
    if persons.is_empty() {
        return Ok(others);
    }
    let known: HashSet<&str> = rows.iter().map(|row| &*row.claim_id).collect();
    for entry in batch.version.bucket(TABLE.name, bucket) {
        let part = batch.existing_part(entry, false);
        let schema = table_schema(TABLE.name).ok_or_else(|| IntakeError::rows(&part.path, "a table without schema"))?;
        for batch in rows_of(&part.path, &schema, &persons)? {
            let batch = batch?;
            light_batch(&batch, &part, 0..batch.num_rows(), &mut others)?;
        }
    }
    others.retain(|row| !known.contains(&*row.claim_id));
    Ok(others)
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
    let (ages, settled) = (Ages::of(&cells, part)?, cells.moment("settled_at")?);
    let (institutions, areas) = (cells.maybe("institution_code"), cells.maybe("insured_area"));
    let refunded = cells.maybe::<BooleanArray>("is_refunded");
    let hash = |column: Option<&StringArray>, row| column.and_then(|column| text_at(column, row)).map(stable_hash);
    let (hashes, persons) = (cells.whole("content_hash")?, cells.whole("person_key")?);
    let (kinds, valid) = (cells.text("claim_kind")?, cells.flag("is_valid")?);
    let (totals, personal) = (cells.money("total_amount")?, cells.money("personal_amount")?);
    for row in numbers {
        let wrong = || IntakeError::rows(&part.path, format!("row {row} has no month"));
        let month = month_of(settled.value(row)).ok_or_else(wrong)?;
        rows.push(ClaimRow {
            claim_id: text_at(ids, row).unwrap_or_default().into(),
            original_claim_id: text_at(originals, row).map(Into::into),
            issuer: Issuer { institution: hash(institutions, row), area: hash(areas, row) },
            age: ages.of_row(row, Some(month)),
            content_hash: hashes.value(row),
            person: persons.value(row),
            settled_at: settled.value(row),
            settled: month,
            kind: Kind::parse(kinds.value(row)),
            is_valid: valid.is_null(row) || valid.value(row),
            is_refunded: refunded.is_some_and(|refunded| refunded.is_valid(row) && refunded.value(row)),
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
        // of held rows their number's other versions as well: alone they would contradict nothing
        let mut more = Vec::new();
        for (entry, hits) in entries.iter().zip(&found) {
            let numbers = hits.iter().filter(|_| entry.table != TABLE.name).map(|hit| hit.claim);
            let dragged = hits.iter().filter_map(|hit| hit.original).chain(numbers);
            more.extend(dragged.filter(|number| !wanted.contains(*number)));
        }
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
    use super::super::super::resolve::Age;
    use super::*;
    use engine::read_table;
    use law::contracts::Feed;
    use law::domain::{Month, PersonKey, bucket_of};
    use store::warehouse::Version;

    const BUCKETS: u16 = 3;

    /// A random row on a few claims, so that everything collides; a claim's person is always the same.
    fn random_row(random: &mut fastrand::Rng, (step, file): (u64, usize)) -> ClaimRow {
        let kind = [Kind::Settlement, Kind::Reversal, Kind::Supplement][[0, 0, 0, 1, 1, 1, 2][random.usize(0..7)]];
        let (sign, fen) = (if kind == Kind::Reversal { -1 } else { 1 }, i128::from(random.u8(1..4)));
        let number = random.u8(0..7);
        let person = [1, 1, 1, 1, 2, 3, 4][usize::from(number)];
        let settled = Month::new(1970, random.u32(1..4)).unwrap();
        let mut row = ClaimRow {
            claim_id: format!("c{number}").into(),
            original_claim_id: (kind == Kind::Reversal).then(|| format!("c{}", random.u8(0..7)).into()),
            issuer: Issuer::default(),
            age: Age {
                month: Some(settled),
                taken_in: i64::try_from(step).unwrap(),
                file: format!("{file}").into(),
                ..Age::at(random.i64(0..4))
            },
            content_hash: 0,
            person,
            settled_at: settled.first_day().and_hms_opt(8, 0, 0).unwrap().and_utc().timestamp_millis(),
            settled,
            kind,
            is_valid: random.u8(0..8) > 0,
            is_refunded: false,
            total: sign * fen,
            personal: sign * fen.min(2),
            origin: Origin::Incoming,
        };
        let content = format!("{row:?}").replace(&format!("{:?}", row.age), "");
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
            let columns = schema.fields().iter().map(|field| -> ArrayRef {
                match field.name().as_str() {
                    "claim_id" => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.claim_id))),
                    "original_claim_id" => {
                        Arc::new(rows.iter().map(|row| row.original_claim_id.as_deref()).collect::<StringArray>())
                    }
                    "claim_kind" => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| kind(row)))),
                    "is_valid" => Arc::new(rows.iter().map(|row| Some(row.is_valid)).collect::<BooleanArray>()),
                    "updated_at" => moments(&|row| row.age.updated_at),
                    "source_name" => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &*row.age.file))),
                    "settled_at" => moments(&|row| row.settled_at),
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
        let fates = resolve_claims(rows, &[]).fates.into_iter().map(place);
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
                    let at = (version.number + 1, file);
                    let rows: Vec<ClaimRow> = (0..random.usize(0..7)).map(|_| random_row(&mut random, at)).collect();
                    staged.push(folder.path().join(format!("{step}-{file}")));
                    stage(&staged[file], &rows);
                    all.extend(rows);
                }
                let batch = Batch {
                    feed: Feed::Claims,
                    root: &root,
                    version: &version,
                    taken_in: version.number + 1,
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
