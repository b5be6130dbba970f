//! Which lists there are: kinds, ids, and what a list says about its rules.

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::{CountyCode, Fen, Period};

/// What sort of list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// Everybody of the month.
    Full,
    /// Nobody: sent all the same, so that silence is a fault.
    Nil,
    /// Counts and sums of the whole area.
    Summary,
}

impl ListKind {
    /// The letters in a list's id.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Nil => "NIL",
            Self::Summary => "SUM",
        }
    }
}

/// A list's name: `202610-990102-MZ-FULL-v1`. Codes only, so it is safe as a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId {
    /// The month.
    pub period: Period,
    /// County, or the area for what no county can be named for.
    pub county: CountyCode,
    /// The recipient's letters, with the mark of its series; `YB` for the roll-up.
    pub office: String,
    /// Kind.
    pub kind: ListKind,
}

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (period, county) = (self.period.compact(), &self.county);
        write!(f, "{period}-{county}-{}-{}-v1", self.office, self.kind.code())
    }
}

/// A rule as its lists present it; the order of a policy's rules is the order in which they lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRule {
    /// Id in the policy.
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// Version or first day of validity.
    pub version: String,
    /// SHA-256 of the rule's definition, hex.
    pub sha256: String,
    /// What the rule asks, as one Chinese sentence.
    pub text: String,
    /// Document and article.
    pub clause: String,
    /// Code of the cost basis.
    pub basis: String,
    /// The line with its source, as Chinese text, e.g. `23,456.00 元（国家统计局……，2026-01-19 发布）`.
    pub line: String,
    /// Codes of the offices that get its flagged persons.
    pub recipients: Vec<String>,
    /// Whether its line is drawn from a figure that only stands in for one not yet published.
    pub is_provisional: bool,
    /// Its line and its warning line by county code, for rules whose line follows a published figure.
    pub lines: BTreeMap<String, (Fen, Fen)>,
    /// Whether somebody who was listed under a provisional line stays when the published one is higher.
    pub keeps: bool,
}
