//! Staging: candidates written as Arrow IPC files, one per bucket, in file order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;

use super::job::{GateJob, Refusal, StagedFile, Stop};
use super::rules::table_of;
use engine::{WAITING_ROWS, table_schema};

/// Before the names of the files with rejected rows that wait.
pub(crate) const WAITING: &str = "waiting-";

/// Rows that are gathered before they are dealt out: enough that each bucket gets a decent batch.
const GATHER: usize = 65_536;

/// The open files of one job.
pub(super) struct Staging {
    folder: PathBuf,
    /// Before the name of each file.
    prefix: &'static str,
    schema: SchemaRef,
    has_persons: bool,
    waiting: Vec<RecordBatch>,
    /// Per bucket: batch and row of the waiting candidates.
    dealt: BTreeMap<u16, Vec<(usize, usize)>>,
    count: usize,
    files: BTreeMap<u16, (FileWriter<BufWriter<File>>, u64)>,
}

impl Staging {
    /// Nothing is written before the first candidate comes.
    pub(super) fn new(job: &GateJob) -> Result<Self, Refusal> {
        Ok(Self::of(job, "", table_of(job.feed)?))
    }

    /// The same for the rejected rows that wait to be mended.
    pub(super) fn of_waiting(job: &GateJob) -> Result<Self, Refusal> {
        let schema = table_schema(WAITING_ROWS).ok_or_else(|| Refusal::new("there is no table for rows that wait"))?;
        Ok(Self::of(job, WAITING, schema))
    }

    fn of(job: &GateJob, prefix: &'static str, schema: SchemaRef) -> Self {
        Self {
            folder: job.output.clone(),
            prefix,
            schema,
            has_persons: job.feed.has_persons(),
            waiting: Vec::new(),
            dealt: BTreeMap::new(),
            count: 0,
            files: BTreeMap::new(),
        }
    }

    /// Takes a page; `buckets` has one entry per row, `None` for rejected rows.
    pub(super) fn add(&mut self, batch: RecordBatch, buckets: &[Option<u16>]) -> Result<(), Stop> {
        let at = self.waiting.len();
        for (row, bucket) in buckets.iter().enumerate() {
            if let Some(bucket) = bucket {
                self.dealt.entry(*bucket).or_default().push((at, row));
            }
        }
        self.count += batch.num_rows();
        self.waiting.push(batch);
        if self.count >= GATHER { self.deal() } else { Ok(()) }
    }

    fn deal(&mut self) -> Result<(), Stop> {
        let batches: Vec<&RecordBatch> = self.waiting.iter().collect();
        for (bucket, rows) in std::mem::take(&mut self.dealt) {
            let batch = interleave_record_batch(&batches, &rows).map_err(|error| failed(&error))?;
            if let std::collections::btree_map::Entry::Vacant(entry) = self.files.entry(bucket) {
                let path = self.folder.join(format!("{}{}", self.prefix, name_of(self.has_persons, bucket)));
                let file = File::create(path).map_err(|error| failed(&error.into()))?;
                let writer = FileWriter::try_new(BufWriter::with_capacity(1 << 16, file), &self.schema);
                entry.insert((writer.map_err(|error| failed(&error))?, 0));
            }
            if let Some((writer, count)) = self.files.get_mut(&bucket) {
                writer.write(&batch).map_err(|error| failed(&error))?;
                *count += rows.len() as u64;
            }
        }
        self.waiting.clear();
        self.count = 0;
        Ok(())
    }

    /// Writes the rest and closes the files.
    pub(super) fn finish(mut self) -> Result<Vec<StagedFile>, Stop> {
        self.deal()?;
        let mut staged = Vec::new();
        for (bucket, (mut writer, rows)) in self.files {
            writer.finish().map_err(|error| failed(&error))?;
            let name = name_of(self.has_persons, bucket);
            staged.push(StagedFile { bucket: self.has_persons.then_some(bucket), name, rows });
        }
        Ok(staged)
    }
}

fn name_of(has_persons: bool, bucket: u16) -> String {
    if has_persons { format!("bucket={bucket:03}.arrow") } else { "all.arrow".to_owned() }
}

fn failed(error: &ArrowError) -> Stop {
    Stop::Ours(format!("rows could not be staged: {error}"))
}
