//! What changed about a person from one list to the next.

/// What changed about a person since the list before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delta {
    /// 新增: not on it.
    New,
    /// 延续: on it.
    Continuing,
    /// 升级: on it, and now a rule hits that did not.
    Escalated,
    /// 撤回: on it, and no longer on this one.
    Withdrawn,
}

impl Delta {
    /// All changes, in the order in which they are counted.
    pub const ALL: [Self; 4] = [Self::New, Self::Continuing, Self::Escalated, Self::Withdrawn];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Continuing => "continuing",
            Self::Escalated => "escalated",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The change with that code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|delta| delta.code() == code)
    }
}
