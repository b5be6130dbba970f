//! The only owner of DataFusion: sessions, SQL models, parameters, one statement per bucket; and over them the findings
//! of a period.
//!
//! Also the one place that says how warehouse tables look in Arrow and how Parquet is written.

mod bucket_job;
mod check;
pub mod compute;
mod context;
mod error;
mod files;
mod job;
pub mod lock;
mod model;
pub mod official;
mod planning;
mod pool;
mod progress;
pub mod rows;
mod run_error;
mod schema;
mod session;
mod statement;
mod stop;
mod tables;

pub use bucket_job::Connect;
pub use compute::{FindingRow, Lines, income_figures, read_findings};
pub use context::{Context, Declared, left_old, parse_texts, sha256_hex, workers_of};
pub use error::EngineError;
pub use files::{PersonKeys, TableWriter, Written, has_columns, keys_of, read_table, rows_of, sha256_of};
pub use job::{Job, Step, Timing, is_job, parse_job};
pub use model::{Model, ModelKind, Models, Param, ParamKind, Params};
pub use official::{Account, Need, Rhythm, State, needs, unrouted};
pub use pool::{in_parallel, on_threads};
pub use progress::Progress;
pub use run_error::PipelineError;
pub use schema::{HELD_FILE_ROWS, NAMED_HOLDERS, WAITING_ROWS, days_since_epoch, table_schema};
pub use session::{Elsewhere, Engine, runtime};
pub use statement::{BucketJob, Copied, Made, Source, Statement};
pub use stop::Stop;
pub use tables::{County, Tables, check_routes, code_rows, parse_tables};
