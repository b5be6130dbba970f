//! Several cases that can share one world: the same policy, month, figures and rosters, people of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::compute::{Data, Evaluation};
use engine::{Engine, PipelineError};
use law::domain::CountyCode;
use law::policy::casebook::Case;
use law::policy::{Policy, Rule};

use super::compare::{CaseFailure, compare};
use super::found::Findings;
use super::rows;

/// Cases that are carried out together.
pub(super) struct World {
    policy: Arc<Policy>,
    cases: Vec<Case>,
}

impl World {
    /// Puts cases together that cannot disturb each other. A full roster ends the tags of everybody else who is
    /// on that office's rosters, so a case that states one has its world for itself.
    pub(super) fn of_cases(policy: &Arc<Policy>, cases: Vec<Case>) -> Vec<Self> {
        let mut worlds: BTreeMap<String, Vec<Case>> = BTreeMap::new();
        for case in cases {
            let has_full_roster =
                case.people.iter().flat_map(|person| &person.tags).any(|tag| tag.roster_month.is_some());
            let alone = if has_full_roster { case.id.as_str() } else { "" };
            let key = format!("{} {} {alone} {:?}", case.period, case.has_rosters, case.income);
            worlds.entry(key).or_default().push(case);
        }
        worlds.into_values().map(|cases| Self { policy: policy.clone(), cases }).collect()
    }

    /// Carries the cases out and returns those that did not come out as written.
    pub(super) async fn carry_out(&self, engine: &Engine) -> Result<Vec<CaseFailure>, PipelineError> {
        let Some(first) = self.cases.first() else { return Ok(Vec::new()) };
        let cases: Vec<&Case> = self.cases.iter().collect();
        let (tables, keys) = rows::tables(&cases)?;
        let people = cases.iter().flat_map(|case| &case.people);
        let counties: BTreeSet<String> =
            people.filter_map(|person| person.county.as_ref()).map(CountyCode::to_string).collect();
        let period = first.period;
        let rules: Vec<&Rule> = self.policy.in_force(period.last_day()).collect();
        let evaluation = Evaluation::new(engine, Data::Rows(&tables), counties, 1);
        let findings = Findings::read(&evaluation.findings(&rules, period).await?)?;
        let compared = cases.iter().zip(&keys).map(|(case, keys)| compare(case, keys, &findings, &self.policy));
        Ok(compared.flatten().collect())
    }
}
