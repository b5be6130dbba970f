//! The parameters and parameter tables of a rule's statement.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use chrono::NaiveDate;
use law::domain::{CountyCode, Fen, Period};
use law::policy::{
    Cost, DateBasis, IncomeFigure, LineMeasure, Means, MeansLimit, MeansOf, MeansOperator, Netting, Operator, Rule,
    Rural, SeriesOf, TagsOn, Unit, Window, figure_for,
};
use rust_decimal::Decimal;

use super::span::{Span, until};
use super::{Lines, batch, rows_failed};
use crate::compute::Stated;
use crate::{Models, Param, Params, PipelineError, days_since_epoch};

/// What a rule is judged with besides the data of persons: one period's rosters, places and figures.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub models: &'a Models,
    /// Every county that needs a line.
    pub counties: &'a BTreeSet<String>,
    pub stated: &'a Stated,
    pub figures: &'a [IncomeFigure],
    pub period: Period,
}

/// Everything that a rule's statement needs besides the data of persons.
#[derive(Debug, Clone)]
pub struct RuleData {
    pub rule: String,
    /// The model that carries it out.
    pub model: String,
    /// The view that the model measures by.
    pub measures: Option<String>,
    pub lines: Lines,
    pub span: Span,
    /// What the rule counts as cost.
    pub(in crate::compute) cost: Cost,
    pub params: Params,
    /// Parameter tables, and what all rosters state.
    pub rows: BTreeMap<String, RecordBatch>,
}

impl RuleData {
    /// Draws a rule's line and puts its data together.
    pub fn of(rule: &Rule, known: Known<'_>) -> Result<Self, PipelineError> {
        let Known { models, period, .. } = known;
        let lines = Lines::draw(rule, known.counties, period, period.last_day(), known.figures);
        let span = Span::of_rule(rule, period);
        let mut rows = rule_tables(&[rule], period, models)?;
        rows.insert("rule_line".to_owned(), lines.rows(models)?);
        rows.insert("rule_tag".to_owned(), tag_rows(rule, models)?);
        rows.insert("rule_band".to_owned(), band_rows(rule, models)?);
        rows.insert("rule_means".to_owned(), means_rows(rule, known)?);
        rows.insert("stated_tags".to_owned(), known.stated.rows(models)?);
        let model = rule.shape.model();
        let measures = models.get(&model).and_then(|model| model.measures.clone());
        let params = params(rule, &lines, span, known.stated);
        Ok(Self { rule: rule.id.clone(), model, measures, lines, span, cost: rule.cost.clone(), params, rows })
    }

    /// The same without a warning line: the statement returns everybody whom the rule means, with near for
    /// whoever is not over the line, so that other lines and bases can be tried on its rows.
    pub fn for_everybody(mut self, models: &Models) -> Result<Self, PipelineError> {
        let lowest = Fen(-Fen::RECORD_LIMIT.0);
        let mut lines = self.lines.clone();
        for line in lines.by_place.values_mut() {
            (line.warn, line.kept) = (lowest, None);
        }
        self.rows.insert("rule_line".to_owned(), lines.rows(models)?);
        self.params.insert("floor_amount".to_owned(), Param::Money(lowest));
        // a household's own line is drawn by the statement: its warning line then lies below nothing
        self.params.insert("warn_at".to_owned(), Param::Ratio(Decimal::NEGATIVE_ONE));
        Ok(self)
    }

    /// The same for whoever measures more than `floor`, which is lower than every warning line.
    #[must_use]
    pub fn down_to(mut self, floor: Fen) -> Self {
        self.lines.floor = floor;
        self.params.insert("floor_amount".to_owned(), Param::Money(floor));
        self
    }

    /// The parameter tables that a statement reads.
    pub fn rows_for(&self, wanted: &BTreeSet<String>) -> BTreeMap<String, RecordBatch> {
        let read = self.rows.iter().filter(|(table, _)| wanted.contains(*table));
        read.map(|(table, rows)| (table.clone(), rows.clone())).collect()
    }
}

/// Parameters of a rule's statement.
fn params(rule: &Rule, lines: &Lines, span: Span, stated: &Stated) -> Params {
    let flag = Param::Boolean;
    let has_any = |tags: &[law::domain::Tag]| tags.is_empty() || tags.iter().any(|tag| stated.has(tag.code()));
    let by_residence = matches!(&rule.line.measure, LineMeasure::Series(drawn) if matches!(drawn.series, SeriesOf::ByResidence { .. }));
    let share = match rule.line.measure {
        LineMeasure::ShareOfHouseholdIncome(share) => Some(share),
        _ => None,
    };
    let on_date = span.period.last_day();
    let tags_from = if rule.who.tags_on == TagsOn::AnyDayOfWindow { span.window_from } else { on_date };
    let year_from = Span::of_year(span.period).window_from;
    let mut params = claim_params(rule, span);
    let own = [
        ("on_date", Param::Date(on_date)),
        ("tags_from", Param::Date(tags_from)),
        ("year_from", Param::Date(year_from)),
        ("needs_tag", flag(!rule.who.tags.is_empty())),
        ("has_roster", flag(has_any(&rule.who.tags))),
        ("excludes_tag", flag(!rule.who.without_tags.is_empty())),
        ("has_excluded_roster", flag(has_any(&rule.who.without_tags))),
        ("needs_rural", flag(rule.who.rural == Rural::Required)),
        ("by_residence", flag(by_residence)),
        ("own_line", flag(share.is_some())),
        ("income_share", Param::Ratio(share.unwrap_or_default())),
        ("warn_at", Param::Ratio(rule.warn_at.unwrap_or(Decimal::ONE))),
        ("strict", flag(rule.line.operator == Operator::Over)),
        ("floor_amount", Param::Money(lines.floor)),
        ("whole_household", flag(rule.cost.unit == Unit::Household)),
        ("counts_spending", flag(rule.cost.declared_spending)),
        ("means_count", Param::Bigint(i64::try_from(rule.means.len()).unwrap_or(i64::MAX))),
    ];
    params.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    params
}

/// Parameters that say which claims a rule counts and what it measures of each.
fn claim_params(rule: &Rule, span: Span) -> Params {
    let flag = Param::Boolean;
    [
        ("rule_id", Param::Text(rule.id.clone())),
        ("any_insurance", flag(rule.who.insurance.is_empty())),
        ("any_care", flag(rule.cost.care.is_empty())),
        ("any_place", flag(rule.cost.payment_place.is_empty())),
        ("basis", Param::Text(rule.cost.basis.name().to_owned())),
        ("subtract_adjustments", flag(rule.cost.adjustments == Netting::Subtract)),
        ("add_back_assistance", flag(rule.cost.medical_assistance == Netting::Ignore)),
        ("date_basis", Param::Text(rule.cost.date.word().to_owned())),
        ("read_from", Param::Date(span.read_from())),
        ("window_from", Param::Date(span.window_from)),
        ("window_to", Param::Date(span.window_to())),
        ("recent_from", Param::Date(span.recent_from())),
        ("window_months", Param::Bigint(i64::from(window_months(rule)))),
        ("benefit_year", Param::Text(span.period.year().to_string())),
        ("until", Param::Date(until(span.period))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Months of a rolling window; 0 for the calendar year.
const fn window_months(rule: &Rule) -> u8 {
    match rule.cost.window {
        Window::CalendarYear => 0,
        Window::RollingMonths(months) => months,
    }
}

fn tag_rows(rule: &Rule, models: &Models) -> Result<RecordBatch, PipelineError> {
    let wanted = rule.who.tags.iter().map(|tag| (tag.code(), true));
    let all: Vec<(&str, bool)> = wanted.chain(rule.who.without_tags.iter().map(|tag| (tag.code(), false))).collect();
    let tags: StringArray = all.iter().map(|(tag, _)| Some(*tag)).collect();
    let is_wanted: BooleanArray = all.iter().map(|(_, wanted)| Some(*wanted)).collect();
    batch(models, "rule_tag", vec![Arc::new(tags), Arc::new(is_wanted)])
}

/// The bands, each up to where the next begins; the last is open.
fn band_rows(rule: &Rule, models: &Models) -> Result<RecordBatch, PipelineError> {
    let LineMeasure::Bands(bands) = &rule.line.measure else {
        return batch_of_none(models, "rule_band");
    };
    let below = bands.iter().skip(1).map(|band| Some(band.from)).chain([None]);
    let orders: Int64Array = (1..).take(bands.len()).map(Some).collect();
    let ids: StringArray = bands.iter().map(|_| Some(rule.id.as_str())).collect();
    let names: StringArray = bands.iter().map(|band| Some(band.name.as_str())).collect();
    let near: BooleanArray = bands.iter().map(|band| Some(band.is_near)).collect();
    let from = money("rule_band", bands.iter().map(|band| Some(band.from)))?;
    let below = money("rule_band", below)?;
    batch(models, "rule_band", vec![Arc::new(ids), Arc::new(names), Arc::new(orders), from, below, Arc::new(near)])
}

/// Every means test for every county, rounded so that comparing whole fen decides as the exact limit would.
fn means_rows(rule: &Rule, known: Known<'_>) -> Result<RecordBatch, PipelineError> {
    let tests = || known.counties.iter().flat_map(|county| rule.means.iter().map(move |means| (county, means)));
    let text = |pick: fn((&String, &Means)) -> String| -> ArrayRef {
        Arc::new(tests().map(|test| Some(pick(test))).collect::<StringArray>())
    };
    let limits = money("rule_means", tests().map(|(county, means)| means_limit(rule, county, means, known)))?;
    let counties = text(|(county, _)| county.clone());
    let measures = text(|(_, means)| MeansOf::word(means.of).to_owned());
    let operators = text(|(_, means)| MeansOperator::word(means.operator).to_owned());
    batch(known.models, "rule_means", vec![counties, measures, operators, limits])
}

/// The limit of a means test in a county, rounded so that comparing whole fen decides as the exact limit would.
fn means_limit(rule: &Rule, county: &str, means: &Means, known: Known<'_>) -> Option<Fen> {
    let exact = match &means.limit {
        MeansLimit::Fixed(amount) => amount.yuan(),
        MeansLimit::Series(drawn) => {
            let place = drawn.geography.code_for(&CountyCode::parse(county).ok()?);
            let (_, series) = drawn.series.by_residence().into_iter().next()?;
            let at = (place.as_str(), known.period.month());
            let (before, on) = (rule.line.before_publication, known.period.last_day());
            let chosen = figure_for(drawn, series, before, at, on, known.figures)?;
            chosen.figure.amount.yuan().checked_mul(drawn.multiple)?
        }
    };
    match means.operator {
        MeansOperator::Under | MeansOperator::From => Fen::ceil_of(exact),
        MeansOperator::UpTo | MeansOperator::Over => Fen::floor_of(exact),
    }
}

/// The parameter tables that hold for several rules at once: what each counts.
pub fn rule_tables(
    rules: &[&Rule],
    period: Period,
    models: &Models,
) -> Result<BTreeMap<String, RecordBatch>, PipelineError> {
    let pairs = |table: &str, pick: fn(&Rule) -> &[String]| {
        let all = rules.iter().flat_map(|rule| pick(rule).iter().map(|code| (rule.id.as_str(), code.as_str())));
        let (ids, codes): (Vec<&str>, Vec<&str>) = all.unzip();
        let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(ids)), Arc::new(StringArray::from(codes))];
        batch(models, table, columns).map(|rows| (table.to_owned(), rows))
    };
    Ok([
        pairs("rule_insurance", |rule| &rule.who.insurance)?,
        pairs("rule_care", |rule| &rule.cost.care)?,
        pairs("rule_place", |rule| &rule.cost.payment_place)?,
        ("rule".to_owned(), rule_rows(rules, period, models)?),
    ]
    .into())
}

/// The parameter table `rule`: what the lists say of each rule, and what it counts.
fn rule_rows(rules: &[&Rule], period: Period, models: &Models) -> Result<RecordBatch, PipelineError> {
    let text = |pick: fn(&Rule) -> String| -> ArrayRef {
        Arc::new(rules.iter().map(|rule| Some(pick(rule))).collect::<StringArray>())
    };
    let flag = |pick: fn(&Rule) -> bool| -> ArrayRef {
        Arc::new(rules.iter().map(|rule| Some(pick(rule))).collect::<BooleanArray>())
    };
    let day = |pick: fn(Span) -> NaiveDate| -> ArrayRef {
        let days = rules.iter().map(|rule| Some(days_since_epoch(pick(Span::of_rule(rule, period)))));
        Arc::new(days.collect::<Date32Array>())
    };
    let order: Int64Array = (1..).take(rules.len()).map(Some).collect();
    let months: Int64Array = rules.iter().map(|rule| Some(i64::from(window_months(rule)))).collect();
    let year: StringArray = rules.iter().map(|_| Some(period.year().to_string())).collect();
    batch(
        models,
        "rule",
        vec![
            text(|rule| rule.id.clone()),
            Arc::new(order),
            text(|rule| rule.version.clone()),
            text(|rule| rule.shape.word().to_owned()),
            text(|rule| rule.cost.basis.name().to_owned()),
            text(|rule| rule.clause.to_string()),
            flag(|rule| rule.who.insurance.is_empty()),
            flag(|rule| rule.cost.care.is_empty()),
            flag(|rule| rule.cost.payment_place.is_empty()),
            flag(|rule| rule.cost.adjustments == Netting::Subtract),
            flag(|rule| rule.cost.medical_assistance == Netting::Ignore),
            flag(|rule| rule.line.operator == Operator::Over),
            text(|rule| DateBasis::word(rule.cost.date).to_owned()),
            day(|span| span.window_from),
            day(|span| span.window_to()),
            Arc::new(months),
            Arc::new(year),
        ],
    )
}

fn money(table: &str, amounts: impl Iterator<Item = Option<Fen>>) -> Result<ArrayRef, PipelineError> {
    let amounts: Decimal128Array = amounts.map(|amount| amount.map(Fen::unscaled)).collect();
    Ok(Arc::new(amounts.with_precision_and_scale(18, 2).map_err(|error| rows_failed(table, &error))?))
}

fn batch_of_none(models: &Models, table: &str) -> Result<RecordBatch, PipelineError> {
    let schema = models.schema_of(table);
    schema.map(RecordBatch::new_empty).map_or_else(|| batch(models, table, Vec::new()), Ok)
}
