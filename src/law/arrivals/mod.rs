//! What senders are expected to deliver, and what came, per feed, county and month. Pure.
//!
//! Silence decides nothing: a county whose data have not come whole is told, nobody leaves its lists, and it is never NIL.

mod gap;
mod judge;
mod lying;
mod part;
mod sender;

pub use gap::{ArrivalState, Gap, Gaps, gaps_in_chinese};
pub use judge::{Arrival, Came, Expected, gaps, judge, late_days};
pub use lying::Lying;
pub use part::{Part, first_month};
pub use sender::{Cadence, SENDERS_FILE, Sender, SenderRow};
