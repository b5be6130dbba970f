//! Which of several versions of one thing is the latest.

use std::cmp::Ordering;
use std::sync::Arc;

use law::domain::Month;

use super::Fate;

/// When a sender wrote a version, and when it came: what orders the versions of one thing.
///
/// Without update times, or with equal ones, the later month decides, then the later acceptance, then the file's name.
/// Nothing else does: versions that are equal in all of these and say different things contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Age {
    /// Milliseconds since 1970; 0 where the sender states none.
    pub updated_at: i64,
    /// The month that the row speaks of, where it speaks of one.
    pub month: Option<Month>,
    /// Number of the version of the warehouse that took it in; 0 for rows from before such numbers were kept.
    pub taken_in: i64,
    /// Name of the file in which it landed, in a form that sorts; empty for rows from before names were kept.
    pub file: Arc<str>,
}

#[cfg(test)]
impl Age {
    /// Of a row that only its update time orders.
    pub(crate) fn at(updated_at: i64) -> Self {
        Self { updated_at, month: None, taken_in: 0, file: Arc::from("") }
    }
}

/// A row that is one version of something.
pub(crate) trait Version {
    fn age(&self) -> &Age;
    /// Hash of all that the sender stated but the update time.
    fn content(&self) -> i64;
}

/// The rows' numbers in groups of the same thing, each from the oldest version to the latest; versions of one age in the
/// order in which they were given.
pub(super) fn groups<R: Version>(rows: &[R], same: impl Fn(&R, &R) -> Ordering) -> Vec<Vec<u32>> {
    let mut order: Vec<u32> = (0..u32::try_from(rows.len()).unwrap_or(u32::MAX)).collect();
    let row = |index: &u32| &rows[*index as usize];
    order.sort_by(|a, b| same(row(a), row(b)).then_with(|| row(a).age().cmp(row(b).age())));
    order.chunk_by(|a, b| same(row(a), row(b)).is_eq()).map(<[u32]>::to_vec).collect()
}

/// The version that stands among those of one thing, given from the oldest to the latest; several where they contradict
/// each other and nothing tells which is the later. The others' fates are set.
pub(super) fn latest<R: Version>(rows: &[R], versions: &[u32], fates: &mut [Option<Fate>]) -> Vec<u32> {
    let row = |index: u32| &rows[index as usize];
    let mut standing: Vec<u32> = Vec::with_capacity(1);
    for index in versions.iter().copied() {
        let new = row(index);
        let Some(newest) = standing.first().map(|standing| row(*standing)) else {
            standing.push(index);
            continue;
        };
        let says_the_same = |other: &u32| row(*other).content() == new.content();
        if new.age() == newest.age() {
            if !standing.iter().any(says_the_same) {
                standing.push(index);
            }
        } else if standing.len() > 1 || !says_the_same(&standing[0]) || new.age().updated_at > newest.age().updated_at {
            standing = vec![index];
        }
    }
    for index in versions.iter().filter(|index| !standing.contains(index)) {
        let is_duplicate = standing.iter().any(|kept| row(*kept).content() == row(*index).content());
        fates[*index as usize] = Some(if is_duplicate { Fate::Duplicate } else { Fate::Superseded });
    }
    standing
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(Age, i64);

    impl Version for Row {
        fn age(&self) -> &Age {
            &self.0
        }

        fn content(&self) -> i64 {
            self.1
        }
    }

    fn row(updated_at: i64, taken_in: i64, file: &str, content: i64) -> Row {
        Row(Age { taken_in, file: file.into(), ..Age::at(updated_at) }, content)
    }

    /// The contents that stand.
    fn standing(rows: &[Row]) -> Vec<i64> {
        let mut fates = vec![None; rows.len()];
        let all = groups(rows, |_, _| Ordering::Equal).concat();
        latest(rows, &all, &mut fates).into_iter().map(|index| rows[index as usize].1).collect()
    }

    #[test]
    fn update_then_acceptance_then_file_decide() {
        assert_eq!(standing(&[row(2, 1, "a", 1), row(1, 9, "b", 2)]), [1]);
        assert_eq!(standing(&[row(1, 2, "a", 1), row(1, 1, "b", 2)]), [1]);
        assert_eq!(standing(&[row(1, 1, "b", 9), row(1, 1, "a", 1)]), [9]);
        let month = |number| Month::new(2026, number);
        let dated = |number, taken_in, content| Row(Age { month: month(number), taken_in, ..Age::at(0) }, content);
        assert_eq!(standing(&[dated(5, 1, 1), dated(4, 2, 2)]), [1]);
    }

    #[test]
    fn what_nothing_orders_contradicts_until_a_later_version_comes() {
        let twice = [row(1, 1, "a", 1), row(1, 1, "a", 2), row(1, 1, "a", 1)];
        assert_eq!(standing(&twice), [1, 2]);
        assert_eq!(standing(&[row(1, 1, "a", 1), row(1, 1, "a", 2), row(1, 2, "a", 1)]), [1]);
    }

    #[test]
    fn the_first_of_equal_rows_stays() {
        let rows = [row(1, 1, "a", 1), row(1, 2, "b", 1)];
        let mut fates = vec![None; 2];
        assert_eq!(latest(&rows, &[0, 1], &mut fates), [0]);
        assert_eq!(fates, [None, Some(Fate::Duplicate)]);
        let rows = [row(1, 1, "a", 1), row(2, 2, "b", 1)];
        let mut fates = vec![None; 2];
        assert_eq!(latest(&rows, &[0, 1], &mut fates), [1]);
        assert_eq!(fates, [Some(Fate::Duplicate), None]);
    }
}
