//! The only database: one `SQLite` file with runs, landed files, cases, sealed lists, receipts and the audit chain.
//!
//! The only owner of `rusqlite`. What a case or a list *is* stands in `cases` and `referrals`; this module
//! keeps it, in one transaction per act, and writes the act into the audit chain in the same transaction.
//! The clock is never read: every moment comes in as an argument.

mod audit;
mod cases;
mod error;
mod landed;
mod lists;
mod receipts;
mod runs;
mod standing;
mod store;

pub use audit::AuditHead;
pub use cases::{CaseCounts, CaseFinding};
pub use error::LedgerError;
pub use landed::{FileState, LandedFile};
pub use lists::{SealedList, SealedPerson};
pub use receipts::{
    FileReceipt, FunnelRow, ListEvent, ListEventKind, ListedRow, NewAnswer, Reroute, StoredAnswer, Taken,
};
pub use runs::{NewRun, Run, RunState, StepTiming};
pub use standing::{Moment, Standing, StandingPerson};
pub use store::Ledger;
