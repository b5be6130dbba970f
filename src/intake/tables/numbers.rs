//! Person numbers (人员编号): under which documents each issuer's number has come, and the numbers that came under two.
//!
//! `person_numbers` has every number once per document, as hashes, in buckets of the number: a number's documents lie in
//! many buckets of persons. `linked_people` has the few numbers with two or three documents. Both only grow: what a
//! later version of a claim corrects stays as a link, and sums up to nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array as _, Int64Array, RecordBatch, StringArray};
use engine::read_table;
use law::contracts::Feed;
use law::domain::{PersonKey, bucket_of};
use law::links::{MOST_DOCUMENTS, number_hash};
use store::warehouse::FileEntry;

use super::batch::{Batch, in_parallel};
use super::columns::{Cells, Part, read_part, text_at};
use super::whole::write_rows;
use crate::IntakeError;

const NUMBERS: &str = "person_numbers";
const LINKED: &str = "linked_people";

/// Number and document.
type Pair = (i64, i64);

/// Says that numbers are kept, also where no row has one: what came before is read once.
const NOBODY: Pair = (0, 0);

/// The files of both tables that a batch of claims or residents changes.
pub(super) fn follow(batch: &Batch<'_>) -> Result<Vec<FileEntry>, IntakeError> {
    let parts = parts(batch);
    let read = in_parallel(batch.workers, "person numbers", batch.progress, &parts, |(feed, part)| pairs(*feed, part))?;
    let mut by_bucket: BTreeMap<u16, Vec<Pair>> = BTreeMap::new();
    for (number, person) in read.into_iter().flatten() {
        by_bucket.entry(bucket_of(PersonKey(number), batch.version.buckets)).or_default().push((number, person));
    }
    if is_first(batch) {
        by_bucket.entry(bucket_of(PersonKey(NOBODY.0), batch.version.buckets)).or_default().push(NOBODY);
    }
    let mut buckets: Vec<(u16, Vec<Pair>)> = by_bucket.into_iter().collect();
    for (_, pairs) in &mut buckets {
        pairs.sort_unstable();
        pairs.dedup();
    }
    let stage = "person numbers merged";
    let merged =
        in_parallel(batch.workers, stage, batch.progress, &buckets, |(bucket, new)| merge(batch, *bucket, new))?;
    let mut entries = Vec::new();
    let mut linked: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for merged in merged.into_iter().flatten() {
        entries.push(merged.entry);
        linked.extend(merged.linked);
    }
    if !linked.is_empty() {
        entries.push(link(batch, &parts, &linked)?);
    }
    Ok(entries)
}

fn is_first(batch: &Batch<'_>) -> bool {
    batch.version.table(NUMBERS).next().is_none()
}

/// The staged files; and where no number was ever kept, all files that the version has.
fn parts(batch: &Batch<'_>) -> Vec<(Feed, Part)> {
    let mut parts: Vec<(Feed, Part)> = batch
        .all_buckets()
        .into_iter()
        .flat_map(|bucket| batch.staged_parts(bucket))
        .map(|part| (batch.feed, part))
        .collect();
    if is_first(batch) {
        for feed in [Feed::Claims, Feed::Residents] {
            parts.extend(batch.version.table(feed.name()).map(|entry| (feed, batch.existing_part(entry, false))));
        }
    }
    parts
}

/// The column that says who gave a person their number: the insured area, in the register the county.
const fn issuer(feed: Feed) -> &'static str {
    if matches!(feed, Feed::Residents) { "county_code" } else { "insured_area" }
}

fn each_number(feed: Feed, part: &Part, mut each: impl FnMut(i64, i64, &str, &str)) -> Result<(), IntakeError> {
    for rows in read_part(part, Some(&["person_key", "person_no", issuer(feed)]))? {
        let cells = Cells::new(&rows, &part.path);
        let (persons, numbers) = (cells.whole("person_key")?, cells.text("person_no")?);
        if numbers.null_count() == numbers.len() {
            continue;
        }
        let issuers = cells.text(issuer(feed))?;
        for row in 0..rows.num_rows() {
            let Some(number) = text_at(numbers, row) else { continue };
            let issuer = text_at(issuers, row).unwrap_or_default();
            if let Some(hash) = number_hash(issuer, number) {
                each(hash, persons.value(row), issuer, number);
            }
        }
    }
    Ok(())
}

fn pairs(feed: Feed, part: &Part) -> Result<Vec<Pair>, IntakeError> {
    let mut pairs = Vec::new();
    each_number(feed, part, |number, person, _, _| {
        // one person's claims often follow each other
        if pairs.last() != Some(&(number, person)) {
            pairs.push((number, person));
        }
    })?;
    pairs.sort_unstable();
    pairs.dedup();
    Ok(pairs)
}

/// A bucket of numbers with what is new in it.
struct Merged {
    entry: FileEntry,
    /// The numbers of the new documents that have several, with all of them.
    linked: Vec<(i64, BTreeSet<i64>)>,
}

/// `None` where nothing is new. `new` is sorted.
fn merge(batch: &Batch<'_>, bucket: u16, new: &[Pair]) -> Result<Option<Merged>, IntakeError> {
    let mut known: Vec<Pair> = Vec::new();
    for entry in batch.version.bucket(NUMBERS, bucket) {
        known.extend(stored(&batch.root.join(&entry.path))?);
    }
    let news: Vec<Pair> = new.iter().filter(|pair| known.binary_search(pair).is_err()).copied().collect();
    if news.is_empty() {
        return Ok(None);
    }
    known.extend(&news);
    known.sort_unstable();
    let documents = |number: i64| {
        let from = known.partition_point(|pair| pair.0 < number);
        known[from..].iter().take_while(move |pair| pair.0 == number).map(|pair| pair.1).collect::<BTreeSet<i64>>()
    };
    let linked =
        news.iter().map(|(number, _)| (*number, documents(*number))).filter(|(_, all)| all.len() > 1).collect();
    let columns: [Int64Array; 2] = [
        known.iter().map(|pair| pair.0).collect::<Vec<_>>().into(),
        known.iter().map(|pair| pair.1).collect::<Vec<_>>().into(),
    ];
    let entry = write_rows(batch.root, NUMBERS, Some(bucket), |schema| {
        RecordBatch::try_new(schema, columns.into_iter().map(|column| Arc::new(column) as _).collect())
    })?;
    Ok(Some(Merged { entry, linked }))
}

/// The pairs of a file, sorted as they were written.
fn stored(path: &Path) -> Result<Vec<Pair>, IntakeError> {
    let mut pairs = Vec::new();
    for rows in read_table(path, None)? {
        let rows = rows?;
        let cells = Cells::new(&rows, path);
        let (numbers, persons) = (cells.whole("number_hash")?, cells.whole("person_key")?);
        pairs.extend(numbers.values().iter().copied().zip(persons.values().iter().copied()));
    }
    Ok(pairs)
}

/// `linked_people` with the numbers that have got several documents now; one that has got too many is left out.
fn link(
    batch: &Batch<'_>,
    parts: &[(Feed, Part)],
    linked: &BTreeMap<i64, BTreeSet<i64>>,
) -> Result<FileEntry, IntakeError> {
    let mut said: BTreeMap<i64, (String, String)> = BTreeMap::new();
    for (feed, part) in parts {
        each_number(*feed, part, |hash, _, issuer, number| {
            if linked.contains_key(&hash) {
                said.entry(hash).or_insert_with(|| (issuer.to_owned(), number.to_owned()));
            }
        })?;
    }
    let mut rows: BTreeMap<Pair, (String, String)> = BTreeMap::new();
    for entry in batch.version.table(LINKED) {
        let path = batch.root.join(&entry.path);
        for old in read_table(&path, None)? {
            let old = old?;
            let cells = Cells::new(&old, &path);
            let (numbers, persons) = (cells.whole("number_hash")?, cells.whole("person_key")?);
            let (issuers, texts) = (cells.text("issuer")?, cells.text("person_no")?);
            for row in 0..old.num_rows() {
                let text = |column: &StringArray| text_at(column, row).unwrap_or_default().to_owned();
                rows.insert((numbers.value(row), persons.value(row)), (text(issuers), text(texts)));
            }
        }
    }
    rows.retain(|(number, _), _| !linked.contains_key(number));
    for (number, persons) in linked.iter().filter(|(_, persons)| persons.len() <= MOST_DOCUMENTS) {
        let said = said.get(number).cloned().unwrap_or_default();
        rows.extend(persons.iter().map(|person| ((*number, *person), said.clone())));
    }
    write_rows(batch.root, LINKED, None, |schema| {
        let numbers: Int64Array = rows.keys().map(|pair| Some(pair.0)).collect();
        let persons: Int64Array = rows.keys().map(|pair| Some(pair.1)).collect();
        let issuers: StringArray = rows.values().map(|said| Some(said.0.as_str())).collect();
        let texts: StringArray = rows.values().map(|said| Some(said.1.as_str())).collect();
        RecordBatch::try_new(schema, vec![Arc::new(numbers), Arc::new(persons), Arc::new(issuers), Arc::new(texts)])
    })
}
