//! Suppressions: flagged persons whom an officer keeps off the lists before they are signed, each with a reason.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Cell, Delta, ListRow, Lists};
use crate::cases::FindingStatus;
use crate::domain::PersonKey;

crate::codes! {
    pub enum SuppressReason {
        /// 数据有误: the figures are wrong and are being mended.
        DataError = "data_error",
        /// 其他赔付: another payer has paid what no feed shows.
        OtherPayer = "other_payer",
        /// 已获帮扶: the offices help already.
        AlreadyAided = "already_aided",
        /// 已死亡.
        Deceased = "deceased",
        /// 已迁出.
        MovedAway = "moved_away",
        /// 本人不同意.
        Refused = "refused",
        /// 暂缓: looked at again later; always with a last day.
        Snoozed = "snoozed",
    }
}

impl SuppressReason {
    /// Whether it needs a last day.
    #[must_use]
    pub const fn needs_end(self) -> bool {
        matches!(self, Self::Snoozed)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    pub person: PersonKey,
    /// The rule; empty: every rule.
    pub rule: String,
    pub reason: SuppressReason,
    /// Last day; `None`: for good.
    pub until: Option<NaiveDate>,
}

/// The persons who were taken off, by reason.
pub type Suppressed = BTreeMap<SuppressReason, BTreeSet<PersonKey>>;

/// Takes the flagged rows of suppressed persons off; `day` is the period's last.
pub fn apply_suppressions(rows: &mut Vec<ListRow>, suppressions: &[Suppression], day: NaiveDate) -> Suppressed {
    let holds = |one: &&Suppression| one.until.is_none_or(|until| day <= until);
    let mut known: BTreeMap<PersonKey, Vec<&Suppression>> = BTreeMap::new();
    for one in suppressions.iter().filter(holds) {
        known.entry(one.person).or_default().push(one);
    }
    let mut off = Suppressed::new();
    rows.retain(|row| {
        let words = known.get(&row.person).filter(|_| row.status == FindingStatus::Flagged);
        let word = words.and_then(|words| words.iter().find(|one| one.rule.is_empty() || one.rule == row.rule));
        if let Some(word) = word {
            off.entry(word.reason).or_default().insert(row.person);
        }
        word.is_none()
    });
    off
}

impl Lists {
    /// Says of persons who left a list because they are suppressed that this is why.
    pub fn note_suppressed(&mut self, suppressed: &Suppressed) {
        let is_off = |person: &PersonKey| suppressed.values().any(|persons| persons.contains(person));
        let rows = self.lists.iter_mut().filter(|list| list.office.is_referral()).flat_map(|list| &mut list.rows);
        for row in rows.filter(|row| row.delta == Delta::Withdrawn && is_off(&row.person)) {
            row.cells.insert("delta_reason", Cell::Text("suppressed".to_owned()));
        }
    }
}
