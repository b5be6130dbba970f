//! What offices send back: the receipt of a list as a whole, the answers about its persons, and who is late with them.
//!
//! Foreign files are opened by the gate; what an answer means stands in `cases`; the ledger keeps all of it.

mod book;
mod error;
mod given;
mod import;
mod overdue;
mod place;
mod wave;

pub use error::ReceiptError;
pub use given::{ReceiptDesk, RowFault};
pub use import::{Imported, import};
pub use overdue::{ListStanding, close_period, standings};
