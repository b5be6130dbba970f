//! One statement of one bucket: what it reads, and where its rows belong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use law::domain::Period;
use store::warehouse::FileEntry;

use super::rules::{RuleData, hash_of};
use crate::context::sha256_hex;
use crate::{BucketJob, Copied, Engine, Params, PipelineError, Source, Statement, read_table};

/// What a statement reads under a table's name.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    /// Files of a warehouse; their paths lie below its root.
    Files(Vec<FileEntry>),
    Rows(RecordBatch),
}

/// Upper amounts and claims of those in reach, by bucket.
pub(super) type InReach = BTreeMap<u16, (Input, Input)>;

impl Input {
    fn source(&self) -> Source {
        match self {
            Self::Files(entries) => Source::Files(entries.iter().map(|entry| PathBuf::from(&entry.path)).collect()),
            Self::Rows(rows) => Source::Rows(rows.clone()),
        }
    }

    /// All rows, for tables that are small by nature.
    pub(super) fn read(&self, root: &Path) -> Result<Vec<RecordBatch>, PipelineError> {
        match self {
            Self::Files(entries) => {
                let mut batches = Vec::new();
                for entry in entries {
                    for batch in read_table(&root.join(&entry.path), None)? {
                        batches.push(batch?);
                    }
                }
                Ok(batches)
            }
            Self::Rows(rows) => Ok(vec![rows.clone()]),
        }
    }
}

/// A statement of one bucket and period; [`super::Evaluation`] puts it together.
#[derive(Debug, Clone)]
pub struct Task {
    pub(super) model: String,
    /// The view that the model and its checks read as `measured`.
    pub(super) measures: Option<String>,
    /// The rows are those of a table, of the persons whom the model names, in place of the model's own.
    pub(super) copied: Option<Copied>,
    /// Table under which a version lists the file.
    pub(super) table: String,
    pub(super) period: Period,
    pub(super) rule: Option<String>,
    pub(super) bucket: u16,
    /// Every table that the statement and its checks read; `None`: nothing was handed in yet.
    pub(super) inputs: BTreeMap<String, Option<Input>>,
    /// All that anybody may ask for; a statement takes what it declares.
    pub(super) params: Params,
    pub(super) checks: Vec<String>,
}

impl Task {
    /// Reads a table from elsewhere, where the statement or a check reads it at all.
    pub(super) fn reading(mut self, table: &str, input: Input) -> Self {
        if let Some(known) = self.inputs.get_mut(table) {
            *known = Some(input);
        }
        self
    }

    /// The rule's own parameters, and those of its tables that are read.
    pub(super) fn of_rule(mut self, data: &RuleData) -> Self {
        self.params.extend(data.params.clone());
        self.reading_rows(&data.rows)
    }

    pub(super) fn reading_rows(self, tables: &BTreeMap<String, RecordBatch>) -> Self {
        tables.iter().fold(self, |task, (table, rows)| task.reading(table, Input::Rows(rows.clone())))
    }

    /// Hash of everything that the file is made from: statements, parameters that they declare, data.
    pub(super) fn fingerprint(&self, engine: &Engine) -> Result<String, PipelineError> {
        let (mut text, mut params) = (String::new(), BTreeMap::new());
        for name in [&self.model].into_iter().chain(&self.checks) {
            for model in engine.models().bound_views(name, self.measures.as_deref()) {
                text.push_str(&model.hash);
                let declared = model.parameters.keys();
                params.extend(declared.map(|name| (name.clone(), self.params.get(name))));
            }
        }
        for (table, input) in &self.inputs {
            text.push_str(table);
            match input {
                Some(Input::Files(files)) => text.extend(files.iter().map(|file| file.sha256.as_str())),
                Some(Input::Rows(rows)) => text.push_str(&hash_of(table, rows)?),
                None => {}
            }
        }
        Ok(sha256_hex(&format!("{text}{:?}{params:?}", self.copied)))
    }

    /// Where it stands, for people.
    pub(super) fn place(&self) -> String {
        let rule = self.rule.as_ref().map_or(String::new(), |rule| format!("rule {rule} "));
        format!("month {} {rule}bucket {:03}", self.period, self.bucket)
    }

    /// The warehouse's files that it reads, below its root.
    pub(super) fn files(&self) -> Vec<&str> {
        let given = self.inputs.values().filter_map(Option::as_ref);
        let files = given.filter_map(|input| match input {
            Input::Files(entries) => Some(entries.iter().map(|entry| entry.path.as_str())),
            Input::Rows(_) => None,
        });
        files.flatten().collect()
    }

    /// The statement, its files below `root`.
    pub(super) fn statement(&self, root: &Path) -> Statement {
        let given = self.inputs.iter().filter_map(|(table, input)| Some((table.clone(), input.as_ref()?.source())));
        let statement = Statement {
            model: self.model.clone(),
            measures: self.measures.clone(),
            sources: given.collect(),
            params: self.params.clone(),
            place: self.place(),
        };
        statement.below(root)
    }

    /// What is to be made, all paths below the warehouse's root.
    pub(super) fn job(&self, fingerprint: &str) -> BucketJob {
        let rule = self.rule.as_ref().map_or(String::new(), |rule| format!("rule={rule}/"));
        let (table, month, bucket) = (&self.table, self.period, self.bucket);
        BucketJob {
            statement: self.statement(Path::new("")),
            copied: self.copied.clone(),
            file: format!("{table}/month={month}/{rule}bucket={bucket:03}/{}.parquet", &fingerprint[..16]),
            checks: self.checks.clone(),
        }
    }
}
