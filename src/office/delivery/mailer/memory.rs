//! Into memory: for tests, and for whoever wants to see what would be sent.

use std::sync::{Mutex, PoisonError};

use store::ledger::Letter;

use crate::delivery::dispatch::{Attempt, Transport};
use crate::delivery::machine::Outcome;

/// Keeps what it is handed.
#[derive(Debug, Default)]
pub struct MemoryTransport {
    taken: Mutex<Vec<(Letter, Vec<u8>)>>,
}

impl MemoryTransport {
    /// What it was handed, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<(Letter, Vec<u8>)> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for MemoryTransport {
    async fn send(&self, letter: &Letter, bytes: &[u8]) -> Attempt {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push((letter.clone(), bytes.to_vec()));
        Attempt::new(Outcome::Accepted, "kept in memory")
    }

    async fn lookup(&self, message_id: &str) -> Option<bool> {
        Some(self.taken().iter().any(|(letter, _)| letter.message_id == message_id))
    }
}
