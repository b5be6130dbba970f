//! Joins the two sides that never meet: jobs, which write what is to be told, and delivery, which sends it.

use chrono::{DateTime, Utc};
use engine::{Context, PipelineError};
use engine::{Courier, Delivered};
use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::deliver::{send_due, tell};
use super::{Failure, TEMPORARY};

/// Sends by the workspace's own settings.
pub(super) struct Post;

impl Courier for Post {
    fn deliver<'a>(&'a self, context: &'a Context) -> BoxFuture<'a, Result<Delivered, PipelineError>> {
        let Context { workspace, ledger, stop, .. } = context;
        async move {
            let is_live = workspace.settings.delivery.live;
            send_due(workspace, ledger, context.now, is_live, stop).await.map_err(told)
        }
        .boxed()
    }

    fn tell<'a>(&'a self, context: &'a Context, at: DateTime<Utc>) -> BoxFuture<'a, Result<(), PipelineError>> {
        let Context { workspace, ledger, .. } = context;
        async move { tell(workspace, ledger, at).await.map_err(told) }.boxed()
    }
}

/// What ended a delivery, as a job ends of it.
fn told(failure: Failure) -> PipelineError {
    match failure.code {
        TEMPORARY => PipelineError::NotReady(failure.message),
        _ => PipelineError::Courier(failure.message),
    }
}

/// What became of the letters, in one line.
pub(super) fn described(delivered: &Delivered) -> String {
    let Delivered { is_rehearsed, due, accepted, deferred, rejected, unknown, withdrawn } = delivered;
    if *is_rehearsed {
        return format!("dry run: {due} letters are due, nothing was sent; [delivery] live = true sends");
    }
    let look = if rejected + unknown > 0 { "\nsomebody must look: poverty-watch deliver show" } else { "" };
    let gone = if *withdrawn > 0 { format!(", withdrawn {withdrawn}") } else { String::new() };
    format!("accepted {accepted}, deferred {deferred}, rejected {rejected}, unknown {unknown}{gone}{look}")
}
