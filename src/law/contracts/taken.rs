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
