//! The lease: which daemon runs the jobs. Another one stands by and takes over when the owner's heart stops.
//!
//! Whether it has stopped is judged by the beats that the other one sees on its own steady clock, never by comparing
//! wall clocks: one that is set back or forward neither hands the lease over nor keeps it for ever.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Ledger, LedgerError, moment};
use crate::ledger::audit;

const DOING: &str = "holding the lease";

/// Who holds the lease, and its last beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Host, process and a random part.
    pub owner: String,
    pub beats: i64,
}

/// What asking for the lease showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseState {
    Held,
    Other(Lease),
}

impl Ledger {
    /// Asks for the lease: given when nobody holds it, when it is ours, or when it still stands at `stopped`, the
    /// beat at which the caller has seen it stand still for too long. Holding it is one more beat.
    pub fn take_lease(
        &self,
        owner: &str,
        stopped: Option<&Lease>,
        at: DateTime<Utc>,
    ) -> Result<LeaseState, LedgerError> {
        self.write(DOING, |transaction| {
            let current = current(transaction)?;
            match &current {
                Some(lease) if lease.owner == owner => {
                    transaction
                        .execute("update lease set beats = beats + 1, beat_at = ?1", [moment(at)])
                        .map_err(LedgerError::doing(DOING))?;
                }
                Some(lease) if stopped != Some(lease) => return Ok(LeaseState::Other(lease.clone())),
                _ => {
                    transaction
                        .execute(
                            "insert or replace into lease values (1, ?1, ?2, ?3, ?3)",
                            params![owner, current.as_ref().map_or(1, |lease| lease.beats + 1), moment(at)],
                        )
                        .map_err(LedgerError::doing(DOING))?;
                    let from = current.map_or_else(String::new, |lease| format!("from {}", lease.owner));
                    audit::append(transaction, at, "daemon", "lease taken", owner, &from)?;
                }
            }
            Ok(LeaseState::Held)
        })
    }

    /// Gives the lease back, so that the next daemon need not wait; nothing happens when it is not ours.
    pub fn release_lease(&self, owner: &str, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.write(DOING, |transaction| {
            let given = transaction
                .execute("delete from lease where owner = ?1", [owner])
                .map_err(LedgerError::doing(DOING))?;
            if given == 0 {
                return Ok(());
            }
            audit::append(transaction, at, "daemon", "lease released", owner, "")
        })
    }
}

fn current(transaction: &Transaction<'_>) -> Result<Option<Lease>, LedgerError> {
    transaction
        .query_row("select owner, beats from lease", [], |row| Ok(Lease { owner: row.get(0)?, beats: row.get(1)? }))
        .optional()
        .map_err(LedgerError::doing(DOING))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_the_other_takes_over_only_when_the_heart_has_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let other = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let at = DateTime::UNIX_EPOCH;
        assert_eq!(ledger.take_lease("a", None, at).unwrap(), LeaseState::Held);
        let LeaseState::Other(seen) = other.take_lease("b", None, at).unwrap() else { panic!("given twice") };
        assert_eq!(ledger.take_lease("a", None, at).unwrap(), LeaseState::Held);
        // It has beaten since.
        assert!(matches!(other.take_lease("b", Some(&seen), at).unwrap(), LeaseState::Other(_)));
        let LeaseState::Other(seen) = other.take_lease("b", None, at).unwrap() else { panic!("given twice") };
        assert_eq!(other.take_lease("b", Some(&seen), at).unwrap(), LeaseState::Held);
        assert!(matches!(ledger.take_lease("a", None, at).unwrap(), LeaseState::Other(lease) if lease.owner == "b"));
        ledger.release_lease("a", at).unwrap();
        assert!(matches!(ledger.take_lease("a", None, at).unwrap(), LeaseState::Other(_)));
        other.release_lease("b", at).unwrap();
        assert_eq!(ledger.take_lease("a", None, at).unwrap(), LeaseState::Held);
        assert_eq!(ledger.verify_audit().unwrap(), 4);
    }
}
