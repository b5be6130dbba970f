//! Physical plans that are kept: a statement is planned on its first bucket and carried out on the others as planned.
//!
//! Planning takes tens of milliseconds, as long as working through some hundred thousand rows, and a year has
//! thousands of statements that differ in nothing but their files. Nothing in a plan may depend on what stands in the
//! first bucket's files or rows: statistics are not collected, none are read off rows (see `joins::rules`), filters are not
//! handed down while running (see `session::config`), and a plan with an operator that is not known to start afresh is not
//! kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use datafusion::datasource::listing::{ListingTableUrl, PartitionedFile};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder};
use datafusion::datasource::source::{DataSource as _, DataSourceExec};
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::execution_plan::ChildrenPropertiesMode;
use datafusion::physical_plan::{ExecutionPlan, ReplaceChildrenOptions};

use crate::statement::{Source, Statement};

/// Operators that hold nothing of one run once they are made anew.
const STARTING_AFRESH: [&str; 14] = [
    "AggregateExec",
    "BoundedWindowAggExec",
    "CooperativeExec",
    "CrossJoinExec",
    "DataSourceExec",
    "EmptyExec",
    "FilterExec",
    "HashJoinExec",
    "PlaceholderRowExec",
    "ProjectionExec",
    "SortExec",
    "SortPreservingMergeExec",
    "UnionExec",
    "WindowAggExec",
];
/// Plans that are kept; a run has fewer, a long list of others comes from elsewhere.
const KEPT: usize = 128;

/// The plans of an engine.
#[derive(Debug, Default)]
pub(crate) struct Templates(Mutex<HashMap<String, Arc<Template>>>);

/// A statement's plan on one bucket.
#[derive(Debug)]
pub(crate) struct Template {
    plan: Arc<dyn ExecutionPlan>,
    task: Arc<TaskContext>,
    /// Which table a file of that bucket belongs to.
    tables: HashMap<String, String>,
    /// The statement's tables of rows, by which scans of them are known again.
    rows: Vec<(String, RecordBatch)>,
}

impl Templates {
    /// The plan of a statement that differs from one planned before in its files only.
    pub(crate) fn find(&self, key: &str) -> Option<Arc<Template>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a plan if it may be carried out on other files.
    pub(crate) fn keep(
        &self,
        key: String,
        statement: &Statement,
        plan: &Arc<dyn ExecutionPlan>,
        task: &Arc<TaskContext>,
    ) {
        let (Some(tables), Some(rows)) = (tables_by_file(statement), tables_of_rows(statement)) else { return };
        if !starts_afresh(plan.as_ref(), &tables, &rows) {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        let (plan, task) = (plan.clone(), task.clone());
        kept.insert(key, Arc::new(Template { plan, task, tables, rows }));
    }
}

impl Template {
    /// The plan on a statement's own files.
    pub(crate) fn on(
        &self,
        sources: &BTreeMap<String, Source>,
    ) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>), DataFusionError> {
        Ok((self.anew(&self.plan, sources)?, self.task.clone()))
    }

    fn anew(
        &self,
        node: &Arc<dyn ExecutionPlan>,
        sources: &BTreeMap<String, Source>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let inputs = node.children();
        if inputs.is_empty() {
            let Some(scan) = scan_of(node.as_ref()) else { return self.with_rows(node, sources) };
            let table = first_file(scan).and_then(|file| self.tables.get(file));
            let missing = || DataFusionError::Internal("a scan of no table".to_owned());
            let Some(Source::Files(files)) = table.and_then(|table| sources.get(table)) else {
                return Err(missing());
            };
            let group = FileGroup::new(files.iter().map(|file| part(file)).collect::<Result<_, _>>()?);
            let scan = FileScanConfigBuilder::from(scan.clone()).with_file_groups(vec![group]).build();
            return Ok(DataSourceExec::from_data_source(scan));
        }
        let inputs = inputs.into_iter().map(|input| self.anew(input, sources)).collect::<Result<Vec<_>, _>>()?;
        // an operator with new inputs may still hold what it gathered from the old ones
        let fresh = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        node.clone().replace_children(inputs, fresh)?.reset_state()
    }

    /// A scan of a table's rows on the statement's own.
    fn with_rows(
        &self,
        node: &Arc<dyn ExecutionPlan>,
        sources: &BTreeMap<String, Source>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let Some(scan) = memory_of(node.as_ref()) else { return Ok(node.clone()) };
        let Some(Source::Rows(rows)) = table_of(scan, &self.rows).and_then(|table| sources.get(table)) else {
            return Err(DataFusionError::Internal("a scan of no rows".to_owned()));
        };
        let own =
            MemorySourceConfig::try_new(&[vec![rows.clone()]], scan.original_schema(), scan.projection().clone())?;
        Ok(DataSourceExec::from_data_source(own.with_limit(scan.fetch())))
    }
}

/// The table of rows that a scan of memory reads; `None`: it reads others, which another bucket would read again.
fn table_of<'a>(scan: &MemorySourceConfig, rows: &'a [(String, RecordBatch)]) -> Option<&'a str> {
    let [batches] = scan.partitions() else { return None };
    let [batch] = batches.as_slice() else { return None };
    let place = places(batch);
    rows.iter().find(|(_, rows)| places(rows) == place).map(|(table, _)| table.as_str())
}

fn memory_of(node: &dyn ExecutionPlan) -> Option<&MemorySourceConfig> {
    node.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref::<MemorySourceConfig>()
}

/// What a plan depends on besides its files and rows; `None` where a statement reads no file.
pub(crate) fn key(statement: &Statement) -> Option<String> {
    use std::fmt::Write as _;
    let mut key = format!("{}|{:?}|{:?}", statement.model, statement.measures, statement.params);
    let mut has_files = false;
    for (table, source) in &statement.sources {
        let _ = match source {
            Source::Files(files) => {
                has_files |= !files.is_empty();
                write!(key, "|{table} {}", !files.is_empty())
            }
            Source::Rows(rows) if rows.num_rows() == 0 => write!(key, "|{table} no rows"),
            Source::Rows(_) => write!(key, "|{table} rows"),
        };
    }
    has_files.then_some(key)
}

/// Where rows lie in memory: no others can lie there as long as a kept plan holds them.
fn places(rows: &RecordBatch) -> Vec<usize> {
    rows.columns().iter().map(|column| Arc::as_ptr(column).cast::<()>().addr()).collect()
}

/// The table of each file, by the place that a scan names; `None` where two tables share one.
fn tables_by_file(statement: &Statement) -> Option<HashMap<String, String>> {
    let mut tables = HashMap::new();
    for (table, source) in &statement.sources {
        let Source::Files(files) = source else { continue };
        for file in files {
            let place = part(file).ok()?.object_meta.location.to_string();
            if tables.insert(place, table.clone()).is_some_and(|other| other != *table) {
                return None;
            }
        }
    }
    Some(tables)
}

/// The statement's tables of rows; `None` where two of them are the same rows, or one has no columns: their scans look alike.
fn tables_of_rows(statement: &Statement) -> Option<Vec<(String, RecordBatch)>> {
    let rows = statement.sources.iter().filter_map(|(table, source)| match source {
        Source::Rows(rows) if rows.num_rows() > 0 => Some((table.clone(), rows.clone())),
        Source::Rows(_) | Source::Files(_) => None,
    });
    let rows: Vec<(String, RecordBatch)> = rows.collect();
    let seen: BTreeSet<Vec<usize>> = rows.iter().map(|(_, rows)| places(rows)).collect();
    (seen.len() == rows.len() && !seen.contains(&Vec::new())).then_some(rows)
}

fn starts_afresh(node: &dyn ExecutionPlan, tables: &HashMap<String, String>, rows: &[(String, RecordBatch)]) -> bool {
    let is_known = match (scan_of(node), memory_of(node)) {
        (Some(scan), _) => {
            scan.file_groups.len() == 1 && first_file(scan).is_some_and(|file| tables.contains_key(file))
        }
        (None, Some(scan)) => table_of(scan, rows).is_some(),
        (None, None) => STARTING_AFRESH.contains(&node.name()),
    };
    is_known && node.children().into_iter().all(|input| starts_afresh(input.as_ref(), tables, rows))
}

fn scan_of(node: &dyn ExecutionPlan) -> Option<&FileScanConfig> {
    node.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref::<FileScanConfig>()
}

fn first_file(scan: &FileScanConfig) -> Option<&str> {
    let file = scan.file_groups.first()?.files().first()?;
    Some(file.object_meta.location.as_ref())
}

/// A file as a scan names it. Its name follows from its content, so it needs no date.
fn part(file: &Path) -> Result<PartitionedFile, DataFusionError> {
    let size = std::fs::metadata(file).map_err(DataFusionError::IoError)?.len();
    let mut part = PartitionedFile::new("", size);
    part.object_meta.location = ListingTableUrl::parse(file.to_string_lossy())?.prefix().clone();
    Ok(part)
}
