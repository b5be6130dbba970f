//! One rule's branch of the tree: text, clause, population, amounts, line, outcome.

use chrono::{Datelike, Months};
use engine::compute::Stated;
use law::cases::{no_forecast_because, outlook, recent_months};
use law::domain::{Fen, Period, parse_date};
use law::policy::{DateBasis, IncomeFigure, Line, LineMeasure, Operator, Rule, SeriesLine, Shape, Window, describe};
use serde_json::{Value, json};

use super::amount::{Counted, amounts, crosses, first_crossed, first_warned, stays};
use super::cells::{money, text};
use super::population::population;
use super::verdict::{because, conclusion};

/// The days that a rule looks at.
#[derive(Debug, Clone)]
pub(super) struct Days {
    pub(super) from: String,
    pub(super) to: String,
}

impl Days {
    /// The rule's window: it ends with the period, or on the day of the application.
    pub(super) fn of(rule: &Rule, period: Period, application: Option<&Value>) -> Self {
        let made = application.and_then(|application| text(application, "application_date"));
        if let (Shape::Application, Some(made)) = (rule.shape, made.and_then(|day| parse_date(day).ok())) {
            let from = match rule.cost.window {
                Window::CalendarYear => made.with_ordinal(1),
                Window::RollingMonths(months) => {
                    made.checked_sub_months(Months::new(u32::from(months))).and_then(|day| day.succ_opt())
                }
            };
            return Self { from: from.unwrap_or(made).to_string(), to: made.to_string() };
        }
        let mut first = period.month();
        match rule.cost.window {
            Window::CalendarYear => (1..period.month().number()).for_each(|_| first = first.previous()),
            Window::RollingMonths(months) => (1..months).for_each(|_| first = first.previous()),
        }
        Self { from: first.first_day().to_string(), to: period.last_day().to_string() }
    }
}

/// What is known of the person when a rule is told.
pub(super) struct Facts<'a> {
    pub(super) rule: &'a Rule,
    pub(super) period: Period,
    pub(super) window: Days,
    pub(super) register: Option<&'a Value>,
    /// The tags held on the day, or the days, that the rule asks for.
    pub(super) tags: &'a [Value],
    pub(super) on_date: String,
    pub(super) stated: &'a Stated,
    /// Claims of the window that are not void.
    pub(super) valid_claims: usize,
    /// Those of them that the rule counts.
    pub(super) counted: Vec<Counted<'a>>,
    /// The sums that the statement drew.
    pub(super) sums: Option<&'a Value>,
    /// The line of the person's county.
    pub(super) line: Option<&'a Line>,
    /// The latest application of the year that the person made, where the rule is decided on application.
    pub(super) application: Option<&'a Value>,
    /// What each member of that household paid, masked.
    pub(super) members: Vec<Value>,
    /// The items of the means test.
    pub(super) means: Vec<Value>,
    /// The row of the findings.
    pub(super) finding: Option<&'a Value>,
    /// Whether a job has decided this rule for the period.
    pub(super) is_computed: bool,
}

impl Facts<'_> {
    /// The line that was compared with: the place's, or the household's own.
    pub(super) fn line_amount(&self) -> Option<Fen> {
        if let LineMeasure::ShareOfHouseholdIncome(_) = self.rule.line.measure {
            return text(self.sums?, "own_line_amount").and_then(|amount| Fen::parse(amount).ok());
        }
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

/// Whether a claim counts for anybody.
pub(super) fn is_valid(claim: &Value) -> bool {
    claim["is_valid"] != false
}

pub(super) fn branch(facts: &Facts<'_>) -> Value {
    let rule = facts.rule;
    let items = population(facts);
    let (status, reason) = (facts.status(), facts.finding.and_then(|finding| text(finding, "reason")));
    json!({
        "rule_id": rule.id,
        "name": rule.name,
        "version": rule.version,
        "text": describe::rule(rule),
        "clause": rule.clause.to_string(),
        "population": items,
        "window": {
            "from": facts.window.from,
            "to": facts.window.to,
            "date": rule.cost.date.word(),
            "date_name": match rule.cost.date {
                DateBasis::Settled => "结算日期",
                DateBasis::Discharged => "出院日期",
                DateBasis::BenefitYear => "待遇年度",
            },
        },
        "amounts": facts.sums.map(|sums| amounts(rule, sums)),
        "application_id": facts.application.map(|application| application["application_id"].clone()),
        "members": facts.members,
        "stays": if rule.shape == Shape::Stay { stays(facts) } else { Vec::new() },
        "line": line_of(facts),
        "distance": facts.sums.zip(facts.line_amount()).map(|(sums, line)| distance(facts, sums, line)),
        "warning": (status == "near").then(|| warning(facts)).flatten(),
        "outcome": {
            "status": status,
            "reason": reason,
            "words": conclusion(status, rule.warn_at.is_some()),
            "because": because(facts, status, reason, &items),
        },
    })
}

/// The line with everything that it was drawn from; nothing where it cannot be drawn.
fn line_of(facts: &Facts<'_>) -> Option<Value> {
    let rule = facts.rule;
    let amount = facts.line_amount()?;
    let mut told = json!({
        "rule": describe::limit(rule),
        "operator": if rule.line.operator == Operator::Over { ">" } else { ">=" },
        "line_amount": amount.to_string(),
        "warn_amount": rule.warn_at.and(facts.warn_amount()).map(|warn| warn.to_string()),
        "figure": facts.line.and_then(|line| Some(figure_of(rule, line.figure.as_ref()?, line.is_provisional))),
    });
    if let Some(kept) = facts.line.and_then(|line| line.kept) {
        told["kept_amount"] = json!(kept.to_string());
    }
    if let LineMeasure::Bands(bands) = &rule.line.measure {
        let measured = facts.sums.map(|sums| money(sums, "measured_amount"));
        let reached = bands.iter().rposition(|band| measured.is_some_and(|measured| measured >= band.from));
        let band = |(at, band): (usize, &law::policy::Band)| {
            json!({
                "band": band.name,
                "from_amount": band.from.to_string(),
                "is_near": band.is_near,
                "holds": Some(at) == reached,
            })
        };
        told["bands"] = bands.iter().enumerate().map(band).collect();
    }
    Some(told)
}

fn figure_of(rule: &Rule, figure: &IncomeFigure, is_provisional: bool) -> Value {
    let series: Option<&SeriesLine> = match &rule.line.measure {
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

fn distance(facts: &Facts<'_>, sums: &Value, line: Fen) -> Value {
    let measured = money(sums, "measured_amount");
    json!({
        "amount": Fen((measured.0 - line.0).abs()).to_string(),
        "is_over": crosses(facts.rule, measured, line),
        "first_crossed_date": first_crossed(facts, line),
    })
}

/// How near, since when, and when to expect the crossing.
fn warning(facts: &Facts<'_>) -> Option<Value> {
    let (sums, line) = (facts.sums?, facts.line_amount()?);
    let recent = text(sums, "recent_amount").and_then(|amount| Fen::parse(amount).ok());
    let found = outlook(facts.rule, facts.period, money(sums, "measured_amount"), line, recent);
    let forecast = found.forecast.map(|forecast| {
        json!({
            "months": recent_months(facts.period),
            "recent_amount": recent.map(|amount| amount.to_string()),
            "run_rate_amount": forecast.monthly.to_string(),
            "expected_month": forecast.month.map(|month| month.to_string()),
        })
    });
    Some(json!({
        "margin_amount": found.margin.to_string(),
        "first_warned_date": facts.warn_amount().and_then(|warn| first_warned(facts, warn)),
        "forecast": forecast,
        "no_forecast_because": no_forecast_because(facts.rule),
    }))
}
