//! The keys of rows, by which a rejected one is known again when it comes mended.

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow::util::display::array_value_to_string;
use law::contracts::{Feed, RowKey};
use law::domain::stable_hash;

/// Rejected rows of one file that are looked for again; a file with more was exported wrongly and comes anew.
pub(super) const MOST: usize = 50_000;

/// What tells a row of a feed from all others.
struct Told {
    /// The columns that do, the first of which must be readable.
    by: &'static [&'static str],
    /// The columns that do where the row's document cannot be read.
    else_by: &'static [&'static str],
    /// Who gives out the number, or the category: the first of these that is there.
    issuer: &'static [&'static str],
}

const fn told(feed: Feed) -> Told {
    let (by, else_by, issuer): (&[&str], &[&str], &[&str]) = match feed {
        Feed::Claims => (&["claim_hash"], &[], &["institution_code", "insured_area"]),
        Feed::Adjustments => (&["adjustment_id"], &[], &[]),
        Feed::Applications => (&["application_id", "is_applicant", "person_name"], &[], &[]),
        Feed::Rosters => (
            &["person_key", "roster_month"],
            &["person_name", "roster_month", "source_office", "county_code", "household_number", "village_name"],
            &["tag"],
        ),
        Feed::Residents => (&["person_key"], &["person_no"], &[]),
        Feed::Aided => (&["person_key", "aided_date"], &["person_name", "aided_date", "source_office"], &[]),
        Feed::Income => (&["geography", "year", "indicator"], &[], &[]),
        Feed::Receipts => (&[], &[], &[]),
    };
    Told { by, else_by, issuer }
}

/// The columns that keys are made of.
pub(crate) fn key_columns(feed: Feed) -> Vec<&'static str> {
    let Told { by, else_by, issuer } = told(feed);
    [by, else_by, issuer].concat()
}

/// The key of a rejected row; `None` where it cannot be told from others.
pub(super) fn rejected_key(feed: Feed, batch: &RecordBatch, row: usize) -> Option<RowKey> {
    keys(feed, batch, row, |_| true).next()
}

/// The keys under which an accepted row may have been rejected before, with its document and without, as far as
/// `is_open` knows their numbers.
pub(crate) fn keys<'b>(
    feed: Feed,
    batch: &'b RecordBatch,
    row: usize,
    is_open: impl Fn(i64) -> bool + 'b,
) -> impl Iterator<Item = RowKey> {
    let Told { by, else_by, issuer } = told(feed);
    let key = move |columns| {
        let number = number(batch, columns, row).filter(|number| is_open(*number))?;
        let issuer = issuer.iter().find_map(|name| cell(batch, name, row));
        Some(RowKey { number, issuer: issuer.map_or(0, |issuer| stable_hash(&issuer).cast_signed()) })
    };
    [by, else_by].into_iter().filter_map(key)
}

fn number(batch: &RecordBatch, columns: &[&str], row: usize) -> Option<i64> {
    let first = columns.first()?;
    // A hash that the row carries, or a person's key.
    if let ([_], Some(hashes)) = (columns, batch.column_by_name(first)?.as_primitive_opt::<Int64Type>()) {
        return hashes.is_valid(row).then(|| hashes.value(row));
    }
    cell(batch, first, row)?;
    let texts = columns.iter().map(|name| cell(batch, name, row).unwrap_or_default());
    let text: Vec<String> = std::iter::once((*first).to_owned()).chain(texts).collect();
    Some(stable_hash(&text.join("\u{1f}")).cast_signed())
}

fn cell(batch: &RecordBatch, name: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(name).filter(|column| column.is_valid(row))?;
    let key = column.as_primitive_opt::<Int64Type>().map(|keys| keys.value(row).to_string());
    key.or_else(|| array_value_to_string(column, row).ok()).filter(|text| !text.is_empty())
}
