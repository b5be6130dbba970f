//! One rule's branch of the tree: text, clause, population, amounts, line, outcome.

use serde_json::{Value, json};

use super::amount::{amounts, crosses, first_crossed, stays};
use super::cells::{money, text};
use super::population::population;
use super::verdict::{because, conclusion};
use crate::domain::{Fen, Month};
use crate::pipeline::compute::window;
use crate::policy::{Line, Operator, Rule};

/// What is known of the person when a rule is told.
pub(super) struct Facts<'a> {
    pub(super) rule: &'a Rule,
    pub(super) text: String,
    pub(super) period: Month,
    /// The register's row.
    pub(super) register: Option<&'a Value>,
    /// The tags held on the period's last day.
    pub(super) tags: &'a [Value],
    /// Whether any roster states one of the rule's tags.
    pub(super) has_roster: bool,
    /// Claims of the window that are not void.
    pub(super) valid_claims: usize,
    /// Those of them that the rule counts.
    pub(super) counted: Vec<&'a Value>,
    /// The sums that the statement drew.
    pub(super) sums: Option<&'a Value>,
    /// The line of the person's county.
    pub(super) line: Option<&'a Line>,
    /// The row of the findings.
    pub(super) finding: Option<&'a Value>,
    /// Whether a job has decided this rule for the period.
    pub(super) is_computed: bool,
}

impl Facts<'_> {
    pub(super) fn line_amount(&self) -> Option<Fen> {
        self.line.map(|line| line.amount)
    }

    pub(super) fn warn_amount(&self) -> Option<Fen> {
        self.line.map(|line| line.warn)
    }

    /// The findings' word; who has no row there lies below every warning line, or has nothing that counts.
    fn status(&self) -> &str {
        match (self.finding, self.sums) {
            (Some(finding), _) => text(finding, "status").unwrap_or("not_computed"),
            (None, _) if !self.is_computed => "not_computed",
            (None, Some(_)) => "below",
            (None, None) => "no_claims",
        }
    }
}

/// Whether a claim is among those that a rule counts.
pub(super) fn counts(rule: &Rule, claim: &Value) -> bool {
    let insurance = text(claim, "insurance_type").unwrap_or_default();
    is_valid(claim) && (rule.who.insurance.is_empty() || rule.who.insurance.iter().any(|code| code == insurance))
}

/// Whether a claim counts for anybody.
pub(super) fn is_valid(claim: &Value) -> bool {
    claim["is_valid"] != false
}

/// The branch.
pub(super) fn branch(facts: &Facts<'_>) -> Value {
    let rule = facts.rule;
    let items = population(facts);
    let (status, reason) = (facts.status(), facts.finding.and_then(|finding| text(finding, "reason")));
    let stays = if rule.shape.starts_with("stay") { stays(facts) } else { Vec::new() };
    json!({
        "rule_id": rule.id,
        "name": rule.name,
        "version": rule.version,
        "text": facts.text,
        "clause": rule.clause.to_string(),
        "population": items,
        "window": window_of(facts),
        "amounts": facts.sums.map(|sums| amounts(rule, sums)),
        "stays": stays,
        "line": facts.line.map(|line| line_of(rule, line)),
        "distance": facts.sums.zip(facts.line_amount()).map(|(sums, line)| distance(facts, sums, line)),
        "outcome": {
            "status": status,
            "reason": reason,
            "words": conclusion(status),
            "because": because(facts, status, reason, &items),
        },
    })
}

fn window_of(facts: &Facts<'_>) -> Value {
    let months = window(facts.period);
    json!({
        "kind": "calendar_year",
        "from": months.first().map(|month| month.first_day().to_string()),
        "to": facts.period.last_day().to_string(),
        "date": "settled",
    })
}

fn line_of(rule: &Rule, line: &Line) -> Value {
    json!({
        "series": line.figure.indicator,
        "geography": line.figure.geography,
        "year": line.figure.year,
        "income_amount": line.figure.amount.to_string(),
        "release": line.figure.release,
        "published": line.figure.published,
        "source": line.figure.source,
        "is_provisional": false,
        "multiple": rule.line.multiple.normalize().to_string(),
        "operator": if rule.line.operator == Operator::Over { ">" } else { ">=" },
        "line_amount": line.amount.to_string(),
        "warn_amount": line.warn.to_string(),
    })
}

fn distance(facts: &Facts<'_>, sums: &Value, line: Fen) -> Value {
    let measured = money(sums, "measured_amount");
    json!({
        "amount": Fen((measured.0 - line.0).abs()).to_string(),
        "is_over": crosses(facts.rule, measured, line),
        "first_crossed_date": first_crossed(facts, line),
    })
}
