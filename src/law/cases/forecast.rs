//! When somebody near a line will cross it, if spending goes on as it did lately.

use crate::domain::{Fen, Month};

/// Months of which the mean is taken to go on.
pub const RECENT_MONTHS: u8 = 3;

/// What is to be expected of a person near a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Run rate: mean cost per month of the recent months, rounded down.
    pub monthly: Fen,
    /// The month in which the line is crossed; `None`: not within the window.
    pub month: Option<Month>,
}

/// Goes on from `period` with the mean of `recent`, the cost of the last `months` months, until `last`.
///
/// `margin` is the amount that is still allowed: line less measured, one fen less where the line itself counts.
/// Whoever costs `margin` more is still below; whoever costs more than that is over.
#[must_use]
pub fn forecast(margin: Fen, recent: Fen, months: u8, period: Month, last: Month) -> Forecast {
    let months = i64::from(months.max(1));
    let monthly = Fen(recent.0.div_euclid(months));
    if recent.0 <= 0 {
        return Forecast { monthly, month: None };
    }
    // The smallest n with n x recent / months > margin, in whole numbers.
    let allowed = i128::from(margin.0.max(0)) * i128::from(months);
    let steps = allowed / i128::from(recent.0) + 1;
    let mut month = period;
    for _ in 0..steps.min(36) {
        month = month.next();
    }
    Forecast { monthly, month: (steps <= 36 && month <= last).then_some(month) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crossing(margin: i64, recent: i64, months: u8) -> Option<String> {
        let month = |text| Month::parse(text).unwrap();
        let found = forecast(Fen(margin), Fen(recent), months, month("2026-06"), month("2026-12"));
        found.month.map(|month| month.to_string())
    }

    #[test]
    fn spending_that_goes_on_crosses_the_line() {
        // 100 a month: 100 more is the line itself, which 超过 excludes.
        assert_eq!(crossing(100, 300, 3).as_deref(), Some("2026-08"));
        assert_eq!(crossing(99, 300, 3).as_deref(), Some("2026-07"));
        assert_eq!(crossing(599, 300, 3).as_deref(), Some("2026-12"));
        assert_eq!(crossing(600, 300, 3), None);
        assert_eq!(crossing(0, 1, 1).as_deref(), Some("2026-07"));
    }

    #[test]
    fn who_spends_nothing_crosses_nothing() {
        assert_eq!(crossing(100, 0, 3), None);
        assert_eq!(crossing(100, -500, 3), None);
        assert_eq!(crossing(i64::MAX, 1, 3), None);
    }

    #[test]
    fn the_mean_is_rounded_down_and_the_month_is_exact() {
        let month = |text| Month::parse(text).unwrap();
        let found = forecast(Fen(1), Fen(3), 3, month("2026-01"), month("2026-12"));
        assert_eq!((found.monthly, found.month), (Fen(1), Some(month("2026-03"))));
        let found = forecast(Fen(1), Fen(5), 3, month("2026-01"), month("2026-12"));
        assert_eq!((found.monthly, found.month), (Fen(1), Some(month("2026-02"))));
    }
}
