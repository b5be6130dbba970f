//! Carrying out statements: planned in a session of their own or by a kept plan, one partition, one shared bounded
//! memory pool.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::datasource::ViewTable;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan};
use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::simplify_expressions::SimplifyExpressions;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, collect, displayable, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use futures::future::BoxFuture;
use law::config::{EngineSettings, Problem};

use super::files::{keys_of, rows_of};
use super::model::{MEASURED, Model, ModelKind, Models, Param, bind, difference};
use super::planning::Templates;
use super::statement::{BucketJob, Made, Source, Statement};
use super::{EngineError, TableWriter, Written, planning};

/// Other machines that carry out bucket jobs.
pub trait Elsewhere: Debug + Send + Sync {
    /// Makes one file of the warehouse below `root` and runs its checks.
    fn make<'a>(
        &'a self,
        engine: &'a Engine,
        root: &'a Path,
        job: &'a BucketJob,
    ) -> BoxFuture<'a, Result<Made, EngineError>>;

    /// Takes back the jobs that it still has.
    fn stop(&self) -> BoxFuture<'_, ()>;
}

/// Who carries out bucket jobs.
#[derive(Debug, Clone)]
pub(super) enum Site {
    Here,
    Elsewhere(Arc<dyn Elsewhere>),
}

/// The engine: models, memory, and how many rows travel together.
#[derive(Debug, Clone)]
pub struct Engine {
    models: Arc<Models>,
    runtime: Arc<RuntimeEnv>,
    batch_rows: usize,
    templates: Arc<Templates>,
    pub(super) site: Site,
}

impl Engine {
    /// An engine for these models; spills go below `scratch`.
    pub fn new(models: Models, settings: &EngineSettings, scratch: &Path) -> Result<Self, EngineError> {
        Ok(Self::with_runtime(models, runtime(settings.memory_mib, scratch)?, settings.batch_rows))
    }

    /// An engine that shares memory and scratch space with others.
    pub fn with_runtime(models: Models, runtime: Arc<RuntimeEnv>, batch_rows: usize) -> Self {
        let (models, templates) = (Arc::new(models), Arc::default());
        Self { models, runtime, batch_rows: batch_rows.max(1), templates, site: Site::Here }
    }

    /// Rows that travel together.
    #[must_use]
    pub const fn batch_rows(&self) -> usize {
        self.batch_rows
    }

    /// The models it carries out.
    #[must_use]
    pub fn models(&self) -> &Models {
        &self.models
    }

    /// Runs a statement and returns its rows; for results that are small by nature.
    pub async fn collect(&self, statement: &Statement) -> Result<Vec<RecordBatch>, EngineError> {
        let (plan, task) = self.physical(statement).await?;
        collect(plan, task).await.map_err(|error| failed(&self.models, statement, &error))
    }

    /// Runs a statement and streams its rows into one Parquet file.
    pub async fn write(&self, statement: &Statement, path: &Path) -> Result<Written, EngineError> {
        let (plan, task) = self.physical(statement).await?;
        let schema = self.model(&statement.model)?.schema.clone();
        let failed = |error: DataFusionError| failed(&self.models, statement, &error);
        let mut rows = execute_stream(plan, task).map_err(failed)?;
        let mut writer = TableWriter::create(path, &schema)?;
        while let Some(batch) = rows.next().await {
            let batch = conform(&batch.map_err(failed)?, &schema).map_err(failed)?;
            writer.write(&batch)?;
        }
        writer.finish()
    }

    /// Copies the rows of the persons whom a statement names (`person_key`) out of a table's files into one Parquet
    /// file, in the files' order: `columns` of them, which are all that anybody reads.
    ///
    /// # Errors
    /// When the model is wrong, the statement fails, a file is damaged or the new one cannot be written.
    pub async fn copy(
        &self,
        persons: &Statement,
        table: &str,
        columns: &BTreeSet<String>,
        path: &Path,
    ) -> Result<Written, EngineError> {
        let wrong = |why: &str| EngineError::Model { model: persons.model.clone(), why: why.to_owned() };
        let schema = self.models.schema_of(table).ok_or_else(|| wrong("there is no such table"))?;
        let fields = schema.fields().iter().filter(|field| columns.contains(field.name())).cloned();
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let Some(Source::Files(files)) = persons.sources.get(table) else {
            return Err(wrong("rows are copied out of files only"));
        };
        let keys = keys_of(&self.collect(persons).await?).ok_or_else(|| wrong("it returns no person_key"))?;
        let mut writer = TableWriter::create(path, &schema)?;
        for file in files {
            for batch in rows_of(file, &schema, &keys)? {
                writer.write(&batch?)?;
            }
        }
        writer.finish()
    }

    /// The columns of a stored table that a statement reads, whatever stands in the table.
    pub async fn columns_read(&self, statement: &Statement, table: &str) -> Result<BTreeSet<String>, EngineError> {
        let failed = |error: DataFusionError| failed(&self.models, statement, &error);
        let mut without_data = statement.clone();
        without_data.sources.insert(table.to_owned(), Source::Files(Vec::new()));
        let (state, plan) = self.plan(&without_data, Absent::Unknown).await?.into_parts();
        let mut read = BTreeSet::new();
        // the two rules that decide which columns are read; the others take most of the time of planning
        let rules: [Arc<dyn OptimizerRule + Send + Sync>; 2] =
            [Arc::new(SimplifyExpressions::new()), Arc::new(OptimizeProjections::new())];
        let state = SessionStateBuilder::new_from_existing(state).with_optimizer_rules(rules.into()).build();
        let plan = state.optimize(&plan).map_err(failed)?;
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && scan.table_name.table() == table
            {
                read.extend(scan.projected_schema.fields().iter().map(|field| field.name().clone()));
            }
            Ok(TreeNodeRecursion::Continue)
        })
        .map_err(failed)?;
        Ok(read)
    }

    /// The physical plan of a statement, indented as the engine prints it.
    pub async fn explain(&self, statement: &Statement) -> Result<String, EngineError> {
        let (plan, _) = self.physical(statement).await?;
        Ok(displayable(plan.as_ref()).indent(false).to_string())
    }

    /// Runs a statement, lets its rows go, and returns its physical plan with what each operator took.
    pub async fn analyze(&self, statement: &Statement) -> Result<String, EngineError> {
        let failed = |error: DataFusionError| failed(&self.models, statement, &error);
        // a kept plan's scans have counted other buckets already
        let (plan, task) = self.planned(statement).await?;
        let mut rows = execute_stream(plan.clone(), task).map_err(failed)?;
        while let Some(batch) = rows.next().await {
            batch.map_err(failed)?;
        }
        Ok(DisplayableExecutionPlan::with_metrics(plan.as_ref()).indent(false).to_string())
    }

    /// Plans every model over empty tables and returns what is wrong with each. A model that reads `measured`
    /// without saying which view that is, is planned for every shape.
    pub async fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for model in self.models.iter() {
            let measures: Vec<Option<String>> = if self.models.is_abstract(&model.name) {
                if model.kind == ModelKind::View {
                    continue; // planned as a part of every shape
                }
                self.models.shapes().filter_map(|shape| shape.measures.clone()).map(Some).collect()
            } else {
                vec![None]
            };
            for measures in measures {
                if let Err(why) = self.plan_without_data(&model.name, measures).await {
                    let file = format!("sql/{}.sql", model.path);
                    let why = why.strip_prefix(&format!("{file}: ")).unwrap_or(&why).to_owned();
                    problems.push(Problem::new(&file, 0, why, "compare the statement with the columns in its .toml"));
                }
            }
        }
        problems
    }

    async fn plan_without_data(&self, model: &str, measures: Option<String>) -> Result<(), String> {
        let sources = self.models.bound_sources(model, measures.as_deref());
        let views = self.models.bound_views(model, measures.as_deref());
        let declared = views.iter().flat_map(|view| view.parameters.iter());
        let statement = Statement {
            model: model.to_owned(),
            sources: sources.into_iter().map(|table| (table, Source::Files(Vec::new()))).collect(),
            params: declared.map(|(name, kind)| (name.clone(), Param::example(*kind))).collect(),
            place: "no data".to_owned(),
            measures,
        };
        let frame = self.plan(&statement, Absent::Unknown).await.map_err(|error| error.to_string())?;
        frame.create_physical_plan().await.map(|_| ()).map_err(|error| error.to_string())
    }

    fn model(&self, name: &str) -> Result<&Arc<Model>, EngineError> {
        let missing = || EngineError::Model { model: name.to_owned(), why: "there is no such model".to_owned() };
        self.models.get(name).ok_or_else(missing)
    }

    /// The plan of a statement: one that was kept of a like statement, or a new one.
    async fn physical(&self, statement: &Statement) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>), EngineError> {
        let failed = |error: DataFusionError| failed(&self.models, statement, &error);
        let key = planning::key(statement);
        if let Some(kept) = key.as_ref().and_then(|key| self.templates.find(key)) {
            return kept.on(&statement.sources).map_err(failed);
        }
        let (plan, task) = self.planned(statement).await?;
        if let Some(key) = key {
            self.templates.keep(key, statement, &plan, &task);
        }
        Ok((plan, task))
    }

    async fn planned(&self, statement: &Statement) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>), EngineError> {
        let (state, plan) = self.plan(statement, Absent::Empty).await?.into_parts();
        let plan = state.create_physical_plan(&plan).await.map_err(|error| failed(&self.models, statement, &error))?;
        Ok((plan, state.task_ctx()))
    }

    async fn plan(&self, statement: &Statement, absent: Absent) -> Result<DataFrame, EngineError> {
        let state = SessionStateBuilder::new()
            .with_config(self.config())
            .with_runtime_env(self.runtime.clone())
            .with_default_features()
            .with_physical_optimizer_rules(planning::rules())
            .build();
        let context = SessionContext::new_with_state(state);
        let measures = self.models.measured_by(&statement.model, statement.measures.as_deref());
        for table in self.models.bound_sources(&statement.model, measures) {
            let provider = self.provider(&table, statement.sources.get(&table), absent, statement)?;
            context.register_table(&*table, provider).map_err(|error| failed(&self.models, statement, &error))?;
        }
        let mut last = None;
        for model in self.models.bound_views(&statement.model, measures) {
            let wrong =
                |error: DataFusionError| EngineError::Model { model: model.path.clone(), why: error.to_string() };
            let frame = context.sql_with_options(&model.sql, only_queries()).await.map_err(wrong)?;
            let frame = frame.with_param_values(bind(&model, &statement.params)?).map_err(wrong)?;
            check_columns(&model, &frame)?;
            if model.kind == ModelKind::View && model.name != statement.model {
                let view = frame.into_view();
                if measures == Some(model.name.as_str()) {
                    context.register_table(MEASURED, view.clone()).map_err(wrong)?;
                }
                context.register_table(&*model.name, view).map_err(wrong)?;
            } else {
                last = Some(frame);
            }
        }
        last.ok_or_else(|| EngineError::Model {
            model: statement.model.clone(),
            why: "there is no such model".to_owned(),
        })
    }

    fn config(&self) -> SessionConfig {
        SessionConfig::new()
            .with_target_partitions(1)
            .with_batch_size(self.batch_rows)
            // a plan serves other buckets too: it must not follow from what stands in this one's files
            .with_collect_statistics(false)
            .set_bool("datafusion.optimizer.enable_dynamic_filter_pushdown", false)
            .set_bool("datafusion.sql_parser.parse_float_as_decimal", true)
            .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
            .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
            .set_str("datafusion.execution.time_zone", "+08:00")
    }

    fn provider(
        &self,
        table: &str,
        source: Option<&Source>,
        absent: Absent,
        statement: &Statement,
    ) -> Result<Arc<dyn TableProvider>, EngineError> {
        let wrong = |why: String| EngineError::Model { model: statement.model.clone(), why };
        let schema = self.models.schema_of(table).ok_or_else(|| wrong(format!("no table {table}")))?;
        let provider = match source {
            None => return Err(wrong(format!("no source was given for table {table}"))),
            Some(Source::Files(files)) if files.is_empty() && absent == Absent::Unknown => {
                Ok(Arc::new(EmptyTable::new(schema)) as Arc<dyn TableProvider>)
            }
            // what is joined to nothing is planned without the join
            Some(Source::Files(files)) if files.is_empty() => Ok(nothing(&schema)?),
            Some(Source::Rows(rows)) if rows.num_rows() == 0 => Ok(nothing(&schema)?),
            Some(Source::Files(files)) => listing(files, schema),
            Some(Source::Rows(rows)) => MemTable::try_new(schema, vec![vec![rows.clone()]])
                .map(|table| Arc::new(table) as Arc<dyn TableProvider>),
        };
        provider.map_err(|error| failed(&self.models, statement, &error))
    }
}

/// What the planner is told of a table without files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// It has no rows, and nothing is planned for any.
    Empty,
    /// Only how it looks: the plan shows what would be read of it.
    Unknown,
}

/// A table of which the planner knows that it has no rows.
fn nothing(schema: &SchemaRef) -> Result<Arc<dyn TableProvider>, EngineError> {
    let schema = DFSchema::try_from(schema.as_ref().clone())
        .map_err(|error| EngineError::Model { model: "rows".to_owned(), why: error.to_string() })?;
    let nothing = LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema: Arc::new(schema) });
    Ok(Arc::new(ViewTable::new(nothing, None)))
}

/// One bounded memory pool for all statements; spills go below `scratch`.
pub fn runtime(memory_mib: usize, scratch: &Path) -> Result<Arc<RuntimeEnv>, EngineError> {
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(memory_mib.max(64) << 20)))
        .with_object_list_cache_limit(0)
        .with_temp_file_path(scratch)
        .build_arc()
        .map_err(|error| EngineError::Model { model: "(engine)".to_owned(), why: error.to_string() })
}

/// A model is a query: it writes nothing and defines nothing.
fn only_queries() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

fn listing(files: &[PathBuf], schema: SchemaRef) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let urls: Result<Vec<_>, _> = files.iter().map(|file| ListingTableUrl::parse(file.to_string_lossy())).collect();
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
    let config = ListingTableConfig::new_with_multi_paths(urls?).with_listing_options(options).with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config)?))
}

/// The statement's columns must be those that its contract names, in order and type.
fn check_columns(model: &Model, frame: &DataFrame) -> Result<(), EngineError> {
    match difference(frame.schema().as_arrow(), &model.schema) {
        None => Ok(()),
        Some((at, found, declared)) => {
            let why = format!("column {} is {found}, its .toml says {declared}", at + 1);
            Err(EngineError::Model { model: model.path.clone(), why })
        }
    }
}

/// The batch under the contract's schema (the engine knows columns to be never null; files do not say so).
fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, DataFusionError> {
    Ok(RecordBatch::try_new(schema.clone(), batch.columns().to_vec())?)
}

fn failed(models: &Models, statement: &Statement, error: &DataFusionError) -> EngineError {
    let model = models.get(&statement.model).map_or_else(|| statement.model.clone(), |model| model.path.clone());
    EngineError::Statement { model, place: statement.place.clone(), why: error.strip_backtrace() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Models come from files that people write, and from other machines.
    #[test]
    fn a_model_that_writes_or_defines_is_refused() {
        let contract = "kind = \"table\"\ngrain = \"one\"\ninputs = []\ncolumns = [\"count bigint\"]\n";
        let scratch = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let statements = [
            ("select cast(1 as bigint) as count", false),
            ("copy (select 1) to 'copied.parquet'", true),
            ("create table taken as select 1", true),
            ("set datafusion.execution.batch_size = 1", true),
            ("select count(*) as count from 'Cargo.toml'", true),
        ];
        for (sql, is_refused) in statements {
            let models = Models::parse(&[("marts/one".to_owned(), sql.to_owned(), contract.to_owned())]).unwrap();
            let engine = Engine::new(models, &EngineSettings::default(), scratch.path()).unwrap();
            let problems = runtime.block_on(engine.check());
            assert_eq!(!problems.is_empty(), is_refused, "{sql}: {problems:?}");
        }
    }
}
