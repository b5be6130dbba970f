//! Rejected rows of a roster: whom they name is worked out beside the rosters that came before.

use std::fs::File;
use std::io::BufWriter;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use law::contracts::Feed;

use super::job::{GateJob, Stop};
use super::rules::Judged;

/// The file of them in a job's folder.
pub(crate) const NAMED: &str = "named.arrow";

/// Writes them aside, as far as their cells can be read; of other feeds nothing.
pub(super) struct NamedRows<'a> {
    job: &'a GateJob,
    file: Option<FileWriter<BufWriter<File>>>,
}

impl<'a> NamedRows<'a> {
    pub(super) const fn new(job: &'a GateJob) -> Self {
        Self { job, file: None }
    }

    pub(super) fn add(&mut self, judged: &Judged) -> Result<(), Stop> {
        let is_rejected = |row: &usize| judged.fault(*row).is_some();
        let rows: Vec<u32> =
            (0..judged.batch.num_rows()).filter(is_rejected).filter_map(|row| u32::try_from(row).ok()).collect();
        if self.job.feed != Feed::Rosters || rows.is_empty() {
            return Ok(());
        }
        self.write(&judged.batch, rows).map_err(|error| Stop::Ours(format!("rejected rows could not be kept: {error}")))
    }

    fn write(&mut self, batch: &RecordBatch, rows: Vec<u32>) -> Result<(), ArrowError> {
        let rows = take_record_batch(batch, &UInt32Array::from(rows))?;
        let writer = if let Some(writer) = self.file.take() {
            writer
        } else {
            let file = File::create(self.job.output.join(NAMED))?;
            FileWriter::try_new(BufWriter::new(file), &rows.schema())?
        };
        self.file.insert(writer).write(&rows)
    }

    pub(super) fn finish(self) -> Result<(), Stop> {
        let Some(mut file) = self.file else { return Ok(()) };
        file.finish().map_err(|error| Stop::Ours(format!("rejected rows could not be kept: {error}")))
    }
}
