//! Delivery: signing lists, writing their letters, handing them over, and knowing of each letter what became of it.
//!
//! Lists are made in `office::lists`; the two meet in the ledger. Exactly-once mail does not exist: what exists is a letter
//! written once, sent until somebody has answered for it, with a Message-ID by which the receiver knows it again.

mod bounce;
mod chain;
mod dispatch;
mod error;
mod evidence;
mod letters;
mod machine;
mod mailer;
mod post;
mod sign;

pub use bounce::{Bounce, read_bounce, record_bounces};
pub use chain::require_whole_chain;
pub use dispatch::{Attempt, Clearance, DispatchReport, Store, Transport, dispatch};
pub use error::DeliveryError;
pub use evidence::{Trace, remembered, trace_of};
pub use letters::{
    Attachment, Draft, ListNotice, Notice, ToOperators, compose, may_go_to_operators, message_id, render, tell_day,
    tell_operators,
};
pub use machine::{Event, GIVE_UP_DAYS, Outcome, next};
pub use mailer::{Mailer, MemoryTransport, SmtpTransport, SpoolTransport};
pub use post::{Delivered, hold_post, send_due, tell};
pub use sign::{Desk, Resolution, may_go};
