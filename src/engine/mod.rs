//! The only owner of DataFusion: sessions, SQL models, parameters, one statement per bucket.
//!
//! Also the one place that says how warehouse tables look in Arrow and how Parquet is written.

#[cfg(feature = "cluster")]
pub mod cluster;
mod error;
mod files;
mod job;
mod model;
mod planning;
mod pool;
mod schema;
mod session;

pub use error::EngineError;
pub use files::{PersonKeys, TableWriter, Written, has_columns, keys_of, read_table, rows_of, sha256_of};
pub use job::{BucketJob, Copied, Made};
pub use model::{Model, ModelKind, Models, Param, ParamKind, Params};
pub use pool::{in_parallel, on_threads};
pub use schema::{days_since_epoch, table_schema};
pub use session::{Engine, Source, Statement};
