//! The lines of a rule for every county, and the parameter table that states them.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use law::domain::{CountyCode, Fen, Period};
use law::policy::{IncomeFigure, Line, LineMeasure, Rule, line_for};

use super::table;
use crate::{EngineError, Models};

/// The residence of a line that holds for everybody.
const ANYWHERE: &str = "any";

/// The lines of one rule for one period.
#[derive(Debug, Clone)]
pub struct Lines {
    /// By county code and residence (`any`, `rural`, `urban`); a county without a figure is not in it.
    pub by_place: BTreeMap<(String, &'static str), Line>,
    /// Counties for which no figure is known.
    pub missing: Vec<String>,
    /// Lowest warning line of all counties; zero where a figure is missing.
    pub floor: Fen,
}

impl Lines {
    /// Draws a rule's line for every county, from the figures known on a day. A line that depends on a household's
    /// income is drawn by the statement itself.
    #[must_use]
    pub fn draw(
        rule: &Rule,
        counties: &BTreeSet<String>,
        period: Period,
        known_on: NaiveDate,
        figures: &[IncomeFigure],
    ) -> Self {
        let mut lines = Self { by_place: BTreeMap::new(), missing: Vec::new(), floor: Fen::ZERO };
        for code in counties {
            let LineMeasure::Series(drawn) = &rule.line.measure else {
                lines.by_place.extend(Line::fixed(rule).map(|line| ((code.clone(), ANYWHERE), line)));
                continue;
            };
            for (residence, series) in drawn.series.by_residence() {
                let geography = CountyCode::parse(code).ok().map(|county| drawn.geography.code_for(&county));
                let line = geography.and_then(|geography| {
                    line_for(rule, (drawn, series), (&geography, period.month()), known_on, figures)
                });
                match line {
                    Some(line) => drop(lines.by_place.insert((code.clone(), residence), line)),
                    None => lines.missing.push(code.clone()),
                }
            }
        }
        lines.missing.dedup();
        if lines.missing.is_empty() {
            let lowest = |line: &Line| line.kept.map_or(line.warn, |kept| kept.min(line.warn));
            lines.floor = lines.by_place.values().map(lowest).min().unwrap_or(Fen::ZERO);
        }
        lines
    }

    /// Whether any of them stands in for a line whose figure is not out.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.by_place.values().any(|line| line.is_provisional)
    }

    /// The parameter table `rule_line`.
    pub fn rows(&self, models: &Models) -> Result<RecordBatch, EngineError> {
        let row = |((county, residence), line): (&'_ (String, &'static str), &'_ Line)| {
            let figure = line.figure.as_ref();
            [
                ("county_code", county.clone().into()),
                ("residence", (*residence).into()),
                ("geography_code", figure.map(|figure| figure.geography.clone()).into()),
                ("income_amount", figure.map(|figure| figure.amount).into()),
                ("line_amount", line.amount.into()),
                ("warn_amount", line.warn.into()),
                ("kept_amount", line.kept.into()),
                ("is_provisional", line.is_provisional.into()),
            ]
        };
        table(models, "rule_line", self.by_place.iter().map(row))
    }
}
