//! Rows of a document that somebody settled as another's person go under that one's key, and back when the word is taken
//! back: what a row's own cells say of its document decides, so that both ways are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::ipc::writer::FileWriter;
use engine::table_schema;
use law::domain::{Period, PersonKey, bucket_of};
use law::links::Kept;
use store::warehouse::{FileEntry, Version};

use super::columns::{Cells, Part, conform, read_part, text_at};
use super::slots::{Decided, Place, Shelf, Table};
use super::{adjustments, applications, claims, distinct};
use crate::IntakeError;
use crate::gate::own_key;
use crate::resolve::Origin;
use store::durable::At as _;

/// What moves: everything but the register, which keeps a row of each document.
static TABLES: [&Table; 6] = [
    &claims::TABLE,
    &adjustments::TABLE,
    &applications::TABLE,
    &distinct::ROSTERS,
    &distinct::NAMED_HOLDERS,
    &distinct::AIDED,
];

/// A version, and under which documents its rows lie and are to lie.
pub(crate) struct Moving<'a> {
    pub root: &'a Path,
    pub version: &'a Version,
    /// A folder for rows on their way.
    pub staging: &'a Path,
    pub before: &'a Kept,
    pub after: &'a Kept,
}

/// The files that change.
pub(crate) fn regroup(moving: &Moving<'_>) -> Result<Vec<FileEntry>, IntakeError> {
    let documents = moving.before.moved().chain(moving.after.moved()).map(|(other, _)| other);
    let documents: BTreeSet<PersonKey> =
        documents.filter(|other| moving.before.key(*other) != moving.after.key(*other)).collect();
    std::fs::create_dir_all(moving.staging).at(moving.staging)?;
    let mut entries = Vec::new();
    for table in TABLES.into_iter().filter(|_| !documents.is_empty()) {
        let (leaving, coming) = moving.out_of(table, &documents)?;
        let buckets: BTreeSet<u16> = leaving.keys().chain(coming.keys()).copied().collect();
        for bucket in buckets {
            let mut parts: Vec<Part> = moving.parts(table, bucket);
            let mut decided: Vec<Decided> = Vec::new();
            for (part, row) in leaving.get(&bucket).into_iter().flatten() {
                decided.push(Decided { part: *part, row: *row, to: None, note: None, renote: false });
            }
            for (at, (place, rows)) in coming.get(&bucket).into_iter().flatten().enumerate() {
                let path = moving.staging.join(format!("{}-{bucket:03}-{at}.arrow", table.name));
                stage(&path, rows)?;
                let rows = 0..rows.num_rows();
                let part = parts.len();
                decided.extend(rows.map(|row| Decided { part, row, to: Some(*place), note: None, renote: false }));
                parts.push(Part { path, origin: Origin::Incoming, file: 0, taken_in: None });
            }
            let shelf = Shelf { table, root: moving.root, bucket: Some(bucket), parts: &parts };
            entries.extend(shelf.rewrite(&decided)?);
        }
    }
    Ok(entries)
}

/// By bucket: part and row of what leaves.
type Leaving = BTreeMap<u16, Vec<(usize, usize)>>;
/// By bucket: where rows belong, and the rows.
type Coming = BTreeMap<u16, Vec<(Place, RecordBatch)>>;

impl Moving<'_> {
    /// The files of a table's bucket, the held ones behind.
    fn parts(&self, table: &Table, bucket: u16) -> Vec<Part> {
        let part = |entry: &FileEntry, held: bool| {
            let month = entry.month.map(Period::month);
            let origin = if held { Origin::Held } else { Origin::Accepted(month) };
            Part { path: self.root.join(&entry.path), origin, file: usize::MAX, taken_in: None }
        };
        let accepted = self.version.bucket(table.name, bucket).map(|entry| part(entry, false));
        let held = table.held.into_iter().flat_map(|held| self.version.bucket(held, bucket));
        accepted.chain(held.map(|entry| part(entry, true))).collect()
    }

    fn out_of(&self, table: &Table, documents: &BTreeSet<PersonKey>) -> Result<(Leaving, Coming), IntakeError> {
        let count = self.version.buckets;
        let places: BTreeSet<u16> = documents.iter().map(|one| bucket_of(self.before.key(*one), count)).collect();
        let (mut leaving, mut coming) = (Leaving::new(), Coming::new());
        for bucket in places {
            for (number, part) in self.parts(table, bucket).iter().enumerate() {
                let place = match part.origin {
                    Origin::Held => Place::Held,
                    Origin::Accepted(month) => Place::Table(month),
                    Origin::Incoming => continue,
                };
                let mut first = 0;
                for rows in read_part(part, None)? {
                    let targets = self.targets(&rows, part, documents)?;
                    let gone = targets.iter().enumerate().filter(|(_, target)| target.is_some());
                    leaving.entry(bucket).or_default().extend(gone.map(|(row, _)| (number, first + row)));
                    let keys: BTreeSet<i64> = targets.iter().flatten().copied().collect();
                    for key in keys {
                        let moved = under(&rows, &targets, key, table, part)?;
                        coming.entry(bucket_of(PersonKey(key), count)).or_default().push((place, moved));
                    }
                    first += rows.num_rows();
                }
            }
        }
        Ok((leaving, coming))
    }

    /// Under which key each row is to lie; `None`: where it is.
    fn targets(
        &self,
        rows: &RecordBatch,
        part: &Part,
        documents: &BTreeSet<PersonKey>,
    ) -> Result<Vec<Option<i64>>, IntakeError> {
        let cells = Cells::new(rows, &part.path);
        let (keys, numbers, kinds) = (cells.whole("person_key")?, cells.text("id_number")?, cells.text("cert_type")?);
        let person_numbers = rows.column_by_name("person_no").map(|_| cells.text("person_no")).transpose()?;
        let target = |row: usize| {
            let person_no = person_numbers.and_then(|column| text_at(column, row));
            let own = own_key(text_at(kinds, row).unwrap_or_default(), text_at(numbers, row), person_no)?;
            let wanted = self.after.key(own).0;
            (documents.contains(&own) && keys.value(row) != wanted).then_some(wanted)
        };
        Ok((0..rows.num_rows()).map(target).collect())
    }
}

/// The rows that go under a key, with it.
fn under(
    rows: &RecordBatch,
    targets: &[Option<i64>],
    key: i64,
    table: &Table,
    part: &Part,
) -> Result<RecordBatch, IntakeError> {
    let wrong = |error: arrow::error::ArrowError| IntakeError::rows(&part.path, error);
    let mask: BooleanArray = targets.iter().map(|target| Some(*target == Some(key))).collect();
    let moved = filter_record_batch(rows, &mask).map_err(wrong)?;
    let schema =
        table_schema(table.held.unwrap_or(table.name)).ok_or_else(|| IntakeError::rows(&part.path, "no such table"))?;
    let moved = conform(&moved, &schema, &part.path)?;
    let keys: ArrayRef = Arc::new(Int64Array::from(vec![key; moved.num_rows()]));
    let columns = schema.fields().iter().zip(moved.columns());
    let columns =
        columns.map(|(field, column)| if field.name() == "person_key" { keys.clone() } else { column.clone() });
    RecordBatch::try_new(schema.clone(), columns.collect()).map_err(wrong)
}

fn stage(path: &Path, rows: &RecordBatch) -> Result<(), IntakeError> {
    let wrong = |error: arrow::error::ArrowError| IntakeError::rows(path, error);
    let file = std::fs::File::create(path).at(path)?;
    let mut writer = FileWriter::try_new(file, &rows.schema()).map_err(wrong)?;
    writer.write(rows).and_then(|()| writer.finish()).map_err(wrong)
}
