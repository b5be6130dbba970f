//! The list before, and what changed since.

use std::collections::BTreeMap;

use super::{Cells, Delta, ListedPerson};
use crate::domain::{Fen, Period, PersonKey};

/// The last sealed list of a county and an office in the same benefit year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousList {
    pub list_id: String,
    pub period: Period,
    /// SHA-256 of its manifest, hex.
    pub manifest_sha256: String,
    /// Last lists of offices that it has taken over from since: id and manifest hash.
    pub took_over: Vec<(String, String)>,
    /// Who was on it and on those, withdrawn persons left out.
    pub persons: BTreeMap<PersonKey, PreviousPerson>,
}

/// A person as the list before showed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousPerson {
    pub leading_rule: String,
    pub rules: Vec<String>,
    pub measured: Fen,
    /// What the row showed: a withdrawal must say who it is about.
    pub cells: Cells,
}

/// How many persons changed how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeltaCounts {
    pub new: usize,
    pub continuing: usize,
    /// On both lists, with a further rule.
    pub escalated: usize,
    pub withdrawn: usize,
}

impl DeltaCounts {
    /// Counts the rows of a list.
    #[must_use]
    pub fn of(rows: &[ListedPerson]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            counts.add(row.delta);
        }
        counts
    }

    pub fn add(&mut self, delta: Delta) {
        *match delta {
            Delta::New => &mut self.new,
            Delta::Continuing => &mut self.continuing,
            Delta::Escalated => &mut self.escalated,
            Delta::Withdrawn => &mut self.withdrawn,
        } += 1;
    }

    #[must_use]
    pub const fn persons(self) -> usize {
        self.new + self.continuing + self.escalated
    }

    /// Whether list = list before + new - withdrawn.
    #[must_use]
    pub const fn balances(self, before: usize) -> bool {
        self.persons() + self.withdrawn == before + self.new
    }
}
