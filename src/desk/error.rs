//! What keeps an act from being done.

use engine::PipelineError;
use law::config::Problem;
use law::{Cause, Fault};
use office::delivery::DeliveryError;
use office::handover::HandoverError;
use office::receipts::ReceiptError;
use store::keys::KeyError;
use store::ledger::LedgerError;

/// An act that was not done. Texts never carry a person or a password.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// It cannot be done so; `why` says how it can.
    #[error("{why}")]
    Refused { cause: Cause, why: String },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<Problem>),
    #[error(transparent)]
    Job(#[from] PipelineError),
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    #[error(transparent)]
    Handover(#[from] HandoverError),
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl DeskError {
    /// It was not asked for right.
    pub(crate) fn usage(why: impl Into<String>) -> Self {
        Self::Refused { cause: Cause::Usage, why: why.into() }
    }

    /// What is on file stands against it.
    pub(crate) fn data(why: impl Into<String>) -> Self {
        Self::Refused { cause: Cause::Data, why: why.into() }
    }
}

impl Fault for DeskError {
    fn blame(&self) -> Cause {
        match self {
            Self::Refused { cause, .. } => *cause,
            Self::Config(_) => Cause::Settings,
            Self::Job(error) => error.blame(),
            Self::Delivery(error) => error.blame(),
            Self::Handover(error) => error.blame(),
            Self::Receipt(error) => error.blame(),
            Self::Keys(error) => error.blame(),
            Self::Ledger(error) => error.blame(),
        }
    }
}
