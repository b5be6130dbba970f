//! The counts of a day's digest, gathered from the ledger.

use chrono::{DateTime, TimeDelta, Utc};
use engine::{Context, PipelineError, Step};
use law::contracts::Feed;
use law::domain::official_day;
use law::schedule::{DayFacts, NightFacts, TakenFacts, digest};
use office::delivery::tell_day;
use store::ledger::{FileState, Run, RunState};

use crate::arrivals::{due_by, late_status};
use crate::questions::open_questions;

/// The digest of the day before a moment: each line in Chinese and English.
pub(crate) fn day_digest(context: &Context, now: DateTime<Utc>) -> Result<Vec<(String, String)>, PipelineError> {
    let since = now - TimeDelta::days(1);
    let mut facts = DayFacts { night: last_night(context, since)?, ..DayFacts::default() };
    for feed in Feed::ALL {
        let files = context.ledger.files(feed)?.into_iter();
        for file in files.filter(|file| matches!(file.state, FileState::Taken { .. }) && file.decided_at > since) {
            let taken: &mut TakenFacts = facts.taken.entry(feed).or_default();
            taken.files += 1;
            if let Some(outcome) = file.outcome {
                taken.read += outcome.read;
                taken.accepted += outcome.accepted;
                taken.rejected += outcome.rejected_total();
                taken.held += outcome.held;
            }
        }
    }
    let questions = open_questions(context, official_day(now))?;
    facts.questions = (questions.len() as u64, questions.iter().filter(|one| one.is_overdue).count() as u64);
    facts.taken_back = context.ledger.taken_back()?.iter().filter(|back| back.at > since).count() as u64;
    facts.lying = context.ledger.lying()?.len() as u64;
    facts.gaps = due_by(context)?.len() as u64;
    facts.late = late_status(context)?.len() as u64;
    Ok(digest(&facts))
}

/// The last run of the day that looked for people.
fn last_night(context: &Context, since: DateTime<Utc>) -> Result<Option<NightFacts>, PipelineError> {
    let is_night = |run: &Run| {
        let has_found = run.summary["findings"].as_object().is_some_and(|found| !found.is_empty());
        run.started_at > since && (has_found || run.state == RunState::Failed)
    };
    let Some(run) = context.ledger.last_runs(50)?.into_iter().find(is_night) else { return Ok(None) };
    let count = |status: &str| {
        let rules = run.summary["findings"].as_object().into_iter().flat_map(|rules| rules.values());
        let counts = rules.filter_map(|rule| rule.as_object()).flatten();
        let own = counts.filter(|(word, _)| word.split(':').next() == Some(status));
        own.filter_map(|(_, count)| count.as_u64()).sum()
    };
    Ok(Some(NightFacts {
        at: run.finished_at.unwrap_or(run.started_at).format("%Y-%m-%d %H:%M UTC").to_string(),
        is_done: run.state == RunState::Done,
        flagged: count("flagged"),
        near: count("near"),
        undecided: count("undecided"),
        job: run.job.clone(),
        period: run.period.clone(),
    }))
}

/// Writes the operators the day's digest after a run that takes files in, once a day.
pub(super) fn tell_digest(context: &Context, job: &str, now: DateTime<Utc>) -> Result<(), PipelineError> {
    let takes_in = |step: &Step| matches!(step, Step::Intake {});
    if !context.job(job).is_ok_and(|job| job.steps.iter().any(takes_in)) {
        return Ok(());
    }
    let lines = day_digest(context, now)?;
    Ok(tell_day(&context.workspace, &context.ledger, &lines, now)?)
}
