//! The line that a rule draws for a place and a year, from the published figures.

use chrono::NaiveDate;

use super::{LineRule, Operator, Rule};
use crate::domain::{Fen, Month};

/// One published figure of the income feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomeFigure {
    /// Series, e.g. `rural_disposable_income`.
    pub indicator: String,
    /// Six-digit code.
    pub geography: String,
    /// Year that the figure describes.
    pub year: i32,
    /// Yuan per head and year.
    pub amount: Fen,
    /// 1 for the first publication, higher for corrections.
    pub release: i32,
    /// Day of publication; `None`: always known.
    pub published: Option<NaiveDate>,
    /// Publication that states it.
    pub source: Option<String>,
}

/// A rule's line for one place and year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The figure it is drawn from.
    pub figure: IncomeFigure,
    /// The line in fen, rounded so that the rule's comparison stays exact for whole fen.
    pub amount: Fen,
    /// Above this a person is near, rounded down.
    pub warn: Fen,
}

/// The figure that draws the line of period `month` for a geography code, as known on `known_on`:
/// the period's year decides, never the day of the run; of several releases the last one published counts.
#[must_use]
pub fn figure_for<'a>(
    line: &LineRule,
    geography: &str,
    month: Month,
    known_on: NaiveDate,
    figures: &'a [IncomeFigure],
) -> Option<&'a IncomeFigure> {
    let year = month.year() + line.year_offset;
    figures
        .iter()
        .filter(|f| f.indicator == line.series && f.geography == geography && f.year == year)
        .filter(|f| f.published.is_none_or(|day| day <= known_on))
        .max_by_key(|f| (f.published, f.release))
}

impl Line {
    /// The line of a rule, from its figure; `None` when the product leaves 64 bits.
    #[must_use]
    pub fn draw(rule: &Rule, figure: &IncomeFigure) -> Option<Self> {
        let exact = figure.amount.yuan().checked_mul(rule.line.multiple)?;
        let amount = match rule.line.operator {
            Operator::Over => Fen::floor_of(exact)?,
            Operator::From => Fen::ceil_of(exact)?,
        };
        let warn = Fen::floor_of(exact.checked_mul(rule.warn_at)?)?;
        // whoever reaches the line must lie above the warning line, also where the line itself counts
        let highest = match rule.line.operator {
            Operator::Over => amount,
            Operator::From => Fen(amount.0.checked_sub(1)?),
        };
        Some(Self { figure: figure.clone(), amount, warn: warn.min(highest) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(year: i32, amount: i64, release: i32, published: &str) -> IncomeFigure {
        IncomeFigure {
            indicator: "rural_disposable_income".into(),
            geography: "350000".into(),
            year,
            amount: Fen(amount),
            release,
            published: crate::domain::parse_date(published).ok(),
            source: None,
        }
    }

    fn rule(multiple: &str, operator: &str) -> Rule {
        let text = format!(
            r#"
[[rules]]
id = "r"
name = "r"
shape = "person_window_over_line"
who = {{ tags = [], insurance = [], rural = "any" }}
cost = {{ basis = "personal_burden", window = "calendar_year", date = "settled" }}
line = {{ series = "rural_disposable_income", geography = "province", year_offset = -1, multiple = "{multiple}", operator = "{operator}" }}
warn_at = "0.8"
recipients = []
cadence = "monthly"
valid = {{ from = "2022-01-01" }}
clause = {{ document = "d", article = "1" }}
"#
        );
        super::super::parse_policy("t.toml", &text).unwrap().rules.remove(0)
    }

    #[test]
    fn the_period_chooses_the_year_and_the_day_the_release() {
        let rule = rule("1.0", ">");
        let figures = [
            figure(2024, 26_722_00, 1, "2025-02-01"),
            figure(2025, 28_000_00, 1, "2026-02-01"),
            figure(2025, 28_100_00, 2, "2026-06-01"),
        ];
        let december = Month::parse("2025-12").unwrap();
        let october = Month::parse("2026-10").unwrap();
        let day = |text| crate::domain::parse_date(text).unwrap();
        let pick = |month, on| figure_for(&rule.line, "350000", month, day(on), &figures).map(|f| f.amount.0);
        assert_eq!(pick(december, "2026-01-20"), Some(26_722_00));
        assert_eq!(pick(october, "2026-01-31"), None);
        assert_eq!(pick(october, "2026-03-31"), Some(28_000_00));
        assert_eq!(pick(october, "2026-10-31"), Some(28_100_00));
    }

    #[test]
    fn rounding_keeps_the_comparison_exact() {
        let income = figure(2025, 100_01, 1, "2026-01-01");
        let over = Line::draw(&rule("0.5", ">"), &income).unwrap();
        let from = Line::draw(&rule("0.5", ">="), &income).unwrap();
        assert_eq!((over.amount, from.amount), (Fen(50_00), Fen(50_01)));
        assert_eq!(over.warn, Fen(40_00));
    }

    #[test]
    fn the_line_itself_lies_above_the_warning_line_where_it_counts() {
        let mut at_the_line = rule("1.0", ">=");
        at_the_line.warn_at = rust_decimal::Decimal::ONE;
        let line = Line::draw(&at_the_line, &figure(2025, 28_000_00, 1, "2026-01-01")).unwrap();
        assert_eq!((line.amount, line.warn), (Fen(28_000_00), Fen(27_999_99)));
    }
}
