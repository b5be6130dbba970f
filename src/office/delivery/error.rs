//! What can go wrong between a sealed list and its letters.

use engine::PipelineError;
use law::config::Problem;
use law::{Cause, Fault};
use store::keys::KeyError;
use store::ledger::LedgerError;

use crate::handover::HandoverError;

/// A failure of delivery. Texts never carry a person, a password or a key.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The ledger refused or failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Settings or routes are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<Problem>),
    /// A list has no address in force.
    #[error("list {list_id}: no address is in force for {county} {office}; add it to pipelines/tables/routes.csv")]
    NoRoute { list_id: String, county: String, office: String },
    /// A list is not as it was sealed, or cannot be handed over.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// A letter cannot be written.
    #[error("a letter cannot be written: {0}")]
    Message(String),
    /// A letter is not where the command needs it.
    #[error("letter {message_id}: {why}")]
    Letter { message_id: String, why: String },
    #[error("another run is sending in this workspace ({0}); try again when it is done")]
    Locked(String),
    #[error(transparent)]
    File(#[from] store::durable::FileError),
}

impl DeliveryError {
    /// For `map_err`: whatever kept a letter from being written.
    pub(super) fn message<E: std::fmt::Display>(error: E) -> Self {
        Self::Message(error.to_string())
    }
}

impl Fault for DeliveryError {
    fn blame(&self) -> Cause {
        match self {
            Self::Config(_) | Self::NoRoute { .. } => Cause::Settings,
            Self::Locked(_) => Cause::Later,
            Self::Letter { .. } => Cause::Data,
            Self::Handover(error) => error.blame(),
            Self::Message(_) | Self::File(_) => Cause::Program,
            Self::Ledger(error) => error.blame(),
            Self::Keys(error) => error.blame(),
        }
    }
}

impl From<DeliveryError> for PipelineError {
    fn from(error: DeliveryError) -> Self {
        Self::Room(Box::new(error))
    }
}
