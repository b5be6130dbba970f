//! What a rule counts of a person's claims: every basis, what is netted, the stays, the day of the crossing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cells::{money, text};
use super::rule::Facts;
use crate::domain::Fen;
use crate::policy::{Basis, Netting, Operator, Rule};

/// Care types (`MED_TYPE`) of inpatient care.
const INPATIENT: [&str; 9] = ["21", "22", "23", "24", "25", "26", "27", "28", "52"];

/// The amount on every basis, with the one that counts marked; what lowers it; what is compared with the line.
pub(super) fn amounts(rule: &Rule, sums: &Value) -> Value {
    let basis = |basis: Basis| {
        json!({
            "basis": basis.name(),
            "name": basis.chinese(),
            "amount": sums[format!("{}_amount", basis.name())],
            "counts": basis == rule.cost.basis,
        })
    };
    let later = match (rule.cost.basis, rule.cost.adjustments) {
        (Basis::NetBurden, _) => "in basis",
        (_, Netting::Subtract) => "subtracted",
        (_, Netting::Ignore) => "ignored",
    };
    let assistance = if adds_assistance(rule) { "added back" } else { "in basis" };
    json!({
        "claim_count": sums["claim_count"],
        "total_amount": sums["total_amount"],
        "fund_amount": sums["fund_amount"],
        "bases": Basis::ALL.map(basis),
        "netted": [
            { "item": "adjustments", "amount": sums["adjustment_amount"], "treatment": later },
            { "item": "medical_assistance", "amount": sums["medical_assistance_amount"], "treatment": assistance },
        ],
        "measured_amount": sums["measured_amount"],
    })
}

/// What one claim adds to the measured cost of a rule.
pub(super) fn measured_of(rule: &Rule, claim: &Value) -> Fen {
    let mut amount = money(claim, &format!("{}_amount", rule.cost.basis.name())).0;
    if rule.cost.adjustments == Netting::Subtract && rule.cost.basis != Basis::NetBurden {
        amount -= money(claim, "adjustment_amount").0;
    }
    if adds_assistance(rule) {
        amount += money(claim, "medical_assistance_amount").0;
    }
    Fen(amount)
}

/// Whether the rule measures the cost before medical assistance; the parts of `component_self_pay` are before it.
fn adds_assistance(rule: &Rule) -> bool {
    rule.cost.medical_assistance == Netting::Ignore && rule.cost.basis != Basis::ComponentSelfPay
}

/// Whether an amount crosses the line by the rule's operator.
pub(super) fn crosses(rule: &Rule, amount: Fen, line: Fen) -> bool {
    match rule.line.operator {
        Operator::Over => amount > line,
        Operator::From => amount >= line,
    }
}

/// The day on which the line was crossed for good: what was settled on one day counts together, and a crossing
/// that a reversal took back was none.
pub(super) fn first_crossed(facts: &Facts<'_>, line: Fen) -> Option<String> {
    let mut days: BTreeMap<&str, i64> = BTreeMap::new();
    for claim in &facts.counted {
        *days.entry(text(claim, "settled_date")?).or_default() += measured_of(facts.rule, claim).0;
    }
    let (mut sum, mut crossed) = (0, None);
    for (day, amount) in days {
        sum += amount;
        crossed = if crosses(facts.rule, Fen(sum), line) { crossed.or(Some(day)) } else { None };
    }
    crossed.map(str::to_owned)
}

/// Inpatient stays among the counted claims, the dearest marked.
pub(super) fn stays(facts: &Facts<'_>) -> Vec<Value> {
    let mut stays: BTreeMap<&str, (i64, usize, Option<&str>, Option<&str>)> = BTreeMap::new();
    let inpatient = facts.counted.iter().filter(|claim| {
        text(claim, "care_type").is_some_and(|care| INPATIENT.contains(&care))
    });
    for claim in inpatient {
        let Some(visit) = text(claim, "visit_id") else { continue };
        let stay = stays.entry(visit).or_default();
        let day = text(claim, "end_date").or_else(|| text(claim, "settled_date"));
        stay.0 += measured_of(facts.rule, claim).0;
        stay.1 += 1;
        stay.2 = stay.2.min(day).or(day);
        stay.3 = stay.3.max(day);
    }
    let dearest = stays.values().map(|stay| stay.0).max();
    let shown = stays.into_iter().map(|(visit, (fen, claims, from, to))| {
        json!({
            "visit_id": visit,
            "claim_count": claims,
            "first_date": from,
            "last_date": to,
            "measured_amount": Fen(fen).to_string(),
            "is_dearest": Some(fen) == dearest,
        })
    });
    shown.collect()
}
