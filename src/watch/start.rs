//! How a run begins and ends: under the lock, by models that fit, with the change of rules accepted; noted in the ledger
//! whatever comes of it. What it does in between stands in `run`.

use std::panic::AssertUnwindSafe;

use engine::lock::{clear_staging, sign_lock, take_lock};
use engine::{Context, Job, PipelineError, left_old};
use futures::FutureExt as _;
use law::domain::Period;
use store::ledger::RunState;

use super::operate::after_run;
use super::plan::require_acceptance;
use super::run::{Manner, Run, RunReport};

/// Runs a job for a period.
pub async fn run_job(context: &Context, job: &Job, period: Period) -> Result<RunReport, PipelineError> {
    run(context, job, period, Manner::Official(None)).await
}

/// The same, with a change of the rules accepted beforehand by its plan's hash or the beginning of it.
pub async fn run_job_accepting(
    context: &Context,
    job: &Job,
    period: Period,
    plan_hash: &str,
) -> Result<RunReport, PipelineError> {
    run(context, job, period, Manner::Official(Some(plan_hash))).await
}

/// Runs a sealing job without sealing: it goes on where a figure is missing or doubtful, moves no case, and writes
/// marked lists into a folder of their own.
pub async fn rehearse_job(context: &Context, job: &Job, period: Period) -> Result<RunReport, PipelineError> {
    run(context, job, period, Manner::Rehearsal).await
}

/// Runs a sealing job for a period that is sealed, and seals what has changed since as lists of its own.
///
/// # Errors
/// What ended it early; also when a later period of the year is sealed, whose lists have told the change.
pub async fn correct_job(context: &Context, job: &Job, period: Period) -> Result<RunReport, PipelineError> {
    run(context, job, period, Manner::Correct).await
}

async fn run(context: &Context, job: &Job, period: Period, manner: Manner<'_>) -> Result<RunReport, PipelineError> {
    let lock = take_lock(context)?;
    sign_lock(context, &lock)?;
    clear_staging(context)?;
    require_fit(context, job, manner)?;
    let name = match manner {
        Manner::Rehearsal => format!("{} --rehearsal", job.name),
        Manner::Correct => format!("{} (correct)", job.name),
        Manner::Official(_) | Manner::Plan => job.name.clone(),
    };
    let run_id = context.ledger.start_run(&name, &period.to_string(), context.now)?;
    let mut run = Run::new(context, job, period, manner).await?;
    let outcome = caught(Box::pin(async {
        run.report.hold = require_acceptance(context, job, period, manner).await?;
        run.steps(job).await
    }))
    .await;
    if outcome.is_ok() {
        context.ledger.record_run_texts(run_id, &context.texts)?;
    } else {
        context.engine.stop().await;
    }
    // What fails while it ends (the gate's child is ended with it, say) fails because of that.
    let outcome = if context.stop.is_set() { outcome.map_err(|_| PipelineError::Stopped) } else { outcome };
    let (state, summary) = match &outcome {
        Ok(()) => (RunState::Done, serde_json::to_value(&run.report).unwrap_or_default()),
        Err(error @ PipelineError::Stopped) => {
            (RunState::Failed, serde_json::json!({ "error": error.to_string(), "stopped": true }))
        }
        Err(error) => (RunState::Failed, serde_json::json!({ "error": error.to_string() })),
    };
    // The end is the start plus what the monotonic clock measured: the wall clock may be set meanwhile.
    let ended = context.now + run.begun.elapsed();
    context.ledger.finish_run(run_id, state, Some(run.version.number), &summary, &run.timings, ended)?;
    if !matches!(outcome, Err(PipelineError::Stopped)) {
        after_run(context, &job.name, ended).await;
    }
    outcome.map(|()| run.report)
}

/// An official run goes by models of this program's interface only; files that an upgrade would renew are named.
fn require_fit(context: &Context, job: &Job, manner: Manner<'_>) -> Result<(), PipelineError> {
    let old = left_old(&context.workspace.assets);
    if !context.unfit.is_empty() && manner != Manner::Rehearsal {
        return Err(PipelineError::Config(context.unfit.iter().cloned().chain(old).collect()));
    }
    if let Some(old) = old {
        tracing::warn!(job = job.name, "{}; {}", old.message, old.hint);
    }
    Ok(())
}

/// What a job comes to; a fault of the program is a failure of the job, so that the run is noted as failed, somebody is
/// told, and a daemon lives on.
async fn caught<T>(job: impl Future<Output = Result<T, PipelineError>>) -> Result<T, PipelineError> {
    AssertUnwindSafe(job).catch_unwind().await.unwrap_or(Err(PipelineError::Panicked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use law::{Cause, Fault as _};

    #[test]
    fn a_panic_in_a_job_is_a_failure_of_the_job_and_quotes_nobody() {
        let planted = |job: bool| {
            caught(async move {
                futures::future::ready(()).await;
                assert!(!job, "a cell of 张三");
                Ok(7)
            })
            .now_or_never()
            .unwrap()
        };
        assert_eq!(planted(false).unwrap(), 7);
        let error = planted(true).unwrap_err();
        assert_eq!(error.blame(), Cause::Program);
        assert!(!error.to_string().contains("张三"), "{error}");
        // One of a spawned part of the job, too.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let part = |n: u32| async move { if n == 3 { panic!("part") } else { Ok::<u32, PipelineError>(n) } };
        let outcome = runtime.block_on(caught(engine::in_parallel(2, (0..8).collect(), part)));
        assert!(matches!(outcome, Err(PipelineError::Panicked)));
    }
}
