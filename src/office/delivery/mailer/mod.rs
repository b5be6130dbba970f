//! The ways by which a letter leaves: a mail server, a folder, or memory. When to try again is decided in `machine`.

mod memory;
mod smtp;
mod spool;

pub use memory::MemoryTransport;
pub use smtp::SmtpTransport;
pub use spool::SpoolTransport;

use law::config::{DeliverySettings, Layout, TransportKind};
use store::ledger::Letter;

use super::dispatch::{Attempt, Transport};
use super::error::DeliveryError;

/// The way that the settings name.
#[derive(Debug)]
pub enum Mailer {
    Smtp(Box<SmtpTransport>),
    Spool(SpoolTransport),
}

impl Mailer {
    /// The way that the settings name, made ready; no connection is opened yet.
    pub fn open(settings: &DeliverySettings, layout: &Layout) -> Result<Self, DeliveryError> {
        match settings.transport {
            TransportKind::Spool => SpoolTransport::open(&layout.spool()).map(Self::Spool),
            TransportKind::Smtp => Ok(Self::Smtp(Box::new(SmtpTransport::new(settings, layout)?))),
        }
    }

    /// Says good-bye to the server.
    pub async fn close(self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}

impl Transport for Mailer {
    async fn send(&self, letter: &Letter, bytes: &[u8]) -> Attempt {
        match self {
            Self::Smtp(smtp) => smtp.send(letter, bytes).await,
            Self::Spool(spool) => spool.send(letter, bytes).await,
        }
    }

    async fn lookup(&self, message_id: &str) -> Option<bool> {
        match self {
            Self::Smtp(smtp) => smtp.lookup(message_id).await,
            Self::Spool(spool) => spool.lookup(message_id).await,
        }
    }
}
