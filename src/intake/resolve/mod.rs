//! What becomes of each row, as pure functions: rows that came in the same order give the same answer in any split.
//!
//! No files here: the callers in `tables` read light rows, ask, and move the full rows accordingly.

mod adjustments;
mod age;
mod applications;
mod claim_row;
mod claims;
mod issuer;
mod refunds;
mod residents;

pub(crate) use adjustments::{AdjustmentRow, ClaimPlace, resolve_adjustments};
pub(crate) use age::Age;
pub(crate) use applications::{Applicants, ApplicationRow, count_applicants, resolve_applications};
pub(crate) use claim_row::{ClaimRow, Kind};
pub(crate) use claims::{Resolved, resolve_claims};
pub(crate) use issuer::Issuer;
pub(crate) use residents::{ResidentRow, resolve_residents};

use law::domain::Month;

/// Where a row stood before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the table, on this month (`None`: the table has no months).
    Accepted(Option<Month>),
    Held,
    /// In a file of this batch.
    Incoming,
}

/// Where a row stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// In the table, on this month.
    Accepted(Option<Month>),
    /// Among the held rows, for this reason.
    Held(HoldReason),
    /// Gone: a later update of the same thing takes its place.
    Superseded,
    /// Gone: another row says the same.
    Duplicate,
}

law::codes! {
    pub(crate) enum HoldReason {
        /// A reversal whose original is not there, is void, or is another person's.
        NoOriginal = "no_original",
        /// A refund that does not say of which of several settlements it is.
        ManyOriginals = "many_originals",
        /// A reversal that takes back more than its original has left.
        ExceedsOriginal = "exceeds_original",
        /// An adjustment whose claim is not there, is void, or is another person's.
        NoClaim = "no_claim",
        /// An adjustment whose number is of several claims of the person.
        ManyClaims = "many_claims",
        /// A payment of more than the person bore of its claim, with those before it.
        ExceedsClaim = "exceeds_claim",
        /// A payment taken back of which more is taken than was paid.
        ExceedsPaid = "exceeds_paid",
        /// A settlement marked as refunded without any refund.
        RefundedAlone = "refunded_alone",
        /// Versions of one thing that contradict each other, and nothing tells which is the later.
        VersionConflict = "version_conflict",
        /// A claim under a number that its issuer gave to another person.
        NumberOfAnotherPerson = "number_of_another_person",
        /// A member of an application whose applicant is not there.
        NoApplicant = "no_applicant",
        /// A member of an application with more than one applicant.
        ManyApplicants = "many_applicants",
    }
}
