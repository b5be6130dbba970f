//! What letters say and the bytes that say it: to offices about their lists, to operators about what went wrong.

mod message;
mod notice;
mod office;
mod operators;

pub use message::{Attachment, Draft, compose, message_id};
pub use notice::{ListNotice, Notice, render};
pub(super) use office::OfficeLetters;
pub use operators::{ToOperators, may_go_to_operators, tell_day, tell_operators};
