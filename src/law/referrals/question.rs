//! The open questions that keep people on lists.

use crate::cases::Reason;

/// The open question that keeps somebody on a list: a code of the texts' table `reason`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StayReason(String);

impl StayReason {
    /// A question about the person, or about what a hold has set aside.
    #[must_use]
    pub fn of(reason: Reason) -> Self {
        Self(reason.code().to_owned())
    }

    /// The county's data have not come whole.
    #[must_use]
    pub fn data_missing() -> Self {
        Self("data_missing".to_owned())
    }

    /// By its code.
    #[must_use]
    pub fn coded(code: &str) -> Self {
        Self(code.to_owned())
    }

    #[must_use]
    pub fn word(&self) -> &str {
        &self.0
    }
}
