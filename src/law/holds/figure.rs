//! An income figure as a file states it.

use serde::{Deserialize, Serialize};

/// One figure of a file, or one that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureSeen {
    pub indicator: String,
    pub geography: String,
    pub year: i32,
    pub release: i32,
    pub fen: i64,
}
