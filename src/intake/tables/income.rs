//! Income figures: one table file; a figure is never overwritten, a correction is a new release.

use std::collections::HashMap;

use arrow::array::{Array, RecordBatch};

use super::super::IntakeError;
use super::super::resolve::{Fate, Origin};
use super::batch::{Batch, Change};
use super::columns::{Cells, Part, read_part};
use super::slots::{Decided, Shelf, Table, place_of};

static TABLE: Table = Table {
    name: "income",
    held: None,
    sorted_by: &["indicator", "geography", "year", "release"],
    control: Some("amount"),
};

/// Two releases with the same key and different amounts; the file that came later is refused.
#[derive(Debug)]
pub(in super::super) struct Disagreement {
    /// Which figure, with both amounts.
    pub what: String,
}

type Key = (String, String, i32, i32);

/// Takes the figures of one staged file, or says where it contradicts what is known.
pub(super) fn take(batch: &Batch<'_>) -> Result<Result<Change, Disagreement>, IntakeError> {
    let existing = batch.version.table(TABLE.name).map(|entry| batch.existing_part(entry, false));
    let staged = batch.staged.iter().enumerate().map(|(file, folder)| Part {
        path: folder.join("all.arrow"),
        origin: Origin::Incoming,
        file,
        taken_in: Some(batch.taken_in()),
    });
    let parts: Vec<Part> = existing.chain(staged.filter(|part| part.path.is_file())).collect();
    let mut change = Change::new(batch.staged.len());
    let mut decided = Vec::new();
    let mut figures: HashMap<Key, i128> = HashMap::new();
    for (number, part) in parts.iter().enumerate() {
        let mut row = 0;
        for rows in read_part(part, Some(&["indicator", "geography", "year", "amount", "release"]))? {
            for (key, fen) in keys(&rows, part)? {
                let fate = match figures.get(&key) {
                    None => Fate::Accepted(None),
                    Some(known) if *known == fen => Fate::Duplicate,
                    Some(known) => return Ok(Err(disagreement(&key, *known, fen))),
                };
                figures.insert(key, fen);
                change.count(part.origin, part.file, fate, fen);
                let (to, note) = place_of(fate);
                decided.push(Decided { part: number, row, to, note, renote: false });
                row += 1;
            }
        }
    }
    let shelf = Shelf { table: &TABLE, root: batch.root, bucket: None, parts: &parts };
    change.entries = shelf.rewrite(&decided)?;
    Ok(Ok(change))
}

fn keys(rows: &RecordBatch, part: &Part) -> Result<Vec<(Key, i128)>, IntakeError> {
    let cells = Cells::new(rows, &part.path);
    let (indicators, places) = (cells.text("indicator")?, cells.text("geography")?);
    let (years, releases) = (cells.count("year")?, cells.count("release")?);
    let amounts = cells.money("amount")?;
    let key = |row: usize| {
        let release = if releases.is_valid(row) { releases.value(row) } else { 1 };
        (indicators.value(row).to_owned(), places.value(row).to_owned(), years.value(row), release)
    };
    Ok((0..rows.num_rows()).map(|row| (key(row), amounts.value(row))).collect())
}

fn disagreement((indicator, geography, year, release): &Key, known: i128, new: i128) -> Disagreement {
    let yuan = |fen: i128| format!("{}.{:02}", fen / 100, fen.unsigned_abs() % 100);
    Disagreement {
        what: format!(
            "two releases disagree: {indicator} of {geography} for {year}, release {release}, is {} yuan already and \
             {} yuan here",
            yuan(known),
            yuan(new)
        ),
    }
}
