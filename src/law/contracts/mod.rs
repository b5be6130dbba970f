//! What each feed must look like: its columns, their kinds, their other names, what may be absent.
//!
//! Each feed is one `.toml` file beside this one. Reading files lives in `intake`, Arrow schemas in `engine`.

mod codes;
mod print;
mod rejects;
mod row_key;
mod spread;
mod tag_aliases;
mod taken;
mod tally;
mod unusable;

pub use codes::{CodeRow, CodeTable, CodeTables, must_be_known};
pub use print::{Language, to_json, to_text};
pub use rejects::RejectCode;
pub use row_key::{OpenRejects, RowKey};
pub use spread::Spread;
pub use tag_aliases::TagAliases;
pub use taken::{BackFile, TakenBack, TakenFile};
pub use tally::{Outcome, Tally};
pub use unusable::{Counted, CountedBy, Unusable};

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize};

/// A stream of files that an office hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Feed {
    /// Settlement records (结算): one row per settlement.
    Claims,
    /// The person register (参保人员登记): one row per person and update.
    Residents,
    /// Applications for medical assistance (依申请医疗救助): one row per application and household member.
    Applications,
    /// Who is registered under which tag (困难群众名册): one row per person and tag.
    Rosters,
    /// Statistical income figures (人均可支配收入): one row per figure and release.
    Income,
    /// Later reimbursements and other payers (二次报销、商业保险、慈善): one row per payment.
    Adjustments,
    /// Help granted on application (依申请救助): one row per grant.
    Aided,
    /// Offices' answers about the persons of a list: one row per person. Imported by hand, they never land.
    Receipts,
}

impl Feed {
    /// All feeds that land, in the order in which intake takes them: claims need nothing, adjustments need claims.
    pub const ALL: [Self; 7] = [
        Self::Income,
        Self::Residents,
        Self::Applications,
        Self::Rosters,
        Self::Claims,
        Self::Adjustments,
        Self::Aided,
    ];

    /// The folder under `landing/` and the word on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claims => "claims",
            Self::Residents => "residents",
            Self::Applications => "applications",
            Self::Rosters => "rosters",
            Self::Income => "income",
            Self::Adjustments => "adjustments",
            Self::Aided => "aided",
            Self::Receipts => "receipts",
        }
    }

    /// Whether its rows are about persons, by their document numbers.
    #[must_use]
    pub const fn has_persons(self) -> bool {
        !matches!(self, Self::Income | Self::Receipts)
    }

    /// The feed that lands under that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feed| feed.name() == name)
    }

    /// What its files must look like.
    #[must_use]
    pub fn contract(self) -> &'static Contract {
        &CONTRACTS[self as usize]
    }
}

/// The contracts, in the order of [`Feed`], read once from the files beside this one.
static CONTRACTS: LazyLock<[Contract; 8]> = LazyLock::new(|| {
    [
        include_str!("claims.toml"),
        include_str!("residents.toml"),
        include_str!("applications.toml"),
        include_str!("rosters.toml"),
        include_str!("income.toml"),
        include_str!("adjustments.toml"),
        include_str!("aided.toml"),
        include_str!("receipts.toml"),
    ]
    .map(|text| toml::from_str(text).unwrap_or_else(|error| panic!("a bundled contract: {error}")))
});

/// Names of columns live as long as the program: rows are keyed by them.
fn kept<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    Ok(String::deserialize(from)?.leak())
}

fn kept_all<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<&'static [T], D::Error> {
    Ok(Vec::deserialize(from)?.leak())
}

fn kept_names<'de, D: Deserializer<'de>>(from: D) -> Result<&'static [&'static str], D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    Ok(names.into_iter().map(|name| &*name.leak()).collect::<Vec<_>>().leak())
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A file format that a feed may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Parquet,
    /// Text separated by commas, tabs, semicolons or `|`; UTF-8, GB18030 or UTF-16, with or without a byte-order mark.
    Csv,
    /// Excel 2007+ workbook; one sheet has the header, a workbook with two such sheets is refused.
    Xlsx,
    /// Workbook of Excel 97 to 2003, and of WPS (`.et`).
    Xls,
    /// OpenDocument sheet.
    Ods,
}

impl Format {
    /// Its code in files and texts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Ods => "ods",
        }
    }

    /// The endings of its files' names; the first is the usual one.
    #[must_use]
    pub const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Parquet => &["parquet"],
            Self::Csv => &["csv", "txt", "tsv"],
            Self::Xlsx => &["xlsx", "xlsm"],
            Self::Xls => &["xls", "et"],
            Self::Ods => &["ods"],
        }
    }
}

/// One feed's agreement with its sender.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    pub feed: Feed,
    /// Raised whenever a column is added or its meaning changes.
    pub version: u32,
    #[serde(deserialize_with = "kept")]
    pub grain: &'static str,
    #[serde(deserialize_with = "kept_all")]
    pub formats: &'static [Format],
    #[serde(deserialize_with = "kept_all")]
    pub columns: &'static [Column],
    /// Names of columns that may stand in the file and are not read (the rest of SETL_D, say).
    #[serde(deserialize_with = "kept_names")]
    pub unread: &'static [&'static str],
    /// The money column whose fen are counted through intake, if the feed carries money.
    pub control: Option<String>,
}

/// One column of a contract. Its name is also its name in the warehouse.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    #[serde(deserialize_with = "kept")]
    pub name: &'static str,
    /// The national table's, the interface's and spreadsheets' names; compared without regard to
    /// case, width and surrounding blanks.
    #[serde(deserialize_with = "kept_names")]
    pub aliases: &'static [&'static str],
    pub kind: Kind,
    /// Whether the column, and whether each cell, must be there.
    pub presence: Presence,
    /// Meaning in one line, with unit and source.
    #[serde(deserialize_with = "kept")]
    pub meaning: &'static str,
}

/// What the cells of a column are; decides which file types are accepted and how text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Free text up to 400 characters.
    Text,
    /// A short code: text, or a whole number without decimals.
    Code,
    /// A document number: text only, because a number has already lost digits.
    Id,
    /// Yuan: DECIMAL, text, whole yuan, or a float within 0.0001 yuan of a whole fen.
    Money,
    Date,
    /// A moment; a bare day means its first second. Local time (+08:00).
    Moment,
    /// A month (yyyymm).
    Month,
    Count,
    /// Yes, no or unknown: 1/0, 是/否, true/false, Y/N.
    Flag,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::Text, Self::Code, Self::Id, Self::Money, Self::Date, Self::Moment, Self::Month, Self::Count, Self::Flag];

    /// Its code in files and texts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Code => "code",
            Self::Id => "id",
            Self::Money => "money",
            Self::Date => "date",
            Self::Moment => "moment",
            Self::Month => "month",
            Self::Count => "count",
            Self::Flag => "flag",
        }
    }
}

/// How much of a column must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Required,
    /// The column; cells may be empty.
    Nullable,
    /// Neither; an absent column reads as empty cells.
    Optional,
}

impl Presence {
    /// Its code in files and texts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Nullable => "nullable",
            Self::Optional => "optional",
        }
    }
}

impl Contract {
    /// The column that a file calls `header`, by our name or an alias.
    #[must_use]
    pub fn column_called(&self, header: &str) -> Option<&'static Column> {
        self.names().0.get(&comparable_header(header)).copied()
    }

    fn names(&self) -> &'static Names {
        &NAMES[self.feed as usize]
    }

    /// Whether a header may stand in the file although nobody reads it.
    #[must_use]
    pub fn tolerates(&self, header: &str) -> bool {
        self.names().1.contains(&comparable_header(header))
    }
}

/// The columns by their comparable names, and the names that nobody reads.
type Names = (HashMap<String, &'static Column>, HashSet<String>);

/// Those of each contract: a small file asks for them more often than it has cells.
static NAMES: LazyLock<[Names; 8]> = LazyLock::new(|| {
    CONTRACTS.each_ref().map(|contract| {
        let mut columns = HashMap::new();
        for column in contract.columns {
            for name in std::iter::once(&column.name).chain(column.aliases) {
                columns.entry(comparable_header(name)).or_insert(column);
            }
        }
        (columns, contract.unread.iter().map(|name| comparable_header(name)).collect())
    })
});

/// A header in the form in which two spellings of it are equal.
#[must_use]
pub fn comparable_header(header: &str) -> String {
    let counts = |c: &char| !c.is_whitespace() && !crate::domain::is_invisible(*c) && !matches!(c, '"' | '*');
    // Cells are asked for their names, too, until the header is found: most are ASCII.
    if header.is_ascii() {
        return header.chars().filter(counts).map(|c| c.to_ascii_lowercase()).collect();
    }
    crate::domain::fold_width(header).chars().filter(counts).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_header_means_two_columns() {
        for feed in Feed::ALL {
            let contract = feed.contract();
            let mut seen = BTreeSet::new();
            for column in contract.columns {
                let names: BTreeSet<_> =
                    std::iter::once(&column.name).chain(column.aliases).map(|name| comparable_header(name)).collect();
                for name in names {
                    assert!(seen.insert(name.clone()), "{feed}: {name} names two columns");
                    assert!(!contract.tolerates(&name), "{feed}: {name} is both read and unread");
                }
            }
        }
    }

    #[test]
    fn every_feed_has_its_own_contract() {
        for feed in Feed::ALL.into_iter().chain([Feed::Receipts]) {
            assert_eq!(feed.contract().feed, feed);
            assert!(!feed.contract().columns.is_empty(), "{feed}");
        }
    }

    #[test]
    fn the_control_column_is_required_money() {
        for contract in Feed::ALL.map(Feed::contract) {
            if let Some(control) = &contract.control {
                let column = contract.column_called(control).unwrap();
                assert_eq!((column.kind, column.presence), (Kind::Money, Presence::Required));
            }
        }
    }
}
