//! The households that applied with the person in them, and what they declared.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Asking;
use super::cells::{mask, text};
use crate::engine::{Param, Source};
use crate::pipeline::PipelineError;

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
