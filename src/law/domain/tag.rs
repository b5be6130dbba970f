//! The categories in which offices register people in need (身份标识).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ParseError;
use crate::texts::{Table, zh};

/// A person's category on a roster. The offices' many spellings are mapped by the alias table
/// (`pipelines/tables/tag_aliases.csv`), not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Tag {
    /// 特困人员: no income, no support; kept by the state (civil affairs).
    SpecialHardship,
    /// 低保对象: receives subsistence allowance (civil affairs).
    Subsistence,
    /// 低保边缘: income below 1.5 x the subsistence line (civil affairs).
    MarginalSubsistence,
    /// 刚性支出困难: necessary spending eats the household's income (civil affairs).
    RigidExpenditure,
    /// 返贫致贫人口: fell back, or fell, into poverty (rural affairs).
    ReturnedToPoverty,
    /// 脱贫人口: registered poor before 2021 and lifted out since (rural affairs).
    LiftedOut,
    /// 脱贫不稳定户: lifted out, at risk of falling back (rural affairs).
    UnstableLiftedOut,
    /// 边缘易致贫户: never registered poor, at risk (rural affairs).
    Vulnerable,
    /// 突发严重困难户: struck by a sudden calamity (rural affairs).
    SuddenHardship,
    /// 防止返贫致贫对象: watched against falling (back) into poverty, of whatever kind; since 2026 the name of all three kinds
    /// (rural affairs).
    PreventionTarget,
    /// 因病致贫重病患者: poor by an illness, recognised on application (civil affairs).
    IllnessPoverty,
    /// 孤儿、事实无人抚养儿童: children without parents who care for them (civil affairs).
    Orphan,
}

impl Tag {
    /// All tags, in the order in which lists show them.
    pub const ALL: [Self; 12] = [
        Self::SpecialHardship,
        Self::Subsistence,
        Self::MarginalSubsistence,
        Self::RigidExpenditure,
        Self::ReturnedToPoverty,
        Self::LiftedOut,
        Self::UnstableLiftedOut,
        Self::Vulnerable,
        Self::SuddenHardship,
        Self::PreventionTarget,
        Self::IllnessPoverty,
        Self::Orphan,
    ];

    /// Reads the code that files, rules and tables use.
    pub fn parse(code: &str) -> Result<Self, ParseError> {
        Self::ALL
            .into_iter()
            .find(|tag| tag.code() == code)
            .ok_or(ParseError::new("a tag code such as lifted_out; the README lists all twelve"))
    }

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SpecialHardship => "special_hardship",
            Self::Subsistence => "subsistence",
            Self::MarginalSubsistence => "marginal_subsistence",
            Self::RigidExpenditure => "rigid_expenditure",
            Self::ReturnedToPoverty => "returned_to_poverty",
            Self::LiftedOut => "lifted_out",
            Self::UnstableLiftedOut => "unstable_lifted_out",
            Self::Vulnerable => "vulnerable",
            Self::SuddenHardship => "sudden_hardship",
            Self::PreventionTarget => "prevention_target",
            Self::IllnessPoverty => "illness_poverty_patient",
            Self::Orphan => "orphan",
        }
    }

    /// The official Chinese term, as lists print it.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        zh(Table::Tag, self.code())
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Tag {
    type Error = ParseError;
    fn try_from(code: String) -> Result<Self, ParseError> {
        Self::parse(&code)
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back() {
        for tag in Tag::ALL {
            assert_eq!(Tag::parse(tag.code()), Ok(tag));
        }
        assert!(Tag::parse("poor").is_err());
    }
}
