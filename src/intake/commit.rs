//! From a resolved batch to a committed version: balances, reject files, leftovers.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use law::contracts::{Feed, Outcome, Tally};
use store::warehouse::{Version, Warehouse, WarehouseError};

use super::IntakeError;
use super::reject_book::write_book;
use super::tables::{Change, HeldFile, follow_held};
use store::durable::{self, At as _};

/// Characters of a landed file's name in the name of its rejects: a file name has room for 255 bytes.
const STEM: usize = 50;

/// The whole outcome of one file: the gate's counts and where the candidates went.
pub(super) fn whole_outcome(feed: Feed, gate: &Outcome, resolved: &Outcome) -> Result<Outcome, IntakeError> {
    let outcome = Outcome {
        read: gate.read,
        rejected: gate.rejected.clone(),
        accepted: resolved.accepted,
        superseded: resolved.superseded,
        duplicate: resolved.duplicate,
        held: resolved.held,
        unusable: gate.unusable.clone(),
    };
    if outcome.balances() {
        return Ok(outcome);
    }
    let mut sum = outcome.rejected_total();
    for part in [outcome.accepted, outcome.superseded, outcome.duplicate, outcome.held] {
        sum += part;
    }
    Err(unbalanced(feed, "rows of a file", outcome.read, sum))
}

/// Checks the tables before and after: what came in less what went out must be the difference.
pub(super) fn check_tables(feed: Feed, before: &Version, after: &Version, change: &Change) -> Result<(), IntakeError> {
    let (mut accepted, mut held) = (Tally::default(), Tally::default());
    for outcome in &change.outcomes {
        accepted += outcome.accepted;
        held += outcome.held;
    }
    let table = feed.name();
    let expected = sum(&[total(before, table), accepted, change.released], &[change.displaced]);
    let found = total(after, table);
    if expected != found {
        return Err(unbalanced(feed, "table rows", expected, found));
    }
    let held_table = format!("held_{table}");
    let expected = sum(&[total(before, &held_table), held, change.demoted], &[change.released, change.lapsed]);
    let found = total(after, &held_table);
    if expected != found {
        return Err(unbalanced(feed, "held rows", expected, found));
    }
    if feed == Feed::Claims {
        let all = |version| sum(&[total(version, "adjustments"), total(version, "held_adjustments")], &[]);
        if all(before) != all(after) {
            return Err(unbalanced(feed, "adjustments that follow their claims", all(before), all(after)));
        }
    }
    Ok(())
}

/// Checks a version in which rows went under other keys: every table has what it had.
pub(super) fn check_moved(before: &Version, after: &Version) -> Result<(), IntakeError> {
    for feed in Feed::ALL {
        for table in [feed.name().to_owned(), format!("held_{feed}")] {
            let (expected, found) = (total(before, &table), total(after, &table));
            if expected != found {
                return Err(unbalanced(feed, "rows that go under another key", expected, found));
            }
        }
    }
    Ok(())
}

fn total(version: &Version, table: &str) -> Tally {
    let mut total = Tally::default();
    for entry in version.table(table) {
        total += Tally { rows: entry.rows, fen: entry.control_fen.unwrap_or(0) };
    }
    total
}

/// Rows are never negative in a balance that holds; one that wraps cannot be mistaken for one.
fn sum(plus: &[Tally], minus: &[Tally]) -> Tally {
    let mut total = Tally::default();
    for tally in plus {
        total += *tally;
    }
    for tally in minus {
        total.rows = total.rows.wrapping_sub(tally.rows);
        total.fen -= tally.fen;
    }
    total
}

/// Keeps what the rows of held claims files could add, and lets go of those of files that are held no longer; `None` where
/// the same files are held as before.
pub(super) async fn keep_held(
    warehouse: &Warehouse,
    version: &Version,
    held: &[HeldFile],
) -> Result<Option<Version>, IntakeError> {
    let Some(entries) = follow_held(warehouse.root(), version, held)? else { return Ok(None) };
    let next = version.next("intake", entries, Vec::new());
    warehouse.commit(&next).await?;
    Ok(Some(next))
}

fn unbalanced(feed: Feed, what: &str, expected: Tally, found: Tally) -> IntakeError {
    let what = format!(
        "{what} do not add up: {} rows with {} fen expected, {} rows with {} fen found",
        expected.rows, expected.fen, found.rows, found.fen
    );
    IntakeError::DataQuality { feed, what }
}

/// Puts a file's rejected rows where its sender finds them, as CSV and as a workbook; returns the place of the CSV, if any
/// row was rejected.
pub(super) fn keep_rejects(
    folder: &Path,
    staged: &Path,
    name: &str,
    file_id: &str,
    outcome: &Outcome,
) -> Result<Option<PathBuf>, IntakeError> {
    let from = staged.join("rejects.csv");
    if outcome.rejected_total().rows == 0 || !from.is_file() {
        return Ok(None);
    }
    let to = rejects_of(folder, name, file_id);
    let book = staged.join("rejects.xlsx");
    write_book(&from, &book)?;
    durable::publish(&book, &to.with_extension("xlsx"))?;
    durable::publish(&from, &to)?;
    Ok(Some(to))
}

/// Where a file's rejected rows lie.
fn rejects_of(folder: &Path, name: &str, file_id: &str) -> PathBuf {
    let stem = Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let stem: String = stem.chars().take(STEM).collect();
    folder.join(format!("{stem}.{}.csv", file_id.get(..8).unwrap_or(file_id)))
}

/// Takes away a file's rejected rows: nobody is to mend a file that was taken back.
pub(super) fn drop_rejects(folder: &Path, name: &str, file_id: &str) -> Result<(), IntakeError> {
    let table = rejects_of(folder, name, file_id);
    for path in [table.with_extension("xlsx"), table] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            removed => removed.at(&path)?,
        }
    }
    Ok(())
}

/// Deletes what killed runs left in the warehouse: files that no version names. Returns how many.
pub async fn sweep(warehouse: &Warehouse, current: &Version) -> Result<u64, IntakeError> {
    let mut leftover = BTreeSet::new();
    list_files(warehouse.root(), warehouse.root(), &mut leftover)?;
    for number in (1..=current.number).rev() {
        if leftover.is_empty() {
            break;
        }
        let version = if number == current.number { current.clone() } else { warehouse.version(number).await? };
        for file in &version.files {
            leftover.remove(&file.path);
        }
    }
    // A version committed meanwhile may name files that none before it named.
    if warehouse.current().await?.number != current.number {
        return Err(WarehouseError::Conflict(current.number + 1).into());
    }
    for path in &leftover {
        let path = warehouse.root().join(path);
        std::fs::remove_file(&path).at(&path)?;
    }
    Ok(leftover.len() as u64)
}

fn list_files(root: &Path, folder: &Path, found: &mut BTreeSet<String>) -> Result<(), IntakeError> {
    for entry in std::fs::read_dir(folder).at(folder)? {
        let entry = entry.at(folder)?;
        let path = entry.path();
        let kind = entry.file_type().at(&path)?;
        if kind.is_dir() {
            list_files(root, &path, found)?;
        } else if let Ok(below) = path.strip_prefix(root)
            && matches!(path.extension().and_then(|ending| ending.to_str()), Some("parquet" | "partial" | "answer"))
        {
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            found.insert(parts.join("/"));
        }
    }
    Ok(())
}
