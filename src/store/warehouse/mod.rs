//! Which Parquet files make up version N of the warehouse, and the create-only commit of the next one.
//!
//! The only owner of `object_store`. What stands inside the files is `engine`'s and `intake`'s business.
//! Readers take file names from a version, never from a listing: a file that no version names does not exist.

mod error;
mod storage;
mod store;
mod version;

pub use error::WarehouseError;
pub use storage::Storage;
pub use store::Warehouse;
pub use version::{FileEntry, Version};
