//! Counting rows and fen through intake, so that nothing can vanish unnoticed.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{RejectCode, Unusable};
use crate::domain::Fen;

/// A number of rows and the fen of their control column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub rows: u64,
    /// Sum of the feed's control column in fen; rows whose amount cannot be read add nothing.
    pub fen: i128,
}

impl Tally {
    pub fn add_row(&mut self, fen: Fen) {
        self.rows += 1;
        self.fen += fen.unscaled();
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.fen += other.fen;
    }
}

/// What became of every row of one landed file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// All rows below the header.
    pub read: Tally,
    pub accepted: Tally,
    pub rejected: BTreeMap<RejectCode, Tally>,
    /// Rows replaced by a later update, of this file or an earlier one.
    pub superseded: Tally,
    /// Rows that say what an accepted row says already.
    pub duplicate: Tally,
    /// Rows that wait for another row (a reversal for its original, say).
    pub held: Tally,
    /// Rows that are in order and that no rule can use, by reason; they are among the others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unusable: BTreeMap<Unusable, u64>,
}

impl Outcome {
    /// Rows refused, all codes together.
    #[must_use]
    pub fn rejected_total(&self) -> Tally {
        let mut total = Tally::default();
        self.rejected.values().for_each(|tally| total += *tally);
        total
    }

    /// Whether read = accepted + rejected + superseded + duplicate + held, in rows and in fen.
    #[must_use]
    pub fn balances(&self) -> bool {
        let mut sum = self.rejected_total();
        for part in [self.accepted, self.superseded, self.duplicate, self.held] {
            sum += part;
        }
        sum == self.read
    }
}
