//! What proves a sealed list: counts read back from its files, the manifest that states them, its signature, and the
//! check of all three at the receiver's.

mod manifest;
mod readback;
mod verify;

pub(super) use manifest::{Subject, write_manifest};
pub use readback::Content;
pub(super) use readback::{Reading, read_csv, read_parquet, read_xlsx};
pub use verify::{Checked, Finding, verify};
