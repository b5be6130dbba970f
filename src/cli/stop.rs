//! Being told to stop: by the system (SIGTERM) or a person (SIGINT).

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, TEMPORARY};
use crate::pipeline::{Context, PipelineError};

/// Until the process is told to stop.
pub(super) async fn stopped() {
    if let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    } else {
        std::future::pending::<()>().await;
    }
}

/// Does the work, unless told to stop while a cluster does parts of it: those are taken back first. Without a cluster
/// the process just ends, which a run survives at any point.
pub(super) async fn unless_stopped<T>(
    context: &Context,
    work: impl Future<Output = Result<T, PipelineError>>,
) -> Result<T, Failure> {
    if !context.engine.is_on_cluster() {
        return Ok(work.await?);
    }
    tokio::select! {
        done = work => Ok(done?),
        () = stopped() => {
            context.engine.stop().await;
            Err(Failure::new(TEMPORARY, "told to stop; the cluster's parts were taken back, run again to go on"))
        }
    }
}
