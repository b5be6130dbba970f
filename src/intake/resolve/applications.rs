//! Applications: the latest update of each application and person counts; an application without exactly one
//! applicant waits.

use std::collections::BTreeMap;

use super::age::{Age, Version, groups, latest};
use super::{Fate, HoldReason};

/// The few cells of a member's row that decide its fate.
#[derive(Debug, Clone)]
pub(crate) struct ApplicationRow {
    pub application_id: Box<str>,
    pub person: i64,
    pub age: Age,
    /// Hash of all that the sender stated but the update time.
    pub content_hash: i64,
    /// Whether this member applies for the household.
    pub is_applicant: bool,
}

impl Version for ApplicationRow {
    fn age(&self) -> &Age {
        &self.age
    }

    fn content(&self) -> i64 {
        self.content_hash
    }
}

/// Applicants per application; those without any have no entry.
pub(crate) type Applicants = BTreeMap<Box<str>, u32>;

/// The rows that count (by index), and the others' fates. Of rows that contradict each other in one file the last counts.
fn elected(rows: &[ApplicationRow]) -> (Vec<u32>, Vec<Option<Fate>>) {
    let same = |a: &ApplicationRow, b: &ApplicationRow| {
        a.application_id.cmp(&b.application_id).then_with(|| a.person.cmp(&b.person))
    };
    let mut fates: Vec<Option<Fate>> = vec![None; rows.len()];
    let mut winners = Vec::new();
    for versions in groups(rows, same) {
        let mut standing = latest(rows, &versions, &mut fates);
        winners.extend(standing.pop());
        standing.into_iter().for_each(|index| fates[index as usize] = Some(Fate::Superseded));
    }
    (winners, fates)
}

/// Counts the applicants among the rows of one bucket that count; a household's members lie in many buckets.
pub(crate) fn count_applicants(rows: &[ApplicationRow], applicants: &mut Applicants) {
    for winner in elected(rows).0 {
        let row = &rows[winner as usize];
        if row.is_applicant {
            *applicants.entry(row.application_id.clone()).or_default() += 1;
        }
    }
}

/// Every row's fate; old rows first, the incoming in the order of their arrival. `applicants` counts all buckets.
pub(crate) fn resolve_applications(rows: &[ApplicationRow], applicants: &Applicants) -> Vec<Fate> {
    let place = |row: &ApplicationRow| match applicants.get(&row.application_id) {
        Some(1) => Fate::Accepted(None),
        None | Some(0) => Fate::Held(HoldReason::NoApplicant),
        Some(_) => Fate::Held(HoldReason::ManyApplicants),
    };
    elected(rows).1.iter().zip(rows).map(|(loser, row)| loser.unwrap_or_else(|| place(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKETS: i64 = 3;

    /// Takes the rows in batches, bucket by bucket; only accepted and held rows survive a batch.
    fn take(batches: &[&[ApplicationRow]]) -> Vec<(Box<str>, i64, i64, i64, Fate)> {
        let mut kept: Vec<Vec<(ApplicationRow, Fate)>> = vec![Vec::new(); 3];
        for batch in batches {
            let rows_of = |bucket: usize| -> Vec<ApplicationRow> {
                let old = kept[bucket].iter().map(|(row, _)| row.clone());
                let new = batch.iter().filter(|row| row.person % BUCKETS == i64::try_from(bucket).unwrap());
                old.chain(new.cloned()).collect()
            };
            let all: Vec<Vec<ApplicationRow>> = (0..3).map(rows_of).collect();
            let mut applicants = Applicants::new();
            all.iter().for_each(|rows| count_applicants(rows, &mut applicants));
            for (bucket, rows) in all.into_iter().enumerate() {
                let fates = resolve_applications(&rows, &applicants);
                let stays = |fate: &Fate| matches!(fate, Fate::Accepted(_) | Fate::Held(_));
                kept[bucket] = rows.into_iter().zip(fates).filter(|(_, fate)| stays(fate)).collect();
            }
        }
        let flat = kept.into_iter().flatten();
        let mut flat: Vec<_> = flat
            .map(|(row, fate)| (row.application_id, row.person, row.age.updated_at, row.content_hash, fate))
            .collect();
        flat.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        flat
    }

    #[test]
    fn order_and_split_change_nothing() {
        let mut random = fastrand::Rng::with_seed(31);
        let mut held = 0;
        for case in 0..3000 {
            let mut rows: Vec<ApplicationRow> = (0..random.usize(1..16))
                .map(|_| {
                    let is_applicant = random.u8(0..3) == 0;
                    let content_hash = i64::from(is_applicant) * 10 + random.i64(0..2);
                    ApplicationRow {
                        application_id: format!("a{}", random.u8(0..4)).into(),
                        person: random.i64(0..5),
                        age: Age { file: content_hash.to_string().into(), ..Age::at(random.i64(0..3)) },
                        content_hash,
                        is_applicant,
                    }
                })
                .collect();
            let once = take(&[&rows]);
            held += once.iter().filter(|row| matches!(row.4, Fate::Held(_))).count();
            random.shuffle(&mut rows);
            let cut = random.usize(0..=rows.len());
            assert_eq!(once, take(&[&rows[..cut], &rows[cut..]]), "case {case}: {rows:?}");
            assert_eq!(once, take(&[&rows, &rows]), "case {case}: taken twice");
        }
        assert!(held > 1000, "{held}");
    }
}
