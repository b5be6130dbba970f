//! Documents that may be one person's: a corrected id, a newborn's own id, a passport beside an id. Sums of two documents
//! are put together only once somebody has said that one person has both; until then they are asked about.

use std::collections::BTreeMap;

use crate::domain::{PersonKey, stable_hash};

crate::codes! {
    /// What a named person said of two documents.
    pub enum Verdict {
        /// 同一人: one person has both.
        Same = "same",
        /// 不同人: two persons have them; also takes an earlier word back.
        Separate = "separate",
    }
}

/// Documents under one person number at most. A number that more share is a filler, and links nobody.
pub const MOST_DOCUMENTS: usize = 3;

/// Characters that a person number has at least: shorter ones are fillers.
const SHORTEST: usize = 6;

/// The hash of an issuer's person number (人员编号); `None` where a filler stands in its place.
#[must_use]
pub fn number_hash(issuer: &str, person_no: &str) -> Option<i64> {
    let mut characters = person_no.chars();
    let first = characters.next()?;
    let is_filler = person_no.chars().count() < SHORTEST || characters.all(|c| c == first);
    (!is_filler).then(|| stable_hash(&format!("{issuer}|{person_no}")).cast_signed())
}

/// Under which document the records of each one are kept, by what people said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept(BTreeMap<PersonKey, PersonKey>);

impl Kept {
    /// From the latest word on each pair: the kept document, the other one, the verdict.
    #[must_use]
    pub fn of(said: impl IntoIterator<Item = (PersonKey, PersonKey, Verdict)>) -> Self {
        let same = said.into_iter().filter(|(_, _, verdict)| *verdict == Verdict::Same);
        let first: BTreeMap<PersonKey, PersonKey> = same.map(|(kept, other, _)| (other, kept)).collect();
        // what is kept under a document that is itself kept under a third goes there; a circle stays where it is
        let end = |from: PersonKey| {
            let (mut at, mut steps) = (from, 0);
            while let Some(next) = first.get(&at).filter(|_| steps <= first.len()) {
                (at, steps) = (*next, steps + 1);
            }
            if steps > first.len() { from } else { at }
        };
        Self(first.keys().map(|other| (*other, end(*other))).filter(|(other, kept)| other != kept).collect())
    }

    /// The document under which another's records are kept; most are kept under their own.
    #[must_use]
    pub fn key(&self, person: PersonKey) -> PersonKey {
        self.0.get(&person).copied().unwrap_or(person)
    }

    /// Each document whose records are kept under another, with that one.
    pub fn moved(&self) -> impl Iterator<Item = (PersonKey, PersonKey)> {
        self.0.iter().map(|(other, kept)| (*other, *kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_go_to_the_end_of_a_chain() {
        let same = |kept, other| (PersonKey(kept), PersonKey(other), Verdict::Same);
        let kept = Kept::of([same(1, 2), same(2, 3), (PersonKey(1), PersonKey(4), Verdict::Separate)]);
        let keys: Vec<i64> = (1..=4).map(|person| kept.key(PersonKey(person)).0).collect();
        assert_eq!(keys, [1, 1, 1, 4]);
        let circle = Kept::of([same(1, 2), same(2, 1)]);
        assert_eq!(circle.moved().count(), 0);
    }

    #[test]
    fn fillers_are_nobodys_number() {
        for filler in ["", "0", "12345", "000000000", "--------", "无"] {
            assert_eq!(number_hash("990101", filler), None, "{filler}");
        }
        let number = number_hash("990101", "35000001");
        assert!(number.is_some());
        assert_ne!(number, number_hash("990103", "35000001"));
    }
}
