//! Whether the wall clock can be believed: a clock that leaps is believed once it has stood for an hour.
//!
//! A machine that starts with a wrong year, or whose clock is set by mistake, must not seal months that have not ended.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// How far the wall clock may part from the steady one between two looks.
const SLACK: TimeDelta = TimeDelta::hours(1);

/// How long a clock that has leapt must stand.
const PROOF: Duration = Duration::from_hours(1);

/// Watches the wall clock against one that nobody can set.
#[derive(Debug, Clone)]
pub struct Clock {
    /// Where both clocks stood when last believed.
    anchor: (DateTime<Utc>, Duration),
    /// Since when, and by how much, the wall clock has been off.
    leap: Option<(Duration, TimeDelta)>,
}

/// Whether to act by the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    Steady,
    /// Not yet: it has leapt by so much.
    Leapt(TimeDelta),
}

impl Clock {
    /// Starts at a wall clock and a steady one. `known` is the latest moment that the ledger has seen: a wall clock
    /// well before it is wrong, or was wrong then.
    #[must_use]
    pub fn start(wall: DateTime<Utc>, steady: Duration, known: Option<DateTime<Utc>>) -> Self {
        let anchor = known.map_or(wall, |known| known.max(wall));
        Self { anchor: (anchor, steady), leap: None }
    }

    pub fn look(&mut self, wall: DateTime<Utc>, steady: Duration) -> Trust {
        let passed = TimeDelta::from_std(steady.saturating_sub(self.anchor.1)).unwrap_or(TimeDelta::MAX);
        let off = wall - (self.anchor.0 + passed);
        if off.abs() <= SLACK {
            self.believe(wall, steady);
            return Trust::Steady;
        }
        match self.leap {
            Some((since, known)) if (off - known).abs() <= SLACK => {
                if steady.saturating_sub(since) >= PROOF {
                    self.believe(wall, steady);
                    return Trust::Steady;
                }
            }
            _ => self.leap = Some((steady, off)),
        }
        Trust::Leapt(off)
    }

    fn believe(&mut self, wall: DateTime<Utc>, steady: Duration) {
        *self = Self { anchor: (wall, steady), leap: None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(count * 60)
    }

    #[test]
    fn a_leap_is_believed_after_an_hour_and_one_undone_at_once() {
        let mut clock = Clock::start(at("2026-11-25T00:00:00Z"), minutes(0), None);
        assert_eq!(clock.look(at("2026-11-25T00:10:30Z"), minutes(10)), Trust::Steady);
        assert!(
            matches!(clock.look(at("2030-01-01T00:00:00Z"), minutes(11)), Trust::Leapt(off) if off.num_days() > 1000)
        );
        assert!(matches!(clock.look(at("2030-01-01T00:50:00Z"), minutes(61)), Trust::Leapt(_)));
        assert_eq!(clock.look(at("2026-11-25T01:02:00Z"), minutes(62)), Trust::Steady);
        assert!(matches!(clock.look(at("2026-11-27T00:00:00Z"), minutes(63)), Trust::Leapt(_)));
        assert_eq!(clock.look(at("2026-11-27T01:00:00Z"), minutes(123)), Trust::Steady);
    }

    #[test]
    fn a_clock_that_leaps_again_starts_again_and_one_behind_the_ledger_waits() {
        let mut clock = Clock::start(at("1970-01-01T00:00:00Z"), minutes(0), Some(at("2026-11-25T00:00:00Z")));
        assert!(
            matches!(clock.look(at("1970-01-01T00:01:00Z"), minutes(1)), Trust::Leapt(off) if off.num_days() < -20_000)
        );
        assert!(matches!(clock.look(at("2027-01-01T00:00:00Z"), minutes(50)), Trust::Leapt(_)));
        assert!(matches!(clock.look(at("2027-01-01T00:30:00Z"), minutes(80)), Trust::Leapt(_)));
        assert_eq!(clock.look(at("2027-01-01T01:00:00Z"), minutes(110)), Trust::Steady);
    }
}
