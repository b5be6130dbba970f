//! The counties that a bureau serves, and which older codes mean them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

/// Served counties, and the dated codes that were replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counties {
    /// Codes; none: every county is taken as known.
    pub served: BTreeSet<String>,
    /// Old code to the new one and its first day.
    pub replaced: BTreeMap<String, (String, NaiveDate)>,
}

impl Counties {
    /// The county that a code means on a day; nothing where no table knows it.
    #[must_use]
    pub fn meaning(&self, code: &str, day: NaiveDate) -> Option<String> {
        let now = self.current(code, day);
        let is_known = self.served.is_empty() || self.served.contains(&now) || self.is_own(&now);
        is_known.then_some(now)
    }

    /// Whether a code is that of a served prefecture or province itself (市本级, 省本级): its people are insured there and
    /// live in no county.
    fn is_own(&self, code: &str) -> bool {
        let is_of = |prefix: &str| self.served.iter().any(|county| county.starts_with(prefix));
        let of_prefecture = code.strip_suffix("99").or_else(|| code.strip_suffix("00"));
        let of_province = code.strip_suffix("9900").or_else(|| code.strip_suffix("0000"));
        of_prefecture.into_iter().chain(of_province).any(is_of)
    }

    /// The code that stands for a code on a day.
    #[must_use]
    pub fn current(&self, code: &str, day: NaiveDate) -> String {
        let mut now = code;
        // no chain is longer than the table
        for _ in 0..self.replaced.len() {
            match self.replaced.get(now).filter(|(_, from)| *from <= day) {
                Some((next, _)) => now = next,
                None => break,
            }
        }
        now.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_code_means_the_new_county_from_its_day_on() {
        let day = |text: &str| crate::domain::parse_date(text).unwrap();
        let served = ["990120".to_owned(), "990103".to_owned()].into();
        let replaced = [("990103".to_owned(), ("990120".to_owned(), day("2026-10-01")))].into();
        let counties = Counties { served, replaced };
        assert_eq!(counties.meaning("990103", day("2026-09-30")).as_deref(), Some("990103"));
        assert_eq!(counties.meaning("990103", day("2026-10-01")).as_deref(), Some("990120"));
        assert_eq!(counties.meaning("350102", day("2026-10-01")), None, "no table knows it");
        for own in ["990199", "990100", "999900", "990000"] {
            assert_eq!(counties.meaning(own, day("2026-10-01")).as_deref(), Some(own), "of prefecture or province");
        }
        assert_eq!(counties.meaning("350199", day("2026-10-01")), None, "another prefecture");
        assert_eq!(Counties::default().meaning("350102", day("2026-10-01")).as_deref(), Some("350102"));
    }
}
