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
    /// Persons whom later data put on a list that is out: 补充名单.
    Supplement,
    /// Persons on a list that is out, with what it should have said of them: 更正名单.
    Correction,
    /// Persons whom a list that is out should not name any more: 撤回名单.
    Withdrawal,
    /// A list that is out is taken back as a whole: 收回通知. It names nobody again.
    Retraction,
}

impl ListKind {
    pub const ALL: [Self; 7] =
        [Self::Full, Self::Nil, Self::Summary, Self::Supplement, Self::Correction, Self::Withdrawal, Self::Retraction];

    /// The letters in a list's id.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Nil => "NIL",
            Self::Summary => "SUM",
            Self::Supplement => "SUPPLEMENT",
            Self::Correction => "CORRECTION",
            Self::Withdrawal => "WITHDRAWAL",
            Self::Retraction => "RETRACTION",
        }
    }

    /// The kind with those letters.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether it says all of its month; the others change what such a list said.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Full | Self::Nil | Self::Summary)
    }

    /// What its title adds to the office's; empty for whole lists.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Full | Self::Nil | Self::Summary => "",
            Self::Supplement => "（补充名单）",
            Self::Correction => "（更正名单）",
            Self::Withdrawal => "（撤回名单）",
            Self::Retraction => "（收回通知）",
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
    pub kind: ListKind,
    /// 1, and one more for each further list of that month, county, office and kind.
    pub version: u32,
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
