//! Rows of files, as they were counted at intake.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::contracts::{Feed, Tally};
use crate::domain::{CountyCode, Month};

/// Rows of one county and month in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub feed: Feed,
    /// Name of the file.
    pub file: String,
    /// Day on which it was taken.
    pub day: NaiveDate,
    /// `None`: not legible.
    pub county: Option<CountyCode>,
    pub month: Option<Month>,
    /// Rows that passed the gate.
    pub good: Tally,
    /// Rejected rows of which nobody knows whose they are, or what they come to.
    pub lost: Tally,
    /// Rejected rows with a legible person and amount.
    pub named: Tally,
}

/// The first month that a workspace has claims of: earlier ones are nobody's gap. A month with a twentieth of the usual
/// rows or fewer only has what came late into another one's file.
#[must_use]
pub fn first_month(parts: &[Part]) -> Option<Month> {
    let mut rows: BTreeMap<Month, u64> = BTreeMap::new();
    for part in parts.iter().filter(|part| part.feed == Feed::Claims) {
        if let (Some(month), Some(_)) = (part.month, &part.county) {
            *rows.entry(month).or_default() += part.good.rows + part.named.rows + part.lost.rows;
        }
    }
    let mut counts: Vec<u64> = rows.values().copied().filter(|rows| *rows > 0).collect();
    counts.sort_unstable();
    let usual = counts.get(counts.len() / 2).copied()?;
    rows.into_iter().find(|(_, rows)| rows.saturating_mul(20) > usual).map(|(month, _)| month)
}
