//! Listed people who would leave their lists: how many of a county by one cause are set aside.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bounds, share_of};
use crate::domain::{Month, Period, PersonKey};
use crate::questions::{Bound, Cause, Surprise};

/// A withdrawal that is set aside until two people have answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetAside {
    pub cause: Cause,
    /// The period of the last list on which the person stood without a question about leaving.
    pub since: Period,
}

impl SetAside {
    /// The word by which lists say why somebody stays: a code of the texts' table `reason`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self.cause {
            Cause::Rules => "held_rules",
            Cause::Income => "held_income",
            Cause::Register => "held_register",
            Cause::Roster => "held_roster",
            // no office's answer sets a withdrawal aside
            Cause::Claims | Cause::Answers => "held_claims",
        }
    }
}

/// An institution, and the month in which it had settled what it takes back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstitutionMonth {
    pub institution: String,
    pub month: Month,
}

/// A listed person whom no rule flags any more, and what made the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    pub person: PersonKey,
    /// County of the list.
    pub county: String,
    pub why: SetAside,
    /// Whose voids and refunds take the person off, where most of what they take back is one institution's of one month.
    pub voided: Option<InstitutionMonth>,
    /// Whether the withdrawal is set aside already, and nobody has let it go: it stays so below the bound, too.
    pub is_waiting: bool,
}

/// Withdrawals of one cause, since the same lists, that are set aside: one question, whatever counties it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMoves {
    pub why: SetAside,
    /// The institution's month that they are about; `None`: they are many in their counties.
    pub voided: Option<InstitutionMonth>,
    /// By county.
    pub people: BTreeMap<String, BTreeSet<PersonKey>>,
    /// People on the lists of each county.
    listed: BTreeMap<String, u64>,
}

impl HeldMoves {
    pub fn everybody(&self) -> impl Iterator<Item = PersonKey> {
        self.people.values().flatten().copied()
    }

    /// What is asked, in figures.
    #[must_use]
    pub fn surprise(&self) -> Surprise {
        let before: u64 = self.people.keys().filter_map(|county| self.listed.get(county)).sum();
        let found = self.everybody().count() as u64;
        if let Some(InstitutionMonth { institution, month }) = &self.voided {
            let figures =
                [("institution", institution.clone()), ("month", month.to_string()), ("found", found.to_string())];
            return Surprise::new(Bound::InstitutionDropped, figures);
        }
        let figures =
            [("found", found.to_string()), ("before", before.to_string()), ("share", share_of(found, before))];
        Surprise::new(Bound::PeopleWithdrawn, figures)
    }
}

/// The withdrawals that are set aside: by voids of one institution's month that take off many, wherever they live; beyond
/// the bound of a county; and those that wait for an answer. `listed`: people on the lists by county. `may_begin`: whether
/// new withdrawals by a cause can be held.
#[must_use]
pub fn held_moves(
    bounds: &Bounds,
    listed: &BTreeMap<String, u64>,
    leaving: &[Leaving],
    may_begin: impl Fn(Cause) -> bool,
) -> Vec<HeldMoves> {
    let mut voided: BTreeMap<&InstitutionMonth, u64> = BTreeMap::new();
    for of in leaving.iter().filter_map(|one| one.voided.as_ref()) {
        *voided.entry(of).or_default() += 1;
    }
    let least = bounds.institution_dropped.least.max(1);
    let by_institution = |one: &Leaving| {
        let count = one.voided.as_ref().and_then(|of| voided.get(of)).copied().unwrap_or_default();
        count > 0 && (one.is_waiting || (count >= least && may_begin(one.why.cause)))
    };
    let mut groups: BTreeMap<(Cause, &str, bool), Vec<&Leaving>> = BTreeMap::new();
    for one in leaving {
        groups.entry((one.why.cause, &one.county, by_institution(one))).or_default().push(one);
    }
    let mut held: BTreeMap<(SetAside, Option<&InstitutionMonth>), HeldMoves> = BTreeMap::new();
    for ((cause, county, is_institution), group) in groups {
        let on_list = listed.get(county).copied().unwrap_or_default();
        let is_beyond =
            is_institution || (may_begin(cause) && bounds.people_withdrawn.is_passed(group.len() as u64, on_list));
        for one in group.into_iter().filter(|one| is_beyond || one.is_waiting) {
            let of = one.voided.as_ref().filter(|_| is_institution);
            let moves = held.entry((one.why, of)).or_insert_with(|| HeldMoves {
                why: one.why,
                voided: of.cloned(),
                people: BTreeMap::new(),
                listed: BTreeMap::new(),
            });
            moves.people.entry(county.to_owned()).or_default().insert(one.person);
            moves.listed.insert(county.to_owned(), on_list);
        }
    }
    held.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(month: &str) -> Period {
        Period::parse(month).unwrap()
    }

    fn leaving(county: &str, people: std::ops::Range<i64>, cause: Cause) -> Vec<Leaving> {
        let why = SetAside { cause, since: since("2026-10") };
        let one = |person| Leaving {
            person: PersonKey(person),
            county: county.to_owned(),
            why,
            voided: None,
            is_waiting: false,
        };
        people.map(one).collect()
    }

    fn count(held: &HeldMoves) -> usize {
        held.everybody().count()
    }

    #[test]
    fn one_cause_of_a_county_is_held_beyond_its_bound_and_several_counties_are_one_question() {
        let bounds = Bounds::default();
        let listed = [("a".to_owned(), 30), ("b".to_owned(), 29), ("c".to_owned(), 4)].into();
        let held = |leaving: &[Leaving]| held_moves(&bounds, &listed, leaving, |_| true);
        assert_eq!(held(&leaving("a", 0..3, Cause::Roster)), [], "10 %");
        assert_eq!(count(&held(&leaving("a", 0..4, Cause::Roster))[0]), 4);
        assert_eq!(held(&leaving("b", 0..3, Cause::Roster)).len(), 1, "more than 10 %");
        assert_eq!(held(&leaving("c", 0..2, Cause::Roster)), [], "two are never held");
        let two_causes = [leaving("b", 0..2, Cause::Roster), leaving("b", 2..4, Cause::Claims)].concat();
        assert_eq!(held(&two_causes), [], "each cause for itself");
        let both = [leaving("a", 0..4, Cause::Register), leaving("b", 10..13, Cause::Register)].concat();
        let found = held(&[both, leaving("c", 20..22, Cause::Register)].concat());
        assert_eq!((found.len(), count(&found[0]), found[0].people.len()), (1, 7, 2));
        assert_eq!(found[0].surprise().figures["before"], "59");
    }

    #[test]
    fn one_institutions_month_is_one_question_wherever_its_people_live() {
        let bounds = Bounds::default();
        let listed = [("a".to_owned(), 100), ("b".to_owned(), 100)].into();
        let of = |month: &str| InstitutionMonth { institution: "H1".to_owned(), month: Month::parse(month).unwrap() };
        let voided = |county, people, month: &str| -> Vec<Leaving> {
            let by = leaving(county, people, Cause::Claims).into_iter();
            by.map(|one| Leaving { voided: Some(of(month)), ..one }).collect()
        };
        let held = |leaving: &[Leaving]| held_moves(&bounds, &listed, leaving, |_| true);
        assert_eq!(held(&[voided("a", 0..2, "2026-06"), voided("b", 5..7, "2026-07")].concat()), [], "two of each");
        let three = [voided("a", 0..2, "2026-06"), voided("b", 5..6, "2026-06")].concat();
        let others = leaving("a", 10..13, Cause::Claims);
        let found = held(&[three.clone(), others].concat());
        assert_eq!((found.len(), count(&found[0]), found[0].people.len()), (1, 3, 2));
        let surprise = found[0].surprise();
        assert_eq!((surprise.bound, surprise.figures["month"].as_str()), (Bound::InstitutionDropped, "2026-06"));
        let mut waiting = three[..1].to_vec();
        waiting[0].is_waiting = true;
        assert_eq!(held(&waiting)[0].voided, Some(of("2026-06")), "who waits stays with its question");
    }

    #[test]
    fn who_waits_for_an_answer_stays_set_aside_below_the_bound() {
        let bounds = Bounds::default();
        let listed = [("a".to_owned(), 100)].into();
        let mut waiting = leaving("a", 0..4, Cause::Roster);
        waiting[..3].iter_mut().for_each(|one| one.is_waiting = true);
        let found = held_moves(&bounds, &listed, &waiting, |_| true);
        assert_eq!((found.len(), count(&found[0])), (1, 3), "the fourth is below the bound");
        // Since different lists: their questions are two, and together they pass the bound.
        waiting.extend(leaving("a", 10..20, Cause::Roster));
        waiting[..3].iter_mut().for_each(|one| one.why.since = since("2026-09"));
        let found = held_moves(&bounds, &listed, &waiting, |_| true);
        assert_eq!(found.iter().map(count).collect::<Vec<_>>(), [3, 11]);
        let found = held_moves(&bounds, &listed, &waiting, |cause| cause != Cause::Roster);
        assert_eq!(found.iter().map(count).collect::<Vec<_>>(), [3], "nothing begins");
    }
}
