//! What people have settled about rosters: how tags end, how old a roster may be, what a second file of a month is.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::succession::Succession;

crate::codes! {
    /// How a tag ends.
    pub enum Ends {
        /// Only by a row with a last day or by a corrected roster of the same month: a historical status.
        Stated = "stated",
        /// Also by two complete rosters that lack the person.
        Absence = "absence",
    }
}

crate::codes! {
    /// What somebody has decided about a second file of a month that does not say what it is.
    pub enum Answer {
        /// 按补报追加.
        Additions = "additions",
        /// 整份替换.
        Whole = "whole",
        /// 退回: its rows count for nothing.
        Returned = "returned",
    }
}

/// What rosters are judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterRules {
    /// By tag; a tag that is not named ends by absence, 脱贫人口 when stated.
    pub ends: BTreeMap<String, Ends>,
    /// Lists and `status` say so when a roster is older.
    pub max_age_months: u32,
    /// Nobody is newly flagged by a roster that is older.
    pub refuse_after_months: u32,
    /// By the source that rows carry, and the tag.
    pub answers: BTreeMap<(String, String), Answer>,
    /// Whether whom a complete roster lacks has left, as two people have answered; by the source of its file and the tag.
    pub absences: BTreeMap<(String, String), bool>,
    /// By the file's name, with `*` for any text.
    pub by_name: Vec<(String, Answer)>,
    /// Offices that have taken over from others.
    pub successions: Vec<Succession>,
}

impl Default for RosterRules {
    fn default() -> Self {
        Self {
            ends: BTreeMap::new(),
            max_age_months: 2,
            refuse_after_months: 6,
            answers: BTreeMap::new(),
            absences: BTreeMap::new(),
            by_name: Vec::new(),
            successions: Vec::new(),
        }
    }
}

impl RosterRules {
    #[must_use]
    pub fn ends(&self, tag: &str) -> Ends {
        let default = if tag == "lifted_out" { Ends::Stated } else { Ends::Absence };
        self.ends.get(tag).copied().unwrap_or(default)
    }

    /// What was decided about a file's roster of a tag.
    #[must_use]
    pub fn answer(&self, file: &str, name: &str, tag: &str) -> Option<Answer> {
        let by_name = || self.by_name.iter().find(|(pattern, _)| fits(pattern, name)).map(|(_, answer)| *answer);
        self.answers.get(&(file.to_owned(), tag.to_owned())).copied().or_else(by_name)
    }

    /// The office that speaks for `office` on a day: itself, or who has taken over from it.
    #[must_use]
    pub fn speaker(&self, office: &str, day: NaiveDate) -> String {
        let mut name = office.to_owned();
        // no chain is longer than the table
        for _ in 0..self.successions.len() {
            let ended = self.successions.iter().filter(|succession| succession.last_day < day);
            let Some((stem, heir)) = ended.into_iter().find_map(|one| one.of(&name)) else { break };
            name = format!("{stem}{heir}");
        }
        name
    }
}

/// Whether a name fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_names() {
        for (pattern, name, fitting) in [
            ("*更正版*", "2026-10-更正版.csv", true),
            ("2026-10*.csv", "2026-10-更正版.csv", true),
            ("2026-10.csv", "2026-10.csv", true),
            ("2026-10.csv", "2026-10.csv.csv", false),
            ("*版*正*", "更正版", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), fitting, "{pattern} {name}");
        }
    }

    #[test]
    fn an_heir_speaks_once_the_office_has_ended() {
        let day = |text| crate::domain::parse_date(text).unwrap();
        let one =
            |old: &str, new: &str, last| Succession { old: old.to_owned(), new: new.to_owned(), last_day: day(last) };
        let successions =
            vec![one("扶贫办", "乡村振兴局", "2021-02-24"), one("乡村振兴局", "农业农村局", "2024-12-31")];
        let rules = RosterRules { successions, ..RosterRules::default() };
        assert_eq!(rules.speaker("甲县乡村振兴局", day("2024-12-31")), "甲县乡村振兴局");
        assert_eq!(rules.speaker("甲县乡村振兴局", day("2025-01-01")), "甲县农业农村局");
        assert_eq!(rules.speaker("甲县扶贫办", day("2026-10-31")), "甲县农业农村局");
        assert_eq!(rules.speaker("甲县民政局", day("2026-10-31")), "甲县民政局");
    }
}
