//! One receipt file through the gate: its rows as cells, its bad rows by number. What the cells mean is decided in
//! `cases`, to whom they belong in `receipts`.

use std::path::Path;

use arrow::ipc::reader::FileReader;
use chrono::NaiveDate;
use engine::rows::Row as _;
use law::cases::AnswerCells;
use law::config::GateSettings;
use law::contracts::{Counted, Feed};
use law::domain::Fen;
use law::profiles::Profiles;
use law::referrals::COLUMNS;

use super::IntakeError;
use super::gate::{GateJob, GateLimits, GateVerdict, run_gate};
use store::durable::At as _;

/// What a receipt file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptFile {
    /// Row number, token as typed, and cells of each good row.
    pub rows: Vec<(i64, String, AnswerCells)>,
    /// Row number of each bad row, with the column and what its sender must mend, in Chinese.
    pub bad: Vec<(i64, String)>,
}

/// A receipt file, or why it was refused as a whole.
pub type Opened = Result<ReceiptFile, String>;

/// Opens a receipt file in a child process under limits; `aside` is a folder for what the child writes, and is
/// removed.
pub fn open_receipt(
    program: &Path,
    (input, file_id): (&Path, &str),
    aside: &Path,
    limits: &GateSettings,
) -> Result<Opened, IntakeError> {
    let job = GateJob {
        kept: Vec::new(),
        feed: Feed::Receipts,
        input: input.to_owned(),
        output: aside.to_owned(),
        buckets: 1,
        source_file: file_id.get(..16).unwrap_or(file_id).to_owned(),
        ignore_columns: ignored(),
        profiles: Profiles::default(),
        tag_aliases: Vec::new(),
        codes: Vec::new(),
        counted: Counted::default(),
        look: false,
        limits: GateLimits {
            memory_mib: limits.memory_mib,
            cpu_seconds: limits.cpu_seconds,
            file_mib: limits.file_mib,
        },
        batch_rows: 8192,
        threads: 1,
    };
    let opened = match run_gate(program, &job)? {
        GateVerdict::Refused { reason } => Err(reason),
        GateVerdict::Staged(report) => {
            let mut file = ReceiptFile { bad: bad_rows(&aside.join("rejects.csv"))?, ..ReceiptFile::default() };
            for staged in &report.staged {
                read_rows(&aside.join(&staged.name), &mut file)?;
            }
            Ok(file)
        }
    };
    std::fs::remove_dir_all(aside).at(aside)?;
    Ok(opened)
}

/// The list's own columns, by both names.
fn ignored() -> Vec<String> {
    let own = COLUMNS.iter().filter(|column| column.name != "row_token");
    own.flat_map(|column| [column.name.to_owned(), column.heading().to_owned()]).collect()
}

fn read_rows(path: &Path, file: &mut ReceiptFile) -> Result<(), IntakeError> {
    let opened = std::fs::File::open(path).at(path)?;
    let reader = FileReader::try_new(opened, None).map_err(|error| IntakeError::rows(path, error))?;
    for batch in reader {
        let batch = batch.map_err(|error| IntakeError::rows(path, error))?;
        let rows = ReceiptRow::read(&batch).map_err(|error| IntakeError::rows(path, error))?;
        file.rows.extend(rows.into_iter().map(ReceiptRow::cells));
    }
    Ok(())
}

engine::row! {
    struct ReceiptRow {
        number: i64 = "source_row",
        token: Option<String> = "row_token",
        receipt: Option<String> = "receipt",
        found: Option<String> = "found",
        enrolled: Option<String> = "enrolled",
        category: Option<String> = "category",
        reason: Option<String> = "not_enrolled_reason",
        measure: Option<String> = "measure",
        amount: Option<Fen> = "aid_amount",
        verified_on: Option<NaiveDate> = "verified_date",
        unit: Option<String> = "unit",
        verifier: Option<String> = "verifier",
        remark: Option<String> = "remark",
    }
}

impl ReceiptRow {
    fn cells(self) -> (i64, String, AnswerCells) {
        let cells = AnswerCells {
            receipt: self.receipt.unwrap_or_default(),
            found: self.found.unwrap_or_default(),
            enrolled: self.enrolled.unwrap_or_default(),
            category: self.category.unwrap_or_default(),
            reason: self.reason.unwrap_or_default(),
            measure: self.measure.unwrap_or_default(),
            amount: self.amount,
            verified_on: self.verified_on,
            unit: self.unit.unwrap_or_default(),
            verifier: self.verifier.unwrap_or_default(),
            remark: self.remark.unwrap_or_default(),
        };
        (self.number, self.token.unwrap_or_default(), cells)
    }
}

/// The rows that the gate rejected: number, then column and remedy.
fn bad_rows(path: &Path) -> Result<Vec<(i64, String)>, IntakeError> {
    let text = std::fs::read_to_string(path).at(path)?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut bad = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| IntakeError::rows(path, error))?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        bad.push((cell(1).parse().unwrap_or(0), format!("“{}”{}", cell(2), cell(4))));
    }
    Ok(bad)
}
