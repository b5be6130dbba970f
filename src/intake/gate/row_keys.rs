//! The keys of rows, by which a rejected one is known again when it comes mended.

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow::util::display::array_value_to_string;
use law::contracts::{Feed, RowKey};
use law::domain::stable_hash;

/// Rejected rows of one file that are looked for again; a file with more was exported wrongly and comes anew.
pub(super) const MOST: usize = 50_000;

/// Columns of a feed that tell a row from all others, the first of which must be readable, and those that tell who gives
/// out the number, the first that is there.
const fn columns_of(feed: Feed) -> (&'static [&'static str], &'static [&'static str]) {
    match feed {
        Feed::Claims => (&["claim_id"], &["institution_code", "insured_area"]),
        Feed::Adjustments => (&["adjustment_id"], &[]),
        Feed::Applications => (&["application_id", "person_key"], &[]),
        Feed::Rosters => (&["person_key", "roster_month"], &["tag"]),
        Feed::Residents => (&["person_key"], &[]),
        Feed::Aided => (&["person_key", "aided_date"], &[]),
        Feed::Income => (&["geography", "year", "indicator"], &[]),
        Feed::Receipts => (&[], &[]),
    }
}

/// The columns that keys are made of.
pub(crate) fn key_columns(feed: Feed) -> Vec<&'static str> {
    let (number, issuer) = columns_of(feed);
    [number, issuer].concat()
}

/// The key of a row; `None` where the row cannot be told from others.
pub(crate) fn row_key(feed: Feed, batch: &RecordBatch, row: usize) -> Option<RowKey> {
    let (number, issuer) = columns_of(feed);
    let cell = |name: &&str| {
        let column = batch.column_by_name(name).filter(|column| column.is_valid(row))?;
        let key = column.as_primitive_opt::<Int64Type>().map(|keys| keys.value(row).to_string());
        key.or_else(|| array_value_to_string(column, row).ok()).filter(|text| !text.is_empty())
    };
    cell(number.first()?)?;
    let text: Vec<String> = number.iter().map(|name| cell(name).unwrap_or_default()).collect();
    let issuer = issuer.iter().find_map(cell).map_or(0, |issuer| stable_hash(&issuer).cast_signed());
    Some(RowKey { number: stable_hash(&text.join("\u{1f}")).cast_signed(), issuer })
}
