//! Rows as CSV text: read by a table's schema, compared as text.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::array_value_to_string;
use chrono::NaiveDateTime;
use engine::days_since_epoch;
use law::domain::{Fen, Month, parse_date};

/// Header and records of a CSV file.
fn table(path: &Path) -> Result<(Vec<String>, Vec<Vec<String>>), String> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = cells(reader.headers().map_err(|error| format!("{name}: {error}"))?);
    let records = reader.records().map(|record| record.map(|record| cells(&record)));
    Ok((header, records.collect::<Result<_, _>>().map_err(|error| format!("{name}: {error}"))?))
}

fn place(path: &Path, schema: &SchemaRef, column: &str) -> Result<usize, String> {
    let known = || schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ");
    let file = path.file_name().unwrap().to_string_lossy();
    schema.index_of(column).map_err(|_| format!("{file}: there is no column `{column}`; there are {}", known()))
}

/// The rows of a CSV file under a table's schema; columns that it does not state are null.
pub(super) fn read(path: &Path, schema: &SchemaRef) -> Result<RecordBatch, String> {
    let (header, records) = table(path)?;
    let mut stated = vec![None; schema.fields().len()];
    for (at, column) in header.iter().enumerate() {
        stated[place(path, schema, column)?] = Some(at);
    }
    let mut columns = Vec::new();
    for (field, at) in schema.fields().iter().zip(&stated) {
        let cells: Vec<Option<&str>> =
            records.iter().map(|record| at.map(|at| record[at].as_str()).filter(|cell| !cell.is_empty())).collect();
        let column = column(field.data_type(), &cells);
        columns.push(
            column.map_err(|cell| {
                format!("{}: `{cell}` is not of the type of column {}", path.display(), field.name())
            })?,
        );
    }
    RecordBatch::try_new(schema.clone(), columns).map_err(|error| error.to_string())
}

fn column(kind: &DataType, cells: &[Option<&str>]) -> Result<ArrayRef, String> {
    fn parsed<T>(cells: &[Option<&str>], parse: impl Fn(&str) -> Option<T>) -> Result<Vec<Option<T>>, String> {
        let cell = |cell: Option<&str>| cell.map(|text| parse(text).ok_or(text.to_owned())).transpose();
        cells.iter().copied().map(cell).collect()
    }
    let day = |text: &str| {
        let date = parse_date(text).ok().or_else(|| Month::parse(text).ok().map(Month::first_day))?;
        Some(days_since_epoch(date))
    };
    let moment = |text: &str| {
        let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").ok();
        let time = time.or_else(|| parse_date(text).ok()?.and_hms_opt(0, 0, 0))?;
        Some(time.and_utc().timestamp_millis())
    };
    let flag = |text: &str| match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    Ok(match kind {
        DataType::Int64 => Arc::new(Int64Array::from(parsed(cells, |text| text.parse().ok())?)),
        DataType::Int32 => Arc::new(Int32Array::from(parsed(cells, |text| text.parse().ok())?)),
        DataType::Boolean => Arc::new(BooleanArray::from(parsed(cells, flag)?)),
        DataType::Date32 => Arc::new(Date32Array::from(parsed(cells, day)?)),
        DataType::Timestamp(_, _) => Arc::new(TimestampMillisecondArray::from(parsed(cells, moment)?)),
        DataType::Decimal128(precision, scale) => {
            let amounts = parsed(cells, |text| Fen::parse(text).ok().map(Fen::unscaled))?;
            let amounts = Decimal128Array::from(amounts).with_precision_and_scale(*precision, *scale);
            Arc::new(amounts.map_err(|error| error.to_string())?)
        }
        _ => Arc::new(StringArray::from(cells.to_vec())),
    })
}

/// The rows that a case wants to see.
pub(super) struct Expected {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Expected {
    pub(super) fn read(path: &Path, schema: &SchemaRef) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("expect.csv: {error}"))?;
        if !text.lines().next().is_some_and(|line| line.starts_with("# ")) {
            return Err("expect.csv: the first line says what the case shows: # ...".to_owned());
        }
        let (columns, rows) = table(path)?;
        columns.iter().try_for_each(|column| place(path, schema, column).map(|_| ()))?;
        Ok(Self { columns, rows })
    }

    /// A difference is returned as lines: `-` wanted and missing, `+` found instead.
    pub(super) fn compare(&self, found: &[RecordBatch], any_order: bool) -> Result<(), String> {
        let mut wanted = self.rows.clone();
        let mut got: Vec<Vec<String>> = Vec::new();
        for batch in found {
            for row in 0..batch.num_rows() {
                let cell = |name: &String| {
                    let column = batch.column_by_name(name).unwrap();
                    if column.is_null(row) { String::new() } else { array_value_to_string(column, row).unwrap() }
                };
                got.push(self.columns.iter().map(cell).collect());
            }
        }
        if any_order {
            wanted.sort();
            got.sort();
        }
        if wanted == got {
            return Ok(());
        }
        let mut lines = vec![format!("  {}", self.columns.join(","))];
        for at in 0..wanted.len().max(got.len()) {
            match (wanted.get(at), got.get(at)) {
                (Some(a), Some(b)) if a == b => lines.push(format!("  {}", a.join(","))),
                (a, b) => {
                    lines.extend(a.map(|row| format!("- {}", row.join(","))));
                    lines.extend(b.map(|row| format!("+ {}", row.join(","))));
                }
            }
        }
        Err(lines.join("\n"))
    }
}
