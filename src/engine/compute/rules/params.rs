//! The parameters and parameter tables of a rule's statement.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use law::domain::{Counties, CountyCode, Fen, Period};
use law::policy::{
    Band, Cost, DateBasis, IncomeFigure, LineMeasure, Means, MeansLimit, MeansOf, MeansOperator, Netting, Operator,
    Rule, Rural, SeriesOf, TagsOn, Unit, Window, figure_for,
};
use rust_decimal::Decimal;

use super::span::{Span, until};
use super::{LINK, Lines, table};
use crate::compute::Stated;
use crate::rows::Value;
use crate::{EngineError, Models, Param, Params};

/// What a rule is judged with besides the data of persons: one period's rosters, places and figures.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub models: &'a Models,
    /// Every county that needs a line.
    pub counties: &'a BTreeSet<String>,
    /// Which codes mean which county today.
    pub places: &'a Counties,
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
    /// Parameter tables.
    pub rows: BTreeMap<String, RecordBatch>,
}

impl RuleData {
    /// Draws a rule's line and puts its data together.
    pub fn of(rule: &Rule, known: Known<'_>) -> Result<Self, EngineError> {
        let Known { models, period, .. } = known;
        let lines = Lines::draw(rule, known.counties, period, period.last_day(), known.figures);
        let span = Span::of_rule(rule, period);
        let mut rows = rule_tables(&[rule], period, models)?;
        rows.insert("rule_line".to_owned(), lines.rows(models)?);
        rows.insert("rule_tag".to_owned(), tag_rows(rule, models)?);
        rows.insert("rule_county".to_owned(), county_rows(known)?);
        rows.insert("rule_band".to_owned(), band_rows(rule, models)?);
        rows.insert("rule_means".to_owned(), means_rows(rule, known)?);
        // what open links could add is known only where many people are looked at
        rows.insert(LINK.to_owned(), table(models, LINK, std::iter::empty::<Vec<(&str, Value<'_>)>>())?);
        let model = rule.shape.model();
        let measures = models.get(&model).and_then(|model| model.measures.clone());
        let params = params(rule, &lines, span, known.stated);
        Ok(Self { rule: rule.id.clone(), model, measures, lines, span, cost: rule.cost.clone(), params, rows })
    }

    /// The same without a warning line: the statement returns everybody whom the rule means, with near for
    /// whoever is not over the line, so that other lines and bases can be tried on its rows.
    pub fn for_everybody(mut self, models: &Models) -> Result<Self, EngineError> {
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
        (
            "rural_by",
            Param::Text(format!(
                ";{};",
                rule.who.rural_by.iter().map(|source| source.word()).collect::<Vec<_>>().join(";")
            )),
        ),
        ("rural_conflict", Param::Text(rule.who.rural_conflict.word().to_owned())),
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
    let listed = |codes: &[String]| Param::Text(format!(";{};", codes.join(";")));
    [
        ("rule_id", Param::Text(rule.id.clone())),
        ("any_insurance", flag(rule.who.insurance.is_empty())),
        ("any_care", flag(rule.cost.care.is_empty())),
        ("any_place", flag(rule.cost.payment_place.is_empty())),
        ("insurance_types", listed(&rule.who.insurance)),
        ("care_types", listed(&rule.cost.care)),
        ("payment_places", listed(&rule.cost.payment_place)),
        ("basis", Param::Text(rule.cost.basis.name().to_owned())),
        ("subtract_adjustments", flag(rule.cost.adjustments == Netting::Subtract)),
        ("payer_kinds", payer_kinds(&rule.cost.payers)),
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

/// The kinds of payer that lower the cost, each between semicolons; empty: all.
fn payer_kinds(payers: &[String]) -> Param {
    Param::Text(if payers.is_empty() { String::new() } else { format!(";{};", payers.join(";")) })
}

/// The same of all rules of a policy, which agree.
pub fn payer_kinds_of<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Param {
    payer_kinds(rules.into_iter().next().map_or(&[], |rule| &rule.cost.payers))
}

/// Months of a rolling window; 0 for the calendar year.
const fn window_months(rule: &Rule) -> u8 {
    match rule.cost.window {
        Window::CalendarYear => 0,
        Window::RollingMonths(months) => months,
    }
}

/// The codes that mean another county, or none that a table knows.
fn county_rows(known: Known<'_>) -> Result<RecordBatch, EngineError> {
    let other = known.counties.iter().map(|code| (code, known.places.meaning(code, known.period.last_day())));
    let other = other.filter(|(code, means)| means.as_deref() != Some(code.as_str()));
    let row =
        |(code, means): (&String, Option<String>)| [("county_code", code.clone().into()), ("means_code", means.into())];
    table(known.models, "rule_county", other.map(row))
}

fn tag_rows(rule: &Rule, models: &Models) -> Result<RecordBatch, EngineError> {
    let wanted = rule.who.tags.iter().map(|tag| (tag, true));
    let all = wanted.chain(rule.who.without_tags.iter().map(|tag| (tag, false)));
    table(models, "rule_tag", all.map(|(tag, wanted)| [("tag", tag.code().into()), ("is_wanted", wanted.into())]))
}

/// The bands, each up to where the next begins; the last is open.
fn band_rows(rule: &Rule, models: &Models) -> Result<RecordBatch, EngineError> {
    let bands = if let LineMeasure::Bands(bands) = &rule.line.measure { bands.as_slice() } else { &[] };
    let below = bands.iter().skip(1).map(|band| Some(band.from)).chain([None]);
    let row = |((order, band), below): ((i64, &Band), Option<Fen>)| {
        [
            ("rule_id", rule.id.clone().into()),
            ("band", band.name.clone().into()),
            ("band_order", order.into()),
            ("from_amount", band.from.into()),
            ("below_amount", below.into()),
            ("is_near", band.is_near.into()),
        ]
    };
    table(models, "rule_band", (1..).zip(bands).zip(below).map(row))
}

/// Every means test for every county, rounded so that comparing whole fen decides as the exact limit would.
fn means_rows(rule: &Rule, known: Known<'_>) -> Result<RecordBatch, EngineError> {
    let tests = known.counties.iter().flat_map(|county| rule.means.iter().map(move |means| (county, means)));
    let row = |(county, means): (&String, &Means)| {
        [
            ("county_code", county.clone().into()),
            ("measure", MeansOf::word(means.of).into()),
            ("operator", MeansOperator::word(means.operator).into()),
            ("limit_amount", means_limit(rule, county, means, known).into()),
        ]
    };
    table(known.models, "rule_means", tests.map(row))
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
) -> Result<BTreeMap<String, RecordBatch>, EngineError> {
    let pairs = |name: &str, column: &str, pick: fn(&Rule) -> &[String]| {
        let all = rules.iter().flat_map(|rule| pick(rule).iter().map(move |code| (rule, code)));
        let rows = all.map(|(rule, code)| [("rule_id", rule.id.as_str().into()), (column, code.into())]);
        table(models, name, rows).map(|rows| (name.to_owned(), rows))
    };
    Ok([
        pairs("rule_insurance", "insurance_type", |rule| &rule.who.insurance)?,
        pairs("rule_care", "care_type", |rule| &rule.cost.care)?,
        pairs("rule_place", "payment_place", |rule| &rule.cost.payment_place)?,
        ("rule".to_owned(), rule_rows(rules, period, models)?),
    ]
    .into())
}

/// The parameter table `rule`: what the lists say of each rule, and what it counts.
fn rule_rows(rules: &[&Rule], period: Period, models: &Models) -> Result<RecordBatch, EngineError> {
    let row = |(order, rule): (i64, &&Rule)| {
        let span = Span::of_rule(rule, period);
        [
            ("rule_id", rule.id.clone().into()),
            ("rule_order", order.into()),
            ("rule_version", rule.version.clone().into()),
            ("shape", rule.shape.word().into()),
            ("basis", rule.cost.basis.name().into()),
            ("clause", rule.clause.to_string().into()),
            ("any_insurance", rule.who.insurance.is_empty().into()),
            ("any_care", rule.cost.care.is_empty().into()),
            ("any_place", rule.cost.payment_place.is_empty().into()),
            ("subtract_adjustments", (rule.cost.adjustments == Netting::Subtract).into()),
            ("add_back_assistance", (rule.cost.medical_assistance == Netting::Ignore).into()),
            ("strict", (rule.line.operator == Operator::Over).into()),
            ("date_basis", DateBasis::word(rule.cost.date).into()),
            ("window_from", span.window_from.into()),
            ("window_to", span.window_to().into()),
            ("window_months", i64::from(window_months(rule)).into()),
            ("benefit_year", period.year().to_string().into()),
        ]
    };
    table(models, "rule", (1..).zip(rules).map(row))
}
