//! Nothing is signed, handed over or sent on top of a history that somebody has changed.

use store::ledger::{Ledger, LedgerError};

/// Fails when any entry of the audit chain was changed, moved or removed.
pub fn require_whole_chain(ledger: &Ledger) -> Result<(), LedgerError> {
    ledger.verify_audit().map(|_| ())
}
