//! Adjustments: the latest version of each counts, on the month of its claim; without the claim it waits.

use law::domain::Month;

use super::{Fate, HoldReason, Origin, elect};

/// The few cells of an adjustment row that decide its fate.
#[derive(Debug, Clone)]
pub(crate) struct AdjustmentRow {
    pub adjustment_id: Box<str>,
    /// The claim that it belongs to.
    pub claim_id: Box<str>,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// Hash of all that the sender stated but the update time.
    pub content_hash: i64,
    pub person: i64,
    pub origin: Origin,
}

/// Where an accepted, valid claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClaimPlace {
    pub person: i64,
    /// The month on which it is booked.
    pub month: Month,
}

/// Every row's fate; old rows first, the incoming in the order of their arrival.
pub(crate) fn resolve_adjustments(rows: &[AdjustmentRow], claim: impl Fn(&str) -> Option<ClaimPlace>) -> Vec<Fate> {
    let election = elect(rows, |a, b| a.adjustment_id.cmp(&b.adjustment_id), |row| (row.updated_at, row.content_hash));
    let place = |row: &AdjustmentRow| match claim(&row.claim_id).filter(|claim| claim.person == row.person) {
        Some(claim) => Fate::Accepted(Some(claim.month)),
        None => Fate::Held(HoldReason::NoClaim),
    };
    election.losers.iter().zip(rows).map(|(loser, row)| loser.unwrap_or_else(|| place(row))).collect()
}
