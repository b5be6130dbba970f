//! Whose claims are looked at closely: a narrow pass over everybody's, then all columns of the few who could reach a
//! line. What `sql/intermediate/reach.sql` says of people is the reason why nobody else can.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use law::domain::Fen;
use law::policy::{Basis, Netting, Rule, Shape};
use store::warehouse::{FileEntry, Version};

use super::findings::{needs_members, sources_in};
use super::refresh::{Refreshed, Task, refresh};
use super::rules::{RuleData, Span, until};
use super::together;
use crate::{
    Context, Copied, Engine, EngineError, Models, Param, Params, PersonKeys, PipelineError, Source, Statement, keys_of,
    rows_of,
};

pub const REACH: &str = "reach";
/// The people above the floor.
const PEOPLE: &str = "people_in_reach";
/// Their claims, which rules read in place of everybody's.
pub const CLAIMS_IN_REACH: &str = "claims_in_reach";
/// Everybody's claims; under this name statements read those in reach as well.
pub const CLAIMS: &str = "claims";
const ADJUSTMENTS: &str = "adjustments";

/// What all rules together need to be sure that nobody is left out.
#[derive(Debug, Clone)]
pub struct Bound {
    params: Params,
}

impl Bound {
    /// The bound of some rules; applications add up households, so theirs is none.
    pub fn of<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Self {
        let rules: Vec<&Rule> = rules.into_iter().filter(|rule| rule.shape != Shape::Application).collect();
        let bases: BTreeSet<&str> = rules.iter().map(|rule| rule.cost.basis.name()).collect();
        let bases = bases.iter().fold(";".to_owned(), |all, basis| all + basis + ";");
        let adds = rules.iter().any(|rule| rule.cost.medical_assistance == Netting::Ignore);
        let subtracts =
            rules.iter().any(|rule| rule.cost.adjustments == Netting::Subtract || rule.cost.basis == Basis::NetBurden);
        let params = [
            ("bases", Param::Text(bases)),
            ("adds_assistance", Param::Boolean(adds)),
            ("subtracts", Param::Boolean(subtracts)),
        ];
        Self { params: params.map(|(name, value)| (name.to_owned(), value)).into() }
    }

    fn params(&self, floor: Fen) -> Params {
        let floor = [("floor_amount".to_owned(), Param::Money(floor))];
        self.params.clone().into_iter().chain(floor).collect()
    }
}

/// The files of a period's reach, and those of the claims in reach.
#[derive(Debug, Default)]
pub(super) struct InReach {
    /// Of everybody's upper amounts, by bucket.
    pub(super) reach: BTreeMap<u16, FileEntry>,
    /// Of the claims, by bucket.
    pub(super) claims: BTreeMap<u16, FileEntry>,
    /// How many were made anew.
    pub(super) made: usize,
}

/// Whether a rule looks at the claims of one person at a time.
pub(super) fn looks_at_claims(models: &Models, data: &RuleData) -> bool {
    models.sources_of(&data.model).contains(CLAIMS) && !needs_members(models, data)
}

/// Refreshes the reach of a period's rules, and the claims of the people in it.
pub(super) async fn refresh_reach(
    context: &Context,
    version: &Version,
    rules: &[(&Rule, &RuleData)],
    checks: &Checks,
) -> Result<InReach, PipelineError> {
    let models = context.engine.models();
    let rules: Vec<_> = rules.iter().copied().filter(|(_, data)| looks_at_claims(models, data)).collect();
    let Some(((_, first), floor)) = rules.first().zip(rules.iter().map(|(_, data)| data.lines.floor).min()) else {
        return Ok(InReach::default());
    };
    let span = Span::of_rules(rules.iter().map(|(rule, _)| *rule), first.span.period);
    let bound = Bound::of(rules.iter().map(|(rule, _)| *rule));
    let until = [("until".to_owned(), Param::Date(until(span.period)))];
    let of_model = |model: &str, table: &str, bucket: u16, checks: &[String]| {
        let read = checks.iter().map(String::as_str).chain([model]).flat_map(|name| models.sources_of(name));
        // what is made of it is read as it is made
        let read = read.filter(|name| name != REACH).collect();
        Task {
            model: model.to_owned(),
            measures: None,
            copied: None,
            table: table.to_owned(),
            month: Some(span.period),
            rule: None,
            bucket,
            sources: sources_in(version, &read, span, bucket),
            rows: BTreeMap::new(),
            params: bound.params(floor).into_iter().chain(until.clone()).collect(),
            checks: checks.to_vec(),
        }
    };
    let everybody = (0..version.buckets).map(|bucket| {
        // whom a line lies above does not change how much they could have paid
        Task { params: bound.params.clone(), ..of_model(REACH, REACH, bucket, &checks.reach) }
    });
    let reach = refresh(context, version, REACH, everybody.collect()).await?;
    let columns = columns_read(context, &rules, &checks.claims, &until).await?;
    let copied = by_bucket(&reach).into_iter().map(|(bucket, reach)| {
        let mut task = of_model(PEOPLE, CLAIMS_IN_REACH, bucket, &checks.claims);
        let claims = sources_in(version, &BTreeSet::from([CLAIMS.to_owned()]), span, bucket);
        task.sources.extend(claims);
        task.sources.insert(REACH.to_owned(), vec![reach]);
        task.copied = Some(Copied { table: CLAIMS.to_owned(), columns: columns.clone() });
        task
    });
    let claims = refresh(context, version, CLAIMS_IN_REACH, copied.collect()).await?;
    Ok(InReach { reach: by_bucket(&reach), claims: by_bucket(&claims), made: reach.made + claims.made })
}

fn by_bucket(refreshed: &Refreshed) -> BTreeMap<u16, FileEntry> {
    refreshed.entries.iter().filter_map(|entry| Some((entry.bucket?, entry.clone()))).collect()
}

/// Which of a job's checks follow everybody's reach, the claims in it, and each rule.
pub(super) struct Checks {
    reach: Vec<String>,
    claims: Vec<String>,
    /// Of what a rule measured.
    pub(super) rule: Vec<String>,
}

impl Checks {
    pub(super) fn of(models: &Models, checks: &[String]) -> Self {
        let (rule, others): (Vec<_>, Vec<_>) = checks.iter().cloned().partition(|check| models.is_abstract(check));
        let (reach, claims) = others.into_iter().partition(|check| models.sources_of(check).contains(REACH));
        Self { reach, claims, rule }
    }
}

/// The columns of claims that rules' statements and the checks of the claims in reach read.
async fn columns_read(
    context: &Context,
    rules: &[(&Rule, &RuleData)],
    checks: &[String],
    params: &[(String, Param)],
) -> Result<BTreeSet<String>, PipelineError> {
    let models = context.engine.models();
    let statement = |model: &String, measures: Option<&String>, rows: BTreeMap<String, RecordBatch>, params| {
        let tables = models.bound_sources(model, measures.map(String::as_str)).into_iter();
        let none = tables.map(|table| (table, Source::Files(Vec::new())));
        let mut sources: BTreeMap<String, Source> = none.collect();
        sources.extend(rows.into_iter().map(|(table, rows)| (table, Source::Rows(rows))));
        let place = "no data".to_owned();
        Statement { model: model.clone(), measures: measures.cloned(), sources, params, place }
    };
    let of_checks =
        checks.iter().map(|check| statement(check, None, BTreeMap::new(), params.iter().cloned().collect()));
    let of_rules = rules.iter().map(|(_, data)| {
        let rows = data.rows_for(&models.sources_of(&data.model));
        statement(&data.model, data.measures.as_ref(), rows, data.params.clone())
    });
    // whose rows they are is read in any case
    let mut columns = BTreeSet::from(["person_key".to_owned()]);
    for statement in of_checks.chain(of_rules) {
        columns.extend(context.engine.columns_read(&statement, CLAIMS).await?);
    }
    Ok(columns)
}

/// Narrows a statement to the claims in reach, in memory: for statements that are tried, not stored.
pub async fn narrow(
    engine: &Engine,
    (bound, floor): (&Bound, Fen),
    statement: &mut Statement,
) -> Result<(), PipelineError> {
    let Some(claims) = statement.sources.get(CLAIMS) else { return Ok(()) };
    let adjustments = statement.sources.get(ADJUSTMENTS).cloned().unwrap_or_else(|| Source::Files(Vec::new()));
    let of = |model: &str, source: (&str, Source), more: (&str, Source)| Statement {
        model: model.to_owned(),
        measures: None,
        sources: [source, more].map(|(table, source)| (table.to_owned(), source)).into(),
        params: bound.params(floor),
        place: statement.place.clone(),
    };
    let (claims, adjustments) = ((CLAIMS, claims.clone()), (ADJUSTMENTS, adjustments));
    let reach = engine.collect(&of(REACH, claims.clone(), adjustments)).await?;
    let reach = together(engine.models(), REACH, reach.into_iter())?;
    let people = engine.collect(&of(PEOPLE, claims.clone(), (REACH, reach))).await?;
    let missing = |what: &str| EngineError::Model { model: PEOPLE.to_owned(), why: format!("{what} is missing") };
    let keys = keys_of(&people).ok_or_else(|| missing("person_key"))?;
    let schema = engine.models().schema_of(CLAIMS).ok_or_else(|| missing(CLAIMS))?;
    let mut rows = Vec::new();
    match claims.1 {
        Source::Rows(batch) => rows.push(only(&batch, &keys).ok_or_else(|| missing("person_key"))?),
        Source::Files(files) => {
            for file in &files {
                for batch in rows_of(file, &schema, &keys)? {
                    rows.push(batch?);
                }
            }
        }
    }
    statement.sources.insert(CLAIMS.to_owned(), together(engine.models(), CLAIMS, rows.into_iter())?);
    Ok(())
}

/// The rows of some persons.
fn only(batch: &RecordBatch, keys: &PersonKeys) -> Option<RecordBatch> {
    let persons = batch.column_by_name("person_key")?.as_primitive_opt::<Int64Type>()?;
    let is_wanted: BooleanArray = persons.iter().map(|key| Some(keys.contains(&key?))).collect();
    arrow::compute::filter_record_batch(batch, &is_wanted).ok()
}
