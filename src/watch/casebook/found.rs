//! The findings of a world as cases speak of them.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use engine::PipelineError;
use engine::compute::Cells;
use law::domain::Fen;

#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) measured: Option<Fen>,
    pub(super) line: Option<Fen>,
    pub(super) income: Option<Fen>,
    pub(super) excess: Option<Fen>,
    pub(super) band: Option<String>,
    pub(super) is_provisional: Option<bool>,
    pub(super) county: Option<String>,
    pub(super) claims: Option<i64>,
    pub(super) unit: Option<String>,
}

impl Found {
    /// Whether somebody must look at it.
    pub(super) fn is_hit(&self) -> bool {
        !matches!(self.status.as_str(), "below" | "outside")
    }
}

/// All findings of a world, by person and rule.
#[derive(Debug, Default)]
pub(super) struct Findings {
    by_person: BTreeMap<(i64, String), Vec<Found>>,
}

impl Findings {
    /// Reads the rows by column name.
    pub(super) fn read(batches: &[RecordBatch]) -> Result<Self, PipelineError> {
        let mut findings = Self::default();
        for batch in batches {
            for row in 0..batch.num_rows() {
                let cells = Cells { batch, row };
                let found = Found {
                    status: cells.text("status")?.unwrap_or_default(),
                    reason: cells.text("reason")?,
                    measured: cells.money("measured_amount")?,
                    line: cells.money("line_amount")?,
                    income: cells.money("income_amount")?,
                    excess: cells.money("excess_amount")?,
                    band: cells.text("band")?,
                    is_provisional: cells.flag("is_provisional")?,
                    county: cells.text("county_code")?,
                    claims: cells.whole("claim_count")?,
                    unit: cells.text("unit_id")?,
                };
                let key = (cells.whole("person_key")?.unwrap_or_default(), cells.text("rule_id")?.unwrap_or_default());
                findings.by_person.entry(key).or_default().push(found);
            }
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
