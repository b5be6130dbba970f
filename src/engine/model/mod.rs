//! SQL models: a statement, its contract, and the views it stands on.

mod params;
mod tables;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use law::config::{Problem, nearest};
use law::domain::hex;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::schema::table_schema;

pub(super) use params::bind;
pub use params::{Param, Params};
pub(super) use tables::{MEASURED, difference};
use tables::{PARAMETER_TABLES, declared, parse_column};

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
    pub sql: String,
    /// The text of its contract, the `.toml`.
    pub contract: String,
    pub kind: ModelKind,
    /// Rises when columns, parameters or inputs change what they mean: a copy of an older one does not fit.
    pub interface: u32,
    pub grain: String,
    /// Tables and views that it reads.
    pub inputs: Vec<String>,
    /// For a rule shape: the view that it reads under the name `measured`.
    pub measures: Option<String>,
    pub parameters: BTreeMap<String, ParamKind>,
    /// Columns that it returns, in order.
    pub schema: SchemaRef,
    /// SHA-256 over statement and contract.
    pub hash: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamKind {
    Date,
    Text,
    Boolean,
    Bigint,
    /// DECIMAL(18,2), yuan.
    Money,
    /// DECIMAL(18,6), a share.
    Ratio,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    kind: ModelKind,
    #[serde(default = "first_interface")]
    interface: u32,
    grain: String,
    inputs: Vec<String>,
    #[serde(default)]
    measures: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, ParamKind>,
    columns: Vec<toml::Spanned<String>>,
}

/// Contracts of 6311a20 state no interface.
const fn first_interface() -> u32 {
    1
}

/// The table that holds the rows of all rule shapes.
const FINDINGS: &str = "findings";

/// All models of a workspace, checked against each other.
#[derive(Debug, Clone)]
pub struct Models {
    by_name: BTreeMap<String, Arc<Model>>,
}

impl Models {
    /// Reads models from (path below `sql/` without ending, SQL text, TOML text).
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
        models.check_shapes(&mut problems);
        for model in models.by_name.values() {
            for input in &model.inputs {
                if models.schema_of(input).is_none() {
                    let file = format!("sql/{}.toml", model.path);
                    let known = models.by_name.keys().map(String::as_str);
                    let hint =
                        nearest(input, known.chain(PARAMETER_TABLES.map(|(name, _)| name)).chain(["claims", MEASURED]));
                    let hint = hint.map_or_else(
                        || "tables are claims, residents, rosters, income, adjustments, applications".to_owned(),
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

    /// Models that were written for another interface than the shipped one of their name.
    #[must_use]
    pub fn unfit(&self, shipped: impl Fn(&str) -> Option<String>) -> Vec<Problem> {
        let unfit = |model: &Arc<Model>| {
            let file = format!("sql/{}.toml", model.path);
            let wanted = toml::from_str::<ModelFile>(&shipped(&file)?).ok()?.interface;
            let hint = match model.interface.cmp(&wanted) {
                Ordering::Equal => return None,
                Ordering::Greater => "it was written for a newer version of this program; use that version".to_owned(),
                Ordering::Less => format!(
                    "`poverty-watch upgrade` renews it, or lays what is new beside an edited copy; carry your change \
                     over and set interface = {wanted}"
                ),
            };
            let message = format!("this copy has interface {}, the program's model has {wanted}", model.interface);
            Some(Problem::at_key(&file, &model.contract, "interface", message, hint))
        };
        self.by_name.values().filter_map(unfit).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.by_name.values()
    }

    /// The columns of a table, a model or a parameter table.
    #[must_use]
    pub fn schema_of(&self, table: &str) -> Option<SchemaRef> {
        // every rule shape returns the same columns, so that one table holds the findings of all
        let table = if table == FINDINGS { self.shapes().next()?.name.as_str() } else { table };
        let model = || self.by_name.get(table).map(|model| model.schema.clone());
        table_schema(table).or_else(model).or_else(|| declared(table))
    }

    /// The highest interface number with which this program writes a table's files; 0 where no model makes it.
    #[must_use]
    pub fn interface_of(&self, table: &str) -> u32 {
        let own = self.by_name.get(table).map(|model| model.interface);
        let of_shapes = || self.shapes().map(|model| model.interface).filter(|_| table == FINDINGS).max();
        own.or_else(of_shapes).unwrap_or_default()
    }

    /// The rule shapes: the models below `sql/rules/`.
    pub fn shapes(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.by_name.values().filter(|model| model.path.starts_with("rules/"))
    }

    /// A model and the views below it, the deepest first, each once; `measured` is the view that the model measures by.
    #[must_use]
    pub fn with_views(&self, name: &str) -> Vec<Arc<Model>> {
        self.bound_views(name, None)
    }

    /// The same where the caller says which view `measured` is: for a check or an explanation of a rule's statement.
    #[must_use]
    pub fn bound_views(&self, name: &str, measures: Option<&str>) -> Vec<Arc<Model>> {
        let mut order = Vec::new();
        self.visit(name, self.measured_by(name, measures), &mut BTreeSet::new(), &mut order);
        order
    }

    /// The view that `measured` is in a model's statement: the model's own, else the caller's.
    pub(super) fn measured_by<'a>(&'a self, name: &str, measures: Option<&'a str>) -> Option<&'a str> {
        self.by_name.get(name).and_then(|model| model.measures.as_deref()).or(measures)
    }

    fn visit(&self, name: &str, measures: Option<&str>, seen: &mut BTreeSet<String>, order: &mut Vec<Arc<Model>>) {
        let Some(model) = self.by_name.get(name) else { return };
        if !seen.insert(name.to_owned()) {
            return;
        }
        for input in &model.inputs {
            let input = if input == MEASURED { measures.unwrap_or(MEASURED) } else { input };
            if self.by_name.get(input).is_some_and(|below| below.kind == ModelKind::View) {
                self.visit(input, measures, seen, order);
            }
        }
        order.push(model.clone());
    }

    /// The stored tables that a model reads, through its views.
    #[must_use]
    pub fn sources_of(&self, name: &str) -> BTreeSet<String> {
        self.bound_sources(name, None)
    }

    /// The same where the caller says which view `measured` is.
    #[must_use]
    pub fn bound_sources(&self, name: &str, measures: Option<&str>) -> BTreeSet<String> {
        let is_bound = self.measured_by(name, measures).is_some();
        let views = self.bound_views(name, measures);
        let inputs = views.iter().flat_map(|model| model.inputs.iter());
        inputs
            .filter(|input| !(is_bound && *input == MEASURED))
            .filter(|input| self.by_name.get(*input).is_none_or(|model| model.kind == ModelKind::Table))
            .cloned()
            .collect()
    }

    /// The models without which the named ones cannot be planned: their views and the tables that they read, each once.
    #[must_use]
    pub fn needed_by<'a>(&'a self, names: impl IntoIterator<Item = &'a str>) -> Vec<Arc<Model>> {
        let mut open: Vec<&str> = names.into_iter().collect();
        let mut seen = BTreeMap::new();
        while let Some(name) = open.pop() {
            if name == FINDINGS {
                open.extend(self.shapes().map(|shape| shape.name.as_str()).filter(|shape| !seen.contains_key(shape)));
            }
            let Some(model) = self.by_name.get(name) else { continue };
            if seen.insert(name, model.clone()).is_none() {
                open.extend(model.inputs.iter().chain(&model.measures).map(String::as_str));
            }
        }
        seen.into_values().collect()
    }

    /// Whether a model's statement reads `measured` without saying which view that is.
    #[must_use]
    pub fn is_abstract(&self, name: &str) -> bool {
        self.sources_of(name).contains(MEASURED)
    }

    /// Shapes measure by a view with the columns of `measured`, and all return the same.
    fn check_shapes(&self, problems: &mut Vec<Problem>) {
        let wanted = declared(MEASURED);
        let views = || self.by_name.values().filter(|model| model.kind == ModelKind::View);
        for model in self.by_name.values() {
            let Some(name) = &model.measures else { continue };
            let file = format!("sql/{}.toml", model.path);
            let Some(view) = views().find(|view| view.name == *name) else {
                let hint = nearest(name, views().map(|view| view.name.as_str()));
                let hint = hint.map_or_else(|| "name a view".to_owned(), |near| format!("did you mean `{near}`?"));
                problems.push(Problem::new(&file, 0, format!("`measures` names `{name}`, which is no view"), hint));
                continue;
            };
            if let Some((at, found, wanted)) = wanted.as_ref().and_then(|wanted| difference(&view.schema, wanted)) {
                let why = format!("column {} of {name} is {found}, a view that measures has {wanted} there", at + 1);
                problems.push(Problem::new(
                    &file,
                    0,
                    why,
                    format!("compare sql/{}.toml with int_burden.toml", view.path),
                ));
            }
        }
        let Some(first) = self.shapes().next() else { return };
        for shape in self.shapes() {
            if self.is_abstract(&shape.name) {
                let file = format!("sql/{}.toml", shape.path);
                problems.push(Problem::new(&file, 0, "it does not say what it measures", "add measures = \"int_...\""));
            }
            if let Some((at, found, wanted)) = difference(&shape.schema, &first.schema) {
                let file = format!("sql/{}.toml", shape.path);
                let why = format!("column {} is {found}, {} has {wanted} there", at + 1, first.name);
                problems.push(Problem::new(&file, 0, why, "all shapes return the columns of the table findings"));
            }
        }
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
        contract: contract.to_owned(),
        kind: parsed.kind,
        interface: parsed.interface,
        grain: parsed.grain,
        inputs: parsed.inputs,
        measures: parsed.measures,
        parameters: parsed.parameters,
        schema: Arc::new(Schema::new(fields)),
        hash: hex(&digest),
    })
}
