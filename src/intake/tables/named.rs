//! Whom the rejected rows of a roster name: holders of its tags who are on it, though their row cannot count. They keep the
//! tag as if the row were in order; a row that names nobody who is known stays unmatched.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use engine::{NAMED_HOLDERS, read_table, table_schema};
use law::domain::{PersonKey, bucket_of};
use store::warehouse::FileEntry;

use super::super::IntakeError;
use super::super::resolve::Origin;
use super::batch::Batch;
use super::columns::{Cells, Part, conform, read_part, text_at};
use super::whole::write_rows;
use crate::gate::NAMED;

/// What the rejected rows of a batch name.
pub(super) struct Named {
    /// Of each file of the batch the rejected rows that name nobody.
    pub(super) unmatched: Vec<u64>,
    /// The table with those who are named added.
    pub(super) entries: Vec<FileEntry>,
}

/// A rejected row, as far as it can be read.
struct Rejected {
    file: usize,
    person: Option<i64>,
    /// As names are compared.
    name: Option<String>,
    /// Village and household, in the office's words.
    places: [Option<String>; 2],
    tag: Option<String>,
    office: Option<String>,
    county: Option<String>,
    month: Option<i32>,
    last_day: Option<i32>,
    source: (String, i64),
}

/// Finds the holders whom the batch's rejected rows name, among all rosters that are known and those of the batch.
pub(super) fn find(batch: &Batch<'_>) -> Result<Named, IntakeError> {
    let rejected = rejected_rows(batch)?;
    let mut unmatched: Vec<u64> = batch.arrived.iter().map(|arrived| arrived.rejected).collect();
    let mut entries = Vec::new();
    if rejected.is_empty() {
        return Ok(Named { unmatched, entries });
    }
    let index = Index::of(&rejected);
    let mut found: BTreeMap<u16, Vec<RecordBatch>> = BTreeMap::new();
    let (mut kept, mut matched) = (BTreeSet::new(), BTreeSet::new());
    for bucket in batch.all_buckets() {
        let existing = batch.version.bucket("rosters", bucket).map(|entry| batch.existing_part(entry, false));
        for part in existing.chain(batch.staged_parts(bucket)) {
            for rows in read_part(&part, None)? {
                let schema = schema(&part)?;
                let rows = conform(&rows, &schema, &part.path)?;
                for (row, person, tag, at) in index.holders(&rows, &part)? {
                    matched.insert(at);
                    let Some(one) = rejected.get(at) else { continue };
                    if kept.insert((one.file, person, tag)) {
                        let bucket = bucket_of(PersonKey(person), batch.version.buckets);
                        found.entry(bucket).or_default().push(one.as_row_of(&rows.slice(row, 1), &part)?);
                    }
                }
            }
        }
    }
    for one in matched.iter().filter_map(|at| rejected.get(*at)) {
        if let Some(count) = unmatched.get_mut(one.file) {
            *count = count.saturating_sub(1);
        }
    }
    for (bucket, rows) in found {
        entries.push(write(batch, bucket, rows)?);
    }
    Ok(Named { unmatched, entries })
}

fn schema(part: &Part) -> Result<SchemaRef, IntakeError> {
    table_schema(NAMED_HOLDERS).ok_or_else(|| IntakeError::rows(&part.path, "no such table"))
}

/// The rejected rows of full rosters in the batch.
fn rejected_rows(batch: &Batch<'_>) -> Result<Vec<Rejected>, IntakeError> {
    let mut found = Vec::new();
    for (file, folder) in batch.staged.iter().enumerate() {
        let path = folder.join(NAMED);
        if !path.is_file() {
            continue;
        }
        let part = Part { path, origin: Origin::Incoming, file, taken_in: None };
        for rows in read_part(&part, None)? {
            let rows = conform(&rows, &schema(&part)?, &part.path)?;
            let cells = Cells::new(&rows, &part.path);
            let text = |name: &str| cells.text(name);
            let (tags, offices) = (text("tag")?, text("source_office")?);
            let (names, folded) = (text("person_name")?, text("comparable_name")?);
            let (counties, files) = (text("county_code")?, text("source_file")?);
            let (villages, households) = (text("village_name")?, text("household_number")?);
            let (persons, numbers) = (cells.whole("person_key")?, cells.whole("source_row")?);
            let (months, last_days) = (cells.day("roster_month")?, cells.day("to_date")?);
            for row in (0..rows.num_rows()).filter(|row| months.is_valid(*row)) {
                let own = |column: &StringArray| text_at(column, row).map(str::to_owned);
                found.push(Rejected {
                    file,
                    person: persons.is_valid(row).then(|| persons.value(row)),
                    name: own(folded).or_else(|| own(names)),
                    places: [own(villages), own(households)],
                    tag: own(tags),
                    office: own(offices),
                    county: own(counties),
                    month: months.is_valid(row).then(|| months.value(row)),
                    last_day: last_days.is_valid(row).then(|| last_days.value(row)),
                    source: (own(files).unwrap_or_default(), numbers.value(row)),
                });
            }
        }
    }
    Ok(found)
}

impl Rejected {
    /// Whether a holder's tag is one that the row can speak of.
    fn speaks_of(&self, tag: Option<&str>, office: Option<&str>, county: Option<&str>) -> bool {
        let may_be = |own: &Option<String>, other: Option<&str>| {
            own.as_deref().zip(other).is_none_or(|(own, other)| own == other)
        };
        may_be(&self.tag, tag) && may_be(&self.office, office) && may_be(&self.county, county)
    }

    /// Whether the row names the holder of that name in one of these places.
    fn is_at(&self, places: [Option<&str>; 2]) -> bool {
        self.places.iter().zip(places).any(|(own, other)| own.is_some() && own.as_deref() == other)
    }

    /// The holder's row as this roster would have it.
    fn as_row_of(&self, holder: &RecordBatch, part: &Part) -> Result<RecordBatch, IntakeError> {
        let columns: Vec<ArrayRef> = holder
            .schema()
            .fields()
            .iter()
            .zip(holder.columns())
            .map(|(field, column)| -> ArrayRef {
                match field.name().as_str() {
                    "roster_month" => Arc::new(Date32Array::from(vec![self.month])),
                    "to_date" => Arc::new(Date32Array::from(vec![self.last_day])),
                    "source_file" => Arc::new(StringArray::from(vec![self.source.0.as_str()])),
                    "source_row" => Arc::new(Int64Array::from(vec![self.source.1])),
                    _ => column.clone(),
                }
            })
            .collect();
        RecordBatch::try_new(holder.schema(), columns).map_err(|error| IntakeError::rows(&part.path, error))
    }
}

/// The rejected rows by id and by name.
struct Index<'a> {
    rejected: &'a [Rejected],
    by_person: HashMap<i64, Vec<usize>>,
    by_name: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn of(rejected: &'a [Rejected]) -> Self {
        let (mut by_person, mut by_name) = (HashMap::<i64, Vec<usize>>::new(), HashMap::<&str, Vec<usize>>::new());
        for (at, one) in rejected.iter().enumerate() {
            match (one.person, one.name.as_deref()) {
                (Some(person), _) => by_person.entry(person).or_default().push(at),
                (None, Some(name)) => by_name.entry(name).or_default().push(at),
                (None, None) => {}
            }
        }
        Self { rejected, by_person, by_name }
    }

    /// The rows of holders who are named: row, person, tag, and the number of the rejected row.
    fn holders(&self, rows: &RecordBatch, part: &Part) -> Result<Vec<(usize, i64, String, usize)>, IntakeError> {
        let cells = Cells::new(rows, &part.path);
        let text = |name: &str| cells.text(name);
        let (tags, offices) = (text("tag")?, text("source_office")?);
        let (names, folded) = (text("person_name")?, text("comparable_name")?);
        let (counties, villages, households) = (text("county_code")?, text("village_name")?, text("household_number")?);
        let persons = cells.whole("person_key")?;
        let mut found = Vec::new();
        for row in 0..rows.num_rows() {
            let person = persons.value(row);
            let places = [text_at(villages, row), text_at(households, row)];
            let by_id = self.by_person.get(&person).into_iter().flatten().copied();
            let name = text_at(folded, row).or_else(|| text_at(names, row));
            let by_name = name.and_then(|name| self.by_name.get(name)).into_iter().flatten().copied();
            let by_name = by_name.filter(|at| self.rejected.get(*at).is_some_and(|one| one.is_at(places)));
            let (tag, office, county) = (text_at(tags, row), text_at(offices, row), text_at(counties, row));
            for at in by_id.chain(by_name) {
                // what the same file says of somebody in another row holds by itself
                let speaks = |one: &Rejected| one.speaks_of(tag, office, county) && part.file != one.file;
                if self.rejected.get(at).is_some_and(speaks) {
                    found.push((row, person, tag.unwrap_or_default().to_owned(), at));
                }
            }
        }
        Ok(found)
    }
}

/// Writes a bucket's table anew with these rows.
fn write(batch: &Batch<'_>, bucket: u16, rows: Vec<RecordBatch>) -> Result<FileEntry, IntakeError> {
    let mut all = Vec::new();
    for entry in batch.version.bucket(NAMED_HOLDERS, bucket) {
        for known in read_table(&batch.root.join(&entry.path), None)? {
            all.push(known?);
        }
    }
    all.extend(rows);
    write_rows(batch.root, NAMED_HOLDERS, Some(bucket), |schema| concat_batches(&schema, &all))
}
