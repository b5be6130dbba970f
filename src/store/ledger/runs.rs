//! Runs of jobs: what is running, what was done, how long each step took.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::store::{Ledger, moment, parse_moment};
use super::{LedgerError, audit};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// Started; when no process holds the lock, it was killed.
    Running,
    Done,
    /// Ended with an error or was killed.
    Failed,
}

impl RunState {
    const fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    pub(super) fn parse(code: &str) -> Self {
        match code {
            "done" => Self::Done,
            "failed" => Self::Failed,
            _ => Self::Running,
        }
    }
}

/// One step's share of a run's time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTiming {
    /// The step's name in the pipeline file.
    pub step: String,
    /// Milliseconds.
    pub millis: u64,
}

/// A run as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// 1, 2, 3, ...
    pub run_id: i64,
    /// `nightly`, `monthly`, ...
    pub job: String,
    /// Month or as-of date, as text.
    pub period: String,
    pub state: RunState,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Warehouse version that it ended on.
    pub version: Option<u64>,
    pub summary: serde_json::Value,
    /// Steps in the order in which they ran.
    pub steps: Vec<StepTiming>,
}

const COLUMNS: &str = "run_id, job, period, state, started_at, finished_at, version, summary, steps";

impl Ledger {
    /// Notes that a run starts and returns its number. Runs that still count as running were killed (the caller
    /// holds the lock) and are marked failed.
    pub fn start_run(&self, job: &str, period: &str, at: DateTime<Utc>) -> Result<i64, LedgerError> {
        const DOING: &str = "starting a run";
        self.write(DOING, |transaction| {
            transaction
                .execute("update runs set state = 'failed', finished_at = ?1 where state = 'running'", [moment(at)])
                .map_err(LedgerError::doing(DOING))?;
            transaction
                .execute(
                    "insert into runs (run_key, job, period, state, started_at) values ('', ?1, ?2, 'running', ?3)",
                    [job, period, &moment(at)],
                )
                .map_err(LedgerError::doing(DOING))?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Notes how a run ended.
    pub fn finish_run(
        &self,
        run_id: i64,
        state: RunState,
        version: Option<u64>,
        summary: &serde_json::Value,
        steps: &[StepTiming],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        const DOING: &str = "finishing a run";
        let steps = serde_json::to_string(steps).map_err(LedgerError::damaged("runs.steps"))?;
        self.write(DOING, |transaction| {
            transaction
                .execute(
                    "update runs set state = ?2, finished_at = ?3, version = ?4, summary = ?5, steps = ?6 \
                     where run_id = ?1",
                    params![run_id, state.code(), moment(at), signed(version), summary.to_string(), steps],
                )
                .map_err(LedgerError::doing(DOING))?;
            let job: String = transaction
                .query_row("select job from runs where run_id = ?1", [run_id], |row| row.get(0))
                .map_err(LedgerError::doing(DOING))?;
            let detail = version.map_or_else(String::new, |version| format!("version {version}"));
            audit::append(transaction, at, &job, state.code(), &format!("run {run_id}"), &detail)
        })
    }

    /// The latest run of a job that ended well.
    pub fn last_done_of(&self, job: &str) -> Result<Option<Run>, LedgerError> {
        let sql = format!("select {COLUMNS} from runs where job = ?1 and state = 'done' order by run_id desc limit 1");
        let stored = self.read().query_row(&sql, [job], StoredRun::read).optional();
        stored.map_err(LedgerError::doing("looking up a job's last run"))?.map(StoredRun::into_run).transpose()
    }

    /// How many runs there were, by job and state, as codes.
    pub fn run_totals(&self) -> Result<Vec<(String, String, u64)>, LedgerError> {
        const DOING: &str = "counting runs";
        let connection = self.read();
        let mut statement = connection
            .prepare("select job, state, count(*) from runs group by 1, 2 order by 1, 2")
            .map_err(LedgerError::doing(DOING))?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?.unsigned_abs())))
            .map_err(LedgerError::doing(DOING))?;
        rows.collect::<Result<_, _>>().map_err(LedgerError::doing(DOING))
    }

    /// The latest runs, newest first.
    pub fn last_runs(&self, count: u32) -> Result<Vec<Run>, LedgerError> {
        const DOING: &str = "listing runs";
        let connection = self.read();
        let mut statement = connection
            .prepare(&format!("select {COLUMNS} from runs order by run_id desc limit ?1"))
            .map_err(LedgerError::doing(DOING))?;
        let rows = statement.query_map([count], StoredRun::read).map_err(LedgerError::doing(DOING))?;
        rows.map(|row| row.map_err(LedgerError::doing(DOING))?.into_run()).collect()
    }
}

struct StoredRun(Run, String, Option<String>, String, String);

impl StoredRun {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let run = Run {
            run_id: row.get(0)?,
            job: row.get(1)?,
            period: row.get(2)?,
            state: RunState::parse(&row.get::<_, String>(3)?),
            started_at: DateTime::UNIX_EPOCH,
            finished_at: None,
            version: row.get::<_, Option<i64>>(6)?.and_then(|version| u64::try_from(version).ok()),
            summary: serde_json::Value::Null,
            steps: Vec::new(),
        };
        Ok(Self(run, row.get(4)?, row.get(5)?, row.get(7)?, row.get(8)?))
    }

    fn into_run(self) -> Result<Run, LedgerError> {
        let Self(run, started, finished, summary, steps) = self;
        Ok(Run {
            started_at: parse_moment("runs.started_at", &started)?,
            finished_at: finished.map(|at| parse_moment("runs.finished_at", &at)).transpose()?,
            summary: serde_json::from_str(&summary).map_err(LedgerError::damaged("runs.summary"))?,
            steps: serde_json::from_str(&steps).map_err(LedgerError::damaged("runs.steps"))?,
            ..run
        })
    }
}

/// A version number as `SQLite` stores it.
pub(super) fn signed(version: Option<u64>) -> Option<i64> {
    version.map(|version| i64::try_from(version).unwrap_or(i64::MAX))
}
