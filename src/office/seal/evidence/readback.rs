//! Counting what the written files say: a manifest tells what was read back, never what was meant.

use std::fmt;
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use engine::rows::of_file;
use law::domain::{Fen, stable_hash};
use law::referrals::{Cell, Delta, DeltaCounts, ListColumn, ListedPerson, column_called};
use law::texts::{Table, code_of};

use crate::seal::SealError;
use crate::seal::sheet::{LIST_SHEET, cell_text};
use store::durable::At as _;

/// What a list's file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    pub(in crate::seal) counts: DeltaCounts,
    /// Sum of the measured amounts of the persons on the list, fen.
    pub(in crate::seal) control_fen: i128,
    /// Hash over number, token, id, name, change and amount of every row in order.
    content: u64,
}

impl Reading {
    fn add(&mut self, row: &RowReading) {
        self.counts.add(row.delta);
        if row.delta != Delta::Withdrawn {
            self.control_fen += row.measured.unscaled();
        }
        let text = format!("{:x}|{}|{}|{}", self.content, row.delta.code(), row.measured, row.texts.join("|"));
        self.content = stable_hash(&text);
    }

    /// What the list itself says. Texts are compared as a workbook can hold them.
    pub(in crate::seal) fn of_list(rows: &[ListedPerson]) -> Self {
        let mut reading = Self::default();
        for row in rows {
            let texts = COMPARED.map(|name| match row.cells.get(name) {
                Some(Cell::Text(text)) => cell_text(text).into_owned(),
                Some(Cell::Count(count)) => count.to_string(),
                _ => String::new(),
            });
            reading.add(&RowReading { delta: row.delta, measured: row.measured, texts });
        }
        reading
    }

    /// Fails unless the file says what the list says.
    pub(in crate::seal) fn check(&self, path: &Path, expected: &Self) -> Result<(), SealError> {
        if self == expected {
            return Ok(());
        }
        Err(SealError::ReadBack { path: path.to_owned(), expected: expected.to_string(), found: self.to_string() })
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { counts, control_fen, content } = self;
        let (persons, withdrawn) = (counts.persons(), counts.withdrawn);
        write!(f, "{persons} persons, {withdrawn} withdrawn, {control_fen} fen, content {content:016x}")
    }
}

/// What a sealed list says, whatever the form of its files.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// Rows in order, with number, person, change and amount; counts and control total.
    Rows(Reading),
    /// The numbers of a roll-up.
    Numbers(serde_json::Value),
}

impl Content {
    /// Reads it from the list's folder.
    pub fn read(folder: &Path, list_id: &str) -> Result<Self, SealError> {
        let numbers = folder.join(format!("{list_id}.json"));
        if !numbers.exists() {
            return Ok(Self::Rows(read_csv(&folder.join(format!("{list_id}.csv")))?));
        }
        let bytes = std::fs::read(&numbers).at(&numbers)?;
        let found = serde_json::from_slice(&bytes);
        Ok(Self::Numbers(found.map_err(|error| damaged(&numbers, &error.to_string()))?))
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(reading) => reading.fmt(f),
            // A roll-up holds small counts of people; they are not repeated.
            Self::Numbers(_) => write!(f, "other numbers"),
        }
    }
}

/// Text columns that are compared row by row.
const COMPARED: [&str; 5] = ["row_no", "person_name", "id_number", "village_name", "row_token"];

struct RowReading {
    delta: Delta,
    measured: Fen,
    texts: [String; 5],
}

fn damaged(path: &Path, found: &str) -> SealError {
    SealError::ReadBack {
        path: path.to_owned(),
        expected: "rows with a change and an amount".to_owned(),
        found: found.to_owned(),
    }
}

/// Reads the workbook's list sheet.
pub(in crate::seal) fn read_xlsx(path: &Path) -> Result<Reading, SealError> {
    let fail = |error: calamine::XlsxError| damaged(path, &error.to_string());
    let mut workbook: Xlsx<_> = open_workbook(path).map_err(fail)?;
    let range = workbook.worksheet_range(LIST_SHEET).map_err(fail)?;
    let mut rows = range.rows().skip(1);
    let headings: Vec<String> = rows.next().map(|row| row.iter().map(Data::to_string).collect()).unwrap_or_default();
    let at = |name: &str| {
        let heading = column_called(name).map(ListColumn::heading);
        headings.iter().position(|found| Some(found.as_str()) == heading)
    };
    let places = COMPARED.map(at);
    let (Some(delta_at), Some(measured_at)) = (at("delta"), at("measured_amount")) else {
        return Err(damaged(path, "no heading of the change or the amount"));
    };
    let mut reading = Reading::default();
    for row in rows {
        let text = |at: Option<usize>| at.and_then(|at| row.get(at)).map(Data::to_string).unwrap_or_default();
        let delta = code_of(Table::Delta, &text(Some(delta_at)))
            .and_then(Delta::parse)
            .ok_or_else(|| damaged(path, "an unknown change"))?;
        let measured = match row.get(measured_at) {
            Some(Data::Float(yuan)) => Fen::parse(&format!("{yuan:.2}")),
            Some(Data::Int(yuan)) => Fen::parse(&yuan.to_string()),
            _ => return Err(damaged(path, "an amount that is no number")),
        };
        let measured = measured.map_err(|_| damaged(path, "an amount out of range"))?;
        reading.add(&RowReading { delta, measured, texts: places.map(text) });
    }
    Ok(reading)
}

pub(in crate::seal) fn read_csv(path: &Path) -> Result<Reading, SealError> {
    let bytes = std::fs::read(path).at(path)?;
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).ok_or_else(|| damaged(path, "no byte-order mark"))?;
    let mut reader = csv::Reader::from_reader(text);
    let headings = reader.headers().map_err(|error| damaged(path, &error.to_string()))?.clone();
    let at = |name: &str| headings.iter().position(|found| found == name);
    let places = COMPARED.map(at);
    let (delta_at, measured_at) = (at("delta"), at("measured_amount"));
    let mut reading = Reading::default();
    for record in reader.records() {
        let record = record.map_err(|error| damaged(path, &error.to_string()))?;
        let text = |at: Option<usize>| {
            let text = at.and_then(|at| record.get(at)).unwrap_or_default();
            cell_text(text.strip_prefix('\'').unwrap_or(text)).into_owned()
        };
        let delta = Delta::parse(&text(delta_at)).ok_or_else(|| damaged(path, "an unknown change"))?;
        let measured = Fen::parse(&text(measured_at)).map_err(|_| damaged(path, "an amount that is no number"))?;
        reading.add(&RowReading { delta, measured, texts: places.map(text) });
    }
    Ok(reading)
}

engine::row! {
    struct ListRow {
        row_no: i64 = "row_no",
        measured: Fen = "measured_amount",
        delta: Delta = "delta",
        name: Option<String> = "person_name",
        id: Option<String> = "id_number",
        village: Option<String> = "village_name",
        token: Option<String> = "row_token",
    }
}

pub(in crate::seal) fn read_parquet(path: &Path) -> Result<Reading, SealError> {
    let mut reading = Reading::default();
    for row in of_file::<ListRow>(path)? {
        let row = row.map_err(|error| damaged(path, &error.to_string()))?;
        let text = |text: Option<String>| cell_text(&text.unwrap_or_default()).into_owned();
        let texts = [row.row_no.to_string(), text(row.name), text(row.id), text(row.village), text(row.token)];
        reading.add(&RowReading { delta: row.delta, measured: row.measured, texts });
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::tables::{write_csv, write_parquet};
    use law::domain::PersonKey;
    use law::referrals::{Cells, Duty, Profile};

    fn rows() -> Vec<ListedPerson> {
        let text = |text: &str| Cell::Text(text.to_owned());
        (1..4)
            .map(|n| ListedPerson {
                person: PersonKey(n),
                delta: if n == 3 { Delta::Withdrawn } else { Delta::New },
                leading_rule: "r".into(),
                rules: vec!["r".into()],
                measured: Fen(12_345 * n),
                cells: Cells::from([
                    ("row_no", Cell::Count(n)),
                    ("delta", text(if n == 3 { "withdrawn" } else { "new" })),
                    ("person_name", text("=测试")),
                    ("id_number", text("990102197001010001")),
                    ("measured_amount", Cell::Money(Fen(12_345 * n))),
                    ("row_token", text("ff")),
                ]),
            })
            .collect()
    }

    #[test]
    fn a_file_that_says_something_else_is_caught() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        let expected = Reading::of_list(&rows());
        assert_eq!(expected.control_fen, 12_345 * 3);
        write_csv(&path, &rows(), (Profile::Default, Duty::Referral), false).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        read_csv(&path).unwrap().check(&path, &expected).unwrap();
        let last_line = whole.trim_end().rfind("\r\n").unwrap() + 2;
        let tampered = [
            whole.replace("246.90", "246.91"),
            whole.replace("'=测试", "测试"),
            whole.replace("withdrawn", "new"),
            whole.replace("990102197001010001", "990102197001010000"),
            whole[..last_line].to_owned(),
            format!("{whole}{}", &whole[last_line..]),
            whole.replace('\u{feff}', ""),
        ];
        for text in &tampered {
            assert_ne!(*text, whole);
            std::fs::write(&path, text).unwrap();
            let caught = read_csv(&path).and_then(|reading| reading.check(&path, &expected));
            assert!(matches!(caught, Err(SealError::ReadBack { .. })));
        }
        let parquet = folder.path().join("list.parquet");
        write_parquet(&parquet, &rows()[..2], (Profile::Default, Duty::Referral), false).unwrap();
        assert!(read_parquet(&parquet).unwrap().check(&parquet, &expected).is_err());
        println!("read-back of tampered files: {} cases", tampered.len() + 1);
    }
}
