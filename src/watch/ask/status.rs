//! How the workspace stands: last runs, feeds and their lateness, cases, lists.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use engine::compute::{income_figures, roster_files};
use engine::official::{Need, needs, unrouted};
use engine::{Context, PipelineError};
use law::contracts::{Feed, OpenRejects};
use law::domain::{Month, Period, official_day};
use law::rosters::{Notice, notices};
use serde::Serialize;
use store::ledger::{MailState, Run, SealedList};
use store::warehouse::Version;

use crate::arrivals::{GapStatus, LateStatus, LyingStatus, gap_status, late_status, lying_status};
use crate::feeds::{FeedStatus, feed_status};
use crate::operate::{day_digest, standing_alerts};
use crate::questions::{QuestionStatus, open_questions};

/// What `status` prints.
#[derive(Debug, Serialize)]
pub struct Status {
    /// What needs attention, the gravest first.
    pub alerts: Vec<AlertStatus>,
    /// What else the last day was like, for information: each line in Chinese and English.
    pub digest: Vec<(String, String)>,
    /// Questions that wait for an answer, the oldest first.
    pub questions: Vec<QuestionStatus>,
    /// Counties with the offices for which no address is in force today: first, because their lists reach nobody.
    pub unrouted: BTreeMap<String, Vec<String>>,
    /// Letters of the outbox by state.
    pub letters: BTreeMap<&'static str, usize>,
    pub policy: String,
    pub version: u64,
    /// Files and rows of that version, by table.
    pub tables: Vec<TableStatus>,
    /// The latest runs, newest first.
    pub runs: Vec<Run>,
    pub feeds: Vec<FeedStatus>,
    /// Old rosters, categories that stay away, files that somebody must decide on.
    pub rosters: Vec<Notice>,
    /// Landed files that are not taken.
    pub lying: Vec<LyingStatus>,
    /// Files of which rejected rows have not come mended yet, the oldest first.
    pub rejects: Vec<OpenRejects>,
    /// Months that are due and have not come whole, by county.
    pub gaps: Vec<GapStatus>,
    /// Senders that delivered late, or have not yet, by month.
    pub late_senders: Vec<LateStatus>,
    /// Cases: year, rule, state, count.
    pub cases: Vec<(i32, String, String, u64)>,
    /// Lists of the latest sealed period.
    pub lists: Vec<ListStatus>,
    /// Who closed that period, where it is closed.
    pub closed_by: Option<String>,
    /// Income figures that this month or the next will need and that are not simply there.
    pub reminders: Vec<Need>,
    /// When the last run of any job ended well.
    pub last_done: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
pub struct AlertStatus {
    pub key: String,
    pub chinese: String,
    pub english: String,
    /// Since when it stands, where a run or a daemon has noted it.
    pub since: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
pub struct ListStatus {
    pub list_id: String,
    /// Its number within county and office.
    pub seq: u64,
    pub persons: u64,
    /// Sum of the measured amounts, yuan.
    pub control_amount: String,
    /// Version that it was made from.
    pub version: u64,
}

impl From<SealedList> for ListStatus {
    fn from(list: SealedList) -> Self {
        let SealedList { list_id, seq, persons, control, version, .. } = list;
        Self { list_id, seq, persons, control_amount: control.to_string(), version }
    }
}

/// One table of the current version.
#[derive(Debug, Serialize)]
pub struct TableStatus {
    pub table: String,
    pub files: usize,
    pub rows: u64,
    pub bytes: u64,
}

/// Gathers the status as of the context's moment.
pub async fn status(context: &Context, day: NaiveDate) -> Result<Status, PipelineError> {
    let version = context.warehouse.current().await?;
    let mut tables: Vec<TableStatus> = Vec::new();
    for file in &version.files {
        match tables.last_mut() {
            Some(last) if last.table == file.table => {
                last.files += 1;
                last.rows += file.rows;
                last.bytes += file.bytes;
            }
            _ => tables.push(TableStatus { table: file.table.clone(), files: 1, rows: file.rows, bytes: file.bytes }),
        }
    }
    let runs = context.ledger.last_runs(20)?;
    let last_done =
        runs.iter().filter(|run| run.state == store::ledger::RunState::Done).filter_map(|run| run.finished_at).max();
    let feeds = Feed::ALL.into_iter().map(|feed| feed_status(context, feed)).collect::<Result<_, _>>()?;
    let period = context.ledger.last_sealed_period()?;
    let lists = period.map_or(Ok(Vec::new()), |period| context.ledger.sealed_lists(period))?;
    let closed_by = period.map_or(Ok(None), |period| context.ledger.closed_by(period))?;
    let lists = lists.into_iter().map(ListStatus::from).collect();
    let mut letters = BTreeMap::new();
    for letter in context.ledger.letters(&MailState::ALL)? {
        *letters.entry(letter.standing.state.code()).or_default() += 1;
    }
    Ok(Status {
        alerts: alert_status(context)?,
        digest: day_digest(context, context.now)?,
        questions: open_questions(context, official_day(context.now))?,
        unrouted: unrouted(context, day),
        letters,
        policy: context.policy.name.clone(),
        version: version.number,
        tables,
        runs,
        feeds,
        rosters: notices(&roster_files(&context.warehouse, &version)?, &context.rosters, day),
        lying: lying_status(context)?,
        rejects: context.ledger.open_rejects()?,
        gaps: gap_status(context)?,
        late_senders: late_status(context)?,
        cases: context.ledger.case_totals()?,
        lists,
        closed_by,
        reminders: reminders(context, &version, day)?,
        last_done,
    })
}

/// The alerts as things stand now, with the moment at which each was first noted.
fn alert_status(context: &Context) -> Result<Vec<AlertStatus>, PipelineError> {
    let noted = context.ledger.standing_alerts()?;
    let found = standing_alerts(context, context.now)?.into_iter().map(|alert| {
        let key = alert.key();
        let since = noted.iter().find(|known| known.key == key).map(|known| known.raised_at);
        AlertStatus { key, chinese: alert.chinese, english: alert.english, since }
    });
    Ok(found.collect())
}

/// Figures that the month of a day and the one after it will need; each told once.
fn reminders(context: &Context, version: &Version, day: NaiveDate) -> Result<Vec<Need>, PipelineError> {
    let figures = income_figures(&context.warehouse, version)?;
    let counties: Vec<_> = context.counties.iter().map(|county| county.code.clone()).collect();
    let month = Month::of(day);
    let mut found: Vec<Need> = Vec::new();
    for period in [month, month.next()].map(Period::from) {
        let rules = context.policy.in_force(period.last_day());
        for need in needs(rules, &counties, period, &figures, context.policy.doubtful_change) {
            let figure = |need: &Need| (need.series.clone(), need.geography.clone(), need.year);
            if found.iter().all(|known| figure(known) != figure(&need)) {
                found.push(need);
            }
        }
    }
    Ok(found)
}
