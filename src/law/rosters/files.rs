//! What is known of a roster file besides its rows.

use chrono::NaiveDate;

use crate::domain::fold_width;

crate::codes! {
    /// What a file says of itself.
    pub enum Said {
        /// 整份: everybody whom the office has under the tag in that month.
        Whole = "whole",
        /// 补报: people besides those of an earlier file.
        Additions = "additions",
    }
}

/// Words of file names and of the column 报送方式.
const WHOLE: [&str; 5] = ["整份", "全量", "整册", "全册", "whole"];
const ADDITIONS: [&str; 6] = ["补报", "追加", "增量", "补充", "变动", "additions"];

impl Said {
    /// Reads a cell or a file's name; nothing where neither word stands in it, or both.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text = fold_width(text).to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match (has(&WHOLE), has(&ADDITIONS)) {
            (true, false) => Some(Self::Whole),
            (false, true) => Some(Self::Additions),
            _ => None,
        }
    }
}

/// Declared movements (交接单: 上月＋新增−退出＝本月), people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    pub before: i64,
    pub added: i64,
    pub left: i64,
    pub now: i64,
}

impl Movement {
    /// Whether the declared numbers add up and are those of the two rosters.
    #[must_use]
    pub const fn balances(self, people_before: i64, people_now: i64) -> bool {
        self.before + self.added - self.left == self.now && self.before == people_before && self.now == people_now
    }
}

/// What a landed file states of one office, county, tag and month; a file of several categories has several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterFile {
    /// The source that its rows carry.
    pub file: String,
    /// Its name as it landed.
    pub name: String,
    /// 1, 2, 3, ... in the order in which files were accepted.
    pub arrival: i64,
    pub office: String,
    /// County code as sent; empty where the rows state none.
    pub county: String,
    pub tag: String,
    /// First day of the roster's month; nothing for changes that state days instead.
    pub month: Option<NaiveDate>,
    pub said: Option<Said>,
    /// Rows or sheets are hidden or filtered away: it is never complete.
    pub is_filtered: bool,
    /// Rows of the whole file.
    pub rows: i64,
    /// Those of them that were rejected.
    pub rejected: i64,
    /// Those of the rejected ones of which nobody knows whom they mean.
    pub unmatched: i64,
    pub movement: Option<Movement>,
}

impl RosterFile {
    /// Whether nobody can be missing but those whom the rejected rows name: at most one row in a hundred is unknown.
    #[must_use]
    pub const fn is_legible(&self) -> bool {
        !self.is_filtered && self.unmatched * 100 <= self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_is() {
        for (name, said) in [
            ("脱贫人口2026-10（整份）.xlsx", Some(Said::Whole)),
            ("2026-10补报.csv", Some(Said::Additions)),
            ("2026-10-更正版.csv", None),
            ("全量补报.csv", None),
        ] {
            assert_eq!(Said::of(name), said, "{name}");
        }
    }

    #[test]
    fn movements_must_add_up_and_be_those_of_the_rosters() {
        let declared = Movement { before: 100, added: 3, left: 28, now: 75 };
        assert!(declared.balances(100, 75));
        assert!(!declared.balances(101, 75) && !declared.balances(100, 74));
        assert!(!Movement { left: 27, ..declared }.balances(100, 75));
    }
}
