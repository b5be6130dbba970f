//! The only owner of DataFusion: sessions, SQL models, parameters, one statement per bucket.
//!
//! Also the one place that says how warehouse tables look in Arrow and how Parquet is written.

mod error;
mod schema;
mod writer;

pub use error::EngineError;
pub use schema::{table_schema, with_columns};
pub use writer::{TableWriter, Written, read_table, sha256_of};
