//! One person's way through the rooms: claims, sums, tags, line, each rule's outcome. Reads only.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type};
use serde_json::{Map, Value, json};

use crate::contracts::Feed;
use crate::domain::{Fen, IdNumber, Period, PersonKey, bucket_of, mask_id, mask_name};
use crate::engine::{Param, Params, Source, Statement};
use crate::pipeline::compute::{Lines, Stated, income_figures, rules, sources};
use crate::pipeline::{Context, PipelineError};
use crate::policy::Rule;
use crate::warehouse::Version;

/// Everything known of a person for a period, as a tree of rows by column name. Masked unless asked otherwise.
#[derive(Debug)]
pub struct Explanation {
    /// The tree: person, register, tags, claims, held, rules, lists.
    pub tree: Value,
}

/// The key that a number on the command line means: a resident id, or the number of another document.
///
/// # Errors
/// The faults of a number that looks like a resident id and is none.
pub fn person_named(number: &str, cert_type: Option<&str>) -> Result<PersonKey, crate::domain::IdError> {
    match cert_type {
        Some(kind) => Ok(PersonKey::of_document(kind, &crate::domain::fold_width(number).to_uppercase())),
        None => IdNumber::parse(number).map(|id| id.key()),
    }
}

/// Gathers one person's explanation.
///
/// # Errors
/// When the warehouse cannot be read or a model is wrong.
pub async fn explain(
    context: &Context,
    person: PersonKey,
    period: Period,
    unmask: bool,
) -> Result<Explanation, PipelineError> {
    let version = context.warehouse.current().await?;
    let asking = Asking { context, version: &version, person, period };
    let base: Params =
        [("person_key".to_owned(), Param::Bigint(person.0)), ("on_date".to_owned(), Param::Date(period.last_day()))]
            .into();
    let mut register = asking.rows("explain_resident", &base, BTreeMap::new()).await?;
    if !unmask {
        register.iter_mut().for_each(mask);
    }
    let claims = asking.rows("explain_claims", &base, BTreeMap::new()).await?;
    let files = file_names(context)?;
    let claims: Vec<Value> = claims.into_iter().map(|claim| with_file(claim, &files)).collect();
    let findings = asking.rows("explain_finding", &base, BTreeMap::new()).await?;
    let stated = Stated::of_rosters(context, &version, period).await?.rows(context.engine.models())?;
    let figures = income_figures(context, &version)?;
    let mut rules = Vec::new();
    for rule in context.policy.in_force(period.last_day()) {
        rules.push(asking.rule(rule, &base, &findings, &register, &claims, &figures).await?);
    }
    let id = IdNumber::from_key(person).map(|id| if unmask { id.as_str().to_owned() } else { mask_id(id.as_str()) });
    Ok(Explanation {
        tree: json!({
            "person": id.unwrap_or_else(|| "其他证件".to_owned()),
            "period": period.to_string(),
            "version": version.number,
            "register": register.first(),
            "tags": asking.rows("explain_tags", &base, [("stated_tags".to_owned(), stated)].into()).await?,
            "claims": claims,
            "held": asking.rows("explain_held", &base, BTreeMap::new()).await?,
            "rules": rules,
        }),
    })
}

struct Asking<'a> {
    context: &'a Context,
    version: &'a Version,
    person: PersonKey,
    period: Period,
}

impl Asking<'_> {
    async fn rows(
        &self,
        model: &str,
        params: &Params,
        own: BTreeMap<String, RecordBatch>,
    ) -> Result<Vec<Value>, PipelineError> {
        let wanted = self.context.engine.models().sources_of(model);
        let bucket = bucket_of(self.person, self.version.buckets);
        let files = sources(self.version, &wanted, self.period, bucket).into_iter().map(|(table, entries)| {
            (table, Source::Files(entries.iter().map(|entry| self.context.warehouse.path(entry)).collect()))
        });
        let mut all: BTreeMap<String, Source> = files.collect();
        all.extend(own.into_iter().map(|(table, rows)| (table, Source::Rows(rows))));
        let place = format!("bucket {bucket:03}");
        let statement = Statement { model: model.to_owned(), sources: all, params: params.clone(), place };
        let batches = self.context.engine.collect(&statement).await?;
        Ok(batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| as_json(batch, row))).collect())
    }

    async fn rule(
        &self,
        rule: &Rule,
        base: &Params,
        findings: &[Value],
        register: &[Value],
        claims: &[Value],
        figures: &[crate::policy::IncomeFigure],
    ) -> Result<Value, PipelineError> {
        let finding = findings.iter().find(|finding| finding["rule_id"] == rule.id);
        let counties =
            |rows: &[Value]| rows.iter().filter_map(|row| row["county_code"].as_str()).map(str::to_owned).collect();
        let mut county: BTreeSet<String> = counties(register);
        if let Some(finding) = finding {
            county = counties(std::slice::from_ref(finding));
        }
        let lines = Lines::draw(rule, &county, self.period, self.period.last_day(), figures);
        let mut params = rules::params(rule, &lines, self.period, true);
        params.extend(base.clone());
        let insured = rules::insurance_rows(&[rule], self.context.engine.models())?;
        let burden = self.rows("explain_burden", &params, [("rule_insurance".to_owned(), insured)].into()).await?;
        let line = lines.by_place.values().next();
        let outcome = match (finding, burden.first()) {
            (Some(finding), _) => finding.clone(),
            (None, Some(_)) => json!({ "status": "below" }),
            (None, None) if claims.is_empty() => json!({ "status": "no claims" }),
            (None, None) => json!({ "status": "no claims under the rule's insurance types" }),
        };
        Ok(json!({
            "rule_id": rule.id,
            "name": rule.name,
            "clause": rule.clause.to_string(),
            "basis": rule.cost.basis.chinese(),
            "sums": burden.first(),
            "line": line.map(|line| line_json(rule, line)),
            "outcome": outcome,
        }))
    }
}

fn line_json(rule: &Rule, line: &crate::policy::Line) -> Value {
    let figure = line.figure.as_ref();
    json!({
        "text": crate::policy::describe::line(rule, line),
        "income_amount": figure.map(|figure| figure.amount.to_string()),
        "line_amount": line.amount.to_string(),
        "warn_amount": line.warn.to_string(),
        "is_provisional": line.is_provisional,
        "year": figure.map(|figure| figure.year),
        "geography": figure.map(|figure| figure.geography.clone()),
        "release": figure.map(|figure| figure.release),
        "published": figure.and_then(|figure| figure.published),
        "source": figure.and_then(|figure| figure.source.clone()),
    })
}

/// Short file id to the name under which the file landed.
fn file_names(context: &Context) -> Result<BTreeMap<String, String>, PipelineError> {
    let mut names = BTreeMap::new();
    for file in context.ledger.files(Feed::Claims)? {
        names.insert(file.file_id.chars().take(16).collect(), file.name);
    }
    Ok(names)
}

fn with_file(mut claim: Value, names: &BTreeMap<String, String>) -> Value {
    let name = claim["source_file"].as_str().and_then(|id| names.get(id)).cloned();
    if let (Some(object), Some(name)) = (claim.as_object_mut(), name) {
        object.insert("source_file".to_owned(), Value::String(name));
    }
    claim
}

fn mask(row: &mut Value) {
    for (column, masked) in [("person_name", mask_name as fn(&str) -> String), ("id_number", mask_id)] {
        if let Some(text) = row.get(column).and_then(Value::as_str).map(masked) {
            row[column] = Value::String(text);
        }
    }
}

fn as_json(batch: &RecordBatch, row: usize) -> Value {
    let schema = batch.schema();
    let cells = schema.fields().iter().zip(batch.columns());
    Value::Object(
        cells.map(|(field, column)| (field.name().clone(), cell(column.as_ref(), row))).collect::<Map<_, _>>(),
    )
}

fn cell(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => Value::from(column.as_string::<i32>().value(row)),
        DataType::Boolean => Value::from(column.as_boolean().value(row)),
        DataType::Int64 => Value::from(column.as_primitive::<Int64Type>().value(row)),
        DataType::Decimal128(_, _) => {
            let fen = i64::try_from(column.as_primitive::<Decimal128Type>().value(row)).map(Fen);
            fen.map_or(Value::Null, |fen| Value::from(fen.to_string()))
        }
        DataType::Date32 => {
            let date = column.as_primitive::<Date32Type>().value_as_date(row);
            date.map_or(Value::Null, |date| Value::from(date.to_string()))
        }
        _ => Value::Null,
    }
}
