//! One receipt file through the gate: its rows as cells, its bad rows by number. What the cells mean is decided in
//! `cases`, to whom they belong in `receipts`.

use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use arrow::ipc::reader::FileReader;
use law::cases::AnswerCells;
use law::config::GateSettings;
use law::contracts::Feed;
use law::domain::Fen;
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
        feed: Feed::Receipts,
        input: input.to_owned(),
        output: aside.to_owned(),
        buckets: 1,
        source_file: file_id.get(..16).unwrap_or(file_id).to_owned(),
        ignore_columns: ignored(),
        tag_aliases: Vec::new(),
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
    own.flat_map(|column| [column.name.to_owned(), column.heading.to_owned()]).collect()
}

fn read_rows(path: &Path, file: &mut ReceiptFile) -> Result<(), IntakeError> {
    let opened = std::fs::File::open(path).at(path)?;
    let reader = FileReader::try_new(opened, None).map_err(|error| IntakeError::rows(path, error))?;
    for batch in reader {
        let batch = batch.map_err(|error| IntakeError::rows(path, error))?;
        let rows = rows_of(&batch).ok_or_else(|| IntakeError::rows(path, "a column is missing"))?;
        file.rows.extend(rows);
    }
    Ok(())
}

fn rows_of(batch: &RecordBatch) -> Option<Vec<(i64, String, AnswerCells)>> {
    let texts = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let names = [
        "row_token",
        "receipt",
        "found",
        "enrolled",
        "category",
        "not_enrolled_reason",
        "measure",
        "unit",
        "verifier",
        "remark",
    ];
    let columns: Vec<_> = names.iter().map(|name| texts(name)).collect::<Option<_>>()?;
    let numbers = batch.column_by_name("source_row")?.as_primitive_opt::<Int64Type>()?;
    let amounts = batch.column_by_name("aid_amount")?.as_primitive_opt::<Decimal128Type>()?;
    let days = batch.column_by_name("verified_date")?.as_primitive_opt::<Date32Type>()?;
    let row = |row: usize| {
        let text = |at: usize| {
            let column = columns[at];
            if column.is_null(row) { String::new() } else { column.value(row).to_owned() }
        };
        let amount = (!amounts.is_null(row)).then(|| i64::try_from(amounts.value(row)).ok().map(Fen)).flatten();
        let day = (!days.is_null(row)).then(|| Date32Type::to_naive_date_opt(days.value(row))).flatten();
        let cells = AnswerCells {
            receipt: text(1),
            found: text(2),
            enrolled: text(3),
            category: text(4),
            reason: text(5),
            measure: text(6),
            amount,
            verified_on: day,
            unit: text(7),
            verifier: text(8),
            remark: text(9),
        };
        (numbers.value(row), text(0), cells)
    };
    Some((0..batch.num_rows()).map(row).collect())
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
