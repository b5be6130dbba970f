//! The warehouse's own Parquet files: written, read, and read in part. What stands in them is `engine::schema`'s.

mod rows;
mod writer;

pub use rows::{PersonKeys, keys_of, rows_of};
pub use writer::{TableWriter, Written, has_columns, read_table, sha256_of};
