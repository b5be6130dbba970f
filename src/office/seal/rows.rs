//! Arrow to list rows: the mart's batches, and the persons of the list before from its Parquet file.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, RecordBatch};
use engine::read_table;
use engine::rows::{Column, Value};
use law::cases::Outcome;
use law::config::Layout;
use law::domain::{Month, Period, PersonKey};
use law::referrals::{
    Cell, Cells, EndedTag, EndedTags, ListError, ListRow, PreviousList, PreviousPerson, column_called,
};
use store::ledger::{Ledger, Moment};

use super::SealError;

/// Columns of the mart that no list shows.
const OWN: [&str; 5] = ["rule_id", "status", "ended_tag", "ended_roster_month", "ended_date"];

/// The mart's rows in a batch; rows of persons whose tag has ended are added to `ended`.
pub fn list_rows(batch: &RecordBatch, ended: &mut EndedTags) -> Result<Vec<ListRow>, SealError> {
    let keys = person_keys(batch)?;
    let schema = batch.schema();
    let wanted: Vec<(&str, &ArrayRef)> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| (field.name().as_str(), column))
        .filter(|(name, _)| OWN.contains(name) || column_called(name).is_some())
        .collect();
    let mut rows = Vec::with_capacity(batch.num_rows());
    for (row, key) in keys.into_iter().enumerate() {
        let mut cells = Vec::with_capacity(wanted.len());
        for (name, column) in &wanted {
            if let Some(cell) = cell_at(name, column, row)? {
                cells.push((*name, cell));
            }
        }
        match ended_of(&cells) {
            Some((rule, tag)) => _ = ended.insert((key, rule), tag),
            None => rows.push(ListRow::from_cells(key, cells)?),
        }
    }
    Ok(rows)
}

/// The rule, and the tag that has ended, of a row that says only this.
fn ended_of(cells: &[(&str, Cell)]) -> Option<(String, EndedTag)> {
    let cell = |name: &str| cells.iter().find(|(known, _)| *known == name).map(|(_, cell)| cell);
    let text = |name: &str| cell(name).and_then(Cell::as_text);
    let day = |name: &str| match cell(name) {
        Some(Cell::Date(day)) => Some(*day),
        _ => None,
    };
    if text("status") != Some(Outcome::Outside.code()) {
        return None;
    }
    let tag = text("ended_tag").unwrap_or_default().to_owned();
    let (roster, last_day) = (day("ended_roster_month").map(Month::of), day("ended_date"));
    Some((text("rule_id")?.to_owned(), EndedTag { tag, roster, last_day }))
}

/// What stands of the sealed lists at a moment, with what each person's row showed.
pub fn previous_lists(
    layout: &Layout,
    ledger: &Ledger,
    moment: Moment,
) -> Result<BTreeMap<(String, String), PreviousList>, SealError> {
    let mut previous = BTreeMap::new();
    for (place, standing) in ledger.standing(moment)? {
        // Who was corrected since shows on the list that corrected them.
        let mut shown: BTreeMap<String, BTreeMap<PersonKey, Cells>> = BTreeMap::new();
        let mut persons = BTreeMap::new();
        for one in standing.persons {
            if !shown.contains_key(&one.list_id) {
                shown.insert(one.list_id.clone(), shown_cells(layout, one.period, &one.list_id)?);
            }
            let person = one.person;
            let cells = shown.get_mut(&one.list_id).and_then(|list| list.remove(&person.person)).unwrap_or_default();
            let (leading_rule, rules, measured) = (person.leading_rule, person.rules, person.measured);
            persons.insert(person.person, PreviousPerson { leading_rule, rules, measured, cells });
        }
        let last = standing.last;
        let (list_id, period, manifest_sha256) = (last.list_id, last.period, last.manifest_sha256);
        previous.insert(place, PreviousList { list_id, period, manifest_sha256, took_over: Vec::new(), persons });
    }
    Ok(previous)
}

fn shown_cells(layout: &Layout, period: Period, list_id: &str) -> Result<BTreeMap<PersonKey, Cells>, SealError> {
    let path = layout.lists(period).join(list_id).join(format!("{list_id}.parquet"));
    let fail = |why: String| SealError::Previous { path: path.clone(), why };
    let mut shown = BTreeMap::new();
    for batch in read_table(&path, None).map_err(|error| fail(error.to_string()))? {
        let batch = batch.map_err(|error| fail(error.to_string()))?;
        for (row, key) in person_keys(&batch)?.into_iter().enumerate() {
            let mut cells = Cells::new();
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                let Some(known) = column_called(field.name()) else { continue };
                if let Some(cell) = cell_at(known.name, column, row)? {
                    cells.insert(known.name, cell);
                }
            }
            shown.insert(key, cells);
        }
    }
    Ok(shown)
}

fn person_keys(batch: &RecordBatch) -> Result<Vec<PersonKey>, SealError> {
    let keys =
        Column::of(batch, "person_key").and_then(|keys| (0..batch.num_rows()).map(|row| keys.get(row)).collect());
    keys.map_err(|_| SealError::List(ListError::Row { column: "person_key" }))
}

fn cell_at(name: &str, column: &ArrayRef, row: usize) -> Result<Option<Cell>, SealError> {
    Ok(Some(match Value::at(column.as_ref(), row) {
        Some(Value::Null) => return Ok(None),
        Some(Value::Text(text)) => Cell::Text(text.into_owned()),
        Some(Value::Flag(flag)) => Cell::Text(if flag { "yes" } else { "no" }.to_owned()),
        Some(Value::Money(fen)) => Cell::Money(fen),
        Some(Value::Date(day)) => Cell::Date(day),
        Some(Value::Whole(number)) => Cell::Count(number),
        Some(Value::Moment(_)) | None => {
            return Err(SealError::Column { column: name.to_owned(), kind: column.data_type().to_string() });
        }
    }))
}
