//! Intake: landed files pass the gate, their rows are resolved against what is accepted, and a version is committed.
//!
//! `landing` finds whole files, `gate` opens them in a child process, `resolve` decides on rows, `tables` writes
//! files, `commit` checks the balances; `identity` puts the rows of settled documents together, `take_back` makes the tables
//! as if a file had not come. What the accepted rows
//! mean is the models' business.

mod again;
mod bounds;
mod commit;
mod error;
pub mod gate;
mod given;
mod holding;
mod identity;
mod landing;
mod look;
mod lying;
mod manifest;
mod mended;
mod opening;
mod receipt;
mod reject_book;
mod resolve;
mod summary;
mod tables;
mod take_back;
mod take_in;

pub use commit::sweep;
pub use error::IntakeError;
pub use gate::{GateError, GateJob, GateLimits, GateReport, GateVerdict, StagedFile, TagAlias, look_at, run_gate};
pub use given::Intake;
pub use look::{Looked, Proposed, look};
pub use receipt::{CellFault, Heading, Opened, ReceiptFile, ReceiptRow, open_receipt};
pub use summary::{FileSummary, IntakeSummary, Progress, TakenBackNow, Verdict};
pub use take_back::{BackNeeds, needs_of_take_back, versions_to_go_back_to};
pub use take_in::{take_in, waiting};
