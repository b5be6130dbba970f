//! The few cells of a claim that decide what becomes of it.

use law::domain::Month;

use super::Origin;
use super::age::{Age, Version};
use super::issuer::Issuer;

/// What a claim row is; decides how it is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An ordinary settlement (结算).
    Settlement,
    /// Takes a settlement back (冲销), with negative amounts.
    Reversal,
    /// Pays funds later on fees settled before (补报销).
    Supplement,
}

impl Kind {
    /// The kind as the column `claim_kind` has it; what is not known counts as a settlement.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "reversal" => Self::Reversal,
            "supplement" => Self::Supplement,
            _ => Self::Settlement,
        }
    }
}

/// The few cells of a claim row that decide its fate.
#[derive(Debug, Clone)]
pub(crate) struct ClaimRow {
    pub claim_id: Box<str>,
    /// The settlement that a reversal cancels.
    pub original_claim_id: Option<Box<str>>,
    pub issuer: Issuer,
    pub age: Age,
    /// Hash of all that the sender stated but the update time.
    pub content_hash: i64,
    pub person: i64,
    /// When it was settled, milliseconds since 1970.
    pub settled_at: i64,
    /// The month of that.
    pub settled: Month,
    pub kind: Kind,
    /// False: this update voids the claim.
    pub is_valid: bool,
    /// The sender marked it as refunded.
    pub is_refunded: bool,
    /// Total, fen.
    pub total: i128,
    /// Borne by the person, fen.
    pub personal: i128,
    pub origin: Origin,
}

impl Version for ClaimRow {
    fn age(&self) -> &Age {
        &self.age
    }

    fn content(&self) -> i64 {
        self.content_hash
    }
}

impl ClaimRow {
    pub(super) fn has_amounts_of(&self, other: &Self) -> bool {
        self.total == other.total && self.personal == other.personal
    }

    /// Whether two versions of one number are one settlement, even where they state different areas: the same institution's
    /// of one person, or the same amounts at the same moment.
    pub(super) fn is_settlement_of(&self, other: &Self) -> bool {
        let is_same = self.settled_at == other.settled_at && self.has_amounts_of(other);
        self.person == other.person && (self.issuer.shares_institution(other.issuer) || is_same)
    }
}
