//! One receipt file through the gate: its rows as cells, its bad rows by number, its strange headings. What the cells
//! mean is decided in `cases`, to whom they belong in `receipts`.

mod cells;
mod headings;

use std::path::Path;

use arrow::ipc::reader::FileReader;
use chrono::NaiveDate;
use engine::rows::Row as _;
use law::cases::AnswerCells;
use law::config::GateSettings;
use law::contracts::{Counted, Feed, RejectCode};
use law::profiles::Profiles;
use law::referrals::COLUMNS;

use super::IntakeError;
use super::gate::{GateJob, GateLimits, GateVerdict, look_at, run_gate};
use store::durable::At as _;

pub use headings::Heading;

/// What a receipt file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptFile {
    pub rows: Vec<ReceiptRow>,
    /// Rows whose cells mean nothing: number, column, and what its sender must mend, in Chinese.
    pub bad: Vec<(i64, CellFault)>,
    /// Headings that are not the list's.
    pub headings: Vec<Heading>,
}

/// A row with its cells as they were written, and as far as they can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptRow {
    pub number: i64,
    /// The token as typed.
    pub token: String,
    pub cells: AnswerCells,
    /// By the list's headings.
    pub written: Vec<(&'static str, String)>,
    /// Cells that cannot be read.
    pub faults: Vec<CellFault>,
}

/// A cell that must be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFault {
    /// The list's heading.
    pub column: String,
    /// What is wrong, in Chinese.
    pub why: String,
}

impl CellFault {
    fn of(column: &str, code: RejectCode) -> Self {
        Self { column: column.to_owned(), why: format!("“{column}”{}", code.remedy()) }
    }
}

/// A receipt file, or why it was refused as a whole.
pub type Opened = Result<ReceiptFile, String>;

/// Opens a receipt file in a child process under limits; `aside` is a folder for what the child writes, and is
/// removed. `today` is the day of the import.
pub fn open_receipt(
    program: &Path,
    (input, file_id): (&Path, &str),
    aside: &Path,
    limits: &GateSettings,
    today: NaiveDate,
) -> Result<Opened, IntakeError> {
    let mut job = GateJob {
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
    let mut headings = Vec::new();
    if let Ok(heads) = look_at(program, &job)? {
        (job.profiles, headings) = headings::profiles_for(Feed::Receipts.contract(), &heads);
    }
    let opened = match run_gate(program, &job)? {
        GateVerdict::Refused { reason } => Err(reason),
        GateVerdict::Staged(report) => {
            let bad = bad_rows(&aside.join("rejects.csv"))?;
            let mut file = ReceiptFile { bad, headings, ..ReceiptFile::default() };
            for staged in &report.staged {
                read_rows(&aside.join(&staged.name), &mut file, today)?;
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

fn read_rows(path: &Path, file: &mut ReceiptFile, today: NaiveDate) -> Result<(), IntakeError> {
    let opened = std::fs::File::open(path).at(path)?;
    let reader = FileReader::try_new(opened, None).map_err(|error| IntakeError::rows(path, error))?;
    for batch in reader {
        let batch = batch.map_err(|error| IntakeError::rows(path, error))?;
        let rows = WrittenRow::read(&batch).map_err(|error| IntakeError::rows(path, error))?;
        file.rows.extend(rows.into_iter().map(|row| row.read_cells(today)));
    }
    Ok(())
}

engine::row! {
    struct WrittenRow {
        number: i64 = "source_row",
        token: Option<String> = "row_token",
        receipt: Option<String> = "receipt",
        found: Option<String> = "found",
        enrolled: Option<String> = "enrolled",
        category: Option<String> = "category",
        reason: Option<String> = "not_enrolled_reason",
        measure: Option<String> = "measure",
        amount: Option<String> = "aid_amount",
        verified_on: Option<String> = "verified_date",
        unit: Option<String> = "unit",
        verifier: Option<String> = "verifier",
        remark: Option<String> = "remark",
    }
}

impl WrittenRow {
    fn read_cells(self, today: NaiveDate) -> ReceiptRow {
        let text = Option::unwrap_or_default;
        let (amount, verified_on) = (text(self.amount), text(self.verified_on));
        let mut faults = Vec::new();
        let mut cells = AnswerCells {
            receipt: text(self.receipt),
            found: text(self.found),
            enrolled: text(self.enrolled),
            category: text(self.category),
            reason: text(self.reason),
            measure: text(self.measure),
            amount: None,
            verified_on: None,
            unit: text(self.unit),
            verifier: text(self.verifier),
            remark: text(self.remark),
        };
        match cells::amount(&amount) {
            Ok(fen) => cells.amount = fen,
            Err(code) => faults.push(CellFault::of("帮扶金额（元）", code)),
        }
        match cells::day(&verified_on, today) {
            Ok(day) => cells.verified_on = day,
            Err(code) => faults.push(CellFault::of("核查日期", code)),
        }
        let token = text(self.token);
        let written = [
            ("行标识", &token),
            ("核查单位", &cells.unit),
            ("核查人", &cells.verifier),
            ("核查日期", &verified_on),
            ("签收情况", &cells.receipt),
            ("是否找到", &cells.found),
            ("是否纳入监测", &cells.enrolled),
            ("纳入类别", &cells.category),
            ("未纳入原因", &cells.reason),
            ("帮扶措施", &cells.measure),
            ("帮扶金额（元）", &amount),
            ("备注", &cells.remark),
        ];
        let written = written.map(|(heading, cell)| (heading, cell.clone())).to_vec();
        ReceiptRow { number: self.number, token, cells, written, faults }
    }
}

/// The rows that the gate rejected: number, then column and remedy.
fn bad_rows(path: &Path) -> Result<Vec<(i64, CellFault)>, IntakeError> {
    let text = std::fs::read_to_string(path).at(path)?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut bad = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| IntakeError::rows(path, error))?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let fault = CellFault { column: cell(2).to_owned(), why: format!("“{}”{}", cell(2), cell(4)) };
        bad.push((cell(1).parse().unwrap_or(0), fault));
    }
    Ok(bad)
}
