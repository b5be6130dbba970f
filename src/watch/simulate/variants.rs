//! The variants of a rule that a simulation tries, and whom a rule would flag under one. Pure.

use std::collections::BTreeSet;

use engine::compute::Lines;
use law::domain::Fen;
use law::policy::{Basis, DateBasis, LineMeasure, Operator, Rule, SeriesOf, Window};

use super::rows::Weighed;

/// By how much the line is moved: 100 yuan.
pub(super) const STEP: Fen = Fen(100_00);

/// One other reading of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// The line moved by so much.
    Line(Fen),
    /// 超过 or 以上.
    Operator(Operator),
    /// Another date by which claims fall into the window.
    Date(DateBasis),
    Basis(Basis),
}

/// All of them, in the order of the report.
pub(super) fn variants() -> Vec<Variant> {
    let lines = [Fen(-STEP.0), STEP].map(Variant::Line);
    let operators = [Operator::Over, Operator::From].map(Variant::Operator);
    let dates = DateBasis::ALL.iter().map(|(_, date)| Variant::Date(*date));
    let bases = Basis::ALL.map(Variant::Basis);
    lines.into_iter().chain(operators).chain(dates).chain(bases).collect()
}

impl Variant {
    /// A stable name for machines.
    pub(super) fn code(self) -> String {
        match self {
            Self::Line(shift) => format!("line{:+}", shift.0 / 100),
            Self::Operator(Operator::Over) => "operator>".to_owned(),
            Self::Operator(Operator::From) => "operator>=".to_owned(),
            Self::Date(date) => format!("date:{}", date.word()),
            Self::Basis(basis) => format!("basis:{}", basis.name()),
        }
    }

    /// What kind of reading it changes, and to what.
    pub(super) fn chinese(self) -> (&'static str, String) {
        match self {
            Self::Line(shift) if shift.0 < 0 => ("标准线", format!("下调 {} 元", -shift.0 / 100)),
            Self::Line(shift) => ("标准线", format!("上调 {} 元", shift.0 / 100)),
            Self::Operator(Operator::Over) => ("比较方式", "超过（>）".to_owned()),
            Self::Operator(Operator::From) => ("比较方式", "达到（≥）".to_owned()),
            Self::Date(DateBasis::Settled) => ("日期口径", "结算日期".to_owned()),
            Self::Date(DateBasis::Discharged) => ("日期口径", "出院日期".to_owned()),
            Self::Date(DateBasis::BenefitYear) => ("日期口径", "待遇年度".to_owned()),
            Self::Basis(basis) => ("费用口径", basis.chinese().to_owned()),
        }
    }

    /// Whether it is how the rule reads anyway.
    pub(super) fn is_own(self, rule: &Rule) -> bool {
        match self {
            Self::Line(_) => false,
            Self::Operator(operator) => rule.line.operator == operator,
            Self::Date(date) => rule.cost.date == date,
            Self::Basis(basis) => rule.cost.basis == basis,
        }
    }

    /// Whether the rule can be read so: a benefit year has no rolling months.
    pub(super) fn fits(self, rule: &Rule) -> bool {
        self != Self::Date(DateBasis::BenefitYear) || rule.cost.window == Window::CalendarYear
    }

    /// The rule that reads so, where only a statement of its own can tell whom it flags: the rows of the rule as it
    /// stands say nothing of other dates and costs, or of households' lines before rounding.
    pub(super) fn rerun(self, rule: &Rule) -> Option<Rule> {
        if self.is_own(rule) || !self.fits(rule) {
            return None;
        }
        let mut varied = rule.clone();
        match self {
            Self::Date(date) => varied.cost.date = date,
            Self::Basis(basis) => varied.cost.basis = basis,
            Self::Operator(operator) if matches!(rule.line.measure, LineMeasure::ShareOfHouseholdIncome(_)) => {
                varied.line.operator = operator;
            }
            _ => return None,
        }
        Some(varied)
    }
}

/// A rule with its lines under the other operator: all that its rows need to be weighed anew.
#[derive(Debug)]
pub(super) struct Scales {
    pub(super) rule: Rule,
    /// Its lines, were 超过 以上 or the other way round.
    pub(super) flipped: Lines,
}

impl Scales {
    /// Whom the rule flags of its rows under a variant that needs no statement of its own.
    pub(super) fn flagged(&self, rows: &[Weighed], variant: Option<Variant>) -> BTreeSet<i64> {
        rows.iter().filter(|row| self.is_over(row, variant)).map(|row| row.person).collect()
    }

    fn is_over(&self, row: &Weighed, variant: Option<Variant>) -> bool {
        let own = self.rule.line.operator;
        match variant {
            Some(Variant::Line(shift)) => over(row.measured, Some(Fen(row.line.0 + shift.0)), own),
            Some(Variant::Operator(operator)) => over(row.measured, self.flipped_line(row), operator),
            // other dates and bases have statements of their own
            _ => over(row.measured, Some(row.line), own),
        }
    }

    fn flipped_line(&self, row: &Weighed) -> Option<Fen> {
        let by_residence = matches!(&self.rule.line.measure,
            LineMeasure::Series(drawn) if matches!(drawn.series, SeriesOf::ByResidence { .. }));
        let residence = match (by_residence, row.is_rural) {
            (false, _) => "any",
            (true, Some(true)) => "rural",
            (true, _) => "urban",
        };
        let place = (row.county.clone()?, residence);
        self.flipped.by_place.get(&place).map(|line| line.amount)
    }
}

fn over(amount: Fen, line: Option<Fen>, operator: Operator) -> bool {
    line.is_some_and(|line| match operator {
        Operator::Over => amount > line,
        Operator::From => amount >= line,
    })
}
