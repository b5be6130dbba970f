//! Who takes mail away: `pipeline` writes what is to be told and never sends it. The command line, which knows both
//! sides, hands a courier in.

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde::Serialize;

use crate::{Context, PipelineError};

/// What a courier did with the letters that were due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// Whether sending is switched off: letters were looked at only.
    pub is_rehearsed: bool,
    /// Letters that were due, where sending is switched off.
    pub due: u64,
    pub accepted: u64,
    /// Letters to be tried again.
    pub deferred: u64,
    /// Letters refused for good: somebody must look.
    pub rejected: u64,
    /// Letters of which nobody knows: somebody must look.
    pub unknown: u64,
    /// Letters that did not go because a list was taken back.
    pub withdrawn: u64,
}

pub trait Courier: Send + Sync {
    /// Sends what is due; ends between two letters when the run is asked to end.
    ///
    /// # Errors
    /// [`PipelineError::Locked`] when another run sends, [`PipelineError::Courier`] when nothing can be sent.
    fn deliver<'a>(&'a self, context: &'a Context) -> BoxFuture<'a, Result<Delivered, PipelineError>>;

    /// Tells the operators of alerts that they do not know of, at once; offices' letters stay where they are.
    ///
    /// # Errors
    /// When the letter cannot be written or sent; what could not be sent waits in the outbox.
    fn tell<'a>(&'a self, context: &'a Context, at: DateTime<Utc>) -> BoxFuture<'a, Result<(), PipelineError>>;
}
