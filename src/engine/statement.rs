//! What is asked of the engine: statements over stored tables, and jobs that make one file of a bucket each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};

use super::Params;
use super::files::Written;

/// Where a statement's stored tables come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Parquet files of one schema; none at all reads as an empty table.
    Files(Vec<PathBuf>),
    /// A few rows that the caller holds: a rule's own data.
    Rows(RecordBatch),
}

/// A statement ready to run.
#[derive(Debug, Clone)]
pub struct Statement {
    pub model: String,
    /// The view that it reads as `measured`, where the model does not say so itself.
    pub measures: Option<String>,
    /// Every stored table that the model and its views read.
    pub sources: BTreeMap<String, Source>,
    /// Every parameter that they declare.
    pub params: Params,
    /// Bucket and month, as errors name them.
    pub place: String,
}

impl Statement {
    /// The same statement with its files below `root`.
    #[must_use]
    pub fn below(&self, root: &Path) -> Self {
        let mut below = self.clone();
        for source in below.sources.values_mut() {
            if let Source::Files(files) = source {
                for file in files {
                    *file = root.join(&*file);
                }
            }
        }
        below
    }
}

/// One file to make. All paths are below the warehouse's root, with forward slashes.
#[derive(Debug, Clone)]
pub struct BucketJob {
    /// What makes the rows; its files lie below the warehouse's root.
    pub statement: Statement,
    /// The file has the rows of a table, of the persons whom the statement names, in place of the statement's own rows.
    pub copied: Option<Copied>,
    /// The Parquet file to make.
    pub file: String,
    /// Checks that read the statement's sources, and the file under the name of the statement's model or of the table
    /// that was copied.
    pub checks: Vec<String>,
}

/// Rows that are copied out of a stored table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Copied {
    pub table: String,
    /// The columns that anybody reads of it.
    pub columns: BTreeSet<String>,
}

/// A file that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// What stands on disk now.
    pub written: Written,
    /// What each check returned, in the order of the job.
    pub checked: Vec<Vec<RecordBatch>>,
}
