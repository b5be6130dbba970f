//! The households that applied with the person in them, and what they declared.

use std::collections::BTreeMap;

use engine::compute::MEMBERS;
use engine::compute::rules::{Known as Judging, RuleData, means_limit};
use engine::{Param, PipelineError, Source};
use law::domain::{Fen, Period};
use law::policy::{Means, MeansOf, MeansOperator, Rule, Shape, describe};
use serde_json::{Value, json};
use store::warehouse::FileEntry;

use super::cells::{mask, text};
use super::{Asking, Known};

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
                "is_own": application["is_applicant"],
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

    /// What each member of an applying household paid over a rule's window, the applicant first.
    pub(super) async fn paid(&self, data: &RuleData, application: &Value) -> Result<Vec<Value>, PipelineError> {
        let Some(id) = text(application, "application_id") else { return Ok(Vec::new()) };
        let of_rule = |file: &&FileEntry| file.month == Some(self.period) && file.rule.as_ref() == Some(&data.rule);
        let files = self.files(self.version.table(MEMBERS).filter(of_rule));
        let params = [("application_id".to_owned(), Param::Text(id.to_owned()))].into();
        let sources = [(MEMBERS.to_owned(), files)].into();
        let paid = self.answer("explain_members", &params, sources, "all buckets".to_owned()).await?;
        let mut members = self.members(id).await?;
        if !self.unmask {
            members.iter_mut().for_each(mask);
        }
        let of = |member: &Value| {
            let row = paid.iter().find(|row| row["person_key"] == member["person_key"]);
            json!({
                "person_name": member["person_name"],
                "id_number": member["id_number"],
                "is_applicant": member["is_applicant"],
                "claim_count": row.map(|row| row["claim_count"].clone()),
                "measured_amount": row.map(|row| row["measured_amount"].clone()),
            })
        };
        Ok(members.iter().map(of).collect())
    }
}

/// The latest application that the person made in the period's year; none for rules that ask for none.
pub(super) fn latest<'k>(rule: &Rule, period: Period, known: &'k Known) -> Option<&'k Value> {
    let (year, last_day) = (period.year().to_string(), period.last_day().to_string());
    let made = |application: &&Value| {
        let day = text(application, "application_date").unwrap_or_default();
        application["is_own"] == true && day.starts_with(&year) && day <= last_day.as_str()
    };
    known.applications.iter().filter(|_| rule.shape == Shape::Application).rfind(made)
}

/// The items of a rule's means test on an application.
pub(super) fn means(rule: &Rule, application: Option<&Value>, judging: Judging<'_>) -> Vec<Value> {
    rule.means.iter().map(|means| item(rule, means, application, judging)).collect()
}

fn item(rule: &Rule, means: &Means, application: Option<&Value>, judging: Judging<'_>) -> Value {
    let members = application.and_then(|application| application["members"].as_array()).map_or(0, Vec::len);
    let is_per_head = means.of == MeansOf::IncomePerHead;
    let column = if means.of == MeansOf::Assets { "assets_amount" } else { "household_income_amount" };
    let declared = application.and_then(|application| text(application, column)).and_then(|it| Fen::parse(it).ok());
    let limit = judging.counties.iter().next().and_then(|county| means_limit(rule, county, means, judging));
    // income per head is tested as income against the limit times the members
    let whole = limit.map(|limit| {
        let members = if is_per_head { i64::try_from(members).unwrap_or(i64::MAX) } else { 1 };
        Fen(limit.0.saturating_mul(members))
    });
    let passes = declared.zip(whole).map(|(declared, whole)| match means.operator {
        MeansOperator::Under => declared < whole,
        MeansOperator::UpTo => declared <= whole,
        MeansOperator::Over => declared > whole,
        MeansOperator::From => declared >= whole,
    });
    json!({
        "item": "means",
        "label": describe::means(means),
        "passes": passes,
        "declared_amount": declared.map(|amount| amount.to_string()),
        "limit_amount": limit.map(|amount| amount.to_string()),
        "members": is_per_head.then_some(members),
    })
}
