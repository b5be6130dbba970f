//! Suppressions: flagged persons whom an officer keeps off the lists before they are signed, each with a reason.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, Days, NaiveDate};

use super::{Cell, ListRow};
use crate::cases::FindingStatus;
use crate::domain::{Fen, PersonKey};

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
    /// Last day; `None`: to the end of the benefit year.
    pub until: Option<NaiveDate>,
    /// The day on which it was said: it ends with that benefit year.
    pub made: NaiveDate,
    /// What the rules that flagged the person had measured then; none where that is not known.
    pub known: BTreeMap<String, Fen>,
    /// Whether a second person has agreed; without one it holds for [`ALONE`] days.
    pub has_second: bool,
}

/// Days for which one person alone may keep somebody off.
pub const ALONE: u64 = 31;

/// The persons who were taken off, by reason.
pub type Suppressed = BTreeMap<SuppressReason, BTreeSet<PersonKey>>;

impl Suppression {
    /// Its last day.
    #[must_use]
    pub fn last_day(&self) -> NaiveDate {
        let year = NaiveDate::from_ymd_opt(self.made.year(), 12, 31).unwrap_or(self.made);
        let last = self.until.map_or(year, |until| until.min(year));
        if self.has_second { last } else { last.min(self.made + Days::new(ALONE)) }
    }

    /// Whether it still holds on a day.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        day <= self.last_day()
    }

    /// Whether a finding is another matter than the one that was looked at: a rule that had not flagged the person, or
    /// twice the amount.
    fn is_overtaken(&self, row: &ListRow) -> bool {
        let covered = self.rule.is_empty() || self.rule == row.rule;
        let then = self.known.get(&row.rule);
        covered && !self.known.is_empty() && then.is_none_or(|then| then.0 > 0 && row.measured.0 / 2 >= then.0)
    }
}

/// Takes the flagged rows of persons off whom a suppression that is in force keeps off; answers who they are, and their
/// rows as the bureau's own list shows them. A word that tonight's findings have overtaken ends.
pub fn apply_suppressions(rows: &mut Vec<ListRow>, suppressions: &mut Vec<Suppression>) -> (Suppressed, Vec<ListRow>) {
    let flagged = |row: &&ListRow| row.status == FindingStatus::Flagged;
    let persons: BTreeSet<PersonKey> = suppressions.iter().map(|one| one.person).collect();
    let own: Vec<&ListRow> = rows.iter().filter(flagged).filter(|row| persons.contains(&row.person)).collect();
    suppressions.retain(|one| !own.iter().any(|row| row.person == one.person && one.is_overtaken(row)));
    let mut kept_off = Vec::new();
    let mut known: BTreeMap<PersonKey, Vec<&Suppression>> = BTreeMap::new();
    for one in suppressions.iter() {
        known.entry(one.person).or_default().push(one);
    }
    let mut off = Suppressed::new();
    rows.retain(|row| {
        let words = known.get(&row.person).filter(|_| row.status == FindingStatus::Flagged);
        let word = words.and_then(|words| words.iter().find(|one| one.rule.is_empty() || one.rule == row.rule));
        if let Some(word) = word {
            off.entry(word.reason).or_default().insert(row.person);
            let mut row = row.clone();
            row.cells.insert("reason", Cell::Text("suppressed".to_owned()));
            kept_off.push(row);
        }
        word.is_none()
    });
    (off, kept_off)
}
