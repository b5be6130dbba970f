//! Opening the ledger, its tables, and the one way in which it is written.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use rusqlite_migration::{M, MigrationDefinitionError, Migrations};

use super::LedgerError;

/// The tables, step by step. A step that any ledger has taken is never edited: what is new goes into a new one.
pub(super) const MIGRATIONS: [&str; 15] = [
    include_str!("migrations/01-first.sql"),
    include_str!("migrations/02-texts.sql"),
    include_str!("migrations/03-operations.sql"),
    include_str!("migrations/04-delivery.sql"),
    include_str!("migrations/05-receipts.sql"),
    include_str!("migrations/06-written-alerts.sql"),
    include_str!("migrations/07-withdrawn.sql"),
    include_str!("migrations/08-questions.sql"),
    include_str!("migrations/09-arrivals.sql"),
    include_str!("migrations/10-suppressions.sql"),
    include_str!("migrations/11-profiles.sql"),
    include_str!("migrations/12-identity.sql"),
    include_str!("migrations/13-aside.sql"),
    include_str!("migrations/14-taken-back.sql"),
    include_str!("migrations/15-rejects.sql"),
];

/// How long a writer waits for another process (`status`, say) before it gives up.
const BUSY: Duration = Duration::from_secs(30);

/// The ledger of one workspace; usable from several threads through a shared reference.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
}

impl Ledger {
    /// Opens the ledger, making it or bringing it to this version's tables where needed.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let fail = |why: String| LedgerError::Open { path: path.to_owned(), why };
        let mut connection = Connection::open(path).map_err(|error| fail(error.to_string()))?;
        // FULL: with WAL and NORMAL a power cut can take back a commit that a list already relies on.
        connection.busy_timeout(BUSY).map_err(|error| fail(error.to_string()))?;
        for (pragma, value) in [("journal_mode", "wal"), ("synchronous", "full"), ("foreign_keys", "on")] {
            connection.pragma_update(None, pragma, value).map_err(|error| fail(error.to_string()))?;
        }
        let migrations = Migrations::new(MIGRATIONS.map(M::up).into());
        migrations.to_latest(&mut connection).map_err(|error| match error {
            rusqlite_migration::Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => {
                LedgerError::Newer { path: path.to_owned() }
            }
            error => fail(error.to_string()),
        })?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Writes a copy to a path where nothing lies yet, as of the last commit.
    pub fn copy_to(&self, path: &Path) -> Result<(), LedgerError> {
        let done = self.read().execute("vacuum into ?1", [path.to_string_lossy()]);
        done.map(drop).map_err(LedgerError::doing("copying the ledger"))
    }

    /// The connection, for reading. A panic elsewhere cannot leave it half-written: its transaction rolled back.
    pub(super) fn read(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `act` in one transaction that takes the write lock at once; an error leaves no trace.
    pub(super) fn write<T>(
        &self,
        what: &'static str,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let mut connection = self.read();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(LedgerError::doing(what))?;
        let value = act(&transaction)?;
        transaction.commit().map_err(LedgerError::doing(what))?;
        Ok(value)
    }
}

/// A moment as the ledger stores it: RFC 3339, UTC, whole seconds.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads a stored moment back.
pub(super) fn parse_moment(what: &'static str, text: &str) -> Result<DateTime<Utc>, LedgerError> {
    DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)).map_err(LedgerError::damaged(what))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::ledger::{CaseFinding, FileState, RunState, StepTiming};
    use law::cases::{FindingState, FindingStatus};
    use law::contracts::{Feed, Outcome, TakenFile, Tally};
    use law::domain::{Fen, Period, PersonKey, hex};
    use sha2::{Digest as _, Sha256};

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        (folder, ledger)
    }

    const AT: DateTime<Utc> = DateTime::UNIX_EPOCH;

    #[test]
    fn a_run_that_was_killed_counts_as_failed_once_the_next_begins() {
        let (_folder, ledger) = ledger();
        let killed = ledger.start_run("nightly", "2026-10", AT).unwrap();
        assert_eq!(ledger.last_done_of("nightly").unwrap(), None);
        let id = ledger.start_run("nightly", "2026-10", AT).unwrap();
        let steps = [StepTiming { step: "findings".into(), millis: 12 }];
        ledger.finish_run(id, RunState::Done, Some(3), &serde_json::json!({"rows": 5}), &steps, AT).unwrap();
        let found = ledger.last_done_of("nightly").unwrap().unwrap();
        assert_eq!((found.run_id, found.version, found.steps), (id, Some(3), steps.to_vec()));
        let last = ledger.last_runs(5).unwrap();
        assert_eq!(
            last.iter().map(|run| (run.run_id, run.state)).collect::<Vec<_>>(),
            [(id, RunState::Done), (killed, RunState::Failed)]
        );
    }

    /// Everything that `SQLite` knows of a ledger's tables.
    fn schema(path: &Path) -> String {
        let sql = "select type || ' ' || name || ' ' || coalesce(sql, '') from sqlite_schema order by type, name";
        let connection = Connection::open(path).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_ledger_of_any_step_comes_to_the_tables_that_older_programs_know() {
        const KNOWN: &str = "8afb12c927467d131693fb73daed149382ea93aa7ae32761587c884534516cb3";
        let folder = tempfile::tempdir().unwrap();
        for step in 0..=MIGRATIONS.len() {
            let path = folder.path().join(format!("{step}.sqlite"));
            let mut older = Connection::open(&path).unwrap();
            Migrations::new(MIGRATIONS.map(M::up).into()).to_version(&mut older, step).unwrap();
            drop(older);
            Ledger::open(&path).unwrap().verify_audit().unwrap();
            let found = schema(&path);
            let hash = hex(&Sha256::digest(&found));
            assert_eq!(hash, KNOWN, "step {step}; what is new goes into a new step, then this hash follows:\n{found}");
            let version: i64 =
                Connection::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
            assert_eq!(usize::try_from(version).unwrap(), MIGRATIONS.len());
        }
        println!("ledger: {} steps of tables", MIGRATIONS.len());
    }

    #[test]
    fn a_file_is_refused_under_one_feed_and_taken_under_another() {
        let (_folder, ledger) = ledger();
        ledger.cache_file(Feed::Claims, "a.csv", 10, 99, "ab12").unwrap();
        assert_eq!(ledger.cached_file(Feed::Claims, "a.csv", 10, 99).unwrap().as_deref(), Some("ab12"));
        assert_eq!(ledger.cached_file(Feed::Claims, "a.csv", 10, 98).unwrap(), None);
        ledger.record_refused(Feed::Claims, "a.csv", "ab12", "no column person", "add it", AT).unwrap();
        let read = Tally { rows: 2, fen: i128::from(i64::MAX) * 4 };
        let taken = TakenFile {
            file_id: "ab12".into(),
            feed: Feed::Rosters,
            name: "a.csv".into(),
            bytes: 10,
            outcome: Outcome { read, accepted: read, ..Outcome::default() },
            spread: Vec::new(),
        };
        for _ in 0..2 {
            ledger.record_taken(7, std::slice::from_ref(&taken), AT).unwrap();
        }
        assert_eq!(ledger.synced_version().unwrap(), 7);
        assert!(matches!(ledger.file_state(Feed::Claims, "ab12").unwrap(), Some(FileState::Refused { .. })));
        assert_eq!(ledger.file_state(Feed::Rosters, "ab12").unwrap(), Some(FileState::Taken { version: 7 }));
        assert_eq!(ledger.files(Feed::Rosters).unwrap()[0].outcome, Some(taken.outcome));
        assert_eq!(ledger.verify_audit().unwrap(), 2);
    }

    #[test]
    fn the_audit_chain_notices_a_changed_entry() {
        let (folder, ledger) = ledger();
        for n in 0..5 {
            ledger.record("operator", "note", &format!("object {n}"), "", AT).unwrap();
        }
        assert_eq!(ledger.verify_audit().unwrap(), 5);
        let other = Connection::open(folder.path().join("ledger.sqlite")).unwrap();
        assert!(other.execute("update audit set detail = 'x' where seq = 3", []).is_err());
        other.execute_batch("drop trigger audit_keep; update audit set detail = 'x' where seq = 3").unwrap();
        assert!(matches!(ledger.verify_audit(), Err(LedgerError::AuditBroken { seq: 3 })));
    }

    #[test]
    fn a_night_of_many_cases_is_quick_and_repeatable() {
        let (_folder, ledger) = ledger();
        let month = Period::parse("2026-10").unwrap();
        let mut findings: Vec<CaseFinding> = (0..40_000)
            .map(|n| CaseFinding {
                person: PersonKey(n),
                rule: "r".into(),
                county: "990102".into(),
                state: FindingState { status: FindingStatus::Near, measured: Fen(n), reason: String::new() },
            })
            .collect();
        let start = Instant::now();
        assert_eq!(ledger.apply_cases(month, &findings, AT).unwrap().opened, 40_000);
        assert_eq!(ledger.apply_cases(month, &findings, AT).unwrap(), crate::ledger::CaseCounts::default());
        println!("80,000 findings applied in {:?}", start.elapsed());
        findings[0].state.status = FindingStatus::Flagged;
        findings.truncate(39_999);
        let counts = ledger.apply_cases(month.next_third(), &findings, AT).unwrap();
        assert_eq!((counts.escalated, counts.withdrawn), (1, 1));
        let counts = ledger.apply_cases(Period::parse("2027-01").unwrap(), &findings[..1], AT).unwrap();
        assert_eq!((counts.opened, counts.closed), (1, 39_999));
        assert_eq!(ledger.case_history(PersonKey(0)).unwrap().len(), 4);
    }
}
