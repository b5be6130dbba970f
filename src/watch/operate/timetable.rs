//! The jobs that run by the clock, each with what the ledger knows of its runs.

use chrono::{DateTime, Utc};
use engine::{Context, Job, PipelineError, is_job};
use law::schedule::{Past, Planned};
use store::ledger::{JobRun, RunState};

/// Runs of a job that decisions look back on; more than a year of nights.
const LOOK_BACK: u32 = 500;

/// Jobs with their history, as `schedule::decide` takes them, and those that are left out with the reason.
#[derive(Debug, Default)]
pub struct Timetable {
    /// Jobs that run by the clock, by name.
    pub jobs: Vec<(Planned, Past)>,
    /// Jobs with a schedule that this policy has no use for: name and why.
    pub idle: Vec<(String, String)>,
}

impl Timetable {
    /// The timetable of one job; `None` when it does not run by the clock.
    #[must_use]
    pub fn only(&self, job: &str) -> Option<&(Planned, Past)> {
        self.jobs.iter().find(|(planned, _)| planned.job == job)
    }
}

/// The timetable of a workspace as the ledger knows it now.
pub fn timetable(context: &Context) -> Result<Timetable, PipelineError> {
    let watched = context.ledger.watched_jobs()?;
    let mut found = Timetable::default();
    for job in jobs(context)? {
        let Some(mut planned) = job.planned() else { continue };
        planned.workdays = context.workdays.clone();
        if job.seals() && !context.policy.rules.iter().any(|rule| job.cadence.seals(rule)) {
            let why = format!("no rule of policy {} is sealed by it", context.policy.name);
            found.idle.push((job.name, why));
            continue;
        }
        let runs = context.ledger.job_runs(&job.name, LOOK_BACK)?;
        let past = past(&runs, watched.get(&job.name).copied());
        found.jobs.push((planned, past));
    }
    Ok(found)
}

/// All jobs of the workspace, by name.
pub(super) fn jobs(context: &Context) -> Result<Vec<Job>, PipelineError> {
    let paths = context.workspace.assets.list("pipelines/");
    let names = paths.iter().filter(|path| is_job(path));
    names
        .filter_map(|path| path.strip_prefix("pipelines/")?.strip_suffix(".toml"))
        .map(|name| context.job(name))
        .collect()
}

/// A run that still counts as running was killed, or is at work: then the lock says so to whoever wants to run.
fn past(runs: &[JobRun], since: Option<DateTime<Utc>>) -> Past {
    let mut past = Past { since, ..Past::default() };
    for run in runs {
        match run.state {
            RunState::Done => past.done.push((run.period, run.started_at)),
            RunState::Failed if run.is_stopped => {}
            RunState::Failed => past.failed.push((run.period, run.ended_at)),
            RunState::Running => {}
        }
    }
    past
}
