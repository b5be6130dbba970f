//! Judged pages: candidates in the warehouse's columns, with key, bucket, kind, content hash and source.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray, new_null_array,
};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::array_value_to_string;
use engine::table_schema;
use law::contracts::{Feed, Unusable};
use law::domain::{PersonKey, bucket_of, folded_name, stable_hash};
use law::holds::FileProfile;

use super::faults::{Fault, Faults};
use super::sheet::{Cells, Sheet, text};
use crate::gate::decode::Page;
use crate::gate::job::Refusal;

/// The warehouse schema in which a feed's candidates are staged.
pub(in crate::gate) fn table_of(feed: Feed) -> Result<SchemaRef, Refusal> {
    table_schema(feed.name()).ok_or_else(|| Refusal::new(format!("there is no table for {feed}")))
}

/// A page after all rules.
pub(in crate::gate) struct Judged {
    /// All rows in the warehouse's columns; those of rejected rows mean nothing.
    pub(in crate::gate) batch: RecordBatch,
    /// Bucket per row; `None` for rejected rows.
    pub(in crate::gate) buckets: Vec<Option<u16>>,
    /// Fen of the control column per row.
    pub(in crate::gate) control: Vec<Option<i64>>,
    /// Person per row, where the feed has persons.
    pub(in crate::gate) keys: Vec<Option<i64>>,
    /// Fen of each row's largest amount.
    pub(in crate::gate) weights: Vec<i64>,
    /// Why no rule can use a row, per row.
    pub(in crate::gate) unusable: Vec<Option<Unusable>>,
    /// Codes that their table does not have: row, contract column, code.
    pub(in crate::gate) unlisted: Vec<(usize, usize, String)>,
    /// What is counted about it.
    pub(in crate::gate) profile: FileProfile,
    faults: Faults,
    page: Page,
}

impl Judged {
    /// Why a row is rejected; `None` for candidates.
    pub(in crate::gate) fn fault(&self, row: usize) -> Option<&Fault> {
        self.faults.of(row)
    }

    /// The row's number as the sender sees it.
    pub(in crate::gate) fn source_row(&self, row: usize) -> i64 {
        self.page.rows.get(row).copied().unwrap_or(0)
    }

    /// The sheet that it stands on, where the file has several.
    pub(in crate::gate) fn sheet(&self) -> Option<&str> {
        self.page.sheet.as_deref()
    }

    /// A cell as it was sent; the caller masks it.
    pub(in crate::gate) fn raw(&self, column: usize, row: usize) -> String {
        match self.page.columns.get(column) {
            Some(Some(array)) if row < array.len() && array.is_valid(row) => {
                array_value_to_string(array, row).unwrap_or_default()
            }
            _ => String::new(),
        }
    }
}

/// What a row carries besides its cells: where it comes from, and what the rules derived.
pub(super) struct Derived<'a> {
    pub(super) feed: Feed,
    pub(super) buckets: u16,
    pub(super) source_file: &'a str,
    /// Name under which the file landed.
    pub(super) source_name: &'a str,
    pub(super) control: Option<Vec<Option<i64>>>,
    pub(super) kinds: Option<Vec<&'static str>>,
    pub(super) keys: Option<Vec<Option<i64>>>,
    pub(super) weights: Vec<i64>,
    pub(super) unlisted: Vec<(usize, usize, String)>,
    pub(super) unusable: Vec<Option<Unusable>>,
}

/// Puts a page's results into the warehouse's columns.
pub(super) fn judged(page: Page, sheet: &Sheet, faults: Faults, derived: Derived<'_>) -> Result<Judged, Refusal> {
    let rows = sheet.rows;
    let schema = table_of(derived.feed)?;
    let keys = derived.keys.unwrap_or_else(|| vec![Some(0); rows]);
    let bucket = |row: usize, key: Option<i64>| match (faults.of(row), derived.feed.has_persons()) {
        (Some(_), _) => None,
        (None, false) => Some(0),
        (None, true) => key.map(|key| bucket_of(PersonKey(key), derived.buckets)),
    };
    let buckets = keys.iter().enumerate().map(|(row, key)| bucket(row, *key)).collect();
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        columns.push(match field.name().as_str() {
            "person_key" => Arc::new(Int64Array::from(keys.clone())) as ArrayRef,
            "claim_kind" => Arc::new(StringArray::from(derived.kinds.clone().unwrap_or_default())),
            "has_name_conflict" => Arc::new(BooleanArray::from(vec![false; rows])),
            "content_hash" => Arc::new(hashes(sheet)),
            "claim_hash" => Arc::new(id_hashes(sheet, "claim_id")),
            "original_hash" => Arc::new(id_hashes(sheet, "original_claim_id")),
            "comparable_name" => Arc::new(folded_names(sheet)),
            "source_name" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(derived.source_name, rows))),
            "source_file" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(derived.source_file, rows))),
            "source_row" => Arc::new(Int64Array::from(page.rows.clone())),
            name => match sheet.index(name).and_then(|at| sheet.cells.get(at)) {
                Some(cells) => array_of(cells, field.data_type())?,
                None => new_null_array(field.data_type(), rows),
            },
        });
    }
    let batch = RecordBatch::try_new(schema, columns)
        .map_err(|error| Refusal::new(format!("its rows do not fit the table: {error}")))?;
    let control = derived.control.unwrap_or_else(|| vec![None; rows]);
    let Derived { weights, unlisted, unusable, .. } = derived;
    Ok(Judged {
        batch,
        buckets,
        control,
        keys,
        weights,
        unusable,
        unlisted,
        profile: FileProfile::default(),
        faults,
        page,
    })
}

fn array_of(cells: &Cells, kind: &DataType) -> Result<ArrayRef, Refusal> {
    let values = match cells {
        Cells::Text(texts) => return Ok(Arc::new(texts.clone())),
        Cells::Numbers(values) => values.iter().copied(),
    };
    let narrow = |value: Option<i64>| value.and_then(|value| i32::try_from(value).ok());
    Ok(match kind {
        DataType::Decimal128(precision, scale) => {
            let fen = values.map(|value| value.map(i128::from)).collect::<Decimal128Array>();
            let fen = fen.with_precision_and_scale(*precision, *scale);
            Arc::new(fen.map_err(|error| Refusal::new(format!("an amount does not fit: {error}")))?)
        }
        DataType::Date32 => Arc::new(values.map(narrow).collect::<Date32Array>()),
        DataType::Int32 => Arc::new(values.map(narrow).collect::<Int32Array>()),
        DataType::Boolean => Arc::new(values.map(|value| value.map(|value| value != 0)).collect::<BooleanArray>()),
        _ => Arc::new(values.collect::<TimestampMillisecondArray>()),
    })
}

/// Per row, the hash of a claim's number; null where there is none.
fn id_hashes(sheet: &Sheet, name: &str) -> Int64Array {
    let ids = sheet.texts(name);
    (0..sheet.rows).map(|row| text(ids, row).map(|id| stable_hash(id).cast_signed())).collect()
}

/// Per row, the name as it is compared; null where that is the name as it was sent.
fn folded_names(sheet: &Sheet) -> StringArray {
    let names = sheet.texts("person_name");
    (0..sheet.rows).map(|row| text(names, row).and_then(folded_name)).collect()
}

/// Per row, the hash of all that it says but its update time: `name=value` in the contract's order,
/// empty cells left out, so that a column added to the contract later changes no hash.
fn hashes(sheet: &Sheet) -> Int64Array {
    let says_something = |cells: &Cells| match cells {
        Cells::Text(texts) => texts.null_count() < texts.len(),
        Cells::Numbers(values) => values.iter().any(Option::is_some),
    };
    let columns: Vec<_> = sheet
        .contract
        .columns
        .iter()
        .zip(&sheet.cells)
        .filter(|(column, cells)| column.name != "updated_at" && says_something(cells))
        .map(|(column, cells)| (format!("{}=", column.name).into_bytes(), cells))
        .collect();
    let mut content = Vec::with_capacity(1024);
    let hash = |row: usize| {
        content.clear();
        for (name, cells) in &columns {
            match cells {
                Cells::Text(texts) if texts.is_valid(row) => {
                    content.extend_from_slice(name);
                    content.extend_from_slice(texts.value(row).as_bytes());
                }
                Cells::Numbers(values) if values[row].is_some() => {
                    content.extend_from_slice(name);
                    push_number(&mut content, values[row].unwrap_or(0));
                }
                _ => continue,
            }
            content.push(0x1f);
        }
        // Names, digits and whole texts: always UTF-8.
        stable_hash(std::str::from_utf8(&content).unwrap_or_default()).cast_signed()
    };
    (0..sheet.rows).map(hash).collect::<Vec<_>>().into()
}

/// Appends a number in decimal; the formatting machinery would cost more than all hashing.
fn push_number(text: &mut Vec<u8>, number: i64) {
    let mut digits = [0_u8; 20];
    let mut rest = number.unsigned_abs();
    let mut start = digits.len();
    while start > 0 {
        start -= 1;
        digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        text.push(b'-');
    }
    text.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_everybody_writes_them() {
        for number in [0, 7, -1, 120, i64::MAX, i64::MIN] {
            let mut text = Vec::new();
            push_number(&mut text, number);
            assert_eq!(text, number.to_string().into_bytes());
        }
    }
}
