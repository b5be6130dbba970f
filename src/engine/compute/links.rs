//! Documents that may be one person's, and what the others' claims could add to one's: put together over all buckets,
//! since an issuer's number says nothing of where its documents lie.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use law::domain::{Fen, PersonKey, bucket_of};
use store::warehouse::{Version, Warehouse};

use super::data::Data;
use super::rules::{LINK, table};
use crate::rows::of_file;
use crate::{EngineError, Models, PipelineError};

const LINKED: &str = "linked_people";
const SETTLED: &str = "settled_links";

crate::row! {
    /// A document under an issuer's person number that came under several.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Linked {
        pub number: i64 = "number_hash",
        pub person: PersonKey = "person_key",
        pub issuer: Option<String> = "issuer",
        pub person_no: Option<String> = "person_no",
    }
}

crate::row! {
    /// Two documents of which a named person spoke, as the version knows it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Settled {
        pub kept: PersonKey = "kept_key",
        pub other: PersonKey = "other_key",
        pub verdict: String = "verdict",
    }
}

/// The linked documents of a version, and what is said of them.
pub fn linked_people(warehouse: &Warehouse, version: &Version) -> Result<(Vec<Linked>, Vec<Settled>), EngineError> {
    let (mut linked, mut settled) = (Vec::new(), Vec::new());
    for entry in version.table(LINKED) {
        linked.extend(of_file(&warehouse.path(entry))?.collect::<Result<Vec<Linked>, _>>()?);
    }
    for entry in version.table(SETTLED) {
        settled.extend(of_file(&warehouse.path(entry))?.collect::<Result<Vec<Settled>, _>>()?);
    }
    Ok((linked, settled))
}

/// The links that nobody has settled: each document with the others that may be the same person's.
#[derive(Debug, Clone, Default)]
pub struct Links {
    others: BTreeMap<PersonKey, BTreeSet<PersonKey>>,
}

impl Links {
    #[must_use]
    pub fn of(linked: &[Linked], settled: &[Settled]) -> Self {
        let mut groups: BTreeMap<i64, BTreeSet<PersonKey>> = BTreeMap::new();
        for row in linked {
            groups.entry(row.number).or_default().insert(row.person);
        }
        let pair = |one: PersonKey, other: PersonKey| (one.min(other), one.max(other));
        let said: BTreeSet<_> = settled.iter().map(|said| pair(said.kept, said.other)).collect();
        let is_settled = |one: PersonKey, other: PersonKey| said.contains(&pair(one, other));
        let mut others: BTreeMap<PersonKey, BTreeSet<PersonKey>> = BTreeMap::new();
        for group in groups.values().filter(|group| group.len() > 1) {
            for person in group {
                let open = group.iter().filter(|other| *other != person && !is_settled(*person, **other));
                others.entry(*person).or_default().extend(open);
            }
        }
        others.retain(|_, others| !others.is_empty());
        Self { others }
    }

    pub(super) fn of_data(data: Data<'_>) -> Result<Self, PipelineError> {
        match data {
            Data::Stored { warehouse, version } => {
                let (linked, settled) = linked_people(warehouse, version)?;
                Ok(Self::of(&linked, &settled))
            }
            Data::Rows(_) => Ok(Self::default()),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.others.is_empty()
    }

    /// The documents that may be the same person's as this one.
    pub fn others(&self, person: PersonKey) -> impl Iterator<Item = PersonKey> {
        self.others.get(&person).into_iter().flatten().copied()
    }

    /// The same of one person alone.
    #[must_use]
    pub fn only(&self, person: PersonKey) -> Self {
        let own = self.others.get_key_value(&person);
        Self { others: own.map(|(person, others)| (*person, others.clone())).into_iter().collect() }
    }

    /// All documents that are asked about, or asked with.
    pub(super) fn people(&self) -> BTreeSet<PersonKey> {
        self.others.iter().flat_map(|(person, others)| others.iter().chain([person])).copied().collect()
    }

    /// The bucket's documents without amounts: whose claims are looked at in any case.
    pub(super) fn rows(&self, models: &Models, (bucket, buckets): (u16, u16)) -> Result<RecordBatch, EngineError> {
        let here = self.others.keys().filter(|person| bucket_of(**person, buckets) == bucket);
        table(models, LINK, here.map(|person| [("person_key", person.0.into())]))
    }

    /// By how much the other documents raise each one's amount: sums add up, of single stays the dearest counts.
    pub(super) fn raised(&self, measured: &BTreeMap<PersonKey, Fen>, adds_up: bool) -> Raised {
        let amount = |person: &PersonKey| measured.get(person).map_or(0, |fen| fen.0).max(0);
        let raise = |(person, others): (&PersonKey, &BTreeSet<PersonKey>)| {
            let up = if adds_up {
                others.iter().map(amount).sum()
            } else {
                others.iter().map(amount).max().unwrap_or(0) - amount(person)
            };
            (up > 0).then_some((*person, Fen(up)))
        };
        Raised { up: self.others.iter().filter_map(raise).collect() }
    }
}

/// By how much open links could raise what one rule measures of each person.
#[derive(Debug, Clone, Default)]
pub struct Raised {
    up: BTreeMap<PersonKey, Fen>,
}

impl Raised {
    /// The bucket's, as the table that statements read.
    pub fn rows(&self, models: &Models, (bucket, buckets): (u16, u16)) -> Result<RecordBatch, EngineError> {
        let here = self.up.iter().filter(|(person, _)| bucket_of(**person, buckets) == bucket);
        table(models, LINK, here.map(|(person, up)| [("person_key", person.0.into()), ("up_amount", (*up).into())]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(rows: &[(i64, i64)], settled: &[(i64, i64)]) -> Links {
        let row = |(number, person): &(i64, i64)| Linked {
            number: *number,
            person: PersonKey(*person),
            issuer: None,
            person_no: None,
        };
        let said = |(kept, other): &(i64, i64)| Settled {
            kept: PersonKey(*kept),
            other: PersonKey(*other),
            verdict: "separate".to_owned(),
        };
        Links::of(&rows.iter().map(row).collect::<Vec<_>>(), &settled.iter().map(said).collect::<Vec<_>>())
    }

    #[test]
    fn halves_raise_each_other_and_stays_do_not_add_up() {
        let links = linked(&[(7, 1), (7, 2), (8, 2), (8, 3), (9, 4), (9, 5)], &[(5, 4)]);
        assert_eq!(links.others(PersonKey(2)).collect::<Vec<_>>(), [PersonKey(1), PersonKey(3)]);
        assert_eq!(links.others(PersonKey(4)).count(), 0);
        let measured = BTreeMap::from([(PersonKey(1), Fen(20)), (PersonKey(3), Fen(-5))]);
        let up = |adds_up| links.raised(&measured, adds_up).up;
        assert_eq!(up(true), BTreeMap::from([(PersonKey(2), Fen(20))]));
        assert_eq!(up(false), BTreeMap::from([(PersonKey(2), Fen(20))]));
        let measured = BTreeMap::from([(PersonKey(1), Fen(20)), (PersonKey(2), Fen(30))]);
        let up = |adds_up| links.raised(&measured, adds_up).up;
        assert_eq!(up(true)[&PersonKey(2)], Fen(20));
        assert_eq!(up(false).get(&PersonKey(2)), None);
        assert_eq!(up(false)[&PersonKey(1)], Fen(10));
    }
}
