//! Importing a receipt file: opened by the gate, matched by row token and by nothing else, taken in once.

use std::path::{Path, PathBuf};

use engine::sha256_of;
use intake::{Heading, ReceiptFile, open_receipt};
use law::cases::Verdict;
use law::referrals::Office;
use serde::Serialize;
use store::ledger::{Ledger, NewAnswer};

use super::ReceiptError;
use super::given::{ReceiptDesk, RowFault};
use super::place::{Place, places};
use store::durable::At as _;

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
    /// Persons whom the office gives back in a wave: they stay where they are until the questions are answered.
    pub held: u64,
    pub questions: Vec<i64>,
    /// Row numbers whose token no list knows.
    pub unmatched: Vec<i64>,
    /// Row number and list of answers that differ from the one that stands.
    pub conflicts: Vec<(String, i64)>,
    /// The rows that were not taken.
    pub faults: Vec<RowFault>,
    /// Headings that are not the list's: as written, and the one as which it is read.
    pub headings: Vec<(String, Option<&'static str>)>,
    /// The workbook of the rows that were not taken, with the wrong cells marked.
    pub book: Option<PathBuf>,
}

impl Imported {
    /// Whether every row with an answer was taken in.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.unmatched.is_empty() && self.conflicts.is_empty() && self.faults.is_empty()
    }
}

/// Imports a receipt file; the same bytes again change nothing. `from`: code of the office that sent it, where that is
/// known.
///
/// # Errors
/// When the file is refused as a whole, or disk or ledger fail; nothing is imported then.
pub fn import(desk: &ReceiptDesk<'_>, path: &Path, from: Option<&str>) -> Result<Imported, ReceiptError> {
    std::fs::metadata(path).at(path)?;
    let (file_id, _) = sha256_of(path).map_err(intake::IntakeError::from)?;
    if desk.ledger.knows_receipt(&file_id)? {
        return Ok(Imported { is_known: true, ..Imported::default() });
    }
    let aside = desk.layout.scratch().join(format!("receipt-{}", file_id.get(..16).unwrap_or(&file_id)));
    let opened = open_receipt(desk.program, (path, &file_id), &aside, &desk.settings.gate, desk.today)?;
    // Control characters in a name that an office gave could steer a terminal.
    let name: String = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let file = opened.map_err(|why| ReceiptError::Refused { file: name.clone(), why })?;
    let (mut imported, mut answers) = match_rows(desk.ledger, file, from)?;
    (imported.held, imported.questions) = super::wave::hold(desk, (&file_id, &name), &mut answers)?;
    let unmatched = imported.unmatched.len() as u64;
    let taken =
        desk.ledger.take_answers((&file_id, &name), (imported.rows, unmatched), &answers, desk.today, desk.now)?;
    (imported.news, imported.same, imported.rerouted) = (taken.news, taken.same, taken.rerouted);
    imported.conflicts = taken.conflicts;
    imported.book = super::book::write(desk.layout, (&file_id, &name), &imported.faults)?;
    imported.faults.retain(|fault| !imported.unmatched.contains(&fault.row));
    Ok(imported)
}

/// Reads the answer of each row that its office may answer. What is wrong with the others is told with their cells.
fn match_rows(
    ledger: &Ledger,
    file: ReceiptFile,
    from: Option<&str>,
) -> Result<(Imported, Vec<NewAnswer>), ReceiptError> {
    let mut imported = Imported { rows: (file.rows.len() + file.bad.len()) as u64, ..Imported::default() };
    imported.headings = file.headings.into_iter().map(|Heading { written, read_as }| (written, read_as)).collect();
    imported.faults = file
        .bad
        .into_iter()
        .map(|(row, fault)| RowFault { row, columns: vec![fault.column], why: fault.why, written: Vec::new() })
        .collect();
    let places = places(ledger, &file.rows, from)?;
    let mut answers = Vec::new();
    for (row, place) in file.rows.into_iter().zip(places) {
        let token = || vec!["行标识".to_owned()];
        let (columns, why) = match (row.cells.read(), place) {
            _ if !row.faults.is_empty() => {
                let why: Vec<&str> = row.faults.iter().map(|fault| fault.why.as_str()).collect();
                (row.faults.iter().map(|fault| fault.column.clone()).collect(), why.join("；"))
            }
            (Ok(None), _) => {
                imported.blank += 1;
                continue;
            }
            (Err(fault), _) => (fault.columns().into_iter().map(str::to_owned).collect(), fault.chinese()),
            (Ok(Some(answer)), Place::Row(listed)) => {
                let is_given_back = answer.verdict == Verdict::NotOurs;
                let reroute_to = if is_given_back { Office::desk_of(&listed.office) } else { String::new() };
                answers.push(NewAnswer { row: listed, row_no: row.number, answer, reroute_to });
                continue;
            }
            (Ok(Some(_)), place) => {
                if place == Place::Unknown {
                    imported.unmatched.push(row.number);
                }
                (token(), place.why().unwrap_or_default().to_owned())
            }
        };
        imported.faults.push(RowFault { row: row.number, columns, why, written: row.written });
    }
    imported.faults.sort_by_key(|fault| fault.row);
    Ok((imported, answers))
}
