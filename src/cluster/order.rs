//! What travels between the application and an executor: a bucket job with the models that it needs, and back the
//! size and hash of the file with what the checks returned. Paths are below the warehouse's root; nothing else of a
//! machine's world is in it, no credential and no place.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use engine::{BucketJob, Copied, Engine, EngineError, Made, Models, Params, Source, Statement, Written};

/// A job as an executor reads it.
#[derive(Debug)]
pub(super) struct Order {
    /// The models that the statement and its checks need: path, statement, contract.
    pub(super) models: Vec<(String, String, String)>,
    /// What is to be done.
    pub(super) job: BucketJob,
    /// Where the answer is to be written.
    pub(super) answer: String,
    /// Rows per batch, as the application has it: pages of a Parquet file depend on it.
    pub(super) batch_rows: usize,
}

#[derive(Serialize, Deserialize)]
struct OrderHeader {
    models: Vec<(String, String, String)>,
    model: String,
    measures: Option<String>,
    params: Params,
    place: String,
    files: BTreeMap<String, Vec<String>>,
    /// Tables whose rows are the blobs, in order.
    rows: Vec<String>,
    copied: Option<Copied>,
    file: String,
    checks: Vec<String>,
    answer: String,
    batch_rows: usize,
}

#[derive(Serialize, Deserialize)]
struct AnswerHeader {
    rows: u64,
    bytes: u64,
    sha256: String,
}

/// A job for the wire.
pub(super) fn encode(engine: &Engine, job: &BucketJob, answer: &str) -> Result<Vec<u8>, EngineError> {
    let statement = &job.statement;
    let named = [&statement.model].into_iter().chain(&statement.measures).chain(&job.checks);
    let models = engine.models().needed_by(named.map(String::as_str));
    let (mut files, mut rows, mut blobs) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (table, source) in &statement.sources {
        match source {
            Source::Files(paths) => {
                let paths = paths.iter().map(|path| path.to_string_lossy().into_owned());
                files.insert(table.clone(), paths.collect());
            }
            Source::Rows(batch) => {
                rows.push(table.clone());
                blobs.push(to_ipc(std::slice::from_ref(batch))?);
            }
        }
    }
    let header = OrderHeader {
        models: models.iter().map(|m| (m.path.clone(), m.sql.clone(), m.contract.clone())).collect(),
        model: statement.model.clone(),
        measures: statement.measures.clone(),
        params: statement.params.clone(),
        place: statement.place.clone(),
        files,
        rows,
        copied: job.copied.clone(),
        file: job.file.clone(),
        checks: job.checks.clone(),
        answer: answer.to_owned(),
        batch_rows: engine.batch_rows(),
    };
    pack(&header, &blobs)
}

impl Order {
    /// Reads a job off the wire; `rows` reads a table of rows.
    pub(super) fn decode(
        bytes: &[u8],
        mut rows: impl FnMut(&[u8]) -> Result<RecordBatch, EngineError>,
    ) -> Result<Self, EngineError> {
        let (header, blobs): (OrderHeader, _) = unpack(bytes)?;
        let mut sources = BTreeMap::new();
        for (table, paths) in header.files {
            let paths: Result<Vec<PathBuf>, _> = paths.iter().map(|path| inside(path).map(PathBuf::from)).collect();
            sources.insert(table, Source::Files(paths?));
        }
        for (table, blob) in header.rows.into_iter().zip(blobs) {
            sources.insert(table, Source::Rows(rows(blob)?));
        }
        let statement = Statement {
            model: header.model,
            measures: header.measures,
            sources,
            params: header.params,
            place: header.place,
        };
        let (file, answer) = (inside(&header.file)?.to_owned(), inside(&header.answer)?.to_owned());
        let job = BucketJob { statement, copied: header.copied, file, checks: header.checks };
        Ok(Self { models: header.models, job, answer, batch_rows: header.batch_rows })
    }

    /// The models, checked against each other.
    pub(super) fn parse_models(&self) -> Result<Models, EngineError> {
        Models::parse(&self.models).map_err(|problems| {
            broken(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ").as_str())
        })
    }
}

/// The rows of a table that travels with a job.
pub(super) fn rows_of(blob: &[u8]) -> Result<RecordBatch, EngineError> {
    from_ipc(blob)?.into_iter().next().ok_or_else(|| broken("a table of rows is empty"))
}

/// What was made, for the wire.
pub(super) fn encode_answer(made: &Made) -> Result<Vec<u8>, EngineError> {
    let Written { rows, bytes, sha256 } = made.written.clone();
    let blobs: Result<Vec<_>, _> = made.checked.iter().map(|batches| to_ipc(batches)).collect();
    pack(&AnswerHeader { rows, bytes, sha256 }, &blobs?)
}

/// Reads what was made off the wire.
pub(super) fn decode_answer(bytes: &[u8]) -> Result<Made, EngineError> {
    let (AnswerHeader { rows, bytes, sha256 }, blobs) = unpack(bytes)?;
    let checked: Result<Vec<_>, _> = blobs.into_iter().map(from_ipc).collect();
    Ok(Made { written: Written { rows, bytes, sha256 }, checked: checked? })
}

/// A path that stays below the root.
fn inside(path: &str) -> Result<&str, EngineError> {
    let stays = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if stays && !path.is_empty() && !path.contains("://") {
        Ok(path)
    } else {
        Err(broken("a path leaves the warehouse"))
    }
}

#[derive(Serialize, Deserialize)]
struct Packed<H> {
    header: H,
    blobs: Vec<usize>,
}

/// Length of the JSON in eight bytes, the JSON, the blobs.
fn pack<H: Serialize>(header: &H, blobs: &[Vec<u8>]) -> Result<Vec<u8>, EngineError> {
    let packed = Packed { header, blobs: blobs.iter().map(Vec::len).collect() };
    let json = serde_json::to_vec(&packed).map_err(|error| broken(&error.to_string()))?;
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend(json);
    bytes.extend(blobs.iter().flatten());
    Ok(bytes)
}

fn unpack<H: DeserializeOwned>(bytes: &[u8]) -> Result<(H, Vec<&[u8]>), EngineError> {
    let cut = || broken("it is cut off");
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut())?;
    let (json, mut rest) = rest.split_at_checked(length).ok_or_else(cut)?;
    let packed: Packed<H> = serde_json::from_slice(json).map_err(|error| broken(&error.to_string()))?;
    let mut blobs = Vec::new();
    for length in packed.blobs {
        let (blob, after) = rest.split_at_checked(length).ok_or_else(cut)?;
        blobs.push(blob);
        rest = after;
    }
    Ok((packed.header, blobs))
}

/// Batches of one schema; none at all gives no bytes.
fn to_ipc(batches: &[RecordBatch]) -> Result<Vec<u8>, EngineError> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let wrong = |error: arrow::error::ArrowError| broken(&error.to_string());
    let mut writer = StreamWriter::try_new(Vec::new(), &first.schema()).map_err(wrong)?;
    for batch in batches {
        writer.write(batch).map_err(wrong)?;
    }
    writer.into_inner().map_err(wrong)
}

fn from_ipc(bytes: &[u8]) -> Result<Vec<RecordBatch>, EngineError> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |error: arrow::error::ArrowError| broken(&error.to_string());
    StreamReader::try_new(bytes, None).map_err(wrong)?.collect::<Result<_, _>>().map_err(wrong)
}

fn broken(why: &str) -> EngineError {
    EngineError::Refused(format!("a job or its answer cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};

    use super::*;
    use engine::Param;
    use law::config::EngineSettings;

    fn models() -> Models {
        let view = "kind = \"view\"\ngrain = \"person\"\ninputs = [\"rule\", \"claims\"]\ncolumns = [\"n bigint\"]\n";
        let table = "kind = \"table\"\ngrain = \"one\"\ninputs = [\"seen\"]\nparameters = { least = \"bigint\" }\n\
                     columns = [\"n bigint\"]\n";
        let of = |path: &str, sql: &str, toml: &str| (path.to_owned(), sql.to_owned(), toml.to_owned());
        let sql = "select n from seen where n > $least order by n";
        let files =
            [of("a/seen", "select 1 as n", view), of("a/sums", sql, table), of("a/other", "select 2 as n", view)];
        Models::parse(&files).unwrap()
    }

    fn job() -> BucketJob {
        let rows: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let sources = [
            ("claims".to_owned(), Source::Files(vec!["claims/month=2026-10/a.parquet".into()])),
            ("rule".to_owned(), Source::Rows(RecordBatch::try_from_iter([("n", rows)]).unwrap())),
        ];
        let statement = Statement {
            model: "sums".to_owned(),
            measures: None,
            sources: sources.into(),
            params: [("least".to_owned(), Param::Bigint(7))].into(),
            place: "bucket 003".to_owned(),
        };
        let copied = Some(Copied { table: "claims".to_owned(), columns: ["n".to_owned()].into() });
        BucketJob { statement, copied, file: "sums/bucket=003/x.parquet".to_owned(), checks: vec!["other".to_owned()] }
    }

    fn engine() -> (Engine, tempfile::TempDir) {
        let scratch = tempfile::tempdir().unwrap();
        (Engine::new(models(), &EngineSettings::default(), scratch.path()).unwrap(), scratch)
    }

    #[test]
    fn a_job_arrives_as_it_was_sent_with_only_the_models_it_needs() {
        let (engine, _scratch) = engine();
        let order = Order::decode(&encode(&engine, &job(), "jobs/1.answer").unwrap(), rows_of).unwrap();
        assert_eq!(format!("{:?}", order.job), format!("{:?}", job()));
        assert_eq!((order.answer.as_str(), order.batch_rows), ("jobs/1.answer", 8192));
        let models = order.parse_models().unwrap();
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["other", "seen", "sums"]);
    }

    #[test]
    fn paths_that_leave_the_warehouse_are_refused() {
        let (engine, _scratch) = engine();
        for path in ["/etc/passwd", "../x.parquet", "a/../../x.parquet", "s3://other/x.parquet", ""] {
            let sent = encode(&engine, &BucketJob { file: path.to_owned(), ..job() }, "jobs/1.answer").unwrap();
            assert!(Order::decode(&sent, rows_of).is_err(), "{path}");
            let mut reading = job();
            reading.statement.sources.insert("claims".to_owned(), Source::Files(vec![path.into()]));
            assert!(Order::decode(&encode(&engine, &reading, "jobs/1.answer").unwrap(), rows_of).is_err(), "{path}");
            assert!(Order::decode(&encode(&engine, &job(), path).unwrap(), rows_of).is_err(), "{path}");
        }
    }

    #[test]
    fn an_answer_arrives_as_it_was_sent_and_a_cut_one_is_an_error() {
        let rows: ArrayRef = Arc::new(Int64Array::from(vec![4]));
        let checked = vec![vec![RecordBatch::try_from_iter([("person_count", rows)]).unwrap()], Vec::new()];
        let made = Made { written: Written { rows: 9, bytes: 1234, sha256: "ab".to_owned() }, checked };
        let sent = encode_answer(&made).unwrap();
        assert_eq!(format!("{:?}", decode_answer(&sent).unwrap()), format!("{made:?}"));
        for length in [0, 7, 20, sent.len() - 1] {
            assert!(decode_answer(&sent[..length]).is_err(), "{length} bytes");
        }
    }
}
