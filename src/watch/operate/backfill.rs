//! Running past periods, oldest first, and writing to no office about them unless asked.

use engine::{Context, Job, PipelineError, Rhythm};
use law::domain::Period;
use store::ledger::RunState;

use crate::{RunReport, run_job};

/// One past period of a backfill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backfill {
    pub period: Period,
    /// Whether a run for it has ended well already.
    pub is_done: bool,
}

/// The periods of a job from one to another, oldest first.
///
/// # Errors
/// When they run backwards, are not the job's, or are not over, or the ledger cannot be read.
pub fn past_periods(context: &Context, job: &Job, from: Period, to: Period) -> Result<Vec<Backfill>, PipelineError> {
    let wrong = |why: String| Err(PipelineError::NotPast(why));
    if job.silent().steps.is_empty() {
        return wrong(format!("{} sends what waits: there is nothing past to run", job.name));
    }
    if from > to {
        return wrong(format!("--from {from} lies after --to {to}"));
    }
    if job.cadence == Rhythm::Monthly && !(from.is_whole() && to.is_whole()) {
        return wrong(format!("{} is for whole months: --from {} --to {}", job.name, from.month(), to.month()));
    }
    // A day has begun everywhere in China when it has in Shanghai, whatever the machine's zone is.
    let today = (context.now + chrono::TimeDelta::hours(8)).date_naive();
    if to.last_day() >= today {
        return wrong(format!("{to} has not ended: a backfill is for periods that have"));
    }
    let done: Vec<Period> = context
        .ledger
        .job_runs(&job.name, u32::MAX)?
        .into_iter()
        .filter(|run| run.state == RunState::Done)
        .map(|run| run.period)
        .collect();
    let mut periods = Vec::new();
    let mut period = from;
    while period <= to {
        periods.push(Backfill { period, is_done: done.contains(&period) });
        period = match job.cadence {
            Rhythm::Monthly => period.month().next().into(),
            Rhythm::TenDays => period.next_third(),
        };
    }
    Ok(periods)
}

/// Runs one past period. What it seals is kept quiet and nothing is sent, or where `notify` is set, the quiet is lifted: noted before the
/// first list is sealed, so that a run that is killed in between tells nobody.
pub async fn run_past(context: &Context, job: &Job, period: Period, notify: bool) -> Result<RunReport, PipelineError> {
    set_notice(context, job, period, notify)?;
    if notify { run_job(context, job, period).await } else { run_job(context, &job.silent(), period).await }
}

/// Notes whether offices may be written to about what the job seals for a period.
pub fn set_notice(context: &Context, job: &Job, period: Period, notify: bool) -> Result<(), PipelineError> {
    let (series, at) = (job.cadence.mark(), context.now);
    if !job.seals() {
        return Ok(());
    }
    if notify {
        context.ledger.lift_quiet(&job.name, period, series, at)?;
    } else {
        context.ledger.keep_quiet(&job.name, period, series, at)?;
    }
    Ok(())
}
