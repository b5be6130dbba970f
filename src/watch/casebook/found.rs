//! The findings of a world as cases speak of them.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use engine::PipelineError;
use engine::rows::of_model;
use law::cases::{Outcome, Reason};
use law::domain::Fen;

engine::row! {
    #[derive(Debug, Clone)]
    pub(super) struct Found {
        person: i64 = "person_key",
        rule: String = "rule_id",
        pub(super) status: Outcome = "status",
        pub(super) reason: Option<Reason> = "reason",
        pub(super) measured: Option<Fen> = "measured_amount",
        pub(super) line: Option<Fen> = "line_amount",
        pub(super) income: Option<Fen> = "income_amount",
        pub(super) excess: Option<Fen> = "excess_amount",
        pub(super) band: Option<String> = "band",
        pub(super) is_provisional: Option<bool> = "is_provisional",
        pub(super) county: Option<String> = "county_code",
        pub(super) claims: Option<i64> = "claim_count",
        pub(super) unit: Option<String> = "unit_id",
    }
}

/// All findings of a world, by person and rule.
#[derive(Debug, Default)]
pub(super) struct Findings {
    by_person: BTreeMap<(i64, String), Vec<Found>>,
}

impl Findings {
    pub(super) fn read(batches: &[RecordBatch]) -> Result<Self, PipelineError> {
        let mut findings = Self::default();
        for found in of_model::<Found>("rules", batches)? {
            findings.by_person.entry((found.person, found.rule.clone())).or_default().push(found);
        }
        Ok(findings)
    }

    /// What a rule found of a person.
    pub(super) fn of(&self, person: i64, rule: &str) -> &[Found] {
        self.by_person.get(&(person, rule.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// What all rules found of a person, with the rule.
    pub(super) fn of_person(&self, person: i64) -> impl Iterator<Item = (&str, &Found)> {
        let rows = self.by_person.range((person, String::new())..).take_while(move |((other, _), _)| *other == person);
        rows.flat_map(|((_, rule), found)| found.iter().map(move |found| (rule.as_str(), found)))
    }
}
