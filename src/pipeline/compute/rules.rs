//! A rule as a statement's parameters: its line per county, its tags, its insurance types.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Int32Type};
use arrow::ipc::writer::StreamWriter;
use chrono::{Days, NaiveDate};
use sha2::{Digest, Sha256};

use crate::domain::{CountyCode, Fen, Period, hex};
use crate::engine::{EngineError, Models, Param, Params, read_table};
use crate::pipeline::{Context, PipelineError};
use crate::policy::{IncomeFigure, Line, LineMeasure, Netting, Operator, Rule, Rural, line_for};
use crate::warehouse::Version;

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
    pub(in crate::pipeline) fn rows(&self, models: &Models) -> Result<RecordBatch, PipelineError> {
        let text = |pick: fn(&(&(String, &'static str), &Line)) -> String| -> ArrayRef {
            Arc::new(self.by_place.iter().map(|entry| Some(pick(&entry))).collect::<StringArray>())
        };
        let money = |pick: fn(&Line) -> Fen| -> Result<ArrayRef, PipelineError> {
            let amounts: Decimal128Array = self.by_place.values().map(|line| Some(pick(line).unscaled())).collect();
            Ok(Arc::new(amounts.with_precision_and_scale(18, 2).map_err(|error| rows_failed("rule_line", &error))?))
        };
        let kept: Decimal128Array = self.by_place.values().map(|line| line.kept.map(Fen::unscaled)).collect();
        let kept = kept.with_precision_and_scale(18, 2).map_err(|error| rows_failed("rule_line", &error))?;
        let kept: ArrayRef = Arc::new(kept);
        batch(
            models,
            "rule_line",
            vec![
                text(|(place, _)| place.0.clone()),
                text(|(_, line)| line.figure.as_ref().map_or_else(String::new, |figure| figure.geography.clone())),
                money(|line| line.figure.as_ref().map_or(Fen::ZERO, |figure| figure.amount))?,
                money(|line| line.amount)?,
                money(|line| line.warn)?,
                kept,
                Arc::new(self.by_place.values().map(|line| Some(line.is_provisional)).collect::<BooleanArray>()),
            ],
        )
    }
}

/// Parameters of a rule's statement.
pub(in crate::pipeline) fn params(rule: &Rule, lines: &Lines, period: Period, has_roster: bool) -> Params {
    let flag = Param::Boolean;
    [
        ("rule_id", Param::Text(rule.id.clone())),
        ("any_insurance", flag(rule.who.insurance.is_empty())),
        ("basis", Param::Text(rule.cost.basis.name().to_owned())),
        ("subtract_adjustments", flag(rule.cost.adjustments == Netting::Subtract)),
        ("on_date", Param::Date(period.last_day())),
        ("needs_tag", flag(!rule.who.tags.is_empty())),
        ("has_roster", flag(has_roster)),
        ("needs_rural", flag(rule.who.rural == Rural::Required)),
        ("strict", flag(rule.line.operator == Operator::Over)),
        ("floor_amount", Param::Money(lines.floor)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The parameter table `rule_tag`.
pub(in crate::pipeline) fn tag_rows(rule: &Rule, models: &Models) -> Result<RecordBatch, PipelineError> {
    let tags: StringArray = rule.who.tags.iter().map(|tag| Some(tag.code())).collect();
    batch(models, "rule_tag", vec![Arc::new(tags)])
}

/// The parameter table `rule_insurance` of some rules.
pub(in crate::pipeline) fn insurance_rows(rules: &[&Rule], models: &Models) -> Result<RecordBatch, PipelineError> {
    let pairs: Vec<(&str, &str)> =
        rules.iter().flat_map(|rule| rule.who.insurance.iter().map(|code| (rule.id.as_str(), code.as_str()))).collect();
    let (ids, codes): (Vec<&str>, Vec<&str>) = pairs.into_iter().unzip();
    batch(models, "rule_insurance", vec![Arc::new(StringArray::from(ids)), Arc::new(StringArray::from(codes))])
}

/// The parameter table `rule`: what the lists say of each rule.
pub(in crate::pipeline) fn rule_rows(rules: &[&Rule], models: &Models) -> Result<RecordBatch, PipelineError> {
    let text = |pick: fn(&&Rule) -> String| -> ArrayRef {
        Arc::new(rules.iter().map(|rule| Some(pick(rule))).collect::<StringArray>())
    };
    let flag = |pick: fn(&&Rule) -> bool| -> ArrayRef {
        Arc::new(rules.iter().map(|rule| Some(pick(rule))).collect::<BooleanArray>())
    };
    let order: Int64Array = (1..).take(rules.len()).map(Some).collect();
    batch(
        models,
        "rule",
        vec![
            text(|rule| rule.id.clone()),
            Arc::new(order),
            text(|rule| rule.version.clone()),
            text(|rule| rule.cost.basis.name().to_owned()),
            text(|rule| rule.clause.to_string()),
            flag(|rule| rule.who.insurance.is_empty()),
            flag(|rule| rule.cost.adjustments == Netting::Subtract),
            flag(|rule| rule.line.operator == Operator::Over),
        ],
    )
}

pub(in crate::pipeline) fn batch(
    models: &Models,
    table: &str,
    columns: Vec<ArrayRef>,
) -> Result<RecordBatch, PipelineError> {
    let schema = models.schema_of(table).ok_or_else(|| {
        PipelineError::Engine(EngineError::Model { model: table.to_owned(), why: "there is no such table".to_owned() })
    })?;
    RecordBatch::try_new(schema, columns).map_err(|error| rows_failed(table, &error))
}

pub(in crate::pipeline) fn rows_failed(table: &str, error: &arrow::error::ArrowError) -> PipelineError {
    PipelineError::Engine(EngineError::Model { model: table.to_owned(), why: error.to_string() })
}

/// Hash of a parameter table's rows, all of them.
pub(in crate::pipeline) fn hash_of(table: &str, rows: &RecordBatch) -> Result<String, PipelineError> {
    let failed = |error| rows_failed(table, &error);
    let mut stream = StreamWriter::try_new(Vec::new(), &rows.schema()).map_err(failed)?;
    stream.write(rows).map_err(failed)?;
    let bytes = stream.into_inner().map_err(failed)?;
    Ok(hex(&Sha256::digest(bytes)))
}

/// All income figures of a version.
///
/// # Errors
/// When the income file is damaged.
pub fn income_figures(context: &Context, version: &Version) -> Result<Vec<IncomeFigure>, PipelineError> {
    let mut figures = Vec::new();
    for file in version.table("income") {
        let path = context.warehouse.path(file);
        for batch in read_table(&path, None)? {
            let batch = batch?;
            let damaged = || EngineError::parquet(&path, "a column of the income table is missing");
            let column = |name: &str| batch.column_by_name(name).ok_or_else(damaged);
            let (indicator, geography) =
                (column("indicator")?.as_string::<i32>(), column("geography")?.as_string::<i32>());
            let (year, release) =
                (column("year")?.as_primitive::<Int32Type>(), column("release")?.as_primitive::<Int32Type>());
            let amount = column("amount")?.as_primitive::<Decimal128Type>();
            let published = column("published_date")?.as_primitive::<Date32Type>();
            let source = column("source")?.as_string::<i32>();
            for row in 0..batch.num_rows() {
                let day = published.iter().nth(row).flatten().and_then(|days| u64::try_from(days).ok());
                figures.push(IncomeFigure {
                    indicator: indicator.value(row).to_owned(),
                    geography: geography.value(row).to_owned(),
                    year: year.value(row),
                    amount: Fen(i64::try_from(amount.value(row)).map_err(|_| damaged())?),
                    release: release.iter().nth(row).flatten().unwrap_or(1),
                    published: day.and_then(|days| NaiveDate::default().checked_add_days(Days::new(days))),
                    source: source.iter().nth(row).flatten().map(str::to_owned),
                });
            }
        }
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A correction of one county in the middle of many must make its findings anew.
    #[test]
    fn the_hash_sees_every_row() {
        let lines = |changed: Option<usize>| {
            let amount = |row| Some(if Some(row) == changed { 27_000_00_i64 } else { 28_000_00 });
            let amounts: ArrayRef = Arc::new((0..90).map(amount).collect::<Int64Array>());
            hash_of("rule_line", &RecordBatch::try_from_iter([("line_amount", amounts)]).unwrap()).unwrap()
        };
        assert_eq!(lines(None), lines(None));
        for row in [0, 45, 89] {
            assert_ne!(lines(None), lines(Some(row)), "row {row}");
        }
    }
}
