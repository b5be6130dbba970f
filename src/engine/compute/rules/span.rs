//! The months that a rule's statement reads, and the days of its window.

use chrono::{Months, NaiveDate};
use law::cases::RECENT_MONTHS;
use law::domain::{Month, Period};
use law::policy::{DateBasis, Rule, Shape, Window};

/// Months before the window in which a stay that ends in it may have interim settlements.
const LONGEST_STAY: u32 = 12;

/// What a statement reads of the tables that are split by month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First month handed in.
    first: Month,
    /// Whether the months after the period are handed in too: what was settled late belongs to the window by its
    /// discharge or its benefit year.
    is_open: bool,
    /// First day of the window.
    pub window_from: NaiveDate,
    pub period: Period,
}

impl Span {
    /// The calendar year up to the period, as claims are booked.
    pub fn of_year(period: Period) -> Self {
        let first = first_of_year(period);
        Self { first, is_open: false, window_from: first.first_day(), period }
    }

    pub fn of_rule(rule: &Rule, period: Period) -> Self {
        let year = first_of_year(period);
        let first = match (rule.cost.window, rule.shape) {
            (Window::CalendarYear, _) => year,
            // an application of January looks back from January
            (Window::RollingMonths(months), Shape::Application) => back(year, u32::from(months)),
            (Window::RollingMonths(months), _) => back(period.month(), u32::from(months).saturating_sub(1)),
        };
        let read_from = if rule.shape == Shape::Stay { back(first, LONGEST_STAY) } else { first };
        Self {
            first: read_from,
            // a period that ends inside a month knows nothing of what was settled after it
            is_open: rule.cost.date != DateBasis::Settled && period.is_whole(),
            window_from: first.first_day(),
            period,
        }
    }

    /// What several rules read together, and at least the calendar year.
    pub fn of_rules<'r>(rules: impl IntoIterator<Item = &'r Rule>, period: Period) -> Self {
        Self::of_year(period).with(rules.into_iter().map(|rule| Self::of_rule(rule, period)))
    }

    /// What it reads together with others.
    #[must_use]
    pub fn with(self, others: impl IntoIterator<Item = Self>) -> Self {
        let both =
            |all: Self, one: Self| Self { first: all.first.min(one.first), is_open: all.is_open || one.is_open, ..all };
        others.into_iter().fold(self, both)
    }

    /// Whether a month of claims is read.
    pub fn has_month(&self, month: Month) -> bool {
        month >= self.first && (self.is_open || month <= self.period.month())
    }

    /// First day of the months handed in.
    pub fn read_from(&self) -> NaiveDate {
        self.first.first_day()
    }

    /// First day of the recent months, of which a run rate is taken; none of them lies before the window.
    pub fn recent_from(&self) -> NaiveDate {
        let first = back(self.period.month(), u32::from(RECENT_MONTHS).saturating_sub(1));
        first.first_day().max(self.window_from)
    }

    /// Last day of the window; of the period's month also where the period ends inside it: what was settled by then
    /// and is dated later, such as a stay that goes on, counts.
    pub fn window_to(&self) -> NaiveDate {
        self.period.month().last_day()
    }
}

/// The last day of settlement that counts in a period; a far one where the month is whole, since reversals of its
/// claims that were made later count as well.
pub fn until(period: Period) -> NaiveDate {
    if period.is_whole() { NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX) } else { period.last_day() }
}

fn first_of_year(period: Period) -> Month {
    Month::new(period.year(), 1).unwrap_or(period.month())
}

fn back(month: Month, months: u32) -> Month {
    month.first_day().checked_sub_months(Months::new(months)).map_or(month, Month::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(shape: &str, window: &str, date: &str, period: &str) -> Span {
        let text = format!(
            r#"
[[rules]]
id = "r"
name = "r"
shape = "{shape}"
who = {{ tags = [], tags_on = "period_end", insurance = [], rural = "any" }}
cost = {{ basis = "personal_burden", {window}, date = "{date}", adjustments = "subtract", medical_assistance = "subtract", unit = "applicant" }}
line = {{ fixed = "1000", operator = ">", before_publication = "wait", on_publication = "keep" }}
warn_at = "0.8"
recipients = []
cadence = "monthly"
valid = {{ from = "2022-01-01" }}
clause = {{ document = "d", article = "1" }}
"#
        );
        let text = if shape == "application_over_line" { text } else { text.replace(", unit = \"applicant\"", "") };
        let policy = law::policy::parse_policy("t.toml", &text, None).unwrap();
        Span::of_rule(&policy.rules[0], Period::parse(period).unwrap())
    }

    fn months(span: Span) -> (String, String) {
        let all = (2023..2029).flat_map(|year| (1..=12).filter_map(move |month| Month::new(year, month)));
        let read: Vec<Month> = all.filter(|month| span.has_month(*month)).collect();
        (read[0].to_string(), read[read.len() - 1].to_string())
    }

    #[test]
    fn windows_reach_back_and_forward_as_their_rule_says() {
        let (person, year) = ("person_window_over_line", "window = \"calendar_year\"");
        let twelve = "window = \"rolling_months\", months = 12";
        for (shape, window, date, first, last) in [
            (person, year, "settled", "2026-01", "2026-03"),
            (person, twelve, "settled", "2025-04", "2026-03"),
            (person, year, "discharged", "2026-01", "2028-12"),
            (person, year, "benefit_year", "2026-01", "2028-12"),
            ("stay_over_line", year, "settled", "2025-01", "2026-03"),
            ("application_over_line", year, "settled", "2026-01", "2026-03"),
            ("application_over_line", twelve, "settled", "2025-01", "2026-03"),
        ] {
            let found = months(span(shape, window, date, "2026-03"));
            assert_eq!(found, (first.to_owned(), last.to_owned()), "{shape} {window} {date}");
        }
    }

    #[test]
    fn a_third_reads_nothing_later() {
        let third = span("person_window_over_line", "window = \"calendar_year\"", "discharged", "2026-03-10");
        assert_eq!(months(third), ("2026-01".to_owned(), "2026-03".to_owned()));
        assert_eq!(until(third.period), third.period.last_day());
        assert!(until(Period::parse("2026-03").unwrap()) > Month::new(2200, 12).unwrap().last_day());
    }
}
