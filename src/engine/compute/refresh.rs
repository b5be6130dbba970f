//! Refreshing stored models bucket by bucket, only where what they are made from changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use law::domain::Period;
use store::durable::At as _;
use store::warehouse::{FileEntry, Version};

use super::{balance, rules};
use crate::context::{Context, sha256_hex};
use crate::{BucketJob, Copied, Engine, Params, PipelineError, Source, Statement, in_parallel};

/// One file that a model should have: where it belongs and what it is made from.
#[derive(Debug, Clone)]
pub struct Task {
    pub model: String,
    /// The view that the model and its checks read as `measured`.
    pub measures: Option<String>,
    /// The file has the rows of a table, of the persons whom the model names, in place of the model's own rows.
    pub copied: Option<Copied>,
    /// Table under which the version lists it.
    pub table: String,
    /// Month or period, where the table is split so.
    pub month: Option<Period>,
    /// Rule, where it is split by rule.
    pub rule: Option<String>,
    pub bucket: u16,
    /// Stored tables that it reads.
    pub sources: BTreeMap<String, Vec<FileEntry>>,
    pub rows: BTreeMap<String, arrow::array::RecordBatch>,
    pub params: Params,
    pub checks: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Refreshed {
    /// Files as the next version lists them: fresh ones and those that could stay.
    pub entries: Vec<FileEntry>,
    /// How many were made anew.
    pub made: usize,
}

impl Task {
    /// Hash of everything that the file is made from: statements, parameters, data.
    pub fn inputs(&self, engine: &Engine) -> Result<String, PipelineError> {
        let mut text = String::new();
        for model in engine.models().with_views(&self.model) {
            text.push_str(&model.hash);
        }
        for check in &self.checks {
            text.push_str(engine.models().get(check).map_or("", |model| &model.hash));
        }
        for (table, files) in &self.sources {
            text.push_str(table);
            text.extend(files.iter().map(|file| file.sha256.as_str()));
        }
        for (table, rows) in &self.rows {
            text.push_str(table);
            text.push_str(&rules::hash_of(table, rows)?);
        }
        if let Some(copied) = &self.copied {
            text.push_str(&copied.table);
            text.extend(copied.columns.iter().map(String::as_str));
        }
        let params = format!("{:?}", self.params);
        text.push_str(&params);
        Ok(sha256_hex(&text))
    }

    fn place(&self) -> String {
        let month = self.month.map_or(String::new(), |month| format!("month {month} "));
        let rule = self.rule.as_ref().map_or(String::new(), |rule| format!("rule {rule} "));
        format!("{month}{rule}bucket {:03}", self.bucket)
    }

    fn path(&self, inputs: &str) -> String {
        let month = self.month.map_or(String::new(), |month| format!("month={month}/"));
        let rule = self.rule.as_ref().map_or(String::new(), |rule| format!("rule={rule}/"));
        format!("{}/{month}{rule}bucket={:03}/{}.parquet", self.table, self.bucket, &inputs[..16])
    }

    /// What is to be made, all paths below the warehouse's root.
    fn job(&self, inputs: &str) -> BucketJob {
        let files =
            |entries: &Vec<FileEntry>| Source::Files(entries.iter().map(|entry| PathBuf::from(&entry.path)).collect());
        let stored = self.sources.iter().map(|(table, entries)| (table.clone(), files(entries)));
        let handed = self.rows.iter().map(|(table, rows)| (table.clone(), Source::Rows(rows.clone())));
        let statement = Statement {
            model: self.model.clone(),
            measures: self.measures.clone(),
            sources: stored.chain(handed).collect(),
            params: self.params.clone(),
            place: self.place(),
        };
        BucketJob { statement, copied: self.copied.clone(), file: self.path(inputs), checks: self.checks.clone() }
    }
}

/// Makes every file whose inputs changed; the others stay as `version` lists them.
pub async fn refresh(
    context: &Context,
    version: &Version,
    step: &str,
    tasks: Vec<Task>,
) -> Result<Refreshed, PipelineError> {
    let mut known = BTreeMap::new();
    for file in &version.files {
        known.insert((file.table.as_str(), file.month, file.rule.as_deref(), file.bucket), file);
    }
    let mut refreshed = Refreshed::default();
    let analyzed = if context.explain.is_some() { one_bucket(&tasks) } else { Vec::new() };
    let mut stale = Vec::new();
    for task in tasks {
        let inputs = task.inputs(&context.engine)?;
        let slot = (task.table.as_str(), task.month, task.rule.as_deref(), Some(task.bucket));
        match known.get(&slot) {
            Some(file) if file.inputs == inputs => refreshed.entries.push((*file).clone()),
            _ => stale.push((task, inputs)),
        }
    }
    refreshed.made = stale.len();
    context.progress.begin(step, stale.len() as u64);
    let done = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let (engine, root) = (context.engine.clone(), context.warehouse.root().to_owned());
    let (progress, stop) = (context.progress.clone(), context.stop.clone());
    let made = in_parallel(context.jobs_at_once(), stale, move |(task, inputs)| {
        let (engine, root, progress, done) = (engine.clone(), root.clone(), progress.clone(), done.clone());
        let stop = stop.clone();
        async move {
            stop.check()?;
            let making = make(&engine, &root, &task, inputs);
            let entry = if engine.is_on_cluster() { stop.or_done(making).await } else { making.await };
            progress.reached(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1);
            entry
        }
    });
    refreshed.entries.extend(made.await?);
    context.progress.end(step, &format!("{} files fresh, {} made", refreshed.entries.len(), refreshed.made));
    for task in &analyzed {
        analyze(context, task).await?;
    }
    Ok(refreshed)
}

/// The first bucket's tasks: of each model and rule the one of the latest month.
fn one_bucket(tasks: &[Task]) -> Vec<Task> {
    let first = tasks.iter().map(|task| task.bucket).min();
    let of_first = tasks.iter().filter(|task| Some(task.bucket) == first);
    let latest: BTreeMap<_, &Task> = of_first.map(|task| ((&task.model, &task.rule), task)).collect();
    latest.into_values().cloned().collect()
}

/// Carries a task's statement out once more and writes its plan with what each operator took.
async fn analyze(context: &Context, task: &Task) -> Result<(), PipelineError> {
    let Some(folder) = &context.explain else { return Ok(()) };
    let statement = task.job("").statement.below(context.warehouse.root());
    let plan = context.engine.analyze(&statement).await?;
    let rule = task.rule.as_ref().map_or(String::new(), |rule| format!("-{rule}"));
    let path = folder.join(format!("{}{rule}.txt", task.model));
    std::fs::create_dir_all(folder).at(folder)?;
    Ok(std::fs::write(&path, format!("sql/{}.sql, {}\n\n{plan}", task.model, task.place())).at(&path)?)
}

/// Makes one task's file below `root`.
async fn make(engine: &Engine, root: &Path, task: &Task, inputs: String) -> Result<FileEntry, PipelineError> {
    let job = task.job(&inputs);
    let made = engine.make(root, &job).await?;
    for (check, rows) in task.checks.iter().zip(&made.checked) {
        balance::verify(check, &task.place(), rows, made.written.rows)?;
    }
    let written = made.written;
    Ok(FileEntry {
        table: task.table.clone(),
        month: task.month,
        rule: task.rule.clone(),
        bucket: Some(task.bucket),
        path: job.file,
        rows: written.rows,
        bytes: written.bytes,
        sha256: written.sha256,
        control_fen: None,
        inputs,
    })
}
