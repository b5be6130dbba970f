//! The ways of warning that are compared: the tier, its forecast, and what anybody could do without them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use law::cases::{no_forecast_because, outlook, pace};
use law::domain::{Fen, Month, Period, PersonKey};
use law::policy::Rule;

use super::replay::Replayed;

law::codes! {
    /// A way of telling who will cross the line.
    pub(super) enum Method {
        /// The warning tier: the bureau's list of near persons.
        Near = "near",
        /// Near persons whom the forecast lets cross within the window.
        Forecast = "forecast_of_near",
        /// Baseline of the forecast: near persons who cross if the year's mean goes on.
        YearPaceOfNear = "baseline_pace_of_near",
        /// Everybody whom the forecast lets cross, near or not.
        ForecastOfAll = "forecast_of_all",
        /// Baseline: everybody who crosses if the year's mean goes on.
        YearPace = "baseline_pace_of_all",
        /// Baseline: as many persons as are near, those who cost most in the recent months.
        TopSpenders = "baseline_top_spenders",
    }
}

impl Method {
    /// Whether it means anything under a rule.
    pub(super) fn fits(self, rule: &Rule) -> bool {
        self == Self::Near || no_forecast_because(rule).is_none()
    }

    /// Who is warned of at the end of a period, with the month that the warning names.
    pub(super) fn warned(self, rule: &Rule, period: Period, rows: &[Replayed]) -> BTreeMap<PersonKey, Option<Month>> {
        let near = || rows.iter().filter(|row| row.is_near);
        let open = || rows.iter().filter(|row| !row.is_flagged);
        let of_forecast = |row: &Replayed| {
            let month = outlook(rule, period, row.measured, row.line?, row.recent).forecast?.month?;
            Some((row.person, Some(month)))
        };
        let of_pace = |row: &Replayed| {
            let month = pace(rule, period, row.measured, row.line?)?.month?;
            Some((row.person, Some(month)))
        };
        match self {
            Self::Near => near().map(|row| (row.person, None)).collect(),
            Self::Forecast => near().filter_map(of_forecast).collect(),
            Self::ForecastOfAll => open().filter_map(of_forecast).collect(),
            Self::YearPaceOfNear => near().filter_map(of_pace).collect(),
            Self::YearPace => open().filter_map(of_pace).collect(),
            Self::TopSpenders => {
                let mut all: Vec<&Replayed> = open().collect();
                all.sort_by_key(|row| (Reverse(row.recent.unwrap_or(Fen::ZERO)), row.person));
                all.into_iter().take(near().count()).map(|row| (row.person, None)).collect()
            }
        }
    }
}
