//! How the warehouse's tables look in Arrow, derived from the feeds' contracts.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use law::contracts::{Feed, Kind};

/// Columns that intake adds to every accepted row.
const PROVENANCE: [(&str, DataType); 2] = [("source_file", DataType::Utf8), ("source_row", DataType::Int64)];

/// People whom a rejected row of a full roster names, as rows of that roster.
pub const NAMED_HOLDERS: &str = "named_holders";
/// What tells the later of two versions of one thing, beside its update time: the number of the version of the warehouse
/// that took the row in, and the name under which its file landed.
const ARRIVAL: [(&str, DataType); 2] = [("taken_in", DataType::Int64), ("source_name", DataType::Utf8)];

/// Rejected rows of claims with a legible person and amount: what they could add to what a rule measures.
pub const WAITING_ROWS: &str = "waiting_rows";

/// Rows of claims files that a question holds back, in the form of `waiting_rows`.
pub const HELD_FILE_ROWS: &str = "held_file_rows";

const WAITING_COLUMNS: [(&str, DataType); 6] = [
    ("person_key", DataType::Int64),
    ("claim_hash", DataType::Int64),
    ("institution_code", DataType::Utf8),
    ("insured_area", DataType::Utf8),
    ("settled_month", DataType::Date32),
    ("upper_amount", DataType::Decimal128(18, 2)),
];

/// The Arrow type of a contract column.
const fn arrow_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Code | Kind::Id => DataType::Utf8,
        Kind::Money => DataType::Decimal128(18, 2),
        Kind::Date | Kind::Month => DataType::Date32,
        Kind::Moment => DataType::Timestamp(TimeUnit::Millisecond, None),
        Kind::Count => DataType::Int32,
        Kind::Flag => DataType::Boolean,
    }
}

/// The schema of a table that intake writes; `None` for tables that models write. Tables of which a later update counts
/// have `taken_in` and `source_name` at the end besides.
///
/// | table | grain | columns besides the feed's own |
/// |---|---|---|
/// | claims | claim | person_key, claim_kind, content_hash, claim_hash, original_hash, comparable_name, source_file, source_row |
/// | held_claims | claim | the same and hold_reason |
/// | residents | person | person_key, has_name_conflict, content_hash, comparable_name, source_file, source_row |
/// | applications | application, person | person_key, content_hash, source_file, source_row |
/// | held_applications | application, person | the same and hold_reason |
/// | named_holders | person, tag, roster | as rosters: whom a rejected row of a full roster names |
/// | roster_files | roster file, office, county, tag, month | arrival, what the file says of itself, counts |
/// | rosters | person, tag, office, roster month or from date | person_key, comparable_name, source_file, source_row |
/// | income | indicator, geography, year, release | source_file, source_row |
/// | adjustments | adjustment | person_key, book_month, content_hash, source_file, source_row |
/// | held_adjustments | adjustment | the same and hold_reason |
/// | aided | grant | person_key, source_file, source_row |
/// | receipts | person of a list | source_file, source_row; staged only |
/// | person_numbers | issuer's person number, document | number_hash, person_key; no feed's |
/// | linked_people | the same of numbers that came under several documents | issuer, person_no besides |
/// | settled_links | two documents of which somebody spoke | kept_key, other_key, verdict; from the ledger |
/// | waiting_rows | rejected claim row of a legible person | nothing of the row but what it could add |
/// | held_file_rows | row of a held claims file | the same |
///
/// `comparable_name` (`law::domain::comparable_name`) stands only where it is not the name itself.
#[must_use]
pub fn table_schema(table: &str) -> Option<SchemaRef> {
    if table == "roster_files" {
        let fields = ROSTER_FILE_COLUMNS.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true));
        return Some(Arc::new(Schema::new(fields.collect::<Vec<_>>())));
    }
    if table == WAITING_ROWS || table == HELD_FILE_ROWS {
        let fields = WAITING_COLUMNS.into_iter().chain(PROVENANCE);
        return Some(Arc::new(Schema::new(
            fields.map(|(name, kind)| Field::new(name, kind, true)).collect::<Vec<_>>(),
        )));
    }
    let (feed, extra): (Feed, &[(&str, DataType)]) = match table {
        "person_numbers" => return Some(schema_with(LINK_COLUMNS[..2].iter().cloned())),
        "settled_links" => return Some(schema_with(SETTLED_COLUMNS.iter().cloned())),
        "linked_people" => return Some(schema_with(LINK_COLUMNS.iter().cloned())),
        "claims" => (Feed::Claims, &CLAIM_COLUMNS[..6]),
        "held_claims" => (Feed::Claims, &CLAIM_COLUMNS),
        "residents" => (Feed::Residents, &RESIDENT_COLUMNS),
        "applications" => (Feed::Applications, &APPLICATION_COLUMNS[..2]),
        "held_applications" => (Feed::Applications, &APPLICATION_COLUMNS),
        "rosters" | NAMED_HOLDERS => (Feed::Rosters, &ROSTER_COLUMNS),
        "income" => (Feed::Income, &[]),
        "adjustments" => (Feed::Adjustments, &ADJUSTMENT_COLUMNS[..3]),
        "aided" => (Feed::Aided, &RESIDENT_COLUMNS[..1]),
        "receipts" => (Feed::Receipts, &[]),
        "held_adjustments" => (Feed::Adjustments, &ADJUSTMENT_COLUMNS),
        _ => return None,
    };
    let own = feed.contract().columns.iter().map(|column| (column.name, arrow_type(column.kind)));
    let has_versions = feed.contract().columns.iter().any(|column| column.name == "updated_at");
    let arrival = ARRIVAL.into_iter().filter(|_| has_versions);
    let fields = extra.iter().cloned().chain(own).chain(PROVENANCE).chain(arrival);
    Some(schema_with(fields))
}

fn schema_with(columns: impl Iterator<Item = (&'static str, DataType)>) -> SchemaRef {
    Arc::new(Schema::new(columns.map(|(name, kind)| Field::new(name, kind, true)).collect::<Vec<_>>()))
}

/// The hashes of the claim's and of its original's number are what intake looks for among all accepted claims.
const CLAIM_COLUMNS: [(&str, DataType); 7] = [
    ("person_key", DataType::Int64),
    ("claim_kind", DataType::Utf8),
    ("content_hash", DataType::Int64),
    ("claim_hash", DataType::Int64),
    ("original_hash", DataType::Int64),
    ("comparable_name", DataType::Utf8),
    ("hold_reason", DataType::Utf8),
];
const RESIDENT_COLUMNS: [(&str, DataType); 4] = [
    ("person_key", DataType::Int64),
    ("has_name_conflict", DataType::Boolean),
    ("content_hash", DataType::Int64),
    ("comparable_name", DataType::Utf8),
];
const LINK_COLUMNS: [(&str, DataType); 4] = [
    ("number_hash", DataType::Int64),
    ("person_key", DataType::Int64),
    ("issuer", DataType::Utf8),
    ("person_no", DataType::Utf8),
];
const SETTLED_COLUMNS: [(&str, DataType); 3] =
    [("kept_key", DataType::Int64), ("other_key", DataType::Int64), ("verdict", DataType::Utf8)];
const ROSTER_COLUMNS: [(&str, DataType); 2] = [("person_key", DataType::Int64), ("comparable_name", DataType::Utf8)];
const APPLICATION_COLUMNS: [(&str, DataType); 3] =
    [("person_key", DataType::Int64), ("content_hash", DataType::Int64), ("hold_reason", DataType::Utf8)];
const ADJUSTMENT_COLUMNS: [(&str, DataType); 4] = [
    ("person_key", DataType::Int64),
    ("book_month", DataType::Date32),
    ("content_hash", DataType::Int64),
    ("hold_reason", DataType::Utf8),
];

/// What is known of a roster file besides its rows; see `law::rosters::RosterFile`.
const ROSTER_FILE_COLUMNS: [(&str, DataType); 16] = [
    ("source_file", DataType::Utf8),
    ("file_name", DataType::Utf8),
    ("arrival", DataType::Int64),
    ("source_office", DataType::Utf8),
    ("county_code", DataType::Utf8),
    ("tag", DataType::Utf8),
    ("roster_month", DataType::Date32),
    ("said", DataType::Utf8),
    ("is_filtered", DataType::Boolean),
    ("row_count", DataType::Int64),
    ("rejected_count", DataType::Int64),
    ("unmatched_count", DataType::Int64),
    ("before_count", DataType::Int64),
    ("added_count", DataType::Int64),
    ("left_count", DataType::Int64),
    ("now_count", DataType::Int64),
];

/// Days from 1970-01-01, as DATE columns count them.
#[must_use]
pub fn days_since_epoch(date: chrono::NaiveDate) -> i32 {
    let days = date.signed_duration_since(chrono::NaiveDate::default()).num_days();
    i32::try_from(days).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feed_has_a_table() {
        for feed in Feed::ALL {
            let schema = table_schema(feed.name()).unwrap();
            assert!(schema.field_with_name("source_row").is_ok());
        }
        assert!(table_schema("reach").is_none());
    }
}
