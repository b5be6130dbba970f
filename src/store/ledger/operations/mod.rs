//! What the ledger keeps for whoever runs the jobs: since when they are watched, how their runs ended, who runs them,
//! what stands in the way, and which periods were run without a word to the offices.

mod alerts;
mod lease;
mod news;
mod quiet;

pub use alerts::{AlertChange, RaisedAlert};
pub use lease::{Lease, LeaseState};
pub use news::AlertNews;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use law::domain::Period;
use rusqlite::params;

use super::store::{Ledger, moment, parse_moment};
use super::{LedgerError, RunState};

/// How one run of a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    pub run_id: i64,
    pub period: Period,
    /// How it stands. Running, with nobody at work: it was killed.
    pub state: RunState,
    pub started_at: DateTime<Utc>,
    /// End; of a killed run, its start.
    pub ended_at: DateTime<Utc>,
    /// Whether it ended because it was asked to: no failure.
    pub is_stopped: bool,
}

impl Ledger {
    /// Since when a job has been watched; the first call for a job says so and sets it.
    pub fn watch_job(&self, job: &str, at: DateTime<Utc>) -> Result<DateTime<Utc>, LedgerError> {
        const DOING: &str = "watching a job";
        let since: String = self.write(DOING, |transaction| {
            transaction
                .execute("insert into watched_jobs values (?1, ?2) on conflict do nothing", [job, &moment(at)])
                .and_then(|_| {
                    transaction.query_row("select since from watched_jobs where job = ?1", [job], |row| row.get(0))
                })
                .map_err(LedgerError::doing(DOING))
        })?;
        parse_moment("watched_jobs.since", &since)
    }

    /// Since when each job has been watched.
    pub fn watched_jobs(&self) -> Result<BTreeMap<String, DateTime<Utc>>, LedgerError> {
        const DOING: &str = "listing watched jobs";
        let connection = self.read();
        let mut statement =
            connection.prepare("select job, since from watched_jobs").map_err(LedgerError::doing(DOING))?;
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
            .map_err(LedgerError::doing(DOING))?;
        rows.map(|row| {
            let (job, since) = row.map_err(LedgerError::doing(DOING))?;
            Ok((job, parse_moment("watched_jobs.since", &since)?))
        })
        .collect()
    }

    /// The latest `count` runs of a job, newest first. Runs whose period is none (of a version to come) are left out.
    pub fn job_runs(&self, job: &str, count: u32) -> Result<Vec<JobRun>, LedgerError> {
        const DOING: &str = "listing a job's runs";
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select run_id, period, state, started_at, coalesce(finished_at, started_at), \
                 json_extract(summary, '$.stopped') is not null from runs \
                 where job = ?1 order by run_id desc limit ?2",
            )
            .map_err(LedgerError::doing(DOING))?;
        let mut rows = statement.query(params![job, count]).map_err(LedgerError::doing(DOING))?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next().map_err(LedgerError::doing(DOING))? {
            let text = |at: usize| row.get::<_, String>(at).map_err(LedgerError::doing(DOING));
            let Ok(period) = Period::parse(&text(1)?) else { continue };
            runs.push(JobRun {
                run_id: row.get(0).map_err(LedgerError::doing(DOING))?,
                period,
                state: RunState::parse(&text(2)?),
                started_at: parse_moment("runs.started_at", &text(3)?)?,
                ended_at: parse_moment("runs.finished_at", &text(4)?)?,
                is_stopped: row.get(5).map_err(LedgerError::doing(DOING))?,
            });
        }
        Ok(runs)
    }

    /// The latest moment that any run or daemon has written down.
    pub fn latest_moment(&self) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let found: Option<String> = self
            .read()
            .query_row(
                "select max(at) from (select max(started_at) as at from runs union all \
                 select max(finished_at) from runs union all select max(beat_at) from lease)",
                [],
                |row| row.get(0),
            )
            .map_err(LedgerError::doing("looking up the latest moment"))?;
        found.map(|at| parse_moment("runs.started_at", &at)).transpose()
    }

    pub fn outbox_states(&self) -> Result<BTreeMap<String, u64>, LedgerError> {
        const DOING: &str = "counting letters";
        let connection = self.read();
        let mut statement = connection
            .prepare("select state, count(*) from outbox_standing group by 1")
            .map_err(LedgerError::doing(DOING))?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))
            .map_err(LedgerError::doing(DOING))?;
        rows.collect::<Result<_, _>>().map_err(LedgerError::doing(DOING))
    }

    /// Letters to offices by county and state from which nothing comes by itself: refused, returned or unclear, not
    /// taken out by anybody, and with a list that still stands and that no later letter announces.
    pub fn stuck_letters(&self) -> Result<BTreeMap<(String, String), u64>, LedgerError> {
        const DOING: &str = "counting letters";
        let connection = self.read();
        let mut statement = connection.prepare(STUCK).map_err(LedgerError::doing(DOING))?;
        let rows = statement
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<_, i64>(2)?.unsigned_abs())))
            .map_err(LedgerError::doing(DOING))?;
        rows.collect::<Result<_, _>>().map_err(LedgerError::doing(DOING))
    }
}

const STUCK: &str = "
select o.county, s.state, count(*)
from outbox o inner join outbox_standing s on s.letter_id = o.letter_id
where s.state in ('rejected', 'bounced', 'unknown')
    and not exists (select 1 from outbox_events e where e.letter_id = o.letter_id and e.event = 'taken_out')
    and exists (
        select 1 from outbox_lists l
        where l.letter_id = o.letter_id
            and not exists (select 1 from outbox_lists m where m.list_id = l.list_id and m.letter_id > l.letter_id)
            and not exists (select 1 from list_events r where r.list_id = l.list_id and r.kind = 'retracted')
    )
group by 1, 2";
