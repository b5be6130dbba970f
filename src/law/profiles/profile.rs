//! One profile, and the profiles of a feed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::glob::{fits, weight};

/// What a key says whose value stands in the file's name.
pub const FROM_NAME: &str = "from name";
/// What `tag` says where each sheet is named after its category.
pub const FROM_SHEET: &str = "from sheet";
/// What `county_code` says where the first six digits of a village's code are its county's.
pub const FROM_VILLAGE: &str = "from village_code";
/// What a column is that nobody reads.
pub const IGNORED: &str = "ignore";

/// One text, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    #[must_use]
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// How the files of one sender, or of one form, are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Patterns of file names.
    #[serde(rename = "match")]
    pub names: OneOrMany,
    /// Category of all rows that name none: a word of `tag_aliases.csv`, `from name` or `from sheet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Office of all rows that name none; `from name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_office: Option<String>,
    /// Where the name states no office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_office: Option<String>,
    /// Six digits, `from name` (the name of a county of `counties.csv`) or `from village_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub county_code: Option<String>,
    /// Month of the roster: `2025-09`, or `from name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// `整份` (everybody of the month) or `补报` (additions); the name may say it by the same words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<String>,
    /// Number of the row, or line, with the columns' names; title rows stand above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// Sheets that are read, by name or pattern; without it the one sheet with a header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheets: Option<OneOrMany>,
    /// What hidden or filtered rows are: `read` or `leave out`. Such a file is never complete; without the key it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_rows: Option<String>,
    /// The same of hidden columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_columns: Option<String>,
    /// What hidden sheets with a header are: `read`, and then the file is never complete, or `leave out`, as tables of
    /// their own. Without the key they are passed over, and the file is not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_sheets: Option<String>,
    /// Columns that nobody reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore_columns: Vec<String>,
    /// The sender's names of columns: name to column of the contract, or `ignore`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// Columns each of which states a category: a line is as many rows as it states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagColumn>,
}

/// A column that states a category, with the columns of its first and last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagColumn {
    pub column: String,
    /// Column of the first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Column of the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Column that says whether it has ended: 是 ends it on the last day, else with the month before the roster's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Whether the file names only some of those who have it: nobody's ends by not standing there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub additions: bool,
    /// Words of the column that are no category.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<String>,
}

impl TagColumn {
    /// All columns that it needs.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        [Some(&self.column), self.from.as_ref(), self.to.as_ref(), self.ended.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            names: OneOrMany::Many(Vec::new()),
            tag: None,
            source_office: None,
            default_office: None,
            county_code: None,
            month: None,
            coverage: None,
            header_row: None,
            sheets: None,
            hidden_rows: None,
            hidden_columns: None,
            hidden_sheets: None,
            ignore_columns: Vec::new(),
            columns: BTreeMap::new(),
            tags: Vec::new(),
        }
    }
}

impl Profile {
    /// The pattern that a name fits, the one that says most.
    #[must_use]
    pub fn pattern(&self, name: &str) -> Option<&str> {
        let fitting = self.names.all().iter().filter(|pattern| fits(pattern, name));
        fitting.max_by_key(|pattern| weight(pattern)).map(String::as_str)
    }

    #[must_use]
    pub fn reads_hidden_sheets(&self) -> bool {
        self.hidden_sheets.as_deref() == Some("read")
    }

    /// Whether a sheet is read; `None`: the profile does not say.
    #[must_use]
    pub fn reads_sheet(&self, name: &str) -> Option<bool> {
        self.sheets.as_ref().map(|sheets| sheets.all().iter().any(|pattern| fits(pattern, name)))
    }
}

/// The profiles of one feed, in the order of their file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    #[serde(default)]
    pub files: Vec<Profile>,
}

impl Profiles {
    /// The profiles that a file's name fits, each with its pattern: first those that say the most of it, of equal ones
    /// the first of their file. Which of them it is, its columns decide.
    #[must_use]
    pub fn of(&self, name: &str) -> Vec<(&Profile, &str)> {
        let mut found: Vec<_> =
            self.files.iter().filter_map(|profile| Some((profile, profile.pattern(name)?))).collect();
        found.sort_by_key(|(_, pattern)| std::cmp::Reverse(weight(pattern)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_that_says_most_leads() {
        let of = |names: &[&str]| Profile {
            names: OneOrMany::Many(names.iter().map(|name| (*name).to_owned()).collect()),
            ..Profile::default()
        };
        let profiles = Profiles {
            files: vec![of(&["*名单*"]), of(&["*脱贫人口名单*", "*已脱贫*"]), of(&["*低保表*"])],
        };
        let found = |name| profiles.of(name).iter().map(|(_, pattern)| *pattern).collect::<Vec<_>>();
        assert_eq!(found("已脱贫人口名单.xlsx"), ["*脱贫人口名单*", "*名单*"]);
        assert_eq!(found("特困名单.xls"), ["*名单*"]);
        assert!(found("r.csv").is_empty());
    }
}
