//! What a rule counts of a person's claims: every basis, what is netted, the stays, the day of the crossing.

use std::collections::BTreeMap;

use law::domain::Fen;
use law::policy::{Basis, Netting, Operator, Rule, Shape};
use serde_json::{Value, json};

use super::cells::{money, text};
use super::rule::{Days, Facts};

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
/// that a reversal took back was none. Of a stay, its own claims; of an application, nobody can say.
pub(super) fn first_crossed(facts: &Facts<'_>, line: Fen) -> Option<String> {
    first_day(facts, |amount| crosses(facts.rule, amount, line))
}

/// The day on which the warning line was crossed for good.
pub(super) fn first_warned(facts: &Facts<'_>, warn: Fen) -> Option<String> {
    first_day(facts, |amount| amount > warn)
}

fn first_day(facts: &Facts<'_>, is_over: impl Fn(Fen) -> bool) -> Option<String> {
    let stay = match facts.rule.shape {
        Shape::Application => return None,
        Shape::Stay => Some(dearest(facts)?),
        Shape::PersonWindow => None,
    };
    let mut days: BTreeMap<&str, i64> = BTreeMap::new();
    for claim in facts.counted.iter().filter(|claim| stay.is_none_or(|stay| claim.visit == stay)) {
        *days.entry(claim.settled).or_default() += claim.measured.0;
    }
    let (mut sum, mut crossed) = (0, None);
    for (day, amount) in days {
        sum += amount;
        crossed = if is_over(Fen(sum)) { crossed.or(Some(day)) } else { None };
    }
    crossed.map(str::to_owned)
}

/// The visit that cost most; of several, the one that the statement takes.
fn dearest<'f>(facts: &'f Facts<'_>) -> Option<&'f str> {
    let mut visits: BTreeMap<&str, i64> = BTreeMap::new();
    facts.counted.iter().for_each(|claim| *visits.entry(claim.visit).or_default() += claim.measured.0);
    visits.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0))).map(|(visit, _)| visit)
}

/// Inpatient stays that ended in the window, the dearest marked.
pub(super) fn stays(facts: &Facts<'_>) -> Vec<Value> {
    let mut stays: BTreeMap<&str, Vec<&Counted<'_>>> = BTreeMap::new();
    facts.counted.iter().for_each(|claim| stays.entry(claim.visit).or_default().push(claim));
    let dearest = dearest(facts);
    let shown = stays.into_iter().map(|(visit, claims)| {
        json!({
            "visit_id": visit,
            "claim_count": claims.len(),
            "first_date": claims.iter().map(|claim| claim.date).min(),
            "last_date": claims.iter().map(|claim| claim.date).max(),
            "measured_amount": Fen(claims.iter().map(|claim| claim.measured.0).sum()).to_string(),
            "is_dearest": Some(visit) == dearest,
        })
    });
    shown.collect()
}

/// One claim that a rule counts.
#[derive(Debug, Clone)]
pub(super) struct Counted<'a> {
    visit: &'a str,
    /// The day by which the rule dates it.
    date: &'a str,
    settled: &'a str,
    measured: Fen,
}

/// The claims that count, of all that a rule's filters let through: by the window, by the end of their stay, or by
/// the day of the application.
pub(super) fn counted<'a>(rule: &Rule, window: &Days, rows: &'a [Value], claims: &'a [Value]) -> Vec<Counted<'a>> {
    let takes_part = |row: &&Value| {
        let care = text(row, "care_type").unwrap_or_default();
        rule.shape != Shape::Stay || !rule.cost.care.is_empty() || INPATIENT.contains(&care)
    };
    let rows: Vec<&Value> = rows.iter().filter(takes_part).collect();
    let visit = |row: &'a Value| text(row, "visit_id").unwrap_or_default();
    // rows come by day, so the last one of a visit tells when the stay ended
    let ends: BTreeMap<&str, bool> = rows.iter().map(|row| (visit(row), row["is_in_window"] == true)).collect();
    let is_in = |row: &&&'a Value| match rule.shape {
        Shape::PersonWindow => row["is_in_window"] == true,
        Shape::Stay => ends.get(visit(row)) == Some(&true),
        Shape::Application => {
            let day = text(row, "counted_date").unwrap_or_default();
            day <= window.to.as_str() && (row["is_in_window"] == true || day >= window.from.as_str())
        }
    };
    let settled = |row: &'a Value| {
        let claim = claims.iter().find(|claim| claim["claim_id"] == row["claim_id"]);
        claim.and_then(|claim| text(claim, "settled_date")).or_else(|| text(row, "counted_date")).unwrap_or_default()
    };
    let taken = rows.iter().filter(is_in).map(|row| Counted {
        visit: visit(row),
        date: text(row, "counted_date").unwrap_or_default(),
        settled: settled(row),
        measured: money(row, "measured_amount"),
    });
    taken.collect()
}
