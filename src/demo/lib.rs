//! An invented prefecture: people, claims, rosters and figures as offices would send them, with every kind of dirt.
//!
//! Deterministic by seed; each person follows from the seed and a number, so any size streams through little memory.
//! Writes foreign files below `landing/` only; taking them in is `intake`'s work.

mod applications;
mod chance;
mod claims;
mod generate;
mod people;
mod registers;
mod rosters;
mod stories;

pub use generate::generate;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Area code of the invented prefecture.
pub const AREA: &str = "990100";
/// The month whose lists the demo seals.
pub const PERIOD: &str = "2026-10";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoOptions {
    /// Number of people; about ten claims each.
    pub persons: u64,
    /// The same seed gives the same files, to the byte.
    pub seed: u64,
    /// Few people's files too come as a province's platform sends them: Parquet and CSV, nothing else.
    pub as_province: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { persons: 20_000, seed: 1, as_province: false }
    }
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoFile {
    /// Path below the landing folder.
    pub path: String,
    pub rows: u64,
}

/// What was written, and the truth about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DemoSummary {
    /// Files, sorted by path.
    pub files: Vec<DemoFile>,
    pub persons: u64,
    pub claims: u64,
    /// Rows of claims per trap class: `person:<story>` (rows of people with that story), `claim:<fate>` (rows of
    /// claims with that fate), `fault:<fault>` (rows that intake must reject), `lower_x`.
    pub traps: BTreeMap<String, u64>,
}

/// Why the demo's files could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}", path = .path.display())]
pub struct DemoError {
    path: PathBuf,
    why: String,
}

impl DemoError {
    fn at<E: ToString>(path: &Path) -> impl Fn(E) -> Self {
        let path = path.to_owned();
        move |error| Self { path: path.clone(), why: error.to_string() }
    }
}

/// Writes a whole small text file.
fn write_text(path: &Path, text: &str) -> Result<(), DemoError> {
    let mut file = File::create(path).map_err(DemoError::at(path))?;
    file.write_all(text.as_bytes()).map_err(DemoError::at(path))
}
