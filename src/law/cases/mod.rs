//! Cases: one person under watch by one rule in one benefit year, and how tonight's finding moves it.
//!
//! Pure: states, transitions, reasons. History is kept by `ledger`, decisions by officers by the review app.

mod answer;
mod forecast;
mod outlook;
mod transition;

pub use answer::{
    Answer, AnswerCells, AnswerFault, CATEGORIES, ENROLLED, Effect, FOUND, MEASURES, REASONS, RECEIPTS, Verdict, effect,
};
pub use forecast::{Forecast, RECENT_MONTHS, forecast};
pub use outlook::{Outlook, no_forecast_because, outlook, pace, recent_months};
pub use transition::{next, year_end};

use crate::domain::{Fen, Period};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseState {
    /// 关注: near the line, not over it.
    Watching,
    /// 预警: over the line.
    Flagged,
    /// 待核实: something that the rule needs to know is missing or contradictory.
    Undecided,
    /// 撤回: was one of the above, and is none of them any more.
    Withdrawn,
    /// 结案: its benefit year is over.
    Closed,
}

impl CaseState {
    pub const ALL: [Self; 5] = [Self::Watching, Self::Flagged, Self::Undecided, Self::Withdrawn, Self::Closed];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Watching => "watching",
            Self::Flagged => "flagged",
            Self::Undecided => "undecided",
            Self::Withdrawn => "withdrawn",
            Self::Closed => "closed",
        }
    }

    /// The state with that code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether the person is under watch in this state.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Watching | Self::Flagged | Self::Undecided)
    }
}

/// A case as it stood after the last run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub state: CaseState,
    pub measured: Fen,
    /// Why it stood so: the reason of an undecided finding, else empty.
    pub reason: String,
    /// The period of that run.
    pub last_period: Period,
}

/// What the rule found tonight about a person who is at least near its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingStatus {
    /// Over the warning line, not over the line.
    Near,
    Flagged,
    Undecided,
}

impl FindingStatus {
    pub const ALL: [Self; 3] = [Self::Near, Self::Flagged, Self::Undecided];

    /// The code that the models write.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Flagged => "flagged",
            Self::Undecided => "undecided",
        }
    }

    /// The status with that code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// The state of a case with such a finding.
    #[must_use]
    pub const fn state(self) -> CaseState {
        match self {
            Self::Near => CaseState::Watching,
            Self::Flagged => CaseState::Flagged,
            Self::Undecided => CaseState::Undecided,
        }
    }
}

/// Tonight's finding, as far as it moves a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingState {
    pub status: FindingStatus,
    pub measured: Fen,
    /// Code of why it is undecided, else empty.
    pub reason: String,
}

/// What happened to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// First finding about this person, rule and year.
    Opened,
    /// Same state, another amount or another reason.
    Continued,
    /// Now over the line, before near it or undecided.
    Escalated,
    /// Now near the line, before over it or undecided.
    Eased,
    Unsettled,
    Withdrawn,
    /// A finding again after it was withdrawn or closed.
    Reopened,
    /// The benefit year is over.
    Closed,
    /// An office answered about the person; the state stays what the data say.
    Answered,
}

impl EventKind {
    pub const ALL: [Self; 9] = [
        Self::Opened,
        Self::Continued,
        Self::Escalated,
        Self::Eased,
        Self::Unsettled,
        Self::Withdrawn,
        Self::Reopened,
        Self::Closed,
        Self::Answered,
    ];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Continued => "continued",
            Self::Escalated => "escalated",
            Self::Eased => "eased",
            Self::Unsettled => "unsettled",
            Self::Withdrawn => "withdrawn",
            Self::Reopened => "reopened",
            Self::Closed => "closed",
            Self::Answered => "answered",
        }
    }

    /// The kind with that code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One line of a case's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEvent {
    pub kind: EventKind,
    /// State before; `None` for a new case.
    pub from: Option<CaseState>,
    pub to: CaseState,
    /// Amount measured now; for a withdrawal or a closing the last one known.
    pub measured: Fen,
    pub reason: String,
}
