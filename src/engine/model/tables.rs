//! Tables that no file holds: a rule's own data, handed to a statement as rows, and the view that measures.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The name under which a rule's statement reads the view that its shape measures by.
pub(crate) const MEASURED: &str = "measured";

/// What a view returns that a shape measures by.
const MEASURED_COLUMNS: &[&str] = &[
    "person_key bigint",
    "unit_id text",
    "claim_count bigint",
    "total_amount money",
    "in_scope_amount money",
    "fund_amount money",
    "medical_assistance_amount money",
    "personal_burden_amount money",
    "in_catalogue_self_pay_amount money",
    "self_pay_with_over_limit_amount money",
    "in_scope_self_pay_amount money",
    "component_self_pay_amount money",
    "cash_amount money",
    "net_burden_amount money",
    "adjustment_amount money",
    "first_area text",
    "last_area text",
    "first_name text",
    "last_name text",
    "measured_amount money",
    "recent_amount money",
    "own_line_amount money",
    "means text",
];

/// Tables that hold a rule's own data, and what each roster file is worth.
pub(super) const PARAMETER_TABLES: [(&str, &[&str]); 11] = [
    (
        "rule_line",
        &[
            "county_code text",
            "residence text",
            "geography_code text",
            "income_amount money",
            "line_amount money",
            "warn_amount money",
            "kept_amount money",
            "is_provisional boolean",
        ],
    ),
    ("rule_tag", &["tag text", "is_wanted boolean"]),
    ("rule_county", &["county_code text", "means_code text"]),
    (
        "roster_snapshot",
        &[
            "source_file text",
            "source_office text",
            "county_code text",
            "tag text",
            "stated_month date",
            "is_full boolean",
            "scope text",
            "arrival bigint",
            "fate text",
            "replaced_at bigint",
            "absent_since date",
            "lacking_month date",
            "is_absence_sure boolean",
            "last_complete date",
            "is_stale boolean",
        ],
    ),
    ("rule_link", &["person_key bigint", "up_amount money"]),
    ("rule_insurance", &["rule_id text", "insurance_type text"]),
    ("rule_care", &["rule_id text", "care_type text"]),
    ("rule_place", &["rule_id text", "payment_place text"]),
    (
        "rule_band",
        &[
            "rule_id text",
            "band text",
            "band_order bigint",
            "from_amount money",
            "below_amount money",
            "is_near boolean",
        ],
    ),
    ("rule_means", &["county_code text", "measure text", "operator text", "limit_amount money"]),
    (
        "rule",
        &[
            "rule_id text",
            "rule_order bigint",
            "rule_version text",
            "shape text",
            "basis text",
            "clause text",
            "any_insurance boolean",
            "any_care boolean",
            "any_place boolean",
            "subtract_adjustments boolean",
            "add_back_assistance boolean",
            "strict boolean",
            "date_basis text",
            "window_from date",
            "window_to date",
            "window_months bigint",
            "benefit_year text",
        ],
    ),
];

/// The columns of a parameter table or of the measuring view.
pub(super) fn declared(table: &str) -> Option<SchemaRef> {
    let columns = match PARAMETER_TABLES.iter().find(|(name, _)| *name == table) {
        Some((_, columns)) => columns,
        None if table == MEASURED => MEASURED_COLUMNS,
        None => return None,
    };
    let fields: Option<Vec<Field>> = columns.iter().map(|column| parse_column(column)).collect();
    fields.map(|fields| Arc::new(Schema::new(fields)))
}

/// A column as models declare it, e.g. `line_amount money`.
pub(super) fn parse_column(text: &str) -> Option<Field> {
    let (name, kind) = text.split_once(' ')?;
    let kind = match kind {
        "bigint" => DataType::Int64,
        "integer" => DataType::Int32,
        "text" => DataType::Utf8,
        "date" => DataType::Date32,
        "timestamp" => DataType::Timestamp(TimeUnit::Millisecond, None),
        "boolean" => DataType::Boolean,
        "money" => DataType::Decimal128(18, 2),
        _ => return None,
    };
    Some(Field::new(name, kind, true))
}

/// The first column in which two schemas differ, as `name type`, `nothing` where one has ended.
pub(crate) fn difference(found: &Schema, wanted: &Schema) -> Option<(usize, String, String)> {
    let show = |schema: &Schema, at: usize| {
        let field = schema.fields().get(at);
        field.map_or("nothing".to_owned(), |field| format!("{} {}", field.name(), field.data_type()))
    };
    (0..found.fields().len().max(wanted.fields().len()))
        .map(|at| (at, show(found, at), show(wanted, at)))
        .find(|(_, found, wanted)| found != wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_column_has_a_type() {
        for (table, columns) in PARAMETER_TABLES {
            assert_eq!(declared(table).map(|schema| schema.fields().len()), Some(columns.len()), "{table}");
        }
        assert_eq!(declared(MEASURED).map(|schema| schema.fields().len()), Some(MEASURED_COLUMNS.len()));
        assert!(declared("claims").is_none());
    }

    #[test]
    fn the_first_difference_is_named() {
        let schema = |columns: &[&str]| Schema::new(columns.iter().filter_map(|c| parse_column(c)).collect::<Vec<_>>());
        let (one, two) = (schema(&["a text", "b date"]), schema(&["a text"]));
        assert_eq!(difference(&one, &two), Some((1, "b Date32".to_owned(), "nothing".to_owned())));
        assert_eq!(difference(&one, &one), None);
    }
}
