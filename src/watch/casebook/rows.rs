//! Cases as the warehouse's tables: several cases of one month in one world, each with people of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, SchemaRef};
use chrono::NaiveDate;
use engine::{EngineError, PipelineError, days_since_epoch, table_schema};
use law::domain::{Fen, Tag};
use law::policy::IncomeFigure;
use law::policy::casebook::{Case, CaseClaim, ClaimKind};

/// The key of the first person; the following ones count up. Its area code is assigned to nobody.
const FIRST_PERSON: i64 = 99_010_319_800_101_000;
const DAY_MILLISECONDS: i64 = 86_400_000;

/// One value of a row.
enum Cell {
    Text(String),
    Money(Fen),
    Date(NaiveDate),
    Flag(bool),
    Whole(i64),
}

type Row = BTreeMap<&'static str, Cell>;

/// The key of each case's people, by place.
pub(super) type Keys = Vec<Vec<i64>>;

/// The tables of some cases, and the keys of their people.
pub(super) fn tables(cases: &[&Case]) -> Result<(BTreeMap<String, RecordBatch>, Keys), PipelineError> {
    let keys = keys(cases);
    let mut world = World::default();
    if let Some(case) = cases.first() {
        world.income(&case.income);
        if case.has_rosters {
            world.other_people();
        }
    }
    for (case, keys) in cases.iter().zip(&keys) {
        world.people(case, keys);
        for claim in &case.claims {
            world.claims.push(claim_row(case, claim, keys));
        }
        world.payments(case, keys);
        world.applications(case, keys);
    }
    let tables = [
        ("claims", world.claims),
        ("residents", world.residents),
        ("rosters", world.rosters),
        ("income", world.income),
        ("adjustments", world.adjustments),
        ("applications", world.applications),
    ];
    let mut batches = BTreeMap::new();
    for (table, rows) in tables {
        batches.insert(table.to_owned(), batch(table, &rows)?);
    }
    Ok((batches, keys))
}

fn keys(cases: &[&Case]) -> Keys {
    let mut next = 0..;
    let mut key = |has_other_document: bool| {
        let number = next.next().unwrap_or_default();
        if has_other_document { -1 - number } else { FIRST_PERSON + number }
    };
    cases.iter().map(|case| case.people.iter().map(|person| key(person.has_other_document)).collect()).collect()
}

/// The identity of a visit or an application within a world.
pub(super) fn unit_id(case: &Case, label: &str) -> String {
    format!("{}/{label}", case.id)
}

#[derive(Default)]
struct World {
    claims: Vec<Row>,
    residents: Vec<Row>,
    rosters: Vec<Row>,
    income: Vec<Row>,
    adjustments: Vec<Row>,
    applications: Vec<Row>,
}

impl World {
    fn people(&mut self, case: &Case, keys: &[i64]) {
        for (person, key) in case.people.iter().zip(keys) {
            if person.is_registered {
                let mut row = Row::from([
                    ("person_key", Cell::Whole(*key)),
                    ("person_name", Cell::Text(person.name.clone())),
                    ("has_name_conflict", Cell::Flag(person.has_name_conflict)),
                    ("is_alive", Cell::Flag(person.is_alive)),
                ]);
                put(&mut row, "county_code", person.county.as_ref().map(|code| Cell::Text(code.to_string())));
                put(&mut row, "is_rural", person.is_rural.map(Cell::Flag));
                put(&mut row, "household_type", person.household_type.clone().map(Cell::Text));
                put(&mut row, "village_class", person.village_class.clone().map(Cell::Text));
                self.residents.push(row);
            }
            for tag in &person.tags {
                let mut row = roster_row(*key, tag.tag, office_of(tag.tag));
                let from = tag.from.or_else(|| tag.roster_month.is_none().then(long_ago));
                put(&mut row, "from_date", from.map(Cell::Date));
                put(&mut row, "to_date", tag.to.map(Cell::Date));
                put(&mut row, "roster_month", tag.roster_month.map(|month| Cell::Date(month.first_day())));
                self.rosters.push(row);
            }
        }
    }

    /// People outside the cases, one on a roster of each tag: somebody always keeps the rosters.
    fn other_people(&mut self) {
        for (at, tag) in (0..).zip(Tag::ALL) {
            let mut row = roster_row(FIRST_PERSON - 1 - at, tag, "名册单位");
            row.insert("from_date", Cell::Date(long_ago()));
            self.rosters.push(row);
        }
    }

    fn income(&mut self, figures: &[IncomeFigure]) {
        for figure in figures {
            let mut row = Row::from([
                ("indicator", Cell::Text(figure.indicator.clone())),
                ("geography", Cell::Text(figure.geography.clone())),
                ("year", Cell::Whole(figure.year.into())),
                ("amount", Cell::Money(figure.amount)),
                ("release", Cell::Whole(figure.release.into())),
            ]);
            put(&mut row, "published_date", figure.published.map(Cell::Date));
            self.income.push(row);
        }
    }

    /// A later payment is booked on its claim's month, as intake does.
    fn payments(&mut self, case: &Case, keys: &[i64]) {
        for (at, payment) in case.payments.iter().enumerate() {
            let claim = &case.claims[payment.claim];
            self.adjustments.push(Row::from([
                ("person_key", Cell::Whole(keys[claim.person])),
                ("adjustment_id", Cell::Text(unit_id(case, &format!("赔付{at}")))),
                ("claim_id", Cell::Text(unit_id(case, &claim.label))),
                ("amount", Cell::Money(payment.amount)),
                ("paid_date", Cell::Date(payment.paid)),
                ("book_month", Cell::Date(law::domain::Month::of(claim.settled).first_day())),
            ]));
        }
    }

    fn applications(&mut self, case: &Case, keys: &[i64]) {
        for application in &case.applications {
            for member in &application.members {
                let mut row = Row::from([
                    ("person_key", Cell::Whole(keys[*member])),
                    ("application_id", Cell::Text(unit_id(case, &application.label))),
                    ("application_date", Cell::Date(application.applied)),
                    ("is_applicant", Cell::Flag(*member == application.applicant)),
                ]);
                let county = case.people[application.applicant].county.as_ref();
                put(&mut row, "county_code", county.map(|code| Cell::Text(code.to_string())));
                put(&mut row, "household_income_amount", application.household_income.map(Cell::Money));
                put(&mut row, "assets_amount", application.assets.map(Cell::Money));
                put(&mut row, "other_spending_amount", application.other_spending.map(Cell::Money));
                self.applications.push(row);
            }
        }
    }
}

fn roster_row(key: i64, tag: Tag, office: &str) -> Row {
    Row::from([
        ("person_key", Cell::Whole(key)),
        ("tag", Cell::Text(tag.code().to_owned())),
        ("source_office", Cell::Text(office.to_owned())),
    ])
}

/// The office that keeps the roster.
const fn office_of(tag: Tag) -> &'static str {
    match tag {
        Tag::SpecialHardship | Tag::Subsistence | Tag::MarginalSubsistence | Tag::RigidExpenditure => "民政局",
        _ => "农业农村局",
    }
}

fn long_ago() -> NaiveDate {
    NaiveDate::from_ymd_opt(2016, 1, 1).unwrap_or_default()
}

fn claim_row(case: &Case, claim: &CaseClaim, keys: &[i64]) -> Row {
    let (kind, reason) = match claim.kind {
        ClaimKind::Settlement => ("settlement", None),
        ClaimKind::Reversal(_) => ("reversal", None),
        ClaimKind::Supplement => ("supplement", Some("08")),
    };
    let mut row = Row::from([
        ("person_key", Cell::Whole(keys[claim.person])),
        ("claim_id", Cell::Text(unit_id(case, &claim.label))),
        ("claim_kind", Cell::Text(kind.to_owned())),
        ("insurance_type", Cell::Text(claim.insurance.clone())),
        ("care_type", Cell::Text(claim.care.clone())),
        ("settled_at", Cell::Date(claim.settled)),
        ("is_valid", Cell::Flag(claim.is_valid)),
        ("is_mid_stay", Cell::Flag(claim.is_mid_stay)),
        ("is_refunded", Cell::Flag(kind == "reversal")),
        ("person_name", Cell::Text(claim.person_name.as_ref().unwrap_or(&case.people[claim.person].name).clone())),
    ]);
    if let ClaimKind::Reversal(original) = claim.kind {
        row.insert("original_claim_id", Cell::Text(unit_id(case, &case.claims[original].label)));
    }
    put(&mut row, "manual_reason", reason.map(|code| Cell::Text(code.to_owned())));
    put(&mut row, "payment_place", claim.place.clone().map(Cell::Text));
    put(&mut row, "insured_area", claim.area.as_ref().map(|code| Cell::Text(code.to_string())));
    put(&mut row, "end_date", claim.discharged.map(Cell::Date));
    put(&mut row, "benefit_year", claim.benefit_year.clone().map(Cell::Text));
    put(&mut row, "visit_id", claim.visit.as_ref().map(|visit| Cell::Text(unit_id(case, visit))));
    let amounts = &claim.amounts;
    row.extend(
        [
            ("total_amount", amounts.total),
            ("outside_catalogue_amount", amounts.outside),
            ("over_limit_amount", amounts.over_limit),
            ("first_share_amount", amounts.first_share),
            ("in_scope_amount", amounts.in_scope),
            ("deductible_amount", amounts.deductible),
            ("fund_amount", amounts.fund),
            ("medical_assistance_amount", amounts.assistance),
            ("hospital_amount", amounts.hospital),
            ("personal_amount", amounts.personal),
            ("account_amount", amounts.account),
        ]
        .map(|(name, fen)| (name, Cell::Money(fen))),
    );
    row
}

fn put(row: &mut Row, name: &'static str, cell: Option<Cell>) {
    if let Some(cell) = cell {
        row.insert(name, cell);
    }
}

/// Rows under a stored table's schema; columns that no case fills are empty.
fn batch(table: &str, rows: &[Row]) -> Result<RecordBatch, PipelineError> {
    let wrong = |why: String| EngineError::Model { model: table.to_owned(), why };
    let schema = table_schema(table).ok_or_else(|| wrong("there is no such table".to_owned()))?;
    if let Some(name) = rows.iter().flat_map(Row::keys).find(|name| schema.field_with_name(name).is_err()) {
        return Err(wrong(format!("the table has no column {name}, which cases fill")).into());
    }
    let columns = columns(&schema, rows).map_err(|error| wrong(error.to_string()))?;
    Ok(RecordBatch::try_new(schema, columns).map_err(|error| wrong(error.to_string()))?)
}

fn columns(schema: &SchemaRef, rows: &[Row]) -> Result<Vec<ArrayRef>, arrow::error::ArrowError> {
    let mut columns = Vec::new();
    for field in schema.fields() {
        let cells = || rows.iter().map(|row| row.get(field.name().as_str()));
        let whole = |cell: Option<&Cell>| match cell {
            Some(Cell::Whole(number)) => Some(*number),
            _ => None,
        };
        let days = |cell: Option<&Cell>| match cell {
            Some(Cell::Date(day)) => Some(days_since_epoch(*day)),
            _ => None,
        };
        let column: ArrayRef = match field.data_type() {
            DataType::Int64 => Arc::new(cells().map(whole).collect::<Int64Array>()),
            DataType::Int32 => {
                Arc::new(cells().map(|cell| whole(cell).and_then(|n| i32::try_from(n).ok())).collect::<Int32Array>())
            }
            DataType::Date32 => Arc::new(cells().map(days).collect::<Date32Array>()),
            DataType::Timestamp(..) => {
                let moments = cells().map(|cell| days(cell).map(|day| i64::from(day) * DAY_MILLISECONDS));
                Arc::new(moments.collect::<TimestampMillisecondArray>())
            }
            DataType::Boolean => {
                let flags = cells().map(|cell| if let Some(Cell::Flag(flag)) = cell { Some(*flag) } else { None });
                Arc::new(flags.collect::<BooleanArray>())
            }
            DataType::Decimal128(..) => {
                let money =
                    cells().map(|cell| if let Some(Cell::Money(fen)) = cell { Some(fen.unscaled()) } else { None });
                Arc::new(money.collect::<Decimal128Array>().with_precision_and_scale(18, 2)?)
            }
            _ => {
                let texts =
                    cells().map(|cell| if let Some(Cell::Text(text)) = cell { Some(text.as_str()) } else { None });
                Arc::new(texts.collect::<StringArray>())
            }
        };
        columns.push(column);
    }
    Ok(columns)
}
