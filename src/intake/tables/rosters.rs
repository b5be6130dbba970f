//! Rosters: their rows, and beside them one small table of the files: what each says of itself, in the order of arrival.

use std::collections::BTreeMap;

use arrow::array::{Array as _, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Date32Type;
use chrono::NaiveDate;
use engine::rows::{Value, batch as rows_of};
use engine::{read_table, table_schema};
use law::rosters::Said;
use store::warehouse::FileEntry;

use super::super::IntakeError;
use super::batch::{Arrived, Batch, Change};
use super::columns::{Cells, conform, read_part, text_at};
use super::whole::write_rows;
use super::{distinct, named};

/// The table of roster files.
const FILES: &str = "roster_files";

/// Office, county, tag and month; a file of several categories has several.
type Identity = (String, String, String, Option<NaiveDate>);

/// What the rows of an identity say of the file.
#[derive(Default)]
struct Stated {
    said: Option<Said>,
    /// 上月, 新增, 退出, 本月.
    movement: [Option<i64>; 4],
}

/// Keeps the batch's rows, and notes its files.
pub(super) fn take(batch: &Batch<'_>) -> Result<Change, IntakeError> {
    let mut change = distinct::take(batch, &distinct::ROSTERS)?;
    let named = named::find(batch)?;
    change.entries.push(note_files(batch, &named.unmatched)?);
    change.entries.extend(named.entries);
    Ok(change)
}

/// Writes the table of files anew with those of the batch.
fn note_files(batch: &Batch<'_>, unmatched: &[u64]) -> Result<FileEntry, IntakeError> {
    let folder = batch.root.join(FILES);
    let schema = table_schema(FILES).ok_or_else(|| IntakeError::rows(&folder, "no such table"))?;
    let mut known = Vec::new();
    for entry in batch.version.table(FILES) {
        let path = batch.root.join(&entry.path);
        for rows in read_table(&path, None)? {
            known.push(conform(&rows?, &schema, &path)?);
        }
    }
    let last = known.iter().filter_map(last_arrival).max().unwrap_or(0);
    let mut rows = Vec::new();
    for (at, arrived) in batch.arrived.iter().enumerate() {
        let arrival = last + 1 + i64::try_from(at).unwrap_or(0);
        let unmatched = unmatched.get(at).copied().unwrap_or(arrived.rejected);
        rows.extend(rows_of_file(batch, at, (arrived, unmatched), arrival)?);
    }
    known.push(rows_of(FILES, &schema, rows)?);
    write_rows(batch.root, FILES, None, |schema| concat_batches(&schema, &known))
}

fn last_arrival(rows: &RecordBatch) -> Option<i64> {
    let column = rows.column_by_name("arrival")?.as_any().downcast_ref::<arrow::array::Int64Array>()?;
    column.iter().flatten().max()
}

type Row = Vec<(&'static str, Value<'static>)>;

/// One row per identity; a file without an accepted row has one that names none.
fn rows_of_file(
    batch: &Batch<'_>,
    at: usize,
    (arrived, unmatched): (&Arrived, u64),
    arrival: i64,
) -> Result<Vec<Row>, IntakeError> {
    let mut stated = identities(batch, at)?;
    if stated.is_empty() {
        stated.insert(Identity::default(), Stated::default());
    }
    let name_says = Said::of(&arrived.name);
    let count = |count: u64| Value::Whole(i64::try_from(count).unwrap_or(i64::MAX));
    let row = |((office, county, tag, month), Stated { said, movement }): (Identity, Stated)| {
        let [before, added, left, now] = movement;
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        vec![
            ("source_file", arrived.source_file.clone().into()),
            ("file_name", arrived.name.clone().into()),
            ("arrival", arrival.into()),
            ("source_office", some(office).into()),
            ("county_code", some(county).into()),
            ("tag", some(tag).into()),
            ("roster_month", month.into()),
            ("said", said.or(name_says).map(Said::code).into()),
            ("is_filtered", arrived.is_filtered.into()),
            ("row_count", count(arrived.read)),
            ("rejected_count", count(arrived.rejected)),
            ("unmatched_count", count(unmatched)),
            ("before_count", before.into()),
            ("added_count", added.into()),
            ("left_count", left.into()),
            ("now_count", now.into()),
        ]
    };
    Ok(stated.into_iter().map(row).collect())
}

/// The identities of a staged file with what its rows say of each.
fn identities(batch: &Batch<'_>, at: usize) -> Result<BTreeMap<Identity, Stated>, IntakeError> {
    let mut found: BTreeMap<Identity, Stated> = BTreeMap::new();
    for bucket in batch.all_buckets() {
        let Some(part) = batch.staged_part(at, bucket) else { continue };
        for rows in read_part(&part, Some(&COLUMNS))? {
            let cells = Cells::new(&rows, &part.path);
            let (offices, counties) = (cells.text("source_office")?, cells.text("county_code")?);
            let (tags, coverage) = (cells.text("tag")?, cells.text("coverage")?);
            let months = cells.day("roster_month")?;
            let counts = [
                cells.count("before_count")?,
                cells.count("added_count")?,
                cells.count("left_count")?,
                cells.count("now_count")?,
            ];
            for row in 0..rows.num_rows() {
                let own = |column| text_at(column, row).unwrap_or_default().to_owned();
                let month = months.is_valid(row).then(|| Date32Type::to_naive_date_opt(months.value(row))).flatten();
                let stated = found.entry((own(offices), own(counties), own(tags), month)).or_default();
                stated.said = stated.said.or_else(|| text_at(coverage, row).and_then(Said::of));
                for (known, column) in stated.movement.iter_mut().zip(counts) {
                    *known = known.or_else(|| column.is_valid(row).then(|| i64::from(column.value(row))));
                }
            }
        }
    }
    Ok(found)
}

const COLUMNS: [&str; 9] = [
    "source_office",
    "county_code",
    "tag",
    "roster_month",
    "coverage",
    "before_count",
    "added_count",
    "left_count",
    "now_count",
];
