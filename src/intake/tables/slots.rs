//! Writing the slots (one file per table, month and bucket) whose rows changed: rows sorted, file named by content.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, Rows, SortField};
use chrono::NaiveDate;
use engine::{TableWriter, table_schema};
use law::domain::{Month, Period, stable_hash};
use store::warehouse::FileEntry;

use super::super::IntakeError;
use super::super::resolve::{Fate, HoldReason, Origin};
use super::columns::{Cells, Part, conform, read_part};
use store::durable::At as _;

const CHUNK: usize = 8192;

/// A table as the slot writer needs it.
pub(super) struct Table {
    /// Table of the accepted rows.
    pub name: &'static str,
    /// Table of the held rows, if rows can be held.
    pub held: Option<&'static str>,
    /// Columns by which its files are sorted.
    pub sorted_by: &'static [&'static str],
    /// Column whose sum the version records.
    pub control: Option<&'static str>,
}

/// Where a row stands: a month of the table (`None`: the table has no months), or held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Table(Option<Month>),
    Held,
}

/// A cell that this program sets itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Note {
    /// `hold_reason`.
    Hold(HoldReason),
    /// `has_name_conflict`.
    NameConflict(bool),
    /// `original_claim_id` and its hash: found for a refund that came without.
    Original(Box<str>),
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

/// One row whose fate was decided.
pub(super) struct Decided {
    pub part: usize,
    /// Its number in the part.
    pub row: usize,
    /// Where it goes; `None` when it goes away.
    pub to: Option<Place>,
    /// The cell to set, if any.
    pub note: Option<Note>,
    /// Whether that cell differs from what an existing row says.
    pub renote: bool,
}

/// Where a fate puts a row.
pub(super) fn place_of(fate: Fate) -> (Option<Place>, Option<Note>) {
    match fate {
        Fate::Accepted(month) => (Some(Place::Table(month)), None),
        Fate::Held(reason) => (Some(Place::Held), Some(Note::Hold(reason))),
        Fate::Superseded | Fate::Duplicate => (None, None),
    }
}

fn origin_place(origin: Origin) -> Option<Place> {
    match origin {
        Origin::Accepted(month) => Some(Place::Table(month)),
        Origin::Held => Some(Place::Held),
        Origin::Incoming => None,
    }
}

/// One bucket of one table (`None`: the table is not split), being rewritten.
pub(super) struct Shelf<'a> {
    pub table: &'a Table,
    pub root: &'a Path,
    pub bucket: Option<u16>,
    /// All files that take part.
    pub parts: &'a [Part],
}

impl Shelf<'_> {
    /// Writes every slot whose rows change and returns its new entry.
    pub(super) fn rewrite(&self, decided: &[Decided]) -> Result<Vec<FileEntry>, IntakeError> {
        let mut touched = BTreeSet::new();
        for row in decided {
            let from = self.parts.get(row.part).and_then(|part| origin_place(part.origin));
            if from != row.to || row.renote {
                touched.extend([from, row.to].into_iter().flatten());
            }
        }
        let mut loaded = Loaded::new(self)?;
        let mut entries = Vec::new();
        for place in touched {
            entries.push(self.write(place, decided, &mut loaded)?);
            // Staged rows go to many slots; a slot's own old file to hardly any other.
            loaded.forget(self, place);
        }
        Ok(entries)
    }

    fn write(&self, place: Place, decided: &[Decided], loaded: &mut Loaded) -> Result<FileEntry, IntakeError> {
        let mut notes: HashMap<(usize, usize), Note> = HashMap::new();
        let mut refs: Vec<RowRef> = Vec::new();
        let own = self.parts.iter().position(|part| origin_place(part.origin) == Some(place));
        if let Some(own) = own {
            let mut stays = vec![true; loaded.part(self, own)?];
            for row in decided.iter().filter(|row| row.part == own) {
                stays[row.row] = false;
            }
            let rows = stays.iter().enumerate().filter(|(_, stays)| **stays);
            refs.extend(rows.map(|(row, _)| loaded.locate(own, row)));
        }
        for row in decided.iter().filter(|row| row.to == Some(place)) {
            loaded.part(self, row.part)?;
            let at = loaded.locate(row.part, row.row);
            if let Some(note) = &row.note {
                notes.insert((at.batch as usize, at.row as usize), note.clone());
            }
            refs.push(at);
        }
        refs.sort_by(|a, b| loaded.compare(*a, *b));
        self.write_file(place, &refs, &notes, loaded)
    }

    fn write_file(
        &self,
        place: Place,
        refs: &[RowRef],
        notes: &HashMap<(usize, usize), Note>,
        loaded: &Loaded,
    ) -> Result<FileEntry, IntakeError> {
        let (table, month) = match place {
            Place::Table(month) => (self.table.name, month),
            Place::Held => (self.table.held.unwrap_or(self.table.name), None),
        };
        let entry = FileEntry {
            table: table.to_owned(),
            month: month.map(Period::from),
            rule: None,
            bucket: self.bucket,
            path: String::new(),
            rows: 0,
            bytes: 0,
            sha256: String::new(),
            control_fen: self.table.control.map(|_| 0),
            inputs: String::new(),
            format: 0,
        };
        if refs.is_empty() {
            return Ok(entry);
        }
        let folder = slot_folder(table, month, self.bucket);
        let unnamed = self.root.join(&folder).join("unnamed.parquet");
        let schema = table_schema(table).ok_or_else(|| IntakeError::rows(&unnamed, "no such table"))?;
        let mut writer = TableWriter::create(&unnamed, &schema)?;
        let mut control = 0;
        for chunk in refs.chunks(CHUNK) {
            let batch = loaded.gather(chunk, notes, month, &unnamed)?;
            let batch = conform(&batch, &schema, &unnamed)?;
            control += self.table.control.map_or(0, |column| sum(&batch, column));
            writer.write(&batch)?;
        }
        let written = writer.finish()?;
        let name = format!("{folder}/{}.parquet", written.sha256.get(..16).unwrap_or_default());
        let named = self.root.join(&name);
        std::fs::rename(&unnamed, &named).at(&named)?;
        Ok(FileEntry {
            path: name,
            rows: written.rows,
            bytes: written.bytes,
            sha256: written.sha256,
            control_fen: self.table.control.map(|_| control),
            ..entry
        })
    }
}

fn slot_folder(table: &str, month: Option<Month>, bucket: Option<u16>) -> String {
    let month = month.map(|month| format!("/month={month}")).unwrap_or_default();
    let bucket = bucket.map(|bucket| format!("/bucket={bucket:03}")).unwrap_or_default();
    format!("{table}{month}{bucket}")
}

fn sum(batch: &RecordBatch, column: &str) -> i128 {
    let amounts = batch.column_by_name(column).and_then(|column| column.as_any().downcast_ref::<Decimal128Array>());
    amounts.map_or(0, |amounts| amounts.iter().flatten().sum())
}

/// A row by the number of its batch and its number within it.
#[derive(Clone, Copy)]
struct RowRef {
    batch: u32,
    row: u32,
}

/// The full rows of the parts that were needed so far.
struct Loaded {
    schema: SchemaRef,
    converter: RowConverter,
    batches: Vec<RecordBatch>,
    keys: Vec<Rows>,
    /// Per part: number of its first batch and the row numbers at which its batches end.
    parts: BTreeMap<usize, (u32, Vec<usize>)>,
}

impl Loaded {
    fn new(shelf: &Shelf<'_>) -> Result<Self, IntakeError> {
        let missing = || IntakeError::rows(shelf.root, "a table without schema");
        let schema = table_schema(shelf.table.held.unwrap_or(shelf.table.name)).ok_or_else(missing)?;
        let mut fields = Vec::new();
        for name in shelf.table.sorted_by {
            let field = schema.field_with_name(name).map_err(|_| missing())?;
            fields.push(SortField::new(field.data_type().clone()));
        }
        let converter = RowConverter::new(fields).map_err(|error| IntakeError::rows(shelf.root, error))?;
        Ok(Self { schema, converter, batches: Vec::new(), keys: Vec::new(), parts: BTreeMap::new() })
    }

    /// Reads a part unless it is there; answers its number of rows.
    fn part(&mut self, shelf: &Shelf<'_>, number: usize) -> Result<usize, IntakeError> {
        let part = shelf.parts.get(number).ok_or_else(|| IntakeError::rows(shelf.root, "an unknown part"))?;
        if !self.parts.contains_key(&number) {
            let first = u32::try_from(self.batches.len()).unwrap_or(u32::MAX);
            let mut ends = Vec::new();
            for batch in read_part(part, None)? {
                let batch = taken_in(conform(&batch, &self.schema, &part.path)?, part)?;
                let sorted_by: Vec<ArrayRef> =
                    shelf.table.sorted_by.iter().filter_map(|name| batch.column_by_name(name).cloned()).collect();
                let keys = self.converter.convert_columns(&sorted_by);
                self.keys.push(keys.map_err(|error| IntakeError::rows(&part.path, error))?);
                ends.push(ends.last().copied().unwrap_or(0) + batch.num_rows());
                self.batches.push(batch);
            }
            self.parts.insert(number, (first, ends));
        }
        Ok(self.parts.get(&number).and_then(|(_, ends)| ends.last().copied()).unwrap_or(0))
    }

    /// Lets go of a slot's old file.
    fn forget(&mut self, shelf: &Shelf<'_>, place: Place) {
        for (number, part) in shelf.parts.iter().enumerate() {
            if origin_place(part.origin) == Some(place)
                && let Some((first, ends)) = self.parts.remove(&number)
            {
                // Numbers of the other batches must stay, so the place is kept and its content dropped.
                for at in (first as usize..).take(ends.len()) {
                    self.batches[at] = RecordBatch::new_empty(self.schema.clone());
                    self.keys[at] = self.converter.empty_rows(0, 0);
                }
            }
        }
    }

    fn locate(&self, part: usize, row: usize) -> RowRef {
        let Some((first, ends)) = self.parts.get(&part) else { return RowRef { batch: 0, row: 0 } };
        let at = ends.partition_point(|end| *end <= row);
        let start = if at == 0 { 0 } else { ends[at - 1] };
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        RowRef { batch: first + small(at), row: small(row - start) }
    }

    fn compare(&self, a: RowRef, b: RowRef) -> std::cmp::Ordering {
        let key = |at: RowRef| self.keys[at.batch as usize].row(at.row as usize);
        key(a).cmp(&key(b))
    }

    /// The rows as one batch, with this program's own cells set.
    fn gather(
        &self,
        chunk: &[RowRef],
        notes: &HashMap<(usize, usize), Note>,
        month: Option<Month>,
        path: &Path,
    ) -> Result<RecordBatch, IntakeError> {
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let indices: Vec<(usize, usize)> = chunk.iter().map(|at| (at.batch as usize, at.row as usize)).collect();
        let wrong = |error: arrow::error::ArrowError| IntakeError::rows(path, error);
        let batch = interleave_record_batch(&batches, &indices).map_err(wrong)?;
        let mut columns = batch.columns().to_vec();
        let noted = |at: usize| indices.get(at).and_then(|index| notes.get(index));
        let original = |at: usize| match noted(at) {
            Some(Note::Original(number)) => Some(&**number),
            _ => None,
        };
        for (field, column) in self.schema.fields().iter().zip(&mut columns) {
            match field.name().as_str() {
                "hold_reason" if !notes.is_empty() => {
                    let Some(old) = column.as_any().downcast_ref::<StringArray>() else { continue };
                    let reasons = old.iter().enumerate().map(|(at, old)| match noted(at) {
                        Some(Note::Hold(reason)) => Some(reason.code()),
                        _ => old,
                    });
                    *column = Arc::new(reasons.collect::<StringArray>());
                }
                "has_name_conflict" => {
                    let Some(old) = column.as_any().downcast_ref::<BooleanArray>() else { continue };
                    let flags = old.iter().enumerate().map(|(at, old)| match noted(at) {
                        Some(Note::NameConflict(conflict)) => Some(*conflict),
                        _ => old,
                    });
                    *column = Arc::new(flags.collect::<BooleanArray>());
                }
                "original_claim_id" if !notes.is_empty() => {
                    let Some(old) = column.as_any().downcast_ref::<StringArray>() else { continue };
                    let numbers = old.iter().enumerate().map(|(at, old)| original(at).or(old));
                    *column = Arc::new(numbers.collect::<StringArray>());
                }
                "original_hash" if !notes.is_empty() => {
                    let Some(old) = column.as_any().downcast_ref::<Int64Array>() else { continue };
                    let hash = |number: &str| stable_hash(number).cast_signed();
                    let hashes = old.iter().enumerate().map(|(at, old)| original(at).map(hash).or(old));
                    *column = Arc::new(hashes.collect::<Int64Array>());
                }
                "book_month" => {
                    let day = month.map(|month| days_since_1970(month.first_day()));
                    *column = Arc::new(Date32Array::from(vec![day; batch.num_rows()]));
                }
                _ => {}
            }
        }
        RecordBatch::try_new(self.schema.clone(), columns).map_err(wrong)
    }
}

/// Staged rows with the number of the version that takes them in.
fn taken_in(batch: RecordBatch, part: &Part) -> Result<RecordBatch, IntakeError> {
    let Some((at, number)) = batch.schema().index_of("taken_in").ok().zip(part.taken_in) else { return Ok(batch) };
    let mut columns = batch.columns().to_vec();
    columns[at] = Arc::new(Int64Array::from(vec![number; batch.num_rows()]));
    RecordBatch::try_new(batch.schema(), columns).map_err(|error| IntakeError::rows(&part.path, error))
}

fn days_since_1970(day: NaiveDate) -> i32 {
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(0)
}
