//! Residents: one row per person, the latest; two names of which nothing tells the later are a conflict.

use law::domain::same_name;

use super::Fate;
use super::age::{Age, Version, groups, latest};

/// The few cells of a register row that decide its fate.
#[derive(Debug, Clone)]
pub(crate) struct ResidentRow {
    pub person: i64,
    pub age: Age,
    /// Hash of all that the sender stated but the update time.
    pub content_hash: i64,
    /// The comparable name.
    pub name: Box<str>,
    /// Whether the row was found in conflict before.
    pub has_name_conflict: bool,
}

/// What becomes of a register row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResidentFate {
    pub fate: Fate,
    /// For the accepted row: whether another row of the same moment had another name.
    pub has_name_conflict: bool,
}

impl Version for ResidentRow {
    fn age(&self) -> &Age {
        &self.age
    }

    fn content(&self) -> i64 {
        self.content_hash
    }
}

/// Every row's fate; old rows first, the incoming in the order of their arrival. Of rows that contradict each other in
/// one file one is kept, whatever their order, with the conflict marked where their names differ.
#[must_use]
pub(crate) fn resolve_residents(rows: &[ResidentRow]) -> Vec<ResidentFate> {
    let mut fates: Vec<Option<Fate>> = vec![None; rows.len()];
    let mut conflicts = vec![false; rows.len()];
    for versions in groups(rows, |a, b| a.person.cmp(&b.person)) {
        let row = |index: u32| &rows[index as usize];
        let mut standing = latest(rows, &versions, &mut fates);
        standing.sort_by_key(|index| row(*index).content_hash);
        let Some((winner, rivals)) = standing.split_last() else { continue };
        rivals.iter().for_each(|index| fates[*index as usize] = Some(Fate::Superseded));
        // A later version settles an old conflict; that a file's name comes later does not tell a corrected name from
        // another person's.
        let winner_row = row(*winner);
        let is_of_its_night = |other: &&ResidentRow| {
            let night = |row: &ResidentRow| (row.age.updated_at, row.age.month, row.age.taken_in);
            night(other) == night(winner_row)
        };
        conflicts[*winner as usize] = versions
            .iter()
            .map(|index| row(*index))
            .filter(is_of_its_night)
            .any(|other| !same_name(&other.name, &winner_row.name) || other.has_name_conflict);
    }
    let fate = |(fate, has_name_conflict): (Option<Fate>, bool)| ResidentFate {
        fate: fate.unwrap_or(Fate::Accepted(None)),
        has_name_conflict,
    };
    fates.into_iter().zip(conflicts).map(fate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(batches: &[&[ResidentRow]]) -> Vec<(i64, i64, i64, bool)> {
        let mut kept: Vec<ResidentRow> = Vec::new();
        for batch in batches {
            kept.extend_from_slice(batch);
            let fates = resolve_residents(&kept);
            kept = kept
                .into_iter()
                .zip(fates)
                .filter(|(_, fate)| matches!(fate.fate, Fate::Accepted(_)))
                .map(|(row, fate)| ResidentRow { has_name_conflict: fate.has_name_conflict, ..row })
                .collect();
        }
        let mut kept: Vec<_> =
            kept.iter().map(|row| (row.person, row.age.updated_at, row.content_hash, row.has_name_conflict)).collect();
        kept.sort_unstable();
        kept
    }

    #[test]
    fn order_and_split_change_nothing() {
        let mut random = fastrand::Rng::with_seed(5);
        for case in 0..2000 {
            let mut rows: Vec<ResidentRow> = (0..random.usize(1..12))
                .map(|_| {
                    let name = random.i64(1..3);
                    let content_hash = name * 10 + random.i64(0..2);
                    ResidentRow {
                        person: random.i64(0..3),
                        age: Age { file: content_hash.to_string().into(), ..Age::at(random.i64(0..3)) },
                        content_hash,
                        name: name.to_string().into(),
                        has_name_conflict: false,
                    }
                })
                .collect();
            let once = take(&[&rows]);
            random.shuffle(&mut rows);
            let cut = random.usize(0..=rows.len());
            assert_eq!(once, take(&[&rows[..cut], &rows[cut..]]), "case {case}: {rows:?}");
        }
    }

    #[test]
    fn two_names_in_one_file_conflict_until_a_later_file_comes() {
        let row = |taken_in: i64, name: i64| ResidentRow {
            person: 1,
            age: Age { taken_in, ..Age::at(0) },
            content_hash: name,
            name: name.to_string().into(),
            has_name_conflict: false,
        };
        assert_eq!(take(&[&[row(1, 7), row(1, 8)]]), [(1, 0, 8, true)]);
        assert_eq!(take(&[&[row(1, 7), row(1, 8)], &[row(2, 7)]]), [(1, 0, 7, false)]);
        assert_eq!(take(&[&[row(1, 7)], &[row(2, 8)]]), [(1, 0, 8, false)]);
    }
}
