//! Writing and reading the warehouse's own Parquet files.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use law::domain::hex;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use sha2::{Digest, Sha256};

use crate::EngineError;
use store::durable::At as _;

/// Rows per row group: small enough that a few persons' claims are found without decoding a whole bucket.
const ROW_GROUP: usize = 131_072;

/// Endings of columns whose values seldom repeat: a dictionary for them costs time and saves nothing.
const SELDOM_REPEATED: [&str; 6] = ["_id", "_amount", "_at", "_key", "_hash", "_row"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    pub bytes: u64,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
}

/// A file that hashes what is written to it, so that nothing need be read again.
#[derive(Debug)]
struct HashingFile {
    file: File,
    hasher: Sha256,
    bytes: u64,
}

impl Write for HashingFile {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Writes one Parquet file: zstd, the same bytes for the same rows, visible under its name only when whole.
#[derive(Debug)]
pub struct TableWriter {
    path: PathBuf,
    partial: PathBuf,
    writer: ArrowWriter<HashingFile>,
    rows: u64,
}

impl TableWriter {
    /// Starts a file; its folder is made where it is missing.
    pub fn create(path: &Path, schema: &SchemaRef) -> Result<Self, EngineError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).at(folder)?;
        }
        let partial = path.with_extension("partial");
        let file = File::create(&partial).at(&partial)?;
        let level = ZstdLevel::try_new(1).map_err(|error| EngineError::parquet(path, error))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_statistics_enabled(EnabledStatistics::Chunk);
        for field in schema.fields() {
            if SELDOM_REPEATED.iter().any(|end| field.name().ends_with(end)) {
                properties = properties.set_column_dictionary_enabled(field.name().as_str().into(), false);
            }
        }
        let properties = properties.build();
        let file = HashingFile { file, hasher: Sha256::new(), bytes: 0 };
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .map_err(|error| EngineError::parquet(path, error))?;
        Ok(Self { path: path.to_owned(), partial, writer, rows: 0 })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(|error| EngineError::parquet(&self.path, error))
    }

    /// Closes the file, waits until the disk has it, and gives it its name. The disk has the name once the version that
    /// names the file is committed.
    pub fn finish(self) -> Result<Written, EngineError> {
        let Self { path, partial, writer, rows } = self;
        let HashingFile { file, hasher, bytes } =
            writer.into_inner().map_err(|error| EngineError::parquet(&path, error))?;
        file.sync_all().at(&partial)?;
        drop(file);
        std::fs::rename(&partial, &path).at(&path)?;
        Ok(Written { rows, bytes, sha256: hex(&hasher.finalize()) })
    }
}

/// SHA-256 (hex) and size of a file.
pub fn sha256_of(path: &Path) -> Result<(String, u64), EngineError> {
    let mut file = File::open(path).at(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer).at(path)?;
        if read == 0 {
            return Ok((hex(&hasher.finalize()), bytes));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// Whether a Parquet file of ours has all columns of these names.
pub fn has_columns(path: &Path, names: &[&str]) -> Result<bool, EngineError> {
    let file = File::open(path).at(path)?;
    let options = ArrowReaderOptions::new();
    let footer = ArrowReaderMetadata::load(&file, options).map_err(|error| EngineError::parquet(path, error))?;
    Ok(names.iter().all(|name| footer.schema().field_with_name(name).is_ok()))
}

/// The batches of a Parquet file of ours, of the named columns (`None`: all), in file order.
///
/// # Errors
/// When the file cannot be opened or a column is missing; each batch may fail as well.
pub fn read_table(
    path: &Path,
    columns: Option<&[&str]>,
) -> Result<impl Iterator<Item = Result<RecordBatch, EngineError>> + use<>, EngineError> {
    let file = File::open(path).at(path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| EngineError::parquet(path, error))?;
    let builder = match columns {
        None => builder,
        Some(names) => {
            let mask = parquet::arrow::ProjectionMask::columns(builder.parquet_schema(), names.iter().copied());
            builder.with_projection(mask)
        }
    };
    let reader = builder.with_batch_size(8192).build().map_err(|error| EngineError::parquet(path, error))?;
    let path = path.to_owned();
    Ok(reader.map(move |batch| batch.map_err(|error| EngineError::parquet(&path, error))))
}
