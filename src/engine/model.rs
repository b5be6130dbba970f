//! SQL models: a statement, its contract, and the views it stands on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::schema::table_schema;
use crate::config::{Problem, nearest};
use crate::domain::hex;

/// How a model is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Part of the statements that name it.
    View,
    /// A statement whose rows are written to a Parquet file, or read at once by a check.
    Table,
}

/// One `sql/**/<name>.sql` with its `.toml`.
#[derive(Debug, Clone)]
pub struct Model {
    /// File stem; also its table name.
    pub name: String,
    /// Path below `sql/` without ending, e.g. `rules/rule_person_window_over_line`.
    pub path: String,
    /// The statement.
    pub sql: String,
    /// View or table.
    pub kind: ModelKind,
    /// What one row is.
    pub grain: String,
    /// Tables and views that it reads.
    pub inputs: Vec<String>,
    /// Parameters and their types.
    pub parameters: BTreeMap<String, ParamKind>,
    /// Columns that it returns, in order.
    pub schema: SchemaRef,
    /// SHA-256 over statement and contract.
    pub hash: String,
}

/// Type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamKind {
    /// DATE.
    Date,
    /// Text.
    Text,
    /// BOOLEAN.
    Boolean,
    /// BIGINT.
    Bigint,
    /// DECIMAL(18,2), yuan.
    Money,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    kind: ModelKind,
    grain: String,
    inputs: Vec<String>,
    #[serde(default)]
    parameters: BTreeMap<String, ParamKind>,
    columns: Vec<toml::Spanned<String>>,
}

/// Tables that hold a rule's own data, handed to a statement as rows.
const PARAMETER_TABLES: [(&str, &[&str]); 4] = [
    (
        "rule_line",
        &[
            "county_code text",
            "geography_code text",
            "income_amount money",
            "line_amount money",
            "warn_amount money",
            "kept_amount money",
            "is_provisional boolean",
        ],
    ),
    ("rule_tag", &["tag text"]),
    ("rule_insurance", &["rule_id text", "insurance_type text"]),
    (
        "rule",
        &[
            "rule_id text",
            "rule_order bigint",
            "rule_version text",
            "basis text",
            "clause text",
            "any_insurance boolean",
            "subtract_adjustments boolean",
            "strict boolean",
        ],
    ),
];

/// The table that holds the rows of all rule shapes.
const FINDINGS: &str = "findings";

/// All models of a workspace, checked against each other.
#[derive(Debug, Clone)]
pub struct Models {
    by_name: BTreeMap<String, Arc<Model>>,
}

impl Models {
    /// Reads models from (path below `sql/` without ending, SQL text, TOML text).
    ///
    /// # Errors
    /// All faults: unknown keys, types, inputs that no table and no model has, circles of views.
    pub fn parse(files: &[(String, String, String)]) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut by_name = BTreeMap::new();
        for (path, sql, contract) in files {
            match parse_model(path, sql, contract) {
                Ok(model) => {
                    by_name.insert(model.name.clone(), Arc::new(model));
                }
                Err(mut found) => problems.append(&mut found),
            }
        }
        let models = Self { by_name };
        for model in models.by_name.values() {
            for input in &model.inputs {
                if models.schema_of(input).is_none() {
                    let file = format!("sql/{}.toml", model.path);
                    let known = models.by_name.keys().map(String::as_str);
                    let hint = nearest(input, known.chain(PARAMETER_TABLES.map(|(name, _)| name)).chain(["claims"]));
                    let hint = hint.map_or_else(
                        || "tables are claims, residents, rosters, income, adjustments".to_owned(),
                        |name| format!("did you mean `{name}`?"),
                    );
                    problems.push(Problem::new(
                        &file,
                        0,
                        format!("input `{input}` is neither a table nor a model"),
                        hint,
                    ));
                }
            }
        }
        if problems.is_empty() { Ok(models) } else { Err(problems) }
    }

    /// The model of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Model>> {
        self.by_name.get(name)
    }

    /// All models by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.by_name.values()
    }

    /// The columns of a table, a model or a parameter table.
    #[must_use]
    pub fn schema_of(&self, table: &str) -> Option<SchemaRef> {
        // every rule shape returns the same columns, so that one table holds the findings of all
        let table = if table == FINDINGS { self.shapes().next()?.name.as_str() } else { table };
        table_schema(table).or_else(|| self.by_name.get(table).map(|model| model.schema.clone())).or_else(|| {
            let (_, columns) = PARAMETER_TABLES.iter().find(|(name, _)| *name == table)?;
            columns
                .iter()
                .map(|column| parse_column(column))
                .collect::<Option<Vec<_>>>()
                .map(|f| Arc::new(Schema::new(f)))
        })
    }

    /// The rule shapes: the models below `sql/rules/`.
    pub fn shapes(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.by_name.values().filter(|model| model.path.starts_with("rules/"))
    }

    /// A model and the views below it, the deepest first, each once.
    #[must_use]
    pub fn with_views(&self, name: &str) -> Vec<Arc<Model>> {
        let mut order = Vec::new();
        self.visit(name, &mut BTreeSet::new(), &mut order);
        order
    }

    fn visit(&self, name: &str, seen: &mut BTreeSet<String>, order: &mut Vec<Arc<Model>>) {
        let Some(model) = self.by_name.get(name) else { return };
        if !seen.insert(name.to_owned()) {
            return;
        }
        for input in &model.inputs {
            if self.by_name.get(input).is_some_and(|below| below.kind == ModelKind::View) {
                self.visit(input, seen, order);
            }
        }
        order.push(model.clone());
    }

    /// The stored tables that a model reads, through its views.
    #[must_use]
    pub fn sources_of(&self, name: &str) -> BTreeSet<String> {
        let views = self.with_views(name);
        let inputs = views.iter().flat_map(|model| model.inputs.iter());
        inputs
            .filter(|input| self.by_name.get(*input).is_none_or(|model| model.kind == ModelKind::Table))
            .cloned()
            .collect()
    }
}

fn parse_model(path: &str, sql: &str, contract: &str) -> Result<Model, Vec<Problem>> {
    let file = format!("sql/{path}.toml");
    let parsed: ModelFile =
        toml::from_str(contract).map_err(|error| vec![Problem::in_toml(&file, contract, &error)])?;
    let mut problems = Vec::new();
    let mut fields = Vec::new();
    for column in &parsed.columns {
        match parse_column(column.get_ref()) {
            Some(field) => fields.push(field),
            None => problems.push(Problem::at(
                &file,
                contract,
                column.span().start,
                format!("`{}` is no column", column.get_ref()),
                "write \"name type\" with bigint, integer, text, date, timestamp, boolean or money",
            )),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let digest = Sha256::digest(format!("{sql}\0{contract}"));
    Ok(Model {
        name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        path: path.to_owned(),
        sql: sql.to_owned(),
        kind: parsed.kind,
        grain: parsed.grain,
        inputs: parsed.inputs,
        parameters: parsed.parameters,
        schema: Arc::new(Schema::new(fields)),
        hash: hex(&digest),
    })
}

fn parse_column(text: &str) -> Option<Field> {
    let (name, kind) = text.split_once(' ')?;
    let kind = match kind {
        "bigint" => DataType::Int64,
        "integer" => DataType::Int32,
        "text" => DataType::Utf8,
        "date" => DataType::Date32,
        "timestamp" => DataType::Timestamp(TimeUnit::Millisecond, None),
        "boolean" => DataType::Boolean,
        "money" => DataType::Decimal128(18, 2),
        _ => return None,
    };
    Some(Field::new(name, kind, true))
}
