//! Rows that are in order and that no rule can use: accepted, and told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::texts::{Table, text, zh};

crate::codes! {
    /// Why no rule can use an accepted row, as far as the row shows it by itself.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Unusable {
        /// No rule in force counts this insurance type.
        InsuranceNotCounted = "insurance_not_counted",
        /// No rule in force counts this care type.
        CareNotCounted = "care_not_counted",
        /// No rule in force counts this place of payment.
        PlaceNotCounted = "place_not_counted",
        /// The county is not in `pipelines/tables/counties.csv`: nobody gets a list of it.
        CountyUnknown = "county_unknown",
    }
}

impl Unusable {
    #[must_use]
    pub fn chinese(self) -> &'static str {
        zh(Table::Unusable, self.code())
    }

    #[must_use]
    pub fn english(self) -> &'static str {
        text(Table::Unusable, self.code()).map_or(self.code(), |text| &text.en)
    }
}

/// What the bureau's rules and tables can use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The rules in force; none: nothing is said of insurance, care and place.
    pub rules: Vec<CountedBy>,
    /// Counties that get lists; none: nothing is said of counties.
    pub counties: BTreeSet<String>,
    /// Their codes by their names.
    #[serde(default)]
    pub county_names: BTreeMap<String, String>,
    /// Last day on which anything can have happened; none: any.
    pub until: Option<NaiveDate>,
}

/// What one rule counts; an empty list counts all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedBy {
    pub insurance: Vec<String>,
    pub care: Vec<String>,
    pub places: Vec<String>,
}

impl Counted {
    /// Why no rule counts a claim with these codes; `None` where one does.
    #[must_use]
    pub fn claim(&self, insurance: &str, care: &str, place: &str) -> Option<Unusable> {
        let lets = |wanted: &[String], code: &str| wanted.is_empty() || wanted.iter().any(|it| it == code);
        let mut furthest = None;
        for rule in &self.rules {
            let why = if !lets(&rule.insurance, insurance) {
                Unusable::InsuranceNotCounted
            } else if !lets(&rule.care, care) {
                Unusable::CareNotCounted
            } else if !lets(&rule.places, place) {
                Unusable::PlaceNotCounted
            } else {
                return None;
            };
            furthest = furthest.max(Some(why));
        }
        furthest
    }

    /// The code of a county that is named, with or without the names of province and prefecture before it.
    #[must_use]
    pub fn county_called(&self, name: &str) -> Option<&str> {
        let name = crate::domain::fold_width(name).replace(|c: char| c.is_whitespace(), "");
        let fitting = self.county_names.iter().filter(|(known, _)| name.ends_with(known.as_str()));
        fitting.max_by_key(|(known, _)| known.len()).map(|(_, code)| code.as_str())
    }

    /// Whether no table knows a county; an empty code says nothing.
    #[must_use]
    pub fn lacks_county(&self, code: &str) -> bool {
        !code.is_empty() && !self.counties.is_empty() && !self.counties.contains(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rule_that_counts_a_claim_is_enough() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let stay = CountedBy { insurance: words(&["390"]), care: words(&["21"]), places: Vec::new() };
        let all = CountedBy { insurance: words(&["310"]), ..CountedBy::default() };
        let counties = BTreeSet::from(["990102".to_owned()]);
        let counted = Counted { rules: vec![stay, all], counties, ..Counted::default() };
        assert_eq!(counted.claim("390", "21", ""), None);
        assert_eq!(counted.claim("310", "41", "4"), None);
        assert_eq!(counted.claim("390", "41", ""), Some(Unusable::CareNotCounted));
        assert_eq!(counted.claim("510", "21", ""), Some(Unusable::InsuranceNotCounted));
        assert_eq!(Counted::default().claim("510", "21", ""), None);
        assert!(counted.lacks_county("990199") && !counted.lacks_county("990102") && !counted.lacks_county(""));
        assert!(!Counted::default().lacks_county("990199"));
        let county_names =
            [("青屏县", "990103"), ("屏县", "990104")].map(|(name, code)| (name.to_owned(), code.to_owned()));
        let counted = Counted { county_names: county_names.into(), ..Counted::default() };
        assert_eq!(counted.county_called(" 某省某市青屏县"), Some("990103"));
        assert_eq!(counted.county_called("甲县"), None);
    }
}
