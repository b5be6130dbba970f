//! Counting a bucket's rows: what is left of a simulation once its persons are forgotten. Pure.

use std::collections::{BTreeMap, BTreeSet};

use law::cases::{FindingStatus, Reason};

use super::rows::{Finding, Groups};

/// The rows of one bucket.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// Findings of the draft, by rule, in the order in which its rules lead.
    pub(super) draft: Vec<Vec<Finding>>,
    /// Findings of the policy that it is set against, likewise.
    pub(super) against: Vec<Vec<Finding>>,
    /// Whom the draft's rules would flag, by variant and rule; `None` where the rule reads so anyway, or cannot.
    pub(super) varied: Vec<Vec<Option<BTreeSet<i64>>>>,
    /// Groups of everybody who is flagged.
    pub(super) groups: BTreeMap<i64, Groups>,
}

/// Who is kept, who comes and who goes is never asked of a person again: only how many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// By rule of the draft.
    pub(super) rules: Vec<RuleCount>,
    /// Persons on the draft's list, under the rule that leads.
    pub(super) listed: BTreeMap<Cell, Sum>,
    /// Persons on both lists, by county.
    pub(super) staying: BTreeMap<Option<String>, u64>,
    /// Persons only on the draft's list, by county and leading rule.
    pub(super) entering: BTreeMap<(Option<String>, usize), u64>,
    /// Persons only on the other list, by county and the other policy's leading rule.
    pub(super) leaving: BTreeMap<(Option<String>, usize), u64>,
    /// Who comes and goes under a variant, by rule.
    pub(super) flips: Vec<Vec<Flip>>,
    /// The same for the list as a whole, all rules read so.
    pub(super) list_flips: Vec<Flip>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RuleCount {
    /// Persons over the line, and by how much together.
    pub(super) flagged: Sum,
    pub(super) near: u64,
    /// Persons who cannot be decided, by reason.
    pub(super) undecided: BTreeMap<String, u64>,
}

/// A count with a sum in fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) persons: u64,
    /// Sum of what they paid above the line, fen.
    pub(super) excess: i128,
}

/// Where a person on the list is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) county: Option<String>,
    pub(super) cohort: Cohort,
    pub(super) age: AgeBand,
    pub(super) sex: Sex,
    /// Place of the leading rule in the draft.
    pub(super) rule: usize,
}

/// Persons who come onto a list and go from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flip {
    pub(super) enter: u64,
    pub(super) leave: u64,
}

macro_rules! groups {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $code:literal, $chinese:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum $name { $($variant,)+ }

        impl $name {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Code for machines, term for people.
            pub(super) const fn words(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($code, $chinese),)+ }
            }
        }
    };
}

groups! {
    /// Kinds of people, the first that fits.
    Cohort {
        LiftedOut = "lifted_out", "脱贫人口";
        Monitored = "monitored", "其他监测和救助对象";
        Rural = "rural", "其他农村居民";
        Rest = "rest", "其他人员";
    }
}

groups! {
    /// Ages in years.
    AgeBand {
        Child = "0-17", "17岁及以下";
        Young = "18-44", "18—44岁";
        Middle = "45-59", "45—59岁";
        Old = "60-74", "60—74岁";
        Oldest = "75+", "75岁及以上";
        Unknown = "unknown", "年龄不详";
    }
}

groups! {
    /// Sexes as the register knows them.
    Sex {
        Male = "male", "男";
        Female = "female", "女";
        Unknown = "unknown", "不详";
    }
}

impl Cohort {
    fn of(groups: Option<&Groups>, is_rural: Option<bool>) -> Self {
        match groups {
            Some(groups) if groups.is_lifted_out => Self::LiftedOut,
            Some(groups) if groups.has_tag => Self::Monitored,
            _ if is_rural == Some(true) => Self::Rural,
            _ => Self::Rest,
        }
    }
}

impl AgeBand {
    fn of(age: Option<i32>) -> Self {
        match age {
            Some(..=17) => Self::Child,
            Some(18..=44) => Self::Young,
            Some(45..=59) => Self::Middle,
            Some(60..=74) => Self::Old,
            Some(75..) => Self::Oldest,
            None => Self::Unknown,
        }
    }
}

impl Counts {
    pub(super) fn of(bucket: &Bucket) -> Self {
        let (listed, before) = (leading(&bucket.draft), leading(&bucket.against));
        let mut counts =
            Self { rules: bucket.draft.iter().map(|rows| RuleCount::of(rows)).collect(), ..Self::default() };
        for (person, (rule, finding)) in &listed {
            let groups = bucket.groups.get(person);
            let sex = match groups.and_then(|groups| groups.is_male) {
                Some(true) => Sex::Male,
                Some(false) => Sex::Female,
                None => Sex::Unknown,
            };
            let cell = Cell {
                county: finding.county.clone(),
                cohort: Cohort::of(groups, finding.is_rural),
                age: AgeBand::of(groups.and_then(|groups| groups.age)),
                sex,
                rule: *rule,
            };
            counts.listed.entry(cell).or_default().add(Sum { persons: 1, excess: finding.excess.unscaled() });
            if before.contains_key(person) {
                *counts.staying.entry(finding.county.clone()).or_default() += 1;
            } else {
                *counts.entering.entry((finding.county.clone(), *rule)).or_default() += 1;
            }
        }
        for (_, (rule, finding)) in before.iter().filter(|(person, _)| !listed.contains_key(person)) {
            *counts.leaving.entry((finding.county.clone(), *rule)).or_default() += 1;
        }
        counts.count_flips(bucket);
        counts
    }

    fn count_flips(&mut self, bucket: &Bucket) {
        let own: Vec<BTreeSet<i64>> = bucket.draft.iter().map(|rows| flagged(rows)).collect();
        let all: BTreeSet<i64> = own.iter().flatten().copied().collect();
        for varied in &bucket.varied {
            let sets: Vec<&BTreeSet<i64>> =
                varied.iter().zip(&own).map(|(varied, own)| varied.as_ref().unwrap_or(own)).collect();
            self.flips.push(sets.iter().zip(&own).map(|(varied, own)| Flip::between(own, varied)).collect());
            let list: BTreeSet<i64> = sets.iter().flat_map(|set| set.iter().copied()).collect();
            self.list_flips.push(Flip::between(&all, &list));
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.rules.resize(self.rules.len().max(other.rules.len()), RuleCount::default());
        for (own, more) in self.rules.iter_mut().zip(other.rules) {
            own.flagged.add(more.flagged);
            own.near += more.near;
            for (reason, count) in more.undecided {
                *own.undecided.entry(reason).or_default() += count;
            }
        }
        for (cell, sum) in other.listed {
            self.listed.entry(cell).or_default().add(sum);
        }
        for (county, count) in other.staying {
            *self.staying.entry(county).or_default() += count;
        }
        for (own, more) in [(&mut self.entering, other.entering), (&mut self.leaving, other.leaving)] {
            for (place, count) in more {
                *own.entry(place).or_default() += count;
            }
        }
        add_flips(&mut self.list_flips, &other.list_flips);
        self.flips.resize(self.flips.len().max(other.flips.len()), Vec::new());
        for (own, more) in self.flips.iter_mut().zip(&other.flips) {
            add_flips(own, more);
        }
    }
}

fn add_flips(own: &mut Vec<Flip>, more: &[Flip]) {
    own.resize(own.len().max(more.len()), Flip::default());
    for (own, more) in own.iter_mut().zip(more) {
        own.enter += more.enter;
        own.leave += more.leave;
    }
}

impl RuleCount {
    fn of(rows: &[Finding]) -> Self {
        let mut count = Self::default();
        for row in rows {
            match row.status {
                FindingStatus::Flagged => count.flagged.add(Sum { persons: 1, excess: row.excess.unscaled() }),
                FindingStatus::Near => count.near += 1,
                FindingStatus::Undecided => {
                    *count.undecided.entry(row.reason.map_or("", Reason::code).to_owned()).or_default() += 1;
                }
            }
        }
        count
    }
}

impl Sum {
    pub(super) fn add(&mut self, other: Self) {
        self.persons += other.persons;
        self.excess += other.excess;
    }
}

impl Flip {
    fn between(before: &BTreeSet<i64>, after: &BTreeSet<i64>) -> Self {
        Self { enter: after.difference(before).count() as u64, leave: before.difference(after).count() as u64 }
    }
}

pub(super) fn flagged(rows: &[Finding]) -> BTreeSet<i64> {
    rows.iter().filter(|row| row.status == FindingStatus::Flagged).map(|row| row.person).collect()
}

/// Everybody on a list, with the first rule that flags them.
fn leading(rules: &[Vec<Finding>]) -> BTreeMap<i64, (usize, &Finding)> {
    let mut listed = BTreeMap::new();
    for (rule, rows) in rules.iter().enumerate() {
        for row in rows.iter().filter(|row| row.status == FindingStatus::Flagged) {
            listed.entry(row.person).or_insert((rule, row));
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use law::domain::Fen;

    fn row(person: i64, status: FindingStatus) -> Finding {
        let reason = (status == FindingStatus::Undecided).then_some(Reason::NoRoster);
        Finding { person, status, reason, county: Some("990103".to_owned()), is_rural: Some(true), excess: Fen(10) }
    }

    #[test]
    fn a_person_is_counted_once_under_the_leading_rule() {
        use FindingStatus::{Flagged, Near, Undecided};
        let groups = Groups { has_tag: true, is_lifted_out: true, is_male: Some(false), age: Some(60) };
        let bucket = Bucket {
            draft: vec![vec![row(1, Flagged), row(2, Near), row(3, Undecided)], vec![row(1, Flagged), row(2, Flagged)]],
            against: vec![vec![row(1, Flagged), row(4, Flagged)]],
            varied: vec![vec![Some(BTreeSet::from([2])), None], vec![Some(BTreeSet::new()), Some(BTreeSet::from([5]))]],
            groups: [(1, groups)].into(),
        };
        let mut counts = Counts::of(&bucket);
        let twice = counts.clone();
        assert_eq!(counts.rules[0].flagged, Sum { persons: 1, excess: 10 });
        assert_eq!((counts.rules[0].near, counts.rules[0].undecided["no_roster"]), (1, 1));
        assert_eq!(counts.rules[1].flagged.persons, 2);
        let cells: Vec<_> = counts.listed.keys().map(|cell| (cell.rule, cell.cohort, cell.age, cell.sex)).collect();
        assert_eq!(
            cells,
            [(0, Cohort::LiftedOut, AgeBand::Old, Sex::Female), (1, Cohort::Rural, AgeBand::Unknown, Sex::Unknown)]
        );
        assert_eq!((counts.staying.len(), counts.entering.len(), counts.leaving.len()), (1, 1, 1));
        assert_eq!(counts.flips[0], [Flip { enter: 1, leave: 1 }, Flip::default()]);
        assert_eq!(counts.list_flips, [Flip::default(), Flip { enter: 1, leave: 2 }]);
        counts.add(twice);
        assert_eq!(counts.rules[1].flagged, Sum { persons: 4, excess: 40 });
        assert_eq!(counts.staying[&Some("990103".to_owned())], 2);
        assert_eq!(counts.list_flips[1], Flip { enter: 2, leave: 4 });
    }
}
