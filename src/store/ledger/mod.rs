//! The only database: one `SQLite` file with runs, landed files, cases, sealed lists, the outbox, receipts,
//! questions and the audit chain.
//!
//! The only owner of `rusqlite`. What a case or a list *is* stands in `cases` and `referrals`; this module
//! keeps it, in one transaction per act, and writes the act into the audit chain in the same transaction.
//! The clock is never read: every moment comes in as an argument.

mod arrivals;
mod aside;
mod audit;
mod cases;
mod delivery;
mod error;
mod identity;
mod landed;
mod lists;
mod operations;
mod profiles;
mod questions;
mod receipts;
mod rejects;
mod runs;
mod standing;
mod store;
mod taken_back;
mod texts;

pub use arrivals::{LyingFile, SealedGaps};
pub use aside::Aside;
pub use audit::AuditHead;
pub use cases::{CaseCounts, CaseFinding};
pub use delivery::{
    Approval, Letter, LetterEvent, LetterStep, ListStage, MailState, NewLetter, NewSuppression, OPERATORS, Review,
    Signature, Standing, StoredSuppression,
};
pub use error::LedgerError;
pub use identity::{NewIdentity, StoredIdentity};
pub use landed::{FileState, LandedFile};
pub use lists::{SealedList, SealedPerson};
pub use operations::{AlertChange, AlertNews, JobRun, Lease, LeaseState, RaisedAlert};
pub use questions::{Asked, QuestionAnswer, StoredQuestion};
pub use receipts::{FileReceipt, FunnelRow, ListEvent, ListEventKind, ListedRow, NewAnswer, StoredAnswer, Taken};
pub use rejects::NewRejects;
pub use runs::{Run, RunState, StepTiming};
pub use standing::{Moment, StandingList, StandingPerson};
pub use store::Ledger;
pub use taken_back::StoredBack;
pub use texts::{SealedTexts, Texts};
