//! Data that have not come whole, and how lists and letters word it.

use chrono::NaiveDate;

use crate::contracts::Feed;
use crate::domain::{CountyCode, Month};
use crate::texts::{Table, zh};

crate::codes! {
    /// How far a county's data of a month have come.
    pub enum ArrivalState {
        /// 已到齐: landed, with at most 0.5 % of its rows and of its money lost.
        Whole = "whole",
        /// 不完整: rows came, and too many of them cannot count.
        Partial = "partial",
        /// 待核对: a file that a question holds back.
        Held = "held",
        /// 未通过校验: a file that the gate refused.
        Refused = "refused",
        /// 待补传: a file that is not whole yet, or waits for its manifest.
        Waiting = "waiting",
        /// 逾期未到: nothing of the month has come, and its due day is over.
        Late = "late",
        /// 缺报: the month came, and the county is not in it.
        Missing = "missing",
    }
}

/// Data of a county and month that have not come whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    pub feed: Feed,
    pub month: Month,
    pub state: ArrivalState,
    /// The file that stands in the way, where there is one.
    pub file: String,
    /// Since when, where that is known.
    pub since: Option<NaiveDate>,
}

impl Gap {
    /// `2026年10月医疗费用结算数据未通过校验（自2026-11-02）`.
    #[must_use]
    pub fn chinese(&self) -> String {
        let Self { feed, month, state, since, .. } = self;
        let since = since.map_or_else(String::new, |day| format!("（自 {day} 起）"));
        format!(
            "{}年{}月{}{}{since}",
            month.year(),
            month.number(),
            zh(Table::Feed, feed.name()),
            zh(Table::Arrival, state.code())
        )
    }
}

/// All gaps of a county as one line: the months of one feed and state together.
#[must_use]
pub fn gaps_in_chinese(gaps: &[Gap]) -> String {
    let mut groups: Vec<(Feed, ArrivalState, Vec<&Gap>)> = Vec::new();
    for gap in gaps {
        match groups.iter_mut().find(|(feed, state, _)| (*feed, *state) == (gap.feed, gap.state)) {
            Some((.., known)) => known.push(gap),
            None => groups.push((gap.feed, gap.state, vec![gap])),
        }
    }
    let part = |(feed, state, gaps): &(Feed, ArrivalState, Vec<&Gap>)| match gaps.as_slice() {
        [one] => one.chinese(),
        many => {
            let months: Vec<String> =
                many.iter().map(|gap| format!("{}年{}月", gap.month.year(), gap.month.number())).collect();
            format!("{}{}{}", months.join("、"), zh(Table::Feed, feed.name()), zh(Table::Arrival, state.code()))
        }
    };
    groups.iter().map(part).collect::<Vec<_>>().join("；")
}

/// Gaps by county.
pub type Gaps = std::collections::BTreeMap<CountyCode, Vec<Gap>>;
