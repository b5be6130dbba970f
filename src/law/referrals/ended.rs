//! Why somebody left a list although nothing about their cost changed: the tag that the rule wants has ended.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::{Month, PersonKey, parse_date};
use crate::texts::{Table, zh};

/// A person's tag that has ended (身份标识终止): absent from a complete roster, or with a last day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedTag {
    pub tag: String,
    /// Month of the last roster that lacks the person; `None` where no roster ended the tag.
    pub roster: Option<Month>,
    /// The last day that an office states.
    pub last_day: Option<NaiveDate>,
}

/// By person and the rule that wants the tag.
pub type EndedTags = BTreeMap<(PersonKey, String), EndedTag>;

impl EndedTag {
    /// As the column `delta_reason` has it: `tag_ended:lifted_out:2026-10`.
    #[must_use]
    pub fn reason(&self) -> String {
        let by = self.roster.map(|month| month.to_string()).or_else(|| self.last_day.map(|day| day.to_string()));
        format!("tag_ended:{}:{}", self.tag, by.unwrap_or_default())
    }
}

/// What lists say of such a reason, given its part behind the first colon.
pub(super) fn ended_in_chinese(code: &str) -> String {
    let (tag, by) = code.split_once(':').unwrap_or((code, ""));
    let by = match (Month::parse(by), parse_date(by)) {
        (Ok(month), _) => {
            format!("，{}年{}月{}", month.year(), month.number(), zh(Table::DeltaReason, "not_on_roster"))
        }
        (_, Ok(day)) => format!("，{day}{}", zh(Table::DeltaReason, "last_day")),
        _ => String::new(),
    };
    format!("{}{}{by}）", zh(Table::DeltaReason, "tag_ended"), zh(Table::Tag, tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roster_or_the_day_that_ended_a_tag_is_named() {
        let ended = |roster: Option<&str>, day: Option<&str>| EndedTag {
            tag: "lifted_out".to_owned(),
            roster: roster.map(|month| Month::parse(month).unwrap()),
            last_day: day.map(|day| parse_date(day).unwrap()),
        };
        let said = |ended: &EndedTag| ended_in_chinese(ended.reason().split_once(':').unwrap().1);
        assert_eq!(said(&ended(Some("2026-10"), Some("2026-09-30"))), "身份标识终止（脱贫人口，2026年10月名册未列）");
        assert_eq!(said(&ended(None, Some("2026-08-15"))), "身份标识终止（脱贫人口，2026-08-15止）");
        assert_eq!(said(&ended(None, None)), "身份标识终止（脱贫人口）");
    }
}
