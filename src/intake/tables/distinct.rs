//! Rosters and grants of help: every distinct row is kept; a row that says what another says already is a duplicate, of a
//! roster one in the same file.

use std::collections::HashSet;

use arrow::array::ArrayRef;
use arrow::row::{OwnedRow, RowConverter, SortField};
use engine::table_schema;

use super::super::IntakeError;
use super::super::resolve::Fate;
use super::batch::{Batch, Change};
use super::columns::{Part, conform, read_part};
use super::slots::{Decided, Shelf, Table, place_of};

/// Each file is a statement of its own, so that a row counts as often as it is sent: what a corrected roster repeats, it
/// says anew. Within a file the columns make the order of the rows total.
pub(super) static ROSTERS: Table = of_rosters("rosters");

/// People whom a rejected row of a roster names; [`super::named`] adds to it.
pub(super) static NAMED_HOLDERS: Table = of_rosters(engine::NAMED_HOLDERS);

const fn of_rosters(name: &'static str) -> Table {
    let sorted_by = &[
        "person_key",
        "tag",
        "source_office",
        "roster_month",
        "from_date",
        "to_date",
        "county_code",
        "id_number",
        "cert_type",
        "person_name",
        "source_file",
    ];
    Table { name, held: None, sorted_by, control: None }
}

/// All columns but the source, so that the order of the rows is total.
pub(super) static AIDED: Table = Table {
    name: "aided",
    held: None,
    sorted_by: &[
        "person_key",
        "aided_date",
        "scheme",
        "source_office",
        "aid_amount",
        "county_code",
        "id_number",
        "cert_type",
        "person_name",
    ],
    control: None,
};

/// Keeps the batch's distinct rows and writes the touched files.
pub(super) fn take(batch: &Batch<'_>, table: &'static Table) -> Result<Change, IntakeError> {
    batch.per_bucket(&batch.all_buckets(), |bucket| {
        let staged = batch.staged_parts(bucket);
        if staged.is_empty() { Ok(Change::new(batch.staged.len())) } else { take_bucket(batch, table, bucket, staged) }
    })
}

fn take_bucket(
    batch: &Batch<'_>,
    table: &'static Table,
    bucket: u16,
    staged: Vec<Part>,
) -> Result<Change, IntakeError> {
    let existing = batch.version.bucket(table.name, bucket).map(|entry| batch.existing_part(entry, false));
    let parts: Vec<Part> = existing.chain(staged).collect();
    let mut change = Change::new(batch.staged.len());
    let mut decided = Vec::new();
    let mut seen: HashSet<OwnedRow> = HashSet::new();
    let wrong = |part: &Part, error: &dyn std::fmt::Display| IntakeError::rows(&part.path, error);
    let schema = table_schema(table.name).ok_or_else(|| IntakeError::rows(batch.root, "a table without schema"))?;
    let fields = table.sorted_by.iter().filter_map(|name| schema.field_with_name(name).ok());
    let fields = fields.map(|field| SortField::new(field.data_type().clone())).collect();
    let converter = RowConverter::new(fields).map_err(|error| IntakeError::rows(batch.root, error))?;
    for (number, part) in parts.iter().enumerate() {
        let mut row = 0;
        for rows in read_part(part, None)? {
            let rows = conform(&rows, &schema, &part.path)?;
            let columns: Vec<ArrayRef> =
                table.sorted_by.iter().filter_map(|name| rows.column_by_name(name).cloned()).collect();
            for content in &converter.convert_columns(&columns).map_err(|error| wrong(part, &error))? {
                let fate = if seen.insert(content.owned()) { Fate::Accepted(None) } else { Fate::Duplicate };
                change.count(part.origin, part.file, fate, 0);
                let (to, note) = place_of(fate);
                decided.push(Decided { part: number, row, to, note, renote: false });
                row += 1;
            }
        }
    }
    let shelf = Shelf { table, root: batch.root, bucket: Some(bucket), parts: &parts };
    change.entries = shelf.rewrite(&decided)?;
    Ok(change)
}
