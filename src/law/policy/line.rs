//! The line that a rule draws for a place and a year, from the published figures.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::{BeforePublication, LineMeasure, OnPublication, Operator, Rule, SeriesLine};
use crate::domain::{Fen, Month};

/// One published figure of the income feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomeFigure {
    /// Series, e.g. `rural_disposable_income`.
    pub indicator: String,
    pub geography: String,
    /// Year that the figure describes.
    pub year: i32,
    /// Yuan per head and year.
    pub amount: Fen,
    /// 1 for the first publication, higher for corrections.
    pub release: i32,
    /// Day of publication; `None`: always known.
    pub published: Option<NaiveDate>,
    pub source: Option<String>,
}

/// The figure that draws a line, as known on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen<'a> {
    pub figure: &'a IncomeFigure,
    /// Whether it stands in for the year's own, which is not out.
    pub is_provisional: bool,
}

/// The last release of a series' figure for a place and a year, as known on a day.
#[must_use]
pub fn figure_of<'a>(
    series: &str,
    geography: &str,
    year: i32,
    known_on: NaiveDate,
    figures: &'a [IncomeFigure],
) -> Option<&'a IncomeFigure> {
    figures
        .iter()
        .filter(|f| f.indicator == series && f.geography == geography && f.year == year)
        .filter(|f| f.published.is_none_or(|day| day <= known_on))
        .max_by_key(|f| (f.published, f.release))
}

/// The figure that draws the line of period `month` for a geography code: the period's year decides, never the day
/// of the run. While it is not out, the year before stands in where the rule says so, marked provisional.
#[must_use]
pub fn figure_for<'a>(
    line: &SeriesLine,
    series: &str,
    before: BeforePublication,
    (geography, month): (&str, Month),
    known_on: NaiveDate,
    figures: &'a [IncomeFigure],
) -> Option<Chosen<'a>> {
    let year = month.year() + line.year_offset;
    let official = figure_of(series, geography, year, known_on, figures);
    let official = official.map(|figure| Chosen { figure, is_provisional: false });
    official.or_else(|| match before {
        // The period's lists wait until the figure is out: whenever they are made, it is its first release.
        BeforePublication::Wait => figures
            .iter()
            .filter(|f| f.indicator == series && f.geography == geography && f.year == year)
            .min_by_key(|f| (f.published, f.release))
            .map(|figure| Chosen { figure, is_provisional: false }),
        BeforePublication::Previous => figure_of(series, geography, year - 1, known_on, figures)
            .map(|figure| Chosen { figure, is_provisional: true }),
    })
}

/// Why a figure should be looked at before anybody is listed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It differs from the year before by more than the policy's share.
    Jump,
    /// The same release states two amounts.
    TwoAmounts,
}

/// Whether a figure is doubtful beside the others.
#[must_use]
pub fn doubt(figure: &IncomeFigure, known_on: NaiveDate, figures: &[IncomeFigure], share: Decimal) -> Option<Doubt> {
    let same = |other: &&IncomeFigure| {
        (&other.indicator, &other.geography, other.year, other.release, other.published)
            == (&figure.indicator, &figure.geography, figure.year, figure.release, figure.published)
    };
    if figures.iter().filter(same).any(|other| other.amount != figure.amount) {
        return Some(Doubt::TwoAmounts);
    }
    let before = figure_of(&figure.indicator, &figure.geography, figure.year - 1, known_on, figures)?;
    let change = (figure.amount.yuan() - before.amount.yuan()).abs();
    (change > before.amount.yuan() * share).then_some(Doubt::Jump)
}

/// A rule's line for one place and period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The figure it is drawn from; `None` where the document states yuan.
    pub figure: Option<IncomeFigure>,
    /// The line in fen, rounded so that the rule's comparison stays exact for whole fen.
    pub amount: Fen,
    /// Above this a person is near, rounded down; where nobody is to be near, what lies just below the line.
    pub warn: Fen,
    /// Whether the figure stands in for one that is not out yet.
    pub is_provisional: bool,
    /// Above this a person was over the provisional line that held earlier this year, and stays on the list
    /// (`on_publication = "keep"`).
    pub kept: Option<Fen>,
}

impl Line {
    /// The line of a rule in yuan, the same everywhere; `None` where it depends on a figure or on a household.
    #[must_use]
    pub fn fixed(rule: &Rule) -> Option<Self> {
        let exact = match &rule.line.measure {
            LineMeasure::Fixed(amount) => *amount,
            LineMeasure::Bands(bands) => bands.iter().find(|band| !band.is_near)?.from,
            LineMeasure::Series(_) | LineMeasure::ShareOfHouseholdIncome(_) => return None,
        };
        let mut line = Self::of(rule, None, exact.yuan())?;
        if let LineMeasure::Bands(bands) = &rule.line.measure
            && let Some(near) = bands.iter().find(|band| band.is_near)
        {
            line.warn = Fen(near.from.0 - 1);
        }
        Some(line)
    }

    /// The line of a rule from its figure; `None` when the product leaves 64 bits.
    #[must_use]
    pub fn draw(rule: &Rule, multiple: Decimal, chosen: Chosen<'_>) -> Option<Self> {
        let exact = chosen.figure.amount.yuan().checked_mul(multiple)?;
        let mut line = Self::of(rule, Some(chosen.figure.clone()), exact)?;
        line.is_provisional = chosen.is_provisional;
        Some(line)
    }

    fn of(rule: &Rule, figure: Option<IncomeFigure>, exact: Decimal) -> Option<Self> {
        let amount = match rule.line.operator {
            Operator::Over => Fen::floor_of(exact)?,
            Operator::From => Fen::ceil_of(exact)?,
        };
        let highest_below = match rule.line.operator {
            Operator::Over => amount,
            Operator::From => Fen(amount.0.checked_sub(1)?),
        };
        let warn = match rule.warn_at {
            Some(share) => Fen::floor_of(exact.checked_mul(share)?)?.min(highest_below),
            None => highest_below,
        };
        Some(Self { figure, amount, warn, is_provisional: false, kept: None })
    }

    /// The highest amount that does not count as over the line.
    #[must_use]
    pub fn highest_below(&self, operator: Operator) -> Fen {
        match operator {
            Operator::Over => self.amount,
            Operator::From => Fen(self.amount.0.saturating_sub(1)),
        }
    }
}

/// The line of a rule for a place, drawn from a series, with the provisional line that it took the place of.
#[must_use]
pub fn line_for(
    rule: &Rule,
    (drawn, series): (&SeriesLine, &str),
    (geography, month): (&str, Month),
    known_on: NaiveDate,
    figures: &[IncomeFigure],
) -> Option<Line> {
    let before = rule.line.before_publication;
    let chosen = figure_for(drawn, series, before, (geography, month), known_on, figures)?;
    let mut line = Line::draw(rule, drawn.multiple, chosen)?;
    let year_began = NaiveDate::from_ymd_opt(month.year(), 1, 1)?;
    let stood_in = before == BeforePublication::Previous
        && rule.line.on_publication == OnPublication::Keep
        && !chosen.is_provisional
        && chosen.figure.published.is_some_and(|day| day.year() == month.year() && day > year_began);
    if stood_in {
        let last = month.year() + drawn.year_offset - 1;
        let earlier = figure_of(series, geography, last, year_began, figures);
        let earlier = earlier.map(|figure| Chosen { figure, is_provisional: true });
        let earlier = earlier.and_then(|chosen| Line::draw(rule, drawn.multiple, chosen));
        line.kept =
            earlier.filter(|earlier| earlier.amount < line.amount).map(|it| it.highest_below(rule.line.operator));
    }
    Some(line)
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

    fn rule(multiple: &str, operator: &str, on_publication: &str) -> Rule {
        let text = format!(
            r#"
[[rules]]
id = "r"
name = "r"
shape = "person_window_over_line"
who = {{ tags = [], tags_on = "period_end", insurance = [], rural = "any" }}
cost = {{ basis = "personal_burden", window = "calendar_year", date = "settled", adjustments = "subtract", medical_assistance = "subtract" }}
line = {{ series = "rural_disposable_income", geography = "province", year_offset = -1, multiple = "{multiple}", operator = "{operator}", before_publication = "previous", on_publication = "{on_publication}" }}
warn_at = "0.8"
recipients = []
cadence = "monthly"
valid = {{ from = "2022-01-01" }}
clause = {{ document = "d", article = "1" }}
"#
        );
        super::super::parse_policy("t.toml", &text, None).unwrap().rules.remove(0)
    }

    fn series(rule: &Rule) -> &SeriesLine {
        let LineMeasure::Series(series) = &rule.line.measure else { panic!("{rule:?}") };
        series
    }

    fn day(text: &str) -> NaiveDate {
        crate::domain::parse_date(text).unwrap()
    }

    fn drawn(rule: &Rule, month: &str, on: &str, figures: &[IncomeFigure]) -> Option<Line> {
        let place = ("350000", Month::parse(month).unwrap());
        line_for(rule, (series(rule), "rural_disposable_income"), place, day(on), figures)
    }

    fn three_releases() -> [IncomeFigure; 3] {
        [
            figure(2024, 26_722_00, 1, "2025-02-01"),
            figure(2025, 28_000_00, 1, "2026-02-01"),
            figure(2025, 28_100_00, 2, "2026-06-01"),
        ]
    }

    #[test]
    fn the_period_chooses_the_year_and_the_day_the_release() {
        let rule = rule("1.0", ">", "withdraw");
        let pick =
            |month, on| drawn(&rule, month, on, &three_releases()).map(|line| (line.amount.0, line.is_provisional));
        assert_eq!(pick("2025-12", "2026-01-20"), Some((26_722_00, false)));
        assert_eq!(pick("2026-10", "2026-01-31"), Some((26_722_00, true)));
        assert_eq!(pick("2026-10", "2026-03-31"), Some((28_000_00, false)));
        assert_eq!(pick("2026-10", "2026-10-31"), Some((28_100_00, false)));
        assert_eq!(pick("2028-01", "2028-01-31"), None);
    }

    #[test]
    fn a_rule_may_wait_for_its_figure() {
        let mut rule = rule("1.0", ">", "withdraw");
        rule.line.before_publication = BeforePublication::Wait;
        let releases = three_releases();
        let amount = |known: &[IncomeFigure]| {
            drawn(&rule, "2026-01", "2026-01-31", known).map(|line| (line.amount.0, line.is_provisional))
        };
        assert_eq!(amount(&releases[..1]), None);
        assert_eq!(amount(&releases), Some((28_000_00, false)), "January's list, made once the figure is out");
    }

    #[test]
    fn the_provisional_line_is_kept_where_it_was_lower_and_the_policy_says_so() {
        let kept = |on_publication, operator, month, on| {
            drawn(&rule("1.0", operator, on_publication), month, on, &three_releases()).unwrap().kept
        };
        assert_eq!(kept("keep", ">", "2026-03", "2026-03-31"), Some(Fen(26_722_00)));
        assert_eq!(kept("keep", ">=", "2026-03", "2026-03-31"), Some(Fen(26_721_99)));
        assert_eq!(kept("keep", ">", "2026-01", "2026-01-31"), None);
        assert_eq!(kept("withdraw", ">", "2026-03", "2026-03-31"), None);
    }

    #[test]
    fn a_jump_or_two_amounts_are_doubtful() {
        let figures = three_releases();
        let share = Decimal::new(25, 2);
        assert_eq!(doubt(&figures[1], day("2026-12-31"), &figures, share), None);
        let jump = figure(2025, 40_000_00, 1, "2026-02-01");
        assert_eq!(doubt(&jump, day("2026-12-31"), &figures[..1], share), Some(Doubt::Jump));
        let other = figure(2025, 28_000_01, 1, "2026-02-01");
        assert_eq!(doubt(&other, day("2026-12-31"), &figures, share), Some(Doubt::TwoAmounts));
    }

    #[test]
    fn rounding_keeps_the_comparison_exact() {
        let income = figure(2025, 100_01, 1, "2026-01-01");
        let chosen = Chosen { figure: &income, is_provisional: false };
        let line = |operator| {
            let rule = rule("0.5", operator, "withdraw");
            Line::draw(&rule, series(&rule).multiple, chosen).unwrap()
        };
        assert_eq!((line(">").amount, line(">=").amount), (Fen(50_00), Fen(50_01)));
        assert_eq!(line(">").warn, Fen(40_00));
    }

    #[test]
    fn nobody_is_near_where_the_rule_has_no_warning_tier() {
        let income = figure(2025, 28_000_00, 1, "2026-01-01");
        let chosen = Chosen { figure: &income, is_provisional: false };
        for (operator, warn_at, warn) in [(">", None, 28_000_00), (">=", None, 27_999_99), (">=", Some(1), 27_999_99)] {
            let mut rule = rule("1.0", operator, "withdraw");
            rule.warn_at = warn_at.map(Decimal::from);
            assert_eq!(Line::draw(&rule, Decimal::ONE, chosen).unwrap().warn, Fen(warn));
        }
    }
}
