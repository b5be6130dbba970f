//! What came, as operators see it: which months are due and not whole, which files lie in landing, who is late.

use chrono::{DateTime, Utc};
use engine::official::Arrivals;
use engine::{Context, PipelineError};
use law::arrivals::{ArrivalState, Gap};
use law::contracts::Feed;
use law::domain::{CountyCode, Month, Period, official_day, stable_hash};
use law::policy::Rule;
use serde::Serialize;

/// The working day of the next month from which a month is asked for where no sender's due day is agreed.
const DUE: u32 = 3;

/// A landed file that is not taken.
#[derive(Debug, Serialize)]
pub struct LyingStatus {
    pub feed: Feed,
    pub name: String,
    /// What alerts call it by.
    pub mark: String,
    pub state: &'static str,
    pub why: String,
    pub since: DateTime<Utc>,
}

/// Data of a county and month that have not come whole.
#[derive(Debug, Serialize)]
pub struct GapStatus {
    pub county: String,
    pub feed: Feed,
    pub month: String,
    pub state: &'static str,
    /// The file that stands in the way, where there is one.
    pub file: String,
}

/// Days after its due day on which a sender delivered a month, or the days until today.
#[derive(Debug, Serialize)]
pub struct LateStatus {
    pub sender: String,
    pub feed: Feed,
    pub month: String,
    pub days: i64,
}

/// What alerts call a file by: its name may name a person.
pub(crate) fn mark_of(name: &str) -> String {
    format!("{:08x}", stable_hash(name) >> 32)
}

/// The last month that is over and that some job has worked on: nobody asks for the data of a workspace that rests.
fn last_month(context: &Context) -> Result<Option<Month>, PipelineError> {
    let over = Month::of(official_day(context.now)).previous();
    Ok(worked_month(context)?.map(|month| month.min(over)))
}

/// The latest month for which some job has found anybody; sending letters is no work on a month.
pub(crate) fn worked_month(context: &Context) -> Result<Option<Month>, PipelineError> {
    let runs = context.ledger.last_runs(50)?;
    let has_found =
        |run: &&store::ledger::Run| run.summary["findings"].as_object().is_some_and(|found| !found.is_empty());
    let worked = runs.iter().filter(has_found).filter_map(|run| Period::parse(&run.period).ok());
    Ok(worked.map(Period::month).max())
}

pub(crate) fn lying_status(context: &Context) -> Result<Vec<LyingStatus>, PipelineError> {
    let files = context.ledger.lying()?.into_iter();
    let status = files.map(|file| LyingStatus {
        feed: file.feed,
        mark: mark_of(&file.name),
        name: file.name,
        state: file.state.code(),
        why: file.why,
        since: file.since,
    });
    Ok(status.collect())
}

/// The months that are over and due and have not come whole for the rules of today, by county.
pub(crate) fn due_by(context: &Context) -> Result<Vec<(CountyCode, Gap)>, PipelineError> {
    let today = official_day(context.now);
    let Some(last) = last_month(context)? else { return Ok(Vec::new()) };
    let arrivals = Arrivals::of(context)?;
    let period = Period::from(last);
    let rules: Vec<&Rule> =
        context.policy.in_force(period.last_day()).filter(|rule| !rule.recipients.is_empty()).collect();
    let sealed = arrivals.gaps(context, &rules, period);
    // A workspace that has had no claims at all has nothing to miss yet.
    if sealed.first_month.is_none() {
        return Ok(Vec::new());
    }
    let is_due = |county: &CountyCode, gap: &Gap| {
        let senders = context.senders.iter().filter(|sender| sender.feed == gap.feed && sender.covers(county));
        let agreed = senders.filter_map(|sender| sender.due_day(gap.month, &context.workdays)).min();
        let due = agreed.unwrap_or_else(|| context.workdays.after(gap.month.last_day(), DUE));
        // What was refused, waits or is not whole is told at once.
        today > due || !matches!(gap.state, ArrivalState::Late | ArrivalState::Missing)
    };
    let gaps =
        sealed.gaps.into_iter().flat_map(|(county, gaps)| gaps.into_iter().map(move |gap| (county.clone(), gap)));
    Ok(gaps.filter(|(county, gap)| is_due(county, gap)).collect())
}

pub(crate) fn gap_status(context: &Context) -> Result<Vec<GapStatus>, PipelineError> {
    let gaps = due_by(context)?.into_iter();
    let status = gaps.map(|(county, gap)| GapStatus {
        county: county.to_string(),
        feed: gap.feed,
        month: gap.month.to_string(),
        state: gap.state.code(),
        file: gap.file,
    });
    Ok(status.collect())
}

pub(crate) fn late_status(context: &Context) -> Result<Vec<LateStatus>, PipelineError> {
    let Some(last) = last_month(context)? else { return Ok(Vec::new()) };
    let late = Arrivals::of(context)?.late_days(context, last.into());
    let status =
        late.into_iter().map(|(sender, feed, month, days)| LateStatus { sender, feed, month: month.to_string(), days });
    Ok(status.collect())
}
