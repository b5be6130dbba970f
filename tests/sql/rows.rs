//! Rows as CSV text: read by a table's schema, compared as text.

use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::array_value_to_string;
use chrono::NaiveDateTime;
use engine::rows::{self, Value};
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
    let fields: Vec<_> =
        header.iter().map(|column| place(path, schema, column).map(|at| schema.field(at))).collect::<Result<_, _>>()?;
    let mut rows: Vec<Vec<(&str, Value<'_>)>> = Vec::new();
    for record in &records {
        let cells = fields.iter().zip(record).map(|(field, text)| {
            let wrong = || format!("{}: `{text}` is not of the type of column {}", path.display(), field.name());
            value(field.data_type(), text).map(|cell| (field.name().as_str(), cell)).ok_or_else(wrong)
        });
        rows.push(cells.collect::<Result<_, _>>()?);
    }
    rows::batch(&path.display().to_string(), schema, rows).map_err(|error| error.to_string())
}

fn value<'a>(kind: &DataType, text: &'a str) -> Option<Value<'a>> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    Some(match kind {
        DataType::Int64 | DataType::Int32 => Value::Whole(text.parse().ok()?),
        DataType::Boolean => Value::Flag(text.parse().ok()?),
        DataType::Date32 => parse_date(text).ok().or_else(|| Month::parse(text).ok().map(Month::first_day))?.into(),
        DataType::Timestamp(_, _) => match NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M") {
            Ok(moment) => moment.into(),
            Err(_) => parse_date(text).ok()?.into(),
        },
        DataType::Decimal128(_, _) => Fen::parse(text).ok()?.into(),
        _ => text.into(),
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
