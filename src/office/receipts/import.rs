//! Importing a receipt file: opened by the gate, matched by row token and by nothing else, taken in once.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use engine::sha256_of;
use intake::{ReceiptFile, open_receipt};
use law::cases::Verdict;
use law::config::{Layout, Settings};
use law::domain::clean_token;
use law::referrals::Office;
use serde::Serialize;
use store::ledger::{Ledger, NewAnswer};

use super::ReceiptError;
use store::durable::At as _;

/// Code of the bureau's own desk, which gets whom an office gives back.
const DESK: &str = "YBU";

/// Everything that importing works with.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptDesk<'a> {
    pub layout: &'a Layout,
    pub settings: &'a Settings,
    pub ledger: &'a Ledger,
    /// This program, which the gate starts as its child.
    pub program: &'a Path,
    /// The day, on the clock of the offices.
    pub today: NaiveDate,
    /// The moment of the import.
    pub now: DateTime<Utc>,
}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Whether the same bytes were imported before; nothing is done then.
    pub is_known: bool,
    pub rows: u64,
    /// First answers and those that go on from one.
    pub news: u64,
    /// Answers that say what is known.
    pub same: u64,
    pub blank: u64,
    /// Persons who were given back to the bureau's desk.
    pub rerouted: u64,
    /// Row numbers whose token no list knows.
    pub unmatched: Vec<i64>,
    /// Row number and list of answers that differ from the one that stands.
    pub conflicts: Vec<(String, i64)>,
    /// Row number of each row that cannot be read, and what its sender must mend.
    pub faults: Vec<(i64, String)>,
}

impl Imported {
    /// Whether every row with an answer was taken in.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.unmatched.is_empty() && self.conflicts.is_empty() && self.faults.is_empty()
    }
}

/// Imports a receipt file; the same bytes again change nothing.
///
/// # Errors
/// When the file is refused as a whole, or disk or ledger fail; nothing is imported then.
pub fn import(desk: &ReceiptDesk<'_>, path: &Path) -> Result<Imported, ReceiptError> {
    std::fs::metadata(path).at(path)?;
    let (file_id, _) = sha256_of(path).map_err(intake::IntakeError::from)?;
    if desk.ledger.knows_receipt(&file_id)? {
        return Ok(Imported { is_known: true, ..Imported::default() });
    }
    let aside = desk.layout.scratch().join(format!("receipt-{}", file_id.get(..16).unwrap_or(&file_id)));
    let opened = open_receipt(desk.program, (path, &file_id), &aside, &desk.settings.gate)?;
    // Control characters in a name that an office gave could steer a terminal.
    let name: String = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let file = opened.map_err(|why| ReceiptError::Refused { file: name.clone(), why })?;
    let (mut imported, answers) = match_rows(desk.ledger, file)?;
    let unmatched = imported.unmatched.len() as u64;
    let taken =
        desk.ledger.take_answers((&file_id, &name), (imported.rows, unmatched), &answers, desk.today, desk.now)?;
    (imported.news, imported.same, imported.rerouted) = (taken.news, taken.same, taken.rerouted);
    imported.conflicts = taken.conflicts;
    Ok(imported)
}

/// Finds each answer's row by its token. A token that stands twice in the file is a fault of both rows: nobody knows
/// which one counts.
fn match_rows(ledger: &Ledger, file: ReceiptFile) -> Result<(Imported, Vec<NewAnswer>), ReceiptError> {
    let mut imported = Imported { rows: (file.rows.len() + file.bad.len()) as u64, ..Imported::default() };
    imported.faults = file.bad;
    let mut times = std::collections::BTreeMap::<String, u32>::new();
    for (_, token, _) in &file.rows {
        *times.entry(clean_token(token)).or_default() += 1;
    }
    let mut answers = Vec::new();
    for (row_no, token, cells) in file.rows {
        let token = clean_token(&token);
        let answer = match cells.read() {
            Ok(None) => {
                imported.blank += 1;
                continue;
            }
            Ok(Some(answer)) => answer,
            Err(fault) => {
                imported.faults.push((row_no, fault.chinese()));
                continue;
            }
        };
        if times.get(&token).is_some_and(|times| *times > 1) {
            imported.faults.push((row_no, "“行标识”重复出现".to_owned()));
            continue;
        }
        let row = ledger.row_with_token(&token)?;
        let Some(row) = row.filter(|row| Office::is_referral_code(&row.office)) else {
            imported.unmatched.push(row_no);
            continue;
        };
        let letters = row.office.trim_end_matches(|c: char| c.is_ascii_digit());
        let mark = row.office.get(letters.len()..).unwrap_or_default();
        let reroute_to = if answer.verdict == Verdict::NotOurs { format!("{DESK}{mark}") } else { String::new() };
        answers.push(NewAnswer { row, row_no, answer, reroute_to });
    }
    imported.faults.sort();
    Ok((imported, answers))
}
