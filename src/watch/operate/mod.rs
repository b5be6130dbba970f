//! Running jobs by the clock, telling what stands in the way, and showing monitors how it goes.
//!
//! Joins what `schedule` decides with what the ledger knows. Waiting, signals and printing are `cli`'s.

mod alerts;
mod backfill;
mod digest;
mod exposition;
mod metrics;
mod timetable;

pub use alerts::{note_alerts, standing_alerts};
pub use backfill::{Backfill, past_periods, run_past, set_notice};
pub(crate) use digest::day_digest;
pub use metrics::{keep_metrics, metrics, write_metrics};
pub use timetable::{Timetable, timetable};

use chrono::{DateTime, Utc};
use engine::Context;
use office::delivery::tell;

/// What follows each run, however it ended: alerts are raised or cleared, the operators are told, once
/// a day with a digest of the rest, the metrics file is
/// written. A fault here is told and changes nothing about the run.
pub(crate) async fn after_run(context: &Context, job: &str, at: DateTime<Utc>) {
    match note_alerts(context, at) {
        Ok(change) => {
            for key in &change.raised {
                tracing::warn!(alert = key, "alert raised");
            }
            for key in &change.cleared {
                tracing::info!(alert = key, "alert cleared");
            }
        }
        Err(error) => tracing::warn!(job, %error, "the alerts could not be kept"),
    }
    if let Err(error) = digest::tell_digest(context, job, at) {
        tracing::warn!(job, %error, "the day's digest could not be written");
    }
    if let Err(error) = tell(&context.workspace, &context.ledger, at).await {
        tracing::warn!(job, %error, "the operators could not be told");
    }
    if let Err(error) = keep_metrics(context, at) {
        tracing::warn!(job, %error, "the metrics file could not be written");
    }
}
