//! What the statements found of a person by one rule.

use engine::compute::rules::RuleData;
use law::domain::Period;
use law::policy::{Line, Rule, Shape};
use serde_json::Value;

use super::cells::text;

/// What the statements found of the person by one rule.
pub(super) struct Facts<'a> {
    pub(super) rule: &'a Rule,
    pub(super) period: Period,
    pub(super) data: &'a RuleData,
    /// The row of `explain_judged`.
    pub(super) judged: &'a Value,
    /// The row of `explain_spending`; null where the rule counts nothing.
    pub(super) spending: &'a Value,
    /// The tags held on the day, or the days, that the rule asks for.
    pub(super) tags: &'a [Value],
    /// Claims of the months that rules look at which are not void.
    pub(super) valid_claims: usize,
    /// What is open and could change what is measured.
    pub(super) doubts: Vec<Value>,
    pub(super) stays: Vec<Value>,
    /// The application that decides, where the rule is decided on one.
    pub(super) application: Option<&'a Value>,
    /// What each member of that household paid, masked.
    pub(super) members: Vec<Value>,
    pub(super) means: Vec<Value>,
    /// The status that the period's job stored; none where the person lies below every warning line.
    pub(super) stored: Option<&'a str>,
    /// Whether a job has decided this rule for the period.
    pub(super) is_computed: bool,
}

impl Facts<'_> {
    pub(super) fn status(&self) -> &str {
        if self.is_computed { text(self.judged, "status").unwrap_or("not_computed") } else { "not_computed" }
    }

    /// Whether the rule counts anything of the person.
    pub(super) fn is_measured(&self) -> bool {
        !self.judged["claim_count"].is_null()
    }

    pub(super) fn has_line(&self) -> bool {
        !self.judged["line_amount"].is_null()
    }

    /// The person's own claims that the rule counts.
    pub(super) fn counted_claims(&self) -> usize {
        let counts: i64 = match self.rule.shape {
            Shape::PersonWindow => count(self.judged),
            Shape::Stay => self.stays.iter().map(count).sum(),
            Shape::Application => self.members.iter().filter(|row| row["is_asked"] == true).map(count).sum(),
        };
        usize::try_from(counts).unwrap_or_default()
    }

    pub(super) fn application_id(&self) -> Option<&Value> {
        self.application.map(|application| &application["application_id"])
    }

    /// Where the line of the person's place comes from.
    pub(super) fn line(&self) -> Option<&Line> {
        let county = text(self.judged, "county_code")?;
        let residence = if self.judged["is_rural"] == true { "rural" } else { "urban" };
        let of = |residence| self.data.lines.by_place.get(&(county.to_owned(), residence));
        of("any").or_else(|| of(residence))
    }
}

fn count(row: &Value) -> i64 {
    row["claim_count"].as_i64().unwrap_or_default()
}
