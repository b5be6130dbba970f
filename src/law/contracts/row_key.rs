//! By what a rejected row is known again when it comes mended.

use serde::{Deserialize, Serialize};

/// Hashes of what tells a row of a feed from all others: the sender's number, or the person and the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowKey {
    pub number: i64,
    /// Who gives out the number, or the category; 0 where the row does not say.
    pub issuer: i64,
}

impl RowKey {
    /// Whether another row may be this one: the same number, and no other issuer.
    #[must_use]
    pub const fn may_be(self, other: Self) -> bool {
        self.number == other.number && (self.issuer == other.issuer || self.issuer == 0 || other.issuer == 0)
    }
}

/// The rejected rows of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenRejects {
    pub feed: super::Feed,
    pub name: String,
    /// Rows that were rejected.
    pub rows: u64,
    /// Rows of them that have come mended since.
    pub mended: u64,
}

impl OpenRejects {
    /// Rows that still wait to be mended.
    #[must_use]
    pub const fn open(&self) -> u64 {
        self.rows.saturating_sub(self.mended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_an_issuer_may_be_anybodys() {
        let key = |number, issuer| RowKey { number, issuer };
        assert!(key(1, 2).may_be(key(1, 2)) && key(1, 2).may_be(key(1, 0)) && key(1, 0).may_be(key(1, 3)));
        assert!(!key(1, 2).may_be(key(1, 3)) && !key(1, 2).may_be(key(4, 2)));
    }
}
