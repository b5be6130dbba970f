//! The facts that alerts are made from, gathered from the ledger.

use chrono::{DateTime, TimeDelta, Utc};
use engine::{Context, PipelineError};
use law::arrivals::ArrivalState;
use law::contracts::Feed;
use law::domain::official_day;
use law::schedule::{
    Alert, Facts, FailedRun, LateRun, LyingFact, MissingData, MissingFeed, OpenQuestion, alerts, late,
};
use store::ledger::{AlertChange, LedgerError, RunState};

use super::timetable::{jobs, timetable};
use crate::arrivals::{due_by, mark_of, worked_month};
use crate::feeds::feed_status;
use crate::questions::open_questions;

/// The alerts that stand at a moment; writes nothing.
pub fn standing_alerts(context: &Context, now: DateTime<Utc>) -> Result<Vec<Alert>, PipelineError> {
    Ok(alerts(&facts(context, now)?))
}

/// Raises and clears alerts in the ledger by how things stand at a moment.
///
/// # Errors
/// When the ledger cannot be read or written. A broken audit chain takes no entry: the error says where it broke.
pub fn note_alerts(context: &Context, now: DateTime<Utc>) -> Result<AlertChange, PipelineError> {
    Ok(context.ledger.sync_alerts(&standing_alerts(context, now)?, now)?)
}

fn facts(context: &Context, now: DateTime<Utc>) -> Result<Facts, PipelineError> {
    let audit_broken_at = match context.ledger.verify_audit() {
        Ok(_) => None,
        Err(LedgerError::AuditBroken { seq }) => Some(seq),
        Err(error) => return Err(error.into()),
    };
    Ok(Facts {
        failed: failed_runs(context)?,
        late: late_runs(context, now)?,
        feeds: missing_feeds(context)?,
        questions: waiting_questions(context, now)?,
        lying: lying_files(context, now)?,
        missing: missing_data(context)?,
        calendar: missing_calendar(context)?,
        mail: context.ledger.stuck_letters()?,
        audit_broken_at,
    })
}

fn failed_runs(context: &Context) -> Result<Vec<FailedRun>, PipelineError> {
    let mut found = Vec::new();
    for job in jobs(context)? {
        let last = context.ledger.job_runs(&job.name, 1)?.into_iter().next();
        if let Some(run) = last.filter(|run| run.state == RunState::Failed && !run.is_stopped) {
            found.push(FailedRun {
                job: job.name,
                period: run.period.to_string(),
                run_id: run.run_id,
                at: run.ended_at,
            });
        }
    }
    Ok(found)
}

fn late_runs(context: &Context, now: DateTime<Utc>) -> Result<Vec<LateRun>, PipelineError> {
    let grace = TimeDelta::minutes(context.workspace.settings.operators.late_after_minutes.into());
    let mut found = Vec::new();
    for (planned, past) in &timetable(context)?.jobs {
        if let Some(due) = late(planned, past, now, grace) {
            let at = planned.schedule.local(due.at);
            found.push(LateRun { job: due.job, period: due.period, due: at, failures: due.failures });
        }
    }
    Ok(found)
}

fn waiting_questions(context: &Context, now: DateTime<Utc>) -> Result<Vec<OpenQuestion>, PipelineError> {
    let open = open_questions(context, official_day(now))?.into_iter();
    Ok(open
        .map(|question| OpenQuestion {
            question_id: question.question_id,
            said: question.line(),
            owner: question.owner,
            due: question.due,
        })
        .collect())
}

fn missing_feeds(context: &Context) -> Result<Vec<MissingFeed>, PipelineError> {
    let mut found = Vec::new();
    for feed in Feed::ALL {
        let limit = context.workspace.settings.feeds.get(feed.name()).and_then(|settings| settings.max_age_days);
        let (status, Some(max_age_days)) = (feed_status(context, feed)?, limit) else { continue };
        if status.is_late {
            let newest = status.newest.map(|at| at.date_naive());
            found.push(MissingFeed { feed: feed.name(), newest, max_age_days });
        }
    }
    Ok(found)
}

/// Refused files from the first night on, waiting ones once they have waited for longer than a day. Of a held file its
/// question tells.
fn lying_files(context: &Context, now: DateTime<Utc>) -> Result<Vec<LyingFact>, PipelineError> {
    let files = context.ledger.lying()?.into_iter().filter(|file| file.state != ArrivalState::Held);
    let counts = files.filter(|file| file.state != ArrivalState::Waiting || now - file.since > TimeDelta::days(1));
    let fact = |file: store::ledger::LyingFile| LyingFact {
        feed: file.feed.name(),
        mark: mark_of(&file.name),
        is_refused: file.state != ArrivalState::Waiting,
        since: official_day(file.since),
    };
    Ok(counts.map(fact).collect())
}

/// Months that are over and due and have not come whole, by feed.
fn missing_data(context: &Context) -> Result<Vec<MissingData>, PipelineError> {
    let names: std::collections::BTreeMap<_, _> =
        context.counties.iter().map(|county| (&county.code, &county.name)).collect();
    let mut found: Vec<MissingData> = Vec::new();
    for (county, gap) in due_by(context)? {
        let name = names.get(&county).map_or_else(|| county.to_string(), |name| (*name).clone());
        match found.iter_mut().find(|one| (one.feed, one.month) == (gap.feed.name(), gap.month)) {
            Some(known) => known.counties.push(name),
            None => found.push(MissingData { feed: gap.feed.name(), month: gap.month, counties: vec![name] }),
        }
    }
    Ok(found)
}

/// Once jobs work on November, the next year's days off are out and must be there; so must the year's own, always.
fn missing_calendar(context: &Context) -> Result<Option<i32>, PipelineError> {
    let Some(month) = worked_month(context)? else { return Ok(None) };
    let next = (month.number() >= 11).then_some(month.year() + 1);
    Ok(std::iter::once(month.year()).chain(next).find(|year| !context.workdays.knows(*year)))
}
