//! Asking a run to end early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::PipelineError;

/// Asks a run to end early. What is committed stays, and the next run goes on from there.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Does work that lies with other machines, but no longer than until it is asked for.
    pub async fn or_done<T>(&self, work: impl Future<Output = Result<T, PipelineError>>) -> Result<T, PipelineError> {
        let asked = async {
            while !self.is_set() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::select! {
            done = work => done,
            () = asked => Err(PipelineError::Stopped),
        }
    }

    /// An error when it was asked for.
    pub fn check(&self) -> Result<(), PipelineError> {
        if self.is_set() { Err(PipelineError::Stopped) } else { Ok(()) }
    }
}
