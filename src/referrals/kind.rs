//! Which lists there are: offices, kinds, ids, and what a list says about its rules.

use std::fmt;

use crate::cases::FindingStatus;
use crate::domain::{CountyCode, Period};

/// Who gets a list, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Office {
    /// 民政局: flagged persons.
    CivilAffairs,
    /// 农业农村局: flagged persons.
    RuralAffairs,
    /// 医疗保障局 itself: persons whom the rules cannot decide on (待核实名单).
    Undecided,
    /// 医疗保障局 itself: persons near a line (关注名单); never sent.
    Near,
}

impl Office {
    /// All offices, in the order of their lists.
    pub const ALL: [Self; 4] = [Self::CivilAffairs, Self::RuralAffairs, Self::Undecided, Self::Near];

    /// The letters in a list's id.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CivilAffairs => "MZ",
            Self::RuralAffairs => "NC",
            Self::Undecided => "YBU",
            Self::Near => "YBN",
        }
    }

    /// The office's Chinese name, without its county.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::CivilAffairs => "民政局",
            Self::RuralAffairs => "农业农村局",
            Self::Undecided | Self::Near => "医疗保障局",
        }
    }

    /// What the list is called.
    #[must_use]
    pub const fn list_name(self) -> &'static str {
        match self {
            Self::CivilAffairs | Self::RuralAffairs => "因病返贫致贫风险预警名单",
            Self::Undecided => "待核实名单",
            Self::Near => "关注名单",
        }
    }

    /// The findings that the list holds.
    #[must_use]
    pub const fn status(self) -> FindingStatus {
        match self {
            Self::CivilAffairs | Self::RuralAffairs => FindingStatus::Flagged,
            Self::Undecided => FindingStatus::Undecided,
            Self::Near => FindingStatus::Near,
        }
    }

    /// Whether the list leaves the bureau.
    #[must_use]
    pub const fn is_referral(self) -> bool {
        matches!(self, Self::CivilAffairs | Self::RuralAffairs)
    }

    /// The office that a policy's `recipients` names.
    #[must_use]
    pub fn parse_recipient(word: &str) -> Option<Self> {
        match word {
            "civil_affairs" => Some(Self::CivilAffairs),
            "rural_affairs" => Some(Self::RuralAffairs),
            _ => None,
        }
    }
}

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
    /// Recipient; `None` for the roll-up.
    pub office: Option<Office>,
    /// Kind.
    pub kind: ListKind,
}

impl ListId {
    /// The office's letters; `YB` for the roll-up.
    #[must_use]
    pub const fn office_code(&self) -> &'static str {
        match self.office {
            Some(office) => office.code(),
            None => "YB",
        }
    }
}

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (period, county) = (self.period.compact(), &self.county);
        write!(f, "{period}-{county}-{}-{}-v1", self.office_code(), self.kind.code())
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
    /// Offices that get its flagged persons.
    pub recipients: Vec<Office>,
}
