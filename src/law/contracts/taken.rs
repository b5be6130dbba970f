//! A landed file as a version records it.

use serde::{Deserialize, Serialize};

use super::{Feed, Outcome, Spread};

/// One landed file as a version records it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenFile {
    /// SHA-256 of the file's bytes, hex.
    pub file_id: String,
    /// Feed under whose folder it lay.
    pub feed: Feed,
    pub name: String,
    pub bytes: u64,
    /// What became of its rows.
    pub outcome: Outcome,
    /// Its rows by county and month; none for feeds whose rows name no county.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<Spread>,
}

/// A file that two people have taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackFile {
    pub feed: Feed,
    /// SHA-256 of the file's bytes, hex.
    pub file_id: String,
    pub name: String,
    /// The version that had taken it in.
    pub version: u64,
    /// The question that the two have answered.
    pub question: i64,
}

/// What a version is made without, as if it had not come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    pub files: Vec<BackFile>,
    /// The files that had come after them, taken in again in their order, with what became of their rows now.
    pub again: Vec<TakenFile>,
}
