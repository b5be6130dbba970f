//! A rule after its file was checked.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Basis;
use crate::domain::{CountyCode, Tag};

/// The rules of one place, in the order in which the strictest leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// File name without `.toml`.
    pub name: String,
    /// Its rules.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// The rules in force on a day, strictest first as the file orders them.
    pub fn in_force(&self, on: NaiveDate) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.from <= on && rule.to.is_none_or(|to| on <= to))
    }
}

/// Who, which cost, which line, by which clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Stable id; safe in file names (`a-z`, `0-9`, `-`).
    pub id: String,
    /// The name that lists print, e.g. 因病返贫监测.
    pub name: String,
    /// Version of the rule's text.
    pub version: String,
    /// SQL model below `sql/rules/`, without the `rule_` prefix.
    pub shape: String,
    /// Population.
    pub who: Who,
    /// Measured cost.
    pub cost: Cost,
    /// The line.
    pub line: LineRule,
    /// Share of the line from which a person is *near* (关注).
    pub warn_at: Decimal,
    /// Offices that receive the list (ids of `pipelines/tables/offices.csv`).
    pub recipients: Vec<String>,
    /// First day on which the rule holds.
    pub from: NaiveDate,
    /// Last day; `None` while it is in force.
    pub to: Option<NaiveDate>,
    /// The clause that it carries out.
    pub clause: Clause,
}

/// The population that a rule watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Any of these tags on the period's last day; empty: no tag needed.
    pub tags: Vec<Tag>,
    /// Insurance types whose claims count (`INSUTYPE`); empty: all.
    pub insurance: Vec<String>,
    /// Whether only rural residents are meant.
    pub rural: Rural,
}

/// Whether a rule asks for rural residents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rural {
    /// Anybody.
    Any,
    /// Rural residents (农村居民) only; an unknown status is undecided.
    Required,
}

/// The cost that a rule measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The basis.
    pub basis: Basis,
    /// Whether later reimbursements lower it.
    pub adjustments: Adjustments,
}

/// What a rule does with later reimbursements and other payers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustments {
    /// They lower the measured cost.
    Subtract,
    /// They are shown only.
    Ignore,
}

/// Where the line lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRule {
    /// Indicator of the income feed.
    pub series: String,
    /// Whose figure it is.
    pub geography: Geography,
    /// Year of the figure relative to the period's year; -1 is 上年.
    pub year_offset: i32,
    /// Factor.
    pub multiple: Decimal,
    /// 超过 or 以上.
    pub operator: Operator,
}

/// The level of place whose income draws the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Geography {
    /// The whole country, code 000000.
    Nation,
    /// The province of the person's county.
    Province,
    /// The prefecture of the person's county.
    Prefecture,
    /// The person's county.
    County,
}

impl Geography {
    /// The code under which the income feed states the figure for a county.
    #[must_use]
    pub fn code_for(self, county: &CountyCode) -> String {
        match self {
            Self::Nation => "000000".to_owned(),
            Self::Province => county.province(),
            Self::Prefecture => county.prefecture(),
            Self::County => county.to_string(),
        }
    }
}

/// How the measured cost is compared with the line (民法典 art. 1259).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// 超过: the line itself does not count.
    #[serde(rename = ">")]
    Over,
    /// 以上: the line itself counts.
    #[serde(rename = ">=")]
    From,
}

/// Where a rule stands in the law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Document number, e.g. 闽医保〔2021〕93号.
    pub document: String,
    /// Article.
    pub article: String,
}

impl std::fmt::Display for Clause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}第{}条", self.document, self.article)
    }
}
