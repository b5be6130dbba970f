//! `rejects.csv`: the rows that a sender must mend, with masked values, in the sender's language.
//!
//! Beside its place a row has the sender's own number of the claim, payment or application, by which the sender finds it
//! where rows have moved.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use law::contracts::{CodeTables, Kind, RejectCode, TagAliases};
use law::domain::{IdNumber, clean_text, mask_id, mask_name, mask_value};
use law::texts::{Table, zh};

use super::decode::Layout;
use super::job::{GateJob, Stop};
use super::rules::{Fault, Judged};

/// The open reject file of one job.
pub(super) struct RejectFile {
    writer: csv::Writer<BufWriter<File>>,
    input: String,
    aliases: TagAliases,
    codes: CodeTables,
    /// Places of the sender's number and of the person's name among the contract's columns.
    number: Option<usize>,
    name: Option<usize>,
}

/// The columns, by their codes among the texts.
pub(crate) const COLUMNS: [&str; 8] = ["file", "line", "column", "code", "remedy", "value", "number", "name"];

/// Columns that hold the number by which a sender knows a row.
const NUMBERS: [&str; 3] = ["adjustment_id", "claim_id", "application_id"];

impl RejectFile {
    /// Starts the file: byte-order mark and header, so that spreadsheets read it as UTF-8.
    pub(super) fn create(job: &GateJob) -> Result<Self, Stop> {
        let file = File::create(job.output.join("rejects.csv")).map_err(failed)?;
        let mut file = BufWriter::new(file);
        file.write_all("\u{feff}".as_bytes()).map_err(failed)?;
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
        writer.write_record(COLUMNS.map(|column| zh(Table::RejectColumn, column))).map_err(failed)?;
        let input = job.input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let columns = job.feed.contract().columns;
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        let number = NUMBERS.iter().find_map(|name| place(name));
        let (input, aliases) = (harmless(input), job.aliases().unwrap_or_default());
        let codes = CodeTables::new(&job.codes).unwrap_or_default();
        Ok(Self { writer, input, aliases, codes, number, name: place("person_name") })
    }

    pub(super) fn write(&mut self, layout: &Layout, judged: &Judged, row: usize, fault: &Fault) -> Result<(), Stop> {
        let (column, value) = match fault.column {
            None => ("整行".to_owned(), String::new()),
            Some(at) => {
                let raw = judged.raw(at, row);
                let masked = match layout.kind(at) {
                    Kind::Id => mask_id(&raw.chars().take(64).collect::<String>()),
                    // A word of a category or a code names nobody, and its sender must see which it was.
                    _ if fault.code == RejectCode::UnknownCode && is_word(&raw) => raw,
                    _ => mask_value(&raw),
                };
                (layout.sent_name(at).to_owned(), masked)
            }
        };
        let line = judged.source_row(row).to_string();
        let is_tag = fault.column.is_some_and(|at| layout.is_tag(at)) && fault.code == RejectCode::UnknownCode;
        let payers = fault.column.filter(|_| fault.code == RejectCode::UnknownCode);
        let payers = payers.filter(|at| layout.is_payer(*at)).and_then(|_| self.codes.of("payer_kind"));
        let nearest = match payers {
            _ if is_tag => self.aliases.nearest(&value).join("、"),
            Some(kinds) => kinds.nearest(&value).join("、"),
            None => String::new(),
        };
        let remedy = fault.code.remedy();
        let told = if nearest.is_empty() {
            remedy.to_owned()
        } else {
            format!("{remedy}（相近的规范名称：{nearest}）")
        };
        // Rows of several sheets have the same numbers.
        let input = judged.sheet().map_or_else(|| self.input.clone(), |sheet| format!("{}[{sheet}]", self.input));
        let number = self.number.filter(|at| fault.column != Some(*at)).map(|at| own_number(judged.raw(at, row)));
        let number = harmless(number.unwrap_or_default());
        let name = harmless(self.name.map(|at| mask_name(&short(&judged.raw(at, row)))).unwrap_or_default());
        let cells = [&input, &line, &column, fault.code.code(), &told, &harmless(value), &number, &name];
        self.writer.write_record(cells).map_err(failed)
    }

    pub(super) fn finish(mut self) -> Result<(), Stop> {
        self.writer.flush().map_err(failed)
    }
}

/// The sender's own number of a row. Where columns are shifted it may be somebody's id, telephone or name.
fn own_number(cell: String) -> String {
    let (is_id, is_phone) = (IdNumber::parse(&cell).is_ok(), cell.len() == 11 && cell.starts_with('1'));
    let is_plain = cell.len() <= 64 && cell.chars().all(|c| c.is_ascii_graphic());
    if is_id || is_phone || !is_plain { mask_value(&cell) } else { cell }
}

/// As much of a name as a mask needs.
fn short(cell: &str) -> String {
    clean_text(cell).chars().filter(|c| !c.is_control()).take(20).collect()
}

/// Whether a cell can be a code or the name of a category: short, one line, without the digits of a number of anybody.
fn is_word(cell: &str) -> bool {
    let digits = cell.chars().filter(|c| c.is_numeric()).count();
    cell.chars().count() <= 20 && digits <= 8 && !cell.chars().any(char::is_control)
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

fn failed(error: impl std::fmt::Display) -> Stop {
    Stop::Ours(format!("the reject file could not be written: {error}"))
}
