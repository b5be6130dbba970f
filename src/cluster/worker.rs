//! Carrying a job out on an executor, as a local run would, and what is kept from one job to the next.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use datafusion::execution::runtime_env::RuntimeEnv;
use futures::{StreamExt, TryStreamExt};
use law::domain::hex;
use sha2::{Digest, Sha256};
use store::durable::At as _;
use store::warehouse::Storage;
use tempfile::TempDir;

use super::order::{Order, encode_answer, rows_of};
use engine::{Engine, EngineError, Source, Statement, runtime};

/// What an executor works with.
#[derive(Debug)]
pub(super) struct Worker {
    storage: Storage,
    runtime: Arc<RuntimeEnv>,
    scratch: PathBuf,
    known: Mutex<Known>,
}

impl Worker {
    pub(super) fn open(storage: Storage, memory_mib: usize, scratch: &Path) -> Result<Self, EngineError> {
        std::fs::create_dir_all(scratch).at(scratch)?;
        let runtime = runtime(memory_mib, scratch)?;
        Ok(Self { storage, runtime, scratch: scratch.to_owned(), known: Mutex::default() })
    }

    /// Makes a job's file and writes its answer; answers the number of rows.
    pub(super) async fn carry_out(&self, order: &[u8]) -> Result<u64, EngineError> {
        let order = Order::decode(order, |blob| self.known().rows(blob))?;
        let (model, place) = (&order.job.statement.model, &order.job.statement.place);
        tracing::info!(model, place, "job begins");
        let engine = self.known().engine(&order, &self.runtime)?;
        let brought;
        let root = if let Some(folder) = self.storage.folder() {
            folder
        } else {
            brought = self.bring(&order.job.statement).await?;
            brought.path()
        };
        // A name of this attempt's own: an executor that was given up may still be writing the same file.
        let target = root.join(&order.job.file).with_extension(format!("{:016x}.parquet", fastrand::u64(..)));
        let made = match engine.make_at(root, &order.job, &target).await {
            Ok(made) => made,
            Err(error) => {
                tracing::warn!(model, place, %error, "job failed");
                // What remains is no file of any version; the next sweep would find it too.
                let _ = std::fs::remove_file(&target);
                return Err(error);
            }
        };
        self.storage.adopt(&target, &order.job.file, &made.written.sha256).await?;
        self.storage.write(&order.answer, encode_answer(&made)?).await?;
        tracing::info!(model, place, rows = made.written.rows, "job done");
        Ok(made.written.rows)
    }

    /// Copies what a statement reads out of a bucket into a folder that goes with the job.
    async fn bring(&self, statement: &Statement) -> Result<TempDir, EngineError> {
        let folder = tempfile::tempdir_in(&self.scratch).at(&self.scratch)?;
        let files = statement.sources.values().filter_map(|source| match source {
            Source::Files(files) => Some(files),
            Source::Rows(_) => None,
        });
        let copy = |file: &PathBuf| {
            let (from, to) = (file.to_string_lossy().into_owned(), folder.path().join(file));
            async move { self.storage.copy(&from, &to).await }
        };
        let copies: Vec<_> = files.flatten().map(copy).collect();
        futures::stream::iter(copies).buffer_unordered(COPIES).try_collect::<()>().await?;
        Ok(folder)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files of one job that are copied at once.
const COPIES: usize = 4;

/// So many engines and tables of rows are kept; a run has fewer.
const KEPT: usize = 64;

/// What came with earlier jobs. An engine keeps the plans of its statements for further buckets, and finds one again
/// where the rows that it was handed are the very same in memory.
#[derive(Debug, Default)]
struct Known {
    engines: HashMap<String, Engine>,
    rows: HashMap<String, RecordBatch>,
}

impl Known {
    fn engine(&mut self, order: &Order, runtime: &Arc<RuntimeEnv>) -> Result<Engine, EngineError> {
        let key = hex(&Sha256::digest(format!("{}{:?}", order.batch_rows, order.models)));
        if let Some(engine) = self.engines.get(&key) {
            return Ok(engine.clone());
        }
        let engine = Engine::with_runtime(order.parse_models()?, runtime.clone(), order.batch_rows);
        if self.engines.len() >= KEPT {
            self.engines.clear();
        }
        Ok(self.engines.entry(key).or_insert(engine).clone())
    }

    fn rows(&mut self, blob: &[u8]) -> Result<RecordBatch, EngineError> {
        let key = hex(&Sha256::digest(blob));
        if let Some(rows) = self.rows.get(&key) {
            return Ok(rows.clone());
        }
        let rows = rows_of(blob)?;
        if self.rows.len() >= KEPT {
            self.rows.clear();
        }
        Ok(self.rows.entry(key).or_insert(rows).clone())
    }
}
