//! Which income figures a period's lines need, and what is wrong with those that are known.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use law::domain::{CountyCode, Period};
use law::policy::{
    BeforePublication, Doubt, IncomeFigure, LineMeasure, MeansLimit, Rule, SeriesLine, doubt, figure_for, figure_of,
};
use rust_decimal::Decimal;
use serde::Serialize;

/// A figure that is needed and is not simply there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Need {
    /// Indicator of the income feed.
    pub series: String,
    /// Six-digit code of the place.
    pub geography: String,
    /// Year that the figure describes.
    pub year: i32,
    /// Period whose lines need it.
    pub period: String,
    pub state: State,
    pub rules: BTreeSet<String>,
}

/// What is wrong with a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is not there, and nothing may stand in for it.
    Missing,
    /// It is not there; the year before stands in, marked provisional.
    StandsIn,
    /// It differs from the year before by more than the policy's share.
    Jumps,
    /// The same release states two amounts.
    TwoAmounts,
}

impl Need {
    /// Whether an official run must not go on.
    #[must_use]
    pub fn is_blocking(&self) -> bool {
        self.state != State::StandsIn
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { series, geography, year, period, state, .. } = self;
        write!(f, "{series} of {geography} for {year}, needed for {period}")?;
        match state {
            State::Missing => write!(f, ", is not there; land it in landing/income/"),
            State::StandsIn => write!(
                f,
                ", is not there: {} stands in, marked provisional; land it in landing/income/ once it is out",
                year - 1
            ),
            State::Jumps => write!(
                f,
                ", differs too much from the year before; land a corrected figure in landing/income/ with a higher \
                 release, or the same amount with a higher release if it is right"
            ),
            State::TwoAmounts => {
                write!(f, ", is stated with two amounts; land the right one in landing/income/ with a higher release")
            }
        }
    }
}

/// What a period's rules need for the counties that the workspace serves and is not simply there, by figure.
#[must_use]
pub fn needs<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    counties: &[CountyCode],
    period: Period,
    figures: &[IncomeFigure],
    doubtful_change: Decimal,
) -> Vec<Need> {
    let mut found: BTreeMap<(String, String, i32, State), BTreeSet<String>> = BTreeMap::new();
    for rule in rules {
        for drawn in lines_of(rule) {
            let geographies: BTreeSet<String> =
                counties.iter().map(|county| drawn.geography.code_for(county)).collect();
            for (_, series) in drawn.series.by_residence() {
                for geography in &geographies {
                    let before = rule.line.before_publication;
                    let asked = (series, geography.as_str());
                    if let Some(state) = state_of(drawn, asked, before, period, figures, doubtful_change) {
                        let year = period.year() + drawn.year_offset;
                        let key = (series.to_owned(), geography.clone(), year, state);
                        found.entry(key).or_default().insert(rule.id.clone());
                    }
                }
            }
        }
    }
    let need = |((series, geography, year, state), rules)| Need {
        series,
        geography,
        year,
        period: period.to_string(),
        state,
        rules,
    };
    found.into_iter().map(need).collect()
}

/// The series that a rule's line and its means are drawn from.
fn lines_of(rule: &Rule) -> impl Iterator<Item = &SeriesLine> {
    let own = match &rule.line.measure {
        LineMeasure::Series(line) => Some(line),
        _ => None,
    };
    let means = rule.means.iter().filter_map(|means| match &means.limit {
        MeansLimit::Series(line) => Some(line),
        MeansLimit::Fixed(_) => None,
    });
    own.into_iter().chain(means)
}

fn state_of(
    drawn: &SeriesLine,
    (series, geography): (&str, &str),
    before: BeforePublication,
    period: Period,
    figures: &[IncomeFigure],
    doubtful_change: Decimal,
) -> Option<State> {
    let known_on = period.last_day();
    let place = (geography, period.month());
    let Some(chosen) = figure_for(drawn, series, before, place, known_on, figures) else {
        return Some(State::Missing);
    };
    let known_on = known_on.max(chosen.figure.published.unwrap_or(known_on));
    match doubt(chosen.figure, known_on, figures, doubtful_change) {
        Some(Doubt::TwoAmounts) => return Some(State::TwoAmounts),
        Some(Doubt::Jump) if !is_confirmed(chosen.figure, figures) => return Some(State::Jumps),
        _ => {}
    }
    let official = figure_of(series, geography, period.year() + drawn.year_offset, known_on, figures);
    (chosen.is_provisional && official.is_none()).then_some(State::StandsIn)
}

/// A figure that a later release states again is meant.
fn is_confirmed(figure: &IncomeFigure, figures: &[IncomeFigure]) -> bool {
    figures.iter().any(|other| {
        (&other.indicator, &other.geography, other.year, other.amount)
            == (&figure.indicator, &figure.geography, figure.year, figure.amount)
            && other.release != figure.release
    })
}
