//! The households that applied with the person in them, and what they declared.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::cells::{mask, text};
use super::{Asking, Known};
use crate::domain::{CountyCode, Fen, Period};
use crate::engine::{Param, Source};
use crate::pipeline::PipelineError;
use crate::policy::{Means, MeansLimit, MeansOf, MeansOperator, Rule, Shape, describe, figure_for};

impl Asking<'_> {
    /// One entry per application; the applicant's row decides what was declared.
    pub(super) async fn households(&self) -> Result<Vec<Value>, PipelineError> {
        let mut households = Vec::new();
        for application in self.rows("explain_applications", &self.base(), BTreeMap::new()).await? {
            let Some(id) = text(&application, "application_id") else { continue };
            let mut members = self.members(id).await?;
            let declared = members.first().cloned().unwrap_or_default();
            if !self.unmask {
                members.iter_mut().for_each(mask);
            }
            let member = |row: &Value| {
                json!({
                    "person_name": row["person_name"],
                    "id_number": row["id_number"],
                    "is_applicant": row["is_applicant"],
                })
            };
            households.push(json!({
                "application_id": id,
                "application_date": declared["application_date"],
                "county_code": declared["county_code"],
                "household_income_amount": declared["household_income_amount"],
                "assets_amount": declared["assets_amount"],
                "other_spending_amount": declared["other_spending_amount"],
                "members": members.iter().map(member).collect::<Vec<_>>(),
            }));
        }
        Ok(households)
    }

    /// The household's rows, the applicant's first; they lie in the buckets of their persons.
    async fn members(&self, application: &str) -> Result<Vec<Value>, PipelineError> {
        let files = self.version.table("applications").map(|file| self.context.warehouse.path(file)).collect();
        let params = [("application_id".to_owned(), Param::Text(application.to_owned()))].into();
        let sources = [("applications".to_owned(), Source::Files(files))].into();
        self.answer("explain_household", &params, sources, "all buckets".to_owned()).await
    }
}

/// The items of a rule's means test on the latest application of the year; none where the rule asks for none.
pub(super) fn means(rule: &Rule, period: Period, known: &Known) -> Vec<Value> {
    if rule.shape != Shape::Application {
        return Vec::new();
    }
    let year = period.year().to_string();
    let last_day = period.last_day().to_string();
    let made = |application: &&Value| {
        text(application, "application_date").is_some_and(|day| day.starts_with(&year) && day <= last_day.as_str())
    };
    let application = known.applications.iter().filter(made).next_back();
    rule.means.iter().map(|means| item(rule, means, period, application, known)).collect()
}

fn item(rule: &Rule, means: &Means, period: Period, application: Option<&Value>, known: &Known) -> Value {
    let declared = application.and_then(|application| declared(means, application));
    let limit = limit(rule, means, period, application, known);
    let passes = declared.zip(limit).map(|(declared, limit)| match means.operator {
        MeansOperator::Under => declared < limit,
        MeansOperator::UpTo => declared <= limit,
        MeansOperator::Over => declared > limit,
        MeansOperator::From => declared >= limit,
    });
    json!({
        "item": "means",
        "label": describe::means(means),
        "passes": passes,
        "declared_amount": declared.map(|amount| amount.round_dp(2).to_string()),
        "limit_amount": limit.map(|amount| amount.round_dp(2).to_string()),
    })
}

/// What the household declared of it, in yuan.
fn declared(means: &Means, application: &Value) -> Option<Decimal> {
    let amount = |column| text(application, column).and_then(|amount| Fen::parse(amount).ok()).map(Fen::yuan);
    match means.of {
        MeansOf::Assets => amount("assets_amount"),
        MeansOf::HouseholdIncome => amount("household_income_amount"),
        MeansOf::IncomePerHead => {
            let members = application["members"].as_array().map_or(0, Vec::len);
            amount("household_income_amount")?.checked_div(Decimal::from(members))
        }
    }
}

fn limit(rule: &Rule, means: &Means, period: Period, application: Option<&Value>, known: &Known) -> Option<Decimal> {
    let series = match &means.limit {
        MeansLimit::Fixed(amount) => return Some(amount.yuan()),
        MeansLimit::Series(series) => series,
    };
    let county = known.register.first().and_then(|row| text(row, "county_code"));
    let county = county.or_else(|| text(application?, "county_code"))?;
    let geography = series.geography.code_for(&CountyCode::parse(county).ok()?);
    let (_, indicator) = series.series.by_residence().into_iter().next()?;
    let place = (geography.as_str(), period.month());
    let before = rule.line.before_publication;
    let chosen = figure_for(series, indicator, before, place, period.last_day(), &known.figures)?;
    chosen.figure.amount.yuan().checked_mul(series.multiple)
}
