//! What several verbs let people type.

use chrono::NaiveDate;
use clap::ValueEnum;
use desk::Actor;
use law::domain::{Fen, Period, Said, parse_date};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `2026-10-31` or `20261031`.
pub(super) fn date_argument(text: &str) -> Result<NaiveDate, String> {
    parse_date(text).map_err(|error| error.to_string())
}

/// `2026-10`, `202610`, or a third of a month: `2026-10-10`, `2026-10-20`.
pub(super) fn period_argument(text: &str) -> Result<Period, String> {
    Period::parse(text).map_err(|error| error.to_string())
}

/// Yuan with at most two decimals.
pub(super) fn yuan_argument(text: &str) -> Result<Fen, String> {
    Fen::parse(text).map_err(|error| error.to_string())
}

/// The name of whoever acts.
pub(super) fn actor_argument(text: &str) -> Result<Actor, String> {
    Said::parse(text).and_then(Actor::console).map_err(|error| error.to_string())
}
