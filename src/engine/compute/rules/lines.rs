//! The lines of a rule for every county, and the parameter table that states them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, RecordBatch, StringArray};
use chrono::NaiveDate;
use law::domain::{CountyCode, Fen, Period};
use law::policy::{IncomeFigure, Line, LineMeasure, Rule, line_for};

use super::{batch, rows_failed};
use crate::{Models, PipelineError};

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

/// A place (county, residence) and its line.
type Drawn<'a> = (&'a (String, &'static str), &'a Line);

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
    pub fn rows(&self, models: &Models) -> Result<RecordBatch, PipelineError> {
        let text = |pick: fn(&Drawn<'_>) -> Option<String>| -> ArrayRef {
            Arc::new(self.by_place.iter().map(|entry| pick(&entry)).collect::<StringArray>())
        };
        let money = |pick: fn(&Line) -> Option<Fen>| -> Result<ArrayRef, PipelineError> {
            let amounts: Decimal128Array = self.by_place.values().map(|line| pick(line).map(Fen::unscaled)).collect();
            Ok(Arc::new(amounts.with_precision_and_scale(18, 2).map_err(|error| rows_failed("rule_line", &error))?))
        };
        batch(
            models,
            "rule_line",
            vec![
                text(|(place, _)| Some(place.0.clone())),
                text(|(place, _)| Some(place.1.to_owned())),
                text(|(_, line)| line.figure.as_ref().map(|figure| figure.geography.clone())),
                money(|line| line.figure.as_ref().map(|figure| figure.amount))?,
                money(|line| Some(line.amount))?,
                money(|line| Some(line.warn))?,
                money(|line| line.kept)?,
                Arc::new(self.by_place.values().map(|line| Some(line.is_provisional)).collect::<BooleanArray>()),
            ],
        )
    }
}
