//! Refreshing stored models bucket by bucket, only where what they are made from changed.

use std::collections::BTreeMap;
use std::path::Path;

use store::durable::At as _;
use store::warehouse::{FileEntry, Version};

use super::balance;
use super::task::Task;
use crate::context::Context;
use crate::{Engine, PipelineError, in_parallel};

#[derive(Debug, Default)]
pub struct Refreshed {
    /// Files as the next version lists them: fresh ones and those that could stay.
    pub entries: Vec<FileEntry>,
    /// How many were made anew.
    pub made: usize,
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
        let inputs = task.fingerprint(&context.engine)?;
        let slot = (task.table.as_str(), Some(task.period), task.rule.as_deref(), Some(task.bucket));
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
    let statement = task.statement(context.warehouse.root());
    let plan = context.engine.analyze(&statement).await?;
    let rule = task.rule.as_ref().map_or(String::new(), |rule| format!("-{rule}"));
    let path = folder.join(format!("{}{rule}.txt", task.model));
    std::fs::create_dir_all(folder).at(folder)?;
    Ok(std::fs::write(&path, format!("sql/{}.sql, {}\n\n{plan}", task.model, task.place())).at(&path)?)
}

/// Makes one task's file below `root`.
async fn make(engine: &Engine, root: &Path, task: &Task, inputs: String) -> Result<FileEntry, PipelineError> {
    let job = task.job(&inputs);
    let made = engine.make(root, &job).await.map_err(|error| error.reading(&task.files()))?;
    for (check, rows) in task.checks.iter().zip(&made.checked) {
        balance::verify(check, &task.place(), rows, made.written.rows)?;
    }
    let written = made.written;
    Ok(FileEntry {
        table: task.table.clone(),
        month: Some(task.period),
        rule: task.rule.clone(),
        bucket: Some(task.bucket),
        path: job.file,
        rows: written.rows,
        bytes: written.bytes,
        sha256: written.sha256,
        control_fen: None,
        inputs,
        format: engine.models().get(&task.model).map_or(0, |model| model.interface),
    })
}
