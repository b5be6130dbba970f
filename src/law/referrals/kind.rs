//! Which lists there are: kinds, ids, and what a list says about its rules.

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::{CountyCode, Fen, Period};
use crate::texts::{Table, zh};

crate::codes! {
    /// What sort of list it is.
    pub enum ListKind {
        /// Everybody of the month.
        Full = "FULL",
        /// Nobody: sent all the same, so that silence is a fault.
        Nil = "NIL",
        /// Counts and sums of the whole area.
        Summary = "SUM",
        /// Persons whom later data put on a list that is out: 补充名单.
        Supplement = "SUPPLEMENT",
        /// Persons on a list that is out, with what it should have said of them: 更正名单.
        Correction = "CORRECTION",
        /// Persons whom a list that is out should not name any more: 撤回名单.
        Withdrawal = "WITHDRAWAL",
        /// A list that is out is taken back as a whole: 收回通知. It names nobody again.
        Retraction = "RETRACTION",
    }
}

impl ListKind {
    /// Whether it says all of its month; the others change what such a list said.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Full | Self::Nil | Self::Summary)
    }

    /// What its title adds to the office's; empty for whole lists.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        if self.is_whole() { "" } else { zh(Table::ListKind, self.code()) }
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
    pub kind: ListKind,
    /// 1, and one more for each further list of that month, county, office and kind.
    pub version: u32,
}

impl ListId {
    /// The version that an id ends with.
    #[must_use]
    pub fn version_of(id: &str) -> u32 {
        id.rsplit_once("-v").and_then(|(_, version)| version.parse().ok()).unwrap_or(1)
    }
}

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (period, county) = (self.period.compact(), &self.county);
        write!(f, "{period}-{county}-{}-{}-v{}", self.office, self.kind.code(), self.version)
    }
}

/// A rule as its lists present it; the order of a policy's rules is the order in which they lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRule {
    pub id: String,
    pub name: String,
    /// Version or first day of validity.
    pub version: String,
    /// SHA-256 of the rule's definition, hex.
    pub sha256: String,
    /// What the rule asks, as one Chinese sentence.
    pub text: String,
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
