//! How far a near person is from the line, and when to expect the crossing, as the rule's window lets one say.

use super::{Forecast, RECENT_MONTHS, forecast};
use crate::domain::{Fen, Month, Period};
use crate::policy::{Operator, Rule, Shape, Window};

/// What the early warning says of somebody near a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    pub margin: Fen,
    /// When the line is crossed if spending goes on; `None` where the rule's window lets nobody say.
    pub forecast: Option<Forecast>,
}

/// Why a rule has no forecast, in the officers' words; `None` where it has one.
///
/// A forecast goes on with a sum that only grows. What falls out of a rolling window takes from the sum, stays are
/// measured each by itself, and an application looks back from its day: there a run rate would mean nothing.
#[must_use]
pub const fn no_forecast_because(rule: &Rule) -> Option<&'static str> {
    match (rule.shape, rule.cost.window) {
        (Shape::PersonWindow, Window::CalendarYear) => None,
        (Shape::PersonWindow, Window::RollingMonths(_)) => Some("滚动计算,旧的月份逐月退出,不作预计"),
        (Shape::Stay, _) => Some("按单次住院计算,各次不累计,不作预计"),
        (Shape::Application, _) => Some("按申请之日计算,不作预计"),
    }
}

/// Months whose mean is the run rate at the end of a period: the year's last ones, at most [`RECENT_MONTHS`].
///
/// A month of which only a third is over counts as a month, so that the rate is rather too low there.
#[must_use]
pub fn recent_months(period: Period) -> u8 {
    u8::try_from(period.month().number()).map_or(RECENT_MONTHS, |number| number.min(RECENT_MONTHS))
}

/// The outlook at the end of a period; `recent` is the cost of the [`recent_months`].
#[must_use]
pub fn outlook(rule: &Rule, period: Period, measured: Fen, line: Fen, recent: Option<Fen>) -> Outlook {
    let margin = Fen(line.0.saturating_sub(measured.0));
    Outlook {
        margin,
        forecast: recent.and_then(|recent| going_on(rule, period, margin, (recent, recent_months(period)))),
    }
}

/// The forecast of the year's mean instead of the recent months': what anybody would reckon without this program.
#[must_use]
pub fn pace(rule: &Rule, period: Period, measured: Fen, line: Fen) -> Option<Forecast> {
    let months = u8::try_from(period.month().number()).ok()?;
    going_on(rule, period, Fen(line.0.saturating_sub(measured.0)), (measured, months))
}

/// When the rest up to the line is spent, if the cost of so many months goes on until the year's end.
fn going_on(rule: &Rule, period: Period, margin: Fen, (cost, months): (Fen, u8)) -> Option<Forecast> {
    // 以上: the line itself is over
    let allowed = match rule.line.operator {
        Operator::Over => margin,
        Operator::From => Fen(margin.0.saturating_sub(1)),
    };
    let month = period.month();
    let last = Month::new(month.year(), 12).unwrap_or(month);
    no_forecast_because(rule).is_none().then(|| forecast(allowed, cost, months, month, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse_policy;

    fn rule(shape: &str, window: &str, operator: &str) -> Rule {
        let text = format!(
            r#"
[[rules]]
id = "r"
name = "r"
shape = "{shape}"
who = {{ tags = [], tags_on = "period_end", insurance = [], rural = "any" }}
cost = {{ basis = "personal_burden", {window}, date = "settled", adjustments = "subtract", medical_assistance = "subtract" }}
line = {{ fixed = "1000", operator = "{operator}", before_publication = "wait", on_publication = "keep" }}
warn_at = "0.8"
recipients = []
cadence = "monthly"
valid = {{ from = "2022-01-01" }}
clause = {{ document = "d", article = "1" }}
"#
        );
        parse_policy("t.toml", &text, None).unwrap().rules.remove(0)
    }

    fn month(rule: &Rule, period: &str, measured: i64, recent: i64) -> Option<Option<String>> {
        let period = Period::parse(period).unwrap();
        let outlook = outlook(rule, period, Fen(measured), Fen(1000), Some(Fen(recent)));
        assert_eq!(outlook.margin, Fen(1000 - measured));
        outlook.forecast.map(|forecast| forecast.month.map(|month| month.to_string()))
    }

    #[test]
    fn over_and_from_differ_by_one_fen() {
        let (person, year) = ("person_window_over_line", "window = \"calendar_year\"");
        let (over, from) = (rule(person, year, ">"), rule(person, year, ">="));
        assert_eq!(month(&over, "2026-06", 900, 300), Some(Some("2026-08".to_owned())));
        assert_eq!(month(&from, "2026-06", 900, 300), Some(Some("2026-07".to_owned())));
        assert_eq!(month(&over, "2026-12", 900, 300), Some(None));
        // one month of the year is over: its cost alone is the rate
        assert_eq!(month(&over, "2026-01", 900, 200), Some(Some("2026-02".to_owned())));
    }

    #[test]
    fn windows_that_let_nobody_say_have_no_forecast() {
        let year = "window = \"calendar_year\"";
        for (shape, window) in
            [("person_window_over_line", "window = \"rolling_months\", months = 12"), ("stay_over_line", year)]
        {
            let rule = rule(shape, window, ">");
            assert!(no_forecast_because(&rule).is_some());
            assert_eq!(month(&rule, "2026-06", 900, 300), None);
        }
    }
}
