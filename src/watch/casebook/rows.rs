//! Cases as the warehouse's tables: several cases of one month in one world, each with people of its own.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use engine::rows::{self, Value};
use engine::{EngineError, PipelineError, table_schema};
use law::domain::{Tag, folded_name};
use law::policy::IncomeFigure;
use law::policy::casebook::{Case, CaseClaim, ClaimKind};

/// The key of the first person; the following ones count up. Its area code is assigned to nobody.
const FIRST_PERSON: i64 = 99_010_319_800_101_000;

type Row = Vec<(&'static str, Value<'static>)>;

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
        let none = || EngineError::Model { model: table.to_owned(), why: "there is no such table".to_owned() };
        batches.insert(table.to_owned(), rows::batch(table, &table_schema(table).ok_or_else(none)?, rows)?);
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
                self.residents.push(vec![
                    ("person_key", (*key).into()),
                    ("person_name", person.name.clone().into()),
                    ("comparable_name", folded_name(&person.name).into()),
                    ("has_name_conflict", person.has_name_conflict.into()),
                    ("is_alive", person.is_alive.into()),
                    ("county_code", person.county.as_ref().map(ToString::to_string).into()),
                    ("is_rural", person.is_rural.into()),
                    ("household_type", person.household_type.clone().into()),
                    ("village_class", person.village_class.clone().into()),
                ]);
            }
            for tag in &person.tags {
                let mut row = roster_row(*key, tag.tag, office_of(tag.tag));
                row.extend([
                    ("from_date", tag.from.or_else(|| tag.roster_month.is_none().then(long_ago)).into()),
                    ("to_date", tag.to.into()),
                    ("roster_month", tag.roster_month.map(law::domain::Month::first_day).into()),
                ]);
                self.rosters.push(row);
            }
        }
    }

    /// People outside the cases, one on a roster of each tag: somebody always keeps the rosters.
    fn other_people(&mut self) {
        for (at, tag) in (0..).zip(Tag::ALL) {
            let mut row = roster_row(FIRST_PERSON - 1 - at, tag, "名册单位");
            row.push(("from_date", long_ago().into()));
            self.rosters.push(row);
        }
    }

    fn income(&mut self, figures: &[IncomeFigure]) {
        self.income.extend(figures.iter().map(|figure| {
            vec![
                ("indicator", figure.indicator.clone().into()),
                ("geography", figure.geography.clone().into()),
                ("year", figure.year.into()),
                ("amount", figure.amount.into()),
                ("release", figure.release.into()),
                ("published_date", figure.published.into()),
            ]
        }));
    }

    /// A later payment is booked on its claim's month, as intake does.
    fn payments(&mut self, case: &Case, keys: &[i64]) {
        for (at, payment) in case.payments.iter().enumerate() {
            let claim = &case.claims[payment.claim];
            self.adjustments.push(vec![
                ("person_key", keys[claim.person].into()),
                ("adjustment_id", unit_id(case, &format!("赔付{at}")).into()),
                ("claim_id", unit_id(case, &claim.label).into()),
                ("amount", payment.amount.into()),
                ("paid_date", payment.paid.into()),
                ("payer_kind", payment.payer.clone().into()),
                ("book_month", law::domain::Month::of(claim.settled).first_day().into()),
            ]);
        }
    }

    fn applications(&mut self, case: &Case, keys: &[i64]) {
        for application in &case.applications {
            let county = case.people[application.applicant].county.as_ref();
            self.applications.extend(application.members.iter().map(|member| {
                vec![
                    ("person_key", keys[*member].into()),
                    ("application_id", unit_id(case, &application.label).into()),
                    ("application_date", application.applied.into()),
                    ("is_applicant", (*member == application.applicant).into()),
                    ("county_code", county.map(ToString::to_string).into()),
                    ("household_income_amount", application.household_income.into()),
                    ("assets_amount", application.assets.into()),
                    ("other_spending_amount", application.other_spending.into()),
                ]
            }));
        }
    }
}

fn roster_row(key: i64, tag: Tag, office: &'static str) -> Row {
    vec![("person_key", key.into()), ("tag", tag.code().into()), ("source_office", office.into())]
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
    let (kind, reason, original) = match claim.kind {
        ClaimKind::Settlement => ("settlement", None, None),
        ClaimKind::Reversal(original) => ("reversal", None, Some(unit_id(case, &case.claims[original].label))),
        ClaimKind::Supplement => ("supplement", Some("08"), None),
    };
    let name = claim.person_name.as_ref().unwrap_or(&case.people[claim.person].name);
    let amounts = &claim.amounts;
    vec![
        ("person_key", keys[claim.person].into()),
        ("claim_id", unit_id(case, &claim.label).into()),
        ("claim_kind", kind.into()),
        ("original_claim_id", original.into()),
        ("manual_reason", reason.into()),
        ("insurance_type", claim.insurance.clone().into()),
        ("care_type", claim.care.clone().into()),
        ("settled_at", claim.settled.into()),
        // told when it was settled, also that it is void: nobody waits for a new settlement any more
        ("updated_at", claim.settled.into()),
        ("is_valid", claim.is_valid.into()),
        ("is_mid_stay", claim.is_mid_stay.into()),
        ("is_refunded", (kind == "reversal").into()),
        ("person_name", name.clone().into()),
        ("comparable_name", folded_name(name).into()),
        ("payment_place", claim.place.clone().into()),
        ("insured_area", claim.area.as_ref().map(ToString::to_string).into()),
        ("end_date", claim.discharged.into()),
        ("benefit_year", claim.benefit_year.clone().into()),
        ("visit_id", claim.visit.as_ref().map(|visit| unit_id(case, visit)).into()),
        ("total_amount", amounts.total.into()),
        ("outside_catalogue_amount", amounts.outside.into()),
        ("over_limit_amount", amounts.over_limit.into()),
        ("first_share_amount", amounts.first_share.into()),
        ("in_scope_amount", amounts.in_scope.into()),
        ("deductible_amount", amounts.deductible.into()),
        ("fund_amount", amounts.fund.into()),
        ("medical_assistance_amount", amounts.assistance.into()),
        ("hospital_amount", amounts.hospital.into()),
        ("personal_amount", amounts.personal.into()),
        ("account_amount", amounts.account.into()),
    ]
}
