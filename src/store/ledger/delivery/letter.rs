//! A letter: one mail to one recipient, as the outbox keeps it. The table's statements are in `outbox`.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// What stands for the office in a letter to the bureau's own operators; it announces no list.
pub const OPERATORS: &str = "operators";

law::codes! {
    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    pub enum MailState {
        Queued = "queued",
        /// A run has it in hand; found so by a later run, that run was killed.
        Sending = "sending",
        /// The server took it. It may still come back.
        Accepted = "accepted",
        Deferred = "deferred",
        /// Refused for good, given up after days, or taken out by an operator.
        Rejected = "rejected",
        /// It may or may not have been taken; never sent again without knowing.
        Unknown = "unknown",
        Bounced = "bounced",
        /// Never tried: a later letter of the same day holds its lists too.
        Replaced = "replaced",
        /// Not sent: a list that it announces was taken back.
        Withdrawn = "withdrawn",
    }
}

impl MailState {
    /// Whether no run will move the letter any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::Bounced | Self::Replaced | Self::Withdrawn)
    }
}

/// How far a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub state: MailState,
    pub attempts: u32,
    pub next_at: DateTime<Utc>,
}

/// A letter without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// Its number in the outbox.
    pub letter_id: i64,
    /// Without angle brackets; the same for every attempt.
    pub message_id: String,
    pub county: String,
    /// Letters of the office, without a series mark.
    pub office: String,
    /// The one address that it goes to.
    pub recipient: String,
    /// 0, or the number of the deliberate repetition.
    pub resend_no: u32,
    /// The lists that it announces; empty once a later letter holds them.
    pub lists: Vec<String>,
    pub written_at: DateTime<Utc>,
    /// First moment at which it may go; five days later it is given up.
    pub due_at: DateTime<Utc>,
    pub standing: Standing,
}

/// A letter to be put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// See [`Letter::message_id`].
    pub message_id: String,
    pub county: String,
    /// Office, without a series mark.
    pub office: String,
    pub recipient: String,
    /// See [`Letter::resend_no`].
    pub resend_no: u32,
    /// All lists that it announces.
    pub lists: Vec<String>,
    /// First moment at which it may go.
    pub due_at: DateTime<Utc>,
    /// The whole message, every attempt's bytes.
    pub bytes: Vec<u8>,
    /// A waiting letter, never tried, whose lists this one announces too; or a withdrawn one, whose other lists it
    /// announces.
    pub replaces: Option<i64>,
}
