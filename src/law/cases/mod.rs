//! Cases: one person under watch by one rule in one benefit year, and how tonight's finding moves it.
//!
//! Pure: states, transitions, reasons. History is kept by `ledger`, decisions by officers by the review app.

mod answer;
mod forecast;
mod measure;
mod outlook;
mod transition;

pub use answer::{
    Answer, AnswerCells, AnswerFault, CATEGORIES, ENROLLED, Effect, FOUND, REASONS, RECEIPTS, Verdict, effect,
};
pub use forecast::{Forecast, RECENT_MONTHS, forecast};
pub use measure::MEASURES;
pub use outlook::{Outlook, no_forecast_because, outlook, pace, recent_months};
pub use transition::{next, year_end};

use crate::domain::{Fen, Period};

crate::codes! {
    pub enum CaseState {
        /// 关注: near the line, not over it.
        Watching = "watching",
        /// 预警: over the line.
        Flagged = "flagged",
        /// 待核实: something that the rule needs to know is missing or contradictory.
        Undecided = "undecided",
        /// 撤回: was one of the above, and is none of them any more.
        Withdrawn = "withdrawn",
        /// 结案: its benefit year is over.
        Closed = "closed",
    }
}

impl CaseState {
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

crate::codes! {
    /// What a rule says of a person.
    pub enum Outcome {
        /// 列入: over the line.
        Flagged = "flagged",
        /// 关注: over the warning line, not over the line.
        Near = "near",
        /// 待核实: something that the rule needs to know is missing or contradictory.
        Undecided = "undecided",
        /// 未达: not over the warning line.
        Below = "below",
        /// 不属于: the rule does not mean this person.
        Outside = "outside",
    }
}

impl Outcome {
    /// The finding, where somebody must look at it.
    #[must_use]
    pub const fn status(self) -> Option<FindingStatus> {
        match self {
            Self::Flagged => Some(FindingStatus::Flagged),
            Self::Near => Some(FindingStatus::Near),
            Self::Undecided => Some(FindingStatus::Undecided),
            Self::Below | Self::Outside => None,
        }
    }
}

crate::codes! {
    /// Why somebody cannot be decided, or is near in spite of the line; of somebody flagged: what is asked about them
    /// although every reading of the data flags them.
    pub enum Reason {
        /// One number, two names.
        IdConflict = "id_conflict",
        /// Two documents that may be one person's; together they could be over the line.
        IdentityOpen = "identity_open",
        CountyUnclear = "county_unclear",
        NoIncomeFigure = "no_income_figure",
        NoRoster = "no_roster",
        RuralUnknown = "rural_unknown",
        MeansUnknown = "means_unknown",
        Deceased = "deceased",
        /// One complete roster lacks the person, and nobody has said why.
        TagAbsent = "tag_absent",
        /// The roster is too old to flag anybody by.
        RosterStale = "roster_stale",
        /// Over the line that held before the published one, not over that.
        OverProvisional = "over_provisional",
        /// A claim's row was rejected or held; with it the person could be over the line.
        RowWaits = "row_waits",
        /// A file with claims is held back by a question; with its rows the person could be over the line.
        FileHeld = "file_held",
        /// A refund waits for its settlement; with it the person would not be over the line.
        RefundWaits = "refund_waits",
        /// A later payment waits for its settlement; with it the person would not be over the line.
        PaymentWaits = "payment_waits",
        /// Two versions of one settlement, and nothing tells which is the later.
        VersionConflict = "version_conflict",
        /// A settlement under a number that its issuer gave to another person.
        NumberOfAnotherPerson = "number_of_another_person",
        /// Settlements were voided, and the new ones have not come.
        VoidUnsettled = "void_unsettled",
    }
}

crate::codes! {
    /// What the rule found tonight about a person who is at least near its line.
    pub enum FindingStatus {
        /// Over the warning line, not over the line.
        Near = "near",
        Flagged = "flagged",
        Undecided = "undecided",
    }
}

impl FindingStatus {
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

crate::codes! {
    /// What happened to a case.
    pub enum EventKind {
        /// First finding about this person, rule and year.
        Opened = "opened",
        /// Same state, another amount or another reason.
        Continued = "continued",
        /// Now over the line, before near it or undecided.
        Escalated = "escalated",
        /// Now near the line, before over it or undecided.
        Eased = "eased",
        Unsettled = "unsettled",
        Withdrawn = "withdrawn",
        /// A finding again after it was withdrawn or closed.
        Reopened = "reopened",
        /// The benefit year is over.
        Closed = "closed",
        /// An office answered about the person; the state stays what the data say.
        Answered = "answered",
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
