//! The only owner of DataFusion: sessions, SQL models, parameters, one statement per bucket.
//!
//! Also the one place that says how warehouse tables look in Arrow and how Parquet is written.

#[cfg(feature = "cluster")]
pub mod cluster;
mod error;
mod job;
mod model;
mod planning;
mod pool;
mod schema;
mod session;
mod writer;

pub use error::EngineError;
pub use job::{BucketJob, Made};
pub use model::{Model, ModelKind, Models, Param, ParamKind, Params};
pub use pool::{in_parallel, on_threads};
pub use schema::{days_since_epoch, table_schema};
pub use session::{Engine, Source, Statement};
pub use writer::{TableWriter, Written, has_columns, read_table, sha256_of};
