//! The only database: one `SQLite` file with runs, landed files, cases, sealed lists and the audit chain.
//!
//! The only owner of `rusqlite`. What a case or a list *is* stands in `cases` and `referrals`; this module
//! keeps it, in one transaction per act, and writes the act into the audit chain in the same transaction.
//! The clock is never read: every moment comes in as an argument.

mod audit;
mod cases;
mod error;
mod landed;
mod lists;
mod runs;
mod store;
mod texts;

pub use audit::AuditHead;
pub use cases::{CaseCounts, CaseFinding};
pub use error::LedgerError;
pub use landed::{FileState, LandedFile};
pub use lists::{LastLists, SealedList, SealedPerson};
pub use runs::{NewRun, Run, RunState, StepTiming};
pub use store::Ledger;
pub use texts::{SealedTexts, Texts};
