//! The bounds of `pipelines/holds.toml`. A file that leaves one out has the shipped one.

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::config::Problem;

pub const HOLDS_FILE: &str = "pipelines/holds.toml";

/// A share in percent, with two decimals where it is small.
#[must_use]
pub fn share_text(share: Decimal) -> String {
    let percent = share * Decimal::ONE_HUNDRED;
    let places = if percent.abs() < Decimal::TEN { 2 } else { 1 };
    format!("{}%", percent.round_dp(places).normalize())
}

/// So many of all, in percent.
#[must_use]
pub fn share_of(found: u64, of: u64) -> String {
    share_text(Decimal::from(found) / Decimal::from(of.max(1)))
}

/// A share that is passed above it, and the count below which nothing is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floored {
    pub share: Decimal,
    pub least: u64,
}

impl Floored {
    const fn of(thousandths: u32, least: u64) -> Self {
        Self { share: Decimal::from_parts(thousandths, 0, 0, false, 3), least }
    }

    /// Whether so many of all are more than the bound allows.
    #[must_use]
    pub fn is_passed(&self, found: u64, of: u64) -> bool {
        found >= self.least.max(1) && Decimal::from(found) > self.share * Decimal::from(of)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Least {
    pub least: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AmountBounds {
    pub times: Decimal,
    pub least_rows: u64,
    pub small_times: Decimal,
    pub small_least_rows: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RowBounds {
    pub low: Decimal,
    pub high: Decimal,
    pub limits: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IncomeBounds {
    pub low: Decimal,
    pub high: Decimal,
    pub least_yuan: Decimal,
    pub most_yuan: Decimal,
}

/// All bounds; the file says what each is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// So many earlier files it takes for something to be usual.
    pub least_files: usize,
    pub roster_absent: Floored,
    pub roster_absent_of_few: Floored,
    pub people_withdrawn: Floored,
    pub newly_dead: Floored,
    pub institution_voided: Floored,
    pub institution_dropped: Least,
    pub amounts: AmountBounds,
    pub rows: RowBounds,
    pub ids: Floored,
    pub income: IncomeBounds,
    pub rows_useless: Floored,
    pub given_back: Floored,
}

impl Default for AmountBounds {
    fn default() -> Self {
        Self { times: Decimal::from(20), least_rows: 200, small_times: Decimal::from(50), small_least_rows: 5 }
    }
}

impl Default for RowBounds {
    fn default() -> Self {
        Self { low: Decimal::new(5, 1), high: Decimal::from(2), limits: vec![65_536, 1_048_576] }
    }
}

impl Default for IncomeBounds {
    fn default() -> Self {
        Self {
            low: Decimal::new(-3, 2),
            high: Decimal::new(15, 2),
            least_yuan: Decimal::from(1_000),
            most_yuan: Decimal::from(200_000),
        }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            least_files: 3,
            roster_absent: Floored::of(100, 20),
            roster_absent_of_few: Floored::of(330, 3),
            people_withdrawn: Floored::of(100, 3),
            newly_dead: Floored::of(5, 50),
            institution_voided: Floored::of(200, 30),
            institution_dropped: Least { least: 3 },
            amounts: AmountBounds::default(),
            rows: RowBounds::default(),
            ids: Floored::of(20, 5),
            income: IncomeBounds::default(),
            rows_useless: Floored::of(20, 20),
            given_back: Floored::of(200, 5),
        }
    }
}

impl Bounds {
    /// The bounds of a file's text; what is wrong with it goes to `problems`.
    pub fn parse(file: &str, text: &str, problems: &mut Vec<Problem>) -> Self {
        let bounds: Self = match toml::from_str(text) {
            Ok(bounds) => bounds,
            Err(error) => {
                problems.push(Problem::in_toml(file, text, &error));
                return Self::default();
            }
        };
        let shares = [
            ("roster_absent", bounds.roster_absent.share),
            ("roster_absent_of_few", bounds.roster_absent_of_few.share),
            ("people_withdrawn", bounds.people_withdrawn.share),
            ("newly_dead", bounds.newly_dead.share),
            ("institution_voided", bounds.institution_voided.share),
            ("ids", bounds.ids.share),
            ("rows_useless", bounds.rows_useless.share),
            ("given_back", bounds.given_back.share),
        ];
        for (name, _) in shares.iter().filter(|(_, share)| *share < Decimal::ZERO || *share > Decimal::ONE) {
            problems.push(Problem::new(file, 0, format!("[{name}]: the share is not from 0 to 1"), "e.g. \"0.10\""));
        }
        if bounds.amounts.times <= Decimal::ONE || bounds.amounts.small_times <= Decimal::ONE {
            problems.push(Problem::new(file, 0, "[amounts]: less than once is no bound", "e.g. times = \"20\""));
        }
        if bounds.rows.low >= bounds.rows.high || bounds.income.low >= bounds.income.high {
            problems.push(Problem::new(file, 0, "`low` is not below `high`", "e.g. low = \"0.5\", high = \"2\""));
        }
        bounds
    }

    /// Whether so many of the holders of a tag are missing that their tags do not end.
    #[must_use]
    pub fn holds_roster(&self, absent: u64, before: u64) -> bool {
        self.roster_absent.is_passed(absent, before) || self.roster_absent_of_few.is_passed(absent, before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_passed_above_it_and_never_below_its_floor() {
        let bounds = Bounds::default();
        for (found, of, expected) in [(100, 1000, false), (101, 1000, true), (19, 100, false), (20, 100, true)] {
            assert_eq!(bounds.roster_absent.is_passed(found, of), expected, "{found} of {of}");
        }
        // A third of few: 3 of 9 are more than 33 %, 33 of 100 are not, but more than 10 %.
        for (found, of, expected) in [(3, 9, true), (2, 3, false), (3, 10, false), (33, 100, true), (19, 60, false)] {
            assert_eq!(bounds.holds_roster(found, of), expected, "{found} of {of}");
        }
        for (found, of, expected) in [(50, 10_000, false), (51, 10_000, true), (49, 100, false)] {
            assert_eq!(bounds.newly_dead.is_passed(found, of), expected, "{found} of {of}");
        }
        assert!(bounds.people_withdrawn.is_passed(3, 29) && !bounds.people_withdrawn.is_passed(3, 30));
        assert!(!bounds.people_withdrawn.is_passed(2, 3));
    }

    #[test]
    fn the_shipped_file_says_the_defaults_and_a_wrong_one_is_told() {
        let mut problems = Vec::new();
        let shipped = Bounds::parse(HOLDS_FILE, include_str!("../../../pipelines/holds.toml"), &mut problems);
        assert_eq!((shipped, problems.len()), (Bounds::default(), 0));
        let wrong = "[ids]\nshare = \"2\"\nleast = 5\n[rows]\nlow = \"3\"\n";
        Bounds::parse(HOLDS_FILE, wrong, &mut problems);
        assert_eq!(problems.len(), 2, "{problems:?}");
        Bounds::parse(HOLDS_FILE, "[idz]\nshare = \"2\"\n", &mut problems);
        assert!(problems[2].line == 1, "{problems:?}");
    }
}
