//! One rule's branch of the tree: text, clause, population, amounts, line, outcome.

use law::cases::{no_forecast_because, outlook, recent_months};
use law::domain::Fen;
use law::policy::{Basis, DateBasis, IncomeFigure, LineMeasure, Operator, Rule, describe};
use serde_json::{Value, json};

use super::cells::{money, text};
use super::facts::Facts;
use super::population::population;
use super::verdict::{because, conclusion, undecided_because};

pub(super) fn branch(facts: &Facts<'_>) -> Value {
    let (rule, judged) = (facts.rule, facts.judged);
    let items = population(facts);
    let (status, reason) = (facts.status(), text(judged, "reason").filter(|_| facts.is_computed));
    json!({
        "rule_id": rule.id,
        "name": rule.name,
        "version": rule.version,
        "text": describe::rule(rule),
        "clause": rule.clause.to_string(),
        "population": items,
        "window": window(facts),
        "amounts": facts.is_measured().then(|| amounts(facts)),
        "application_id": facts.application_id(),
        "members": facts.members.iter().map(|row| json!({
            "person_name": row["person_name"],
            "id_number": row["id_number"],
            "is_applicant": row["is_applicant"],
            "claim_count": row["claim_count"],
            "measured_amount": row["measured_amount"],
        })).collect::<Vec<_>>(),
        "stays": facts.stays,
        "doubts": facts.doubts.iter().map(|row| {
            let mut row = row.clone();
            row["words"] = json!(undecided_because(text(&row, "reason").unwrap_or_default()));
            row
        }).collect::<Vec<_>>(),
        "line": facts.has_line().then(|| line_of(facts)),
        "distance": (facts.is_measured() && facts.has_line()).then(|| json!({
            "amount": Fen(money(judged, "excess_amount").0.abs()).to_string(),
            "is_over": judged["is_over"],
            "first_crossed_date": facts.spending["first_crossed_date"],
        })),
        "warning": (status == "near").then(|| warning(facts)),
        "outcome": {
            "status": status,
            "reason": reason,
            "words": conclusion(status, rule.warn_at.is_some()),
            "because": because(facts, status, reason, &items),
        },
    })
}

/// The days that the rule looks at: they end with the period, or on the day of the application.
fn window(facts: &Facts<'_>) -> Value {
    let (from, to) = (facts.data.span.window_from.to_string(), facts.period.last_day().to_string());
    let of_application = |column: &str| facts.application.and_then(|row| text(row, column)).map(str::to_owned);
    json!({
        "from": of_application("window_from").unwrap_or(from),
        "to": of_application("window_to").unwrap_or(to),
        "date": facts.rule.cost.date.word(),
        "date_name": match facts.rule.cost.date {
            DateBasis::Settled => "结算日期",
            DateBasis::Discharged => "出院日期",
            DateBasis::BenefitYear => "待遇年度",
        },
    })
}

/// The amount on every basis, with the one that counts marked; what lowers it; what is compared with the line.
fn amounts(facts: &Facts<'_>) -> Value {
    let judged = facts.judged;
    let basis = |basis: Basis| {
        json!({
            "basis": basis.name(),
            "name": basis.chinese(),
            "amount": judged[format!("{}_amount", basis.name())],
            "counts": basis == facts.rule.cost.basis,
        })
    };
    let netted = |item: &str, treatment: &str| json!({ "item": item, "amount": judged[format!("{item}_amount")], "treatment": judged[treatment] });
    json!({
        "claim_count": judged["claim_count"],
        "total_amount": judged["total_amount"],
        "fund_amount": judged["fund_amount"],
        "bases": Basis::ALL.map(basis),
        "netted": [
            { "item": "adjustments", "amount": judged["adjustment_amount"], "treatment": judged["adjustment_treatment"] },
            netted("medical_assistance", "assistance_treatment"),
        ],
        "measured_amount": judged["measured_amount"],
    })
}

/// The line with everything that it was drawn from.
fn line_of(facts: &Facts<'_>) -> Value {
    let (rule, judged, line) = (facts.rule, facts.judged, facts.line());
    let figure = line.and_then(|line| Some((line.figure.as_ref()?, line.is_provisional)));
    let mut told = json!({
        "rule": describe::limit(rule),
        "operator": if rule.line.operator == Operator::Over { ">" } else { ">=" },
        "line_amount": judged["line_amount"],
        "warn_amount": rule.warn_at.map(|_| &judged["warn_amount"]),
        "figure": figure.map(|(figure, is_provisional)| figure_of(rule, figure, is_provisional)),
    });
    if let Some(kept) = line.and_then(|line| line.kept) {
        told["kept_amount"] = json!(kept.to_string());
    }
    if let LineMeasure::Bands(bands) = &rule.line.measure {
        let band = |band: &law::policy::Band| {
            json!({
                "band": band.name,
                "from_amount": band.from.to_string(),
                "is_near": band.is_near,
                "holds": facts.is_measured() && judged["reached_band"] == band.name,
            })
        };
        told["bands"] = bands.iter().map(band).collect();
    }
    told
}

fn figure_of(rule: &Rule, figure: &IncomeFigure, is_provisional: bool) -> Value {
    let series = match &rule.line.measure {
        LineMeasure::Series(series) => Some(series),
        _ => None,
    };
    json!({
        "series": figure.indicator,
        "geography": figure.geography,
        "year": figure.year,
        "amount": figure.amount.to_string(),
        "release": figure.release,
        "published": figure.published,
        "source": figure.source,
        "is_provisional": is_provisional,
        "multiple": series.map(|series| series.multiple.normalize().to_string()),
    })
}

/// How near, since when, and when to expect the crossing.
fn warning(facts: &Facts<'_>) -> Value {
    let judged = facts.judged;
    let recent = text(judged, "recent_amount").and_then(|amount| Fen::parse(amount).ok());
    let (measured, line) = (money(judged, "measured_amount"), money(judged, "line_amount"));
    let found = outlook(facts.rule, facts.period, measured, line, recent);
    let forecast = found.forecast.map(|forecast| {
        json!({
            "months": recent_months(facts.period),
            "recent_amount": judged["recent_amount"],
            "run_rate_amount": forecast.monthly.to_string(),
            "expected_month": forecast.month.map(|month| month.to_string()),
        })
    });
    json!({
        "margin_amount": found.margin.to_string(),
        "first_warned_date": facts.spending["first_warned_date"],
        "forecast": forecast,
        "no_forecast_because": no_forecast_because(facts.rule),
    })
}
