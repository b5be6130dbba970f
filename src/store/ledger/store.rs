//! Opening the ledger, its tables, and the one way in which it is written.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use super::{LedgerError, delivery, operations, receipts, texts};

/// How long a writer waits for another process (`status`, say) before it gives up.
const BUSY: Duration = Duration::from_secs(30);

/// The ledger of one workspace; usable from several threads through a shared reference.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
}

impl Ledger {
    /// Opens the ledger, making it or bringing it to this version's tables where needed.
    ///
    /// # Errors
    /// When the file cannot be opened, is no `SQLite` file or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let fail = |why: String| LedgerError::Open { path: path.to_owned(), why };
        let mut connection = Connection::open(path).map_err(|error| fail(error.to_string()))?;
        // FULL: with WAL and NORMAL a power cut can take back a commit that a list already relies on.
        connection.busy_timeout(BUSY).map_err(|error| fail(error.to_string()))?;
        for (pragma, value) in [("journal_mode", "wal"), ("synchronous", "full"), ("foreign_keys", "on")] {
            connection.pragma_update(None, pragma, value).map_err(|error| fail(error.to_string()))?;
        }
        let tables = [
            TABLES,
            texts::TABLES,
            operations::TABLES,
            delivery::TABLES,
            receipts::TABLES,
            operations::TOLD,
            delivery::WITHDRAWN,
        ];
        let migrations = Migrations::new(tables.into_iter().map(M::up).collect());
        migrations.to_latest(&mut connection).map_err(|error| fail(error.to_string()))?;
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

/// The tables of the first version. Money is integer fen, moments are UTC text, periods are `2026-10`.
const TABLES: &str = "
create table runs (
    run_id      integer primary key,
    run_key     text not null,
    job         text not null,
    period      text not null,
    state       text not null check (state in ('running', 'done', 'failed')),
    started_at  text not null,
    finished_at text,
    version     integer,
    summary     text not null default 'null',
    steps       text not null default '[]'
) strict;
create index runs_by_key on runs (run_key, run_id);

create table landed_cache (
    feed        text not null,
    path        text not null,
    bytes       integer not null,
    modified_ns integer not null,
    file_id     text not null,
    primary key (feed, path)
) strict, without rowid;

create table landed_files (
    feed       text not null,
    file_id    text not null,
    name       text not null,
    state      text not null check (state in ('taken', 'refused')),
    version    integer,
    reason     text not null default '',
    hint       text not null default '',
    bytes      integer not null default 0,
    outcome    text not null default 'null',
    decided_at text not null,
    primary key (feed, file_id)
) strict, without rowid;

create table synced (one integer primary key check (one = 1), version integer not null) strict;
insert into synced values (1, 0);

create table cases (
    case_id      integer primary key,
    person_key   integer not null,
    rule_id      text not null,
    year         integer not null,
    county       text not null,
    state        text not null check (state in ('watching', 'flagged', 'undecided', 'withdrawn', 'closed')),
    measured_fen integer not null,
    reason       text not null,
    last_period  text not null,
    unique (year, person_key, rule_id)
) strict;

create table case_events (
    event_id     integer primary key,
    case_id      integer not null references cases (case_id),
    period       text not null,
    at           text not null,
    kind         text not null,
    from_state   text,
    to_state     text not null,
    measured_fen integer not null,
    reason       text not null
) strict;
create index case_events_by_case on case_events (case_id, event_id);
create trigger case_events_keep before update on case_events begin select raise(abort, 'history is appended'); end;
create trigger case_events_stay before delete on case_events begin select raise(abort, 'history is appended'); end;

create table lists (
    list_id         text primary key,
    period          text not null,
    year            integer not null,
    county          text not null,
    office          text not null,
    kind            text not null,
    seq             integer not null check (seq > 0),
    version         integer not null,
    rows            integer not null,
    persons         integer not null,
    control_fen     integer not null,
    manifest_sha256 text not null,
    sealed_at       text not null,
    unique (county, office, seq)
) strict;
create index lists_by_office on lists (year, county, office, period);
create trigger lists_keep before update on lists begin select raise(abort, 'a sealed list never changes'); end;
create trigger lists_stay before delete on lists begin select raise(abort, 'a sealed list never changes'); end;

create table list_persons (
    list_id      text not null references lists (list_id),
    person_key   integer not null,
    delta        text not null,
    leading_rule text not null,
    rules        text not null,
    measured_fen integer not null,
    primary key (list_id, person_key)
) strict, without rowid;

create table audit (
    seq       integer primary key,
    at        text not null,
    actor     text not null,
    action    text not null,
    object    text not null,
    detail    text not null,
    prev_hash text not null,
    hash      text not null
) strict;
create trigger audit_keep before update on audit begin select raise(abort, 'the audit chain is appended'); end;
create trigger audit_stay before delete on audit begin select raise(abort, 'the audit chain is appended'); end;
";

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::ledger::{CaseFinding, FileState, NewRun, RunState, StepTiming};
    use law::cases::{FindingState, FindingStatus};
    use law::contracts::{Feed, Outcome, TakenFile, Tally};
    use law::domain::{Fen, Period, PersonKey};

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        (folder, ledger)
    }

    const AT: DateTime<Utc> = DateTime::UNIX_EPOCH;

    #[test]
    fn a_run_is_found_by_its_key_once_it_is_done() {
        let (_folder, ledger) = ledger();
        let run = NewRun { key: "k1".into(), job: "nightly".into(), period: "2026-10".into() };
        let killed = ledger.start_run(&run, AT).unwrap();
        assert_eq!(ledger.run_with_key("k1").unwrap(), None);
        let id = ledger.start_run(&run, AT).unwrap();
        let steps = [StepTiming { step: "findings".into(), millis: 12 }];
        ledger.finish_run(id, RunState::Done, Some(3), &serde_json::json!({"rows": 5}), &steps, AT).unwrap();
        let found = ledger.run_with_key("k1").unwrap().unwrap();
        assert_eq!((found.run_id, found.version, found.steps), (id, Some(3), steps.to_vec()));
        let last = ledger.last_runs(5).unwrap();
        assert_eq!(
            last.iter().map(|run| (run.run_id, run.state)).collect::<Vec<_>>(),
            [(id, RunState::Done), (killed, RunState::Failed)]
        );
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
