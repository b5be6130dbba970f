//! What can go wrong with the ledger.

use std::path::PathBuf;

use law::{Cause, Fault};

/// A failure of the ledger. Texts never carry a name or an id.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened or brought to this version's tables.
    #[error("{path}: {why}; is the disk full or read-only, or the folder not writable? If neither, restore the file from the backup", path = .path.display())]
    Open {
        path: PathBuf,
        /// What `SQLite` said.
        why: String,
    },
    #[error("{path}: made by a newer version of this program, which knows more tables; use that version", path = .path.display())]
    Newer { path: PathBuf },
    #[error("ledger, {what}: {source}")]
    Statement {
        what: &'static str,
        /// What `SQLite` said.
        source: rusqlite::Error,
    },
    /// A stored value cannot be understood.
    #[error("ledger, {what}: the stored value is damaged ({why}); restore ledger.sqlite from the backup")]
    Damaged {
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A list of that id was sealed before with other content.
    #[error("list {list_id} is sealed with other content; a sealed list never changes, corrections are new lists")]
    SealedDifferently { list_id: String },
    /// A list would break its office's row of numbers.
    #[error("list {list_id} carries number {found}, but its office's next number is {expected}; run again")]
    Sequence {
        list_id: String,
        found: u64,
        /// Number that follows the office's last.
        expected: u64,
    },
    /// A signature under a list is refused.
    #[error("list {list_id}: {why}; nothing is signed")]
    SignOff {
        /// The list, or the first of several.
        list_id: String,
        why: &'static str,
    },
    /// A letter has moved on since it was read.
    #[error("letter {letter_id} has moved on meanwhile; look at it again and repeat")]
    Moved {
        /// Its number in the outbox.
        letter_id: i64,
    },
    /// A question was answered, or is gone, since it was read.
    #[error(
        "question {question_id} has moved on meanwhile; look at it again with `poverty-watch questions show {question_id}`"
    )]
    QuestionMoved { question_id: i64 },
    /// The audit chain does not hold.
    #[error("the audit chain is broken at entry {seq}: it was changed, moved or removed")]
    AuditBroken {
        /// First number at which the chain does not hold.
        seq: i64,
    },
    /// The audit chain holds in itself, but is not the one of which a head was kept elsewhere.
    #[error("the audit chain is not the one of which entry {seq} was kept: {why}")]
    AuditCut {
        /// Number of the head that was kept.
        seq: i64,
        why: String,
    },
}

impl LedgerError {
    /// For `map_err`: names what was being done.
    pub(super) fn doing(what: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Statement { what, source }
    }

    /// For `map_err`: a stored value that does not parse.
    pub(super) fn damaged<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Damaged { what, why: error.to_string() }
    }
}

impl Fault for LedgerError {
    fn blame(&self) -> Cause {
        match self {
            Self::Moved { .. } | Self::QuestionMoved { .. } => Cause::Later,
            Self::Newer { .. } => Cause::Settings,
            Self::SignOff { .. } | Self::AuditBroken { .. } | Self::AuditCut { .. } => Cause::Data,
            _ => Cause::Program,
        }
    }
}
