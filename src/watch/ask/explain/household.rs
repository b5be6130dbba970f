//! The households that applied with the person in them, what they declared and what they paid.

use engine::{Param, PipelineError};
use serde_json::{Value, json};

use super::cells::{mask, text};
use super::{Asking, AskingRule};

impl Asking<'_> {
    /// One entry per application; the applicant's row decides what was declared.
    pub(super) async fn households(&self) -> Result<Vec<Value>, PipelineError> {
        // the household's rows lie in the buckets of their persons
        let everywhere = self.files(self.version.table("applications"));
        let mut rows = self.rows("explain_household", [("applications", everywhere)]).await?;
        if !self.unmask {
            rows.iter_mut().for_each(mask);
        }
        let household = |members: &[Value]| {
            let declared = &members[0];
            json!({
                "application_id": declared["application_id"],
                "is_own": declared["is_own"],
                "application_date": declared["application_date"],
                "county_code": declared["county_code"],
                "household_income_amount": declared["household_income_amount"],
                "assets_amount": declared["assets_amount"],
                "other_spending_amount": declared["other_spending_amount"],
                "members": members.iter().map(|row| json!({
                    "person_name": row["person_name"],
                    "id_number": row["id_number"],
                    "is_applicant": row["is_applicant"],
                })).collect::<Vec<_>>(),
            })
        };
        Ok(rows.chunk_by(|a, b| a["application_id"] == b["application_id"]).map(household).collect())
    }
}

impl AskingRule<'_> {
    /// What each member of an applying household paid over the rule's window, the applicant first.
    pub(super) async fn members(&self, application: Option<&Value>) -> Result<Vec<Value>, PipelineError> {
        let Some(id) = application.and_then(|application| text(application, "application_id")) else {
            return Ok(Vec::new());
        };
        let everywhere = self.asking.files(self.asking.version.table("applications"));
        let params = [("application_id", Param::Text(id.to_owned()))];
        let mut members = self.rows("explain_members", &params, [("applications", everywhere)]).await?;
        if !self.asking.unmask {
            members.iter_mut().for_each(mask);
        }
        Ok(members)
    }
}
