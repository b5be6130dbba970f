//! Claims: the latest version of each counts, of each number one claim per issuer and person.

use std::collections::BTreeSet;

use super::age::{groups, latest};
use super::claim_row::ClaimRow;
use super::issuer::by_issuer;
use super::refunds::{Found, settle_refunds};
use super::{Fate, HoldReason, Origin};

/// What becomes of claim rows.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// One fate per row.
    pub fates: Vec<Fate>,
    /// Refunds without the number of their original, by row: the number that person, institution and amount leave.
    pub found: Found,
}

/// Every row's fate. `rows` must hold all versions of the claims at hand, old ones first, the incoming in the
/// order of their arrival; and for each reversal its original and that original's other reversals. `others`: the other
/// accepted claims of the persons of whom a refund came without its original's number.
#[must_use]
pub(crate) fn resolve_claims(rows: &[ClaimRow], others: &[ClaimRow]) -> Resolved {
    let mut fates: Vec<Option<Fate>> = vec![None; rows.len()];
    let mut winners = Vec::new();
    for number in groups(rows, |a, b| a.claim_id.cmp(&b.claim_id)) {
        if let [only] = number[..] {
            winners.push(only);
            continue;
        }
        for versions in by_issuer(rows, &number, |row| row.issuer, ClaimRow::is_settlement_of) {
            winners.extend(standing(rows, &versions, &mut fates));
        }
    }
    let found = settle_refunds(rows, others, &winners, &mut fates);
    // Every row is a loser or a winner, and every winner has its fate by now.
    Resolved { fates: fates.into_iter().map(|fate| fate.unwrap_or(Fate::Superseded)).collect(), found }
}

/// The version that counts among those of one number and issuer; the fates of the others are set, where versions
/// contradict each other those of all.
fn standing(rows: &[ClaimRow], versions: &[u32], fates: &mut [Option<Fate>]) -> Option<u32> {
    let person = |index: &u32| rows[*index as usize].person;
    let first = versions.first()?;
    let own = if versions.iter().all(|index| person(index) == person(first)) {
        versions.to_vec()
    } else {
        let (own, others) = owned(rows, versions, fates);
        let persons: BTreeSet<i64> = others.iter().map(person).collect();
        for other in persons {
            let versions: Vec<u32> = others.iter().copied().filter(|index| person(index) == other).collect();
            for index in latest(rows, &versions, fates) {
                fates[index as usize] = Some(Fate::Held(HoldReason::NumberOfAnotherPerson));
            }
        }
        own
    };
    match latest(rows, &own, fates)[..] {
        [winner] => Some(winner),
        ref rivals => {
            for index in rivals {
                fates[*index as usize] = Some(Fate::Held(HoldReason::VersionConflict));
            }
            None
        }
    }
}

/// The versions that belong to the person whose the number is, and those of others. A later version with the same
/// amounts corrects the person's id: the number is the other's from then on, and what the corrected one said is past.
fn owned(rows: &[ClaimRow], versions: &[u32], fates: &mut [Option<Fate>]) -> (Vec<u32>, Vec<u32>) {
    let row = |index: u32| &rows[index as usize];
    let accepted = versions.iter().find(|index| matches!(row(**index).origin, Origin::Accepted(_)));
    let Some(mut owner) = accepted.or(versions.first()).map(|index| row(*index).person) else {
        return (Vec::new(), Vec::new());
    };
    let (mut own, mut others) = (Vec::new(), Vec::new());
    let mut newest: Option<&ClaimRow> = None;
    for index in versions.iter().copied() {
        let new = row(index);
        let corrects = newest.is_some_and(|newest| new.has_amounts_of(newest) && new.age > newest.age);
        if new.person == owner || corrects {
            owner = new.person;
            newest = Some(new);
            own.push(index);
        } else {
            others.push(index);
        }
    }
    let is_past =
        |index: &u32| newest.is_some_and(|newest| row(*index).has_amounts_of(newest) && row(*index).age < newest.age);
    others.retain(|index| {
        let is_past = is_past(index);
        if is_past {
            fates[*index as usize] = Some(Fate::Superseded);
        }
        !is_past
    });
    (own, others)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use law::domain::Month;

    use super::*;
    use crate::resolve::{Age, Issuer, Kind};

    /// A random history on a few claim ids, so that everything collides.
    fn history(random: &mut fastrand::Rng) -> Vec<ClaimRow> {
        let month = |number| Month::new(2026, number).unwrap();
        (0..random.usize(1..25))
            .map(|_| {
                let kind = [Kind::Settlement, Kind::Settlement, Kind::Reversal, Kind::Reversal, Kind::Supplement]
                    [random.usize(0..5)];
                let sign = if kind == Kind::Reversal { -1 } else { 1 };
                let (id, original) = (random.u8(0..6), random.u8(0..6));
                let total = i128::from(random.u8(1..4));
                let settled = month(random.u32(1..4));
                let mut row = ClaimRow {
                    claim_id: format!("c{id}").into(),
                    original_claim_id: (kind == Kind::Reversal).then(|| format!("c{original}").into()),
                    issuer: Issuer::default(),
                    // the file of a row is told by what it says, so that order and split change nothing
                    age: Age { month: Some(settled), ..Age::at(random.i64(0..5)) },
                    content_hash: 0,
                    person: i64::from(id % 2),
                    settled_at: 0,
                    settled,
                    kind,
                    is_valid: random.u8(0..6) > 0,
                    is_refunded: false,
                    total: sign * total,
                    personal: sign * total.min(2),
                    origin: Origin::Incoming,
                };
                let content = format!("{row:?}").replace(&format!("{:?}", row.age), "");
                row.content_hash = law::domain::stable_hash(&content).cast_signed();
                row.age.file = row.content_hash.to_string().into();
                row
            })
            .collect()
    }

    type Kept = BTreeMap<(Box<str>, i64, i64), Fate>;

    /// Takes the rows in batches; between batches only accepted and held rows survive.
    fn take(batches: &[&[ClaimRow]]) -> Kept {
        let mut kept: Vec<ClaimRow> = Vec::new();
        let mut seen = Kept::new();
        for batch in batches {
            let old = kept.len();
            kept.extend_from_slice(batch);
            let fates = resolve_claims(&kept, &[]).fates;
            assert_eq!(fates.len(), old + batch.len(), "every row has one fate");
            seen.clear();
            let mut next = Vec::new();
            for (mut row, fate) in kept.into_iter().zip(fates) {
                row.origin = match fate {
                    Fate::Accepted(month) => Origin::Accepted(month),
                    Fate::Held(_) => Origin::Held,
                    Fate::Superseded | Fate::Duplicate => continue,
                };
                seen.insert((row.claim_id.clone(), row.age.updated_at, row.content_hash), fate);
                next.push(row);
            }
            kept = next;
        }
        seen
    }

    #[test]
    fn order_and_split_change_nothing() {
        let mut random = fastrand::Rng::with_seed(11);
        for case in 0..3000 {
            let mut rows = history(&mut random);
            let once = take(&[&rows]);
            random.shuffle(&mut rows);
            let (a, b) = (random.usize(0..=rows.len()), random.usize(0..=rows.len()));
            let split = take(&[&rows[..a.min(b)], &rows[a.min(b)..a.max(b)], &rows[a.max(b)..]]);
            assert_eq!(once, split, "case {case}: {rows:#?}");
            let again = take(&[&rows, &rows]);
            assert_eq!(once, again, "case {case}: taken twice");
        }
    }

    /// A settlement of January: number, institution and area, person, update, amount.
    fn claim(number: &str, (institution, area): (u64, u64), person: i64, updated_at: i64, total: i128) -> ClaimRow {
        let stated = |hash: u64| (hash > 0).then_some(hash);
        ClaimRow {
            claim_id: number.into(),
            original_claim_id: None,
            issuer: Issuer { institution: stated(institution), area: stated(area) },
            age: Age::at(updated_at),
            content_hash: law::domain::stable_hash(&format!("{number} {institution} {area} {person} {total}"))
                .cast_signed(),
            person,
            settled_at: updated_at,
            settled: Month::new(2026, 1).unwrap(),
            kind: if total < 0 { Kind::Reversal } else { Kind::Settlement },
            is_valid: true,
            is_refunded: false,
            total,
            personal: total,
            origin: Origin::Incoming,
        }
    }

    fn fates(rows: &[ClaimRow]) -> Vec<Fate> {
        resolve_claims(rows, &[]).fates
    }

    fn january() -> Fate {
        Fate::Accepted(Month::new(2026, 1))
    }

    #[test]
    fn the_same_number_of_another_issuer_counts_for_itself() {
        assert_eq!(fates(&[claim("1", (0, 7), 1, 5, 100), claim("1", (0, 8), 2, 6, 200)]), [january(); 2]);
        assert_eq!(fates(&[claim("1", (3, 7), 1, 5, 100), claim("1", (4, 7), 1, 6, 200)]), [january(); 2]);
        assert_eq!(
            fates(&[claim("1", (3, 7), 1, 5, 100), claim("1", (3, 8), 1, 6, 200)]),
            [Fate::Superseded, january()]
        );
        assert_eq!(
            fates(&[claim("1", (0, 7), 1, 5, 100), claim("1", (3, 7), 1, 6, 200)]),
            [Fate::Superseded, january()]
        );
    }

    #[test]
    fn a_number_of_another_person_waits_and_a_corrected_id_does_not() {
        let held = Fate::Held(HoldReason::NumberOfAnotherPerson);
        assert_eq!(fates(&[claim("1", (3, 7), 1, 5, 100), claim("1", (3, 7), 2, 6, 200)]), [january(), held]);
        assert_eq!(
            fates(&[claim("1", (3, 7), 1, 5, 100), claim("1", (3, 7), 2, 6, 100)]),
            [Fate::Superseded, january()]
        );
        // whoever has it keeps it, whatever its update time
        let accepted = ClaimRow { origin: Origin::Accepted(None), ..claim("1", (3, 7), 1, 5, 100) };
        assert_eq!(fates(&[accepted.clone(), claim("1", (3, 7), 2, 4, 200)]), [january(), held]);
        // what was corrected stays corrected when the old row comes again
        assert_eq!(fates(&[accepted, claim("1", (3, 7), 2, 4, 100)]), [january(), Fate::Superseded]);
    }

    #[test]
    fn a_refund_without_a_number_takes_the_only_settlement_that_fits() {
        let refund = |institution: u64| claim("r", (institution, 7), 1, 9, -100);
        let [one, other] = ["1", "2"].map(|number| claim(number, (3, 7), 1, 5, 100));
        let resolved = resolve_claims(&[one.clone(), refund(3)], &[]);
        assert_eq!((resolved.fates, resolved.found[&1].as_ref()), (vec![january(); 2], "1"));
        let resolved = resolve_claims(&[refund(3)], std::slice::from_ref(&one));
        assert_eq!((resolved.fates, resolved.found[&0].as_ref()), (vec![january()], "1"));
        let many = Fate::Held(HoldReason::ManyOriginals);
        assert_eq!(fates(&[one.clone(), other.clone(), refund(3)]), [january(), january(), many]);
        let none = Fate::Held(HoldReason::NoOriginal);
        assert_eq!(fates(&[one.clone(), refund(0)]), [january(), none], "nobody says which institution");
        assert_eq!(fates(&[one.clone(), refund(4)]), [january(), none], "another institution");
        let numbered = ClaimRow { original_claim_id: Some("1".into()), ..claim("q", (3, 7), 1, 8, -100) };
        assert_eq!(fates(&[one, numbered, refund(3)]), [january(), january(), none], "taken back already");
    }

    #[test]
    fn a_mark_as_refunded_without_a_refund_is_a_conflict() {
        let marked = ClaimRow { is_refunded: true, ..claim("1", (3, 7), 1, 6, 100) };
        let alone = Fate::Held(HoldReason::RefundedAlone);
        assert_eq!(fates(&[claim("1", (3, 7), 1, 5, 100), marked.clone()]), [Fate::Duplicate, alone]);
        let refund = ClaimRow { original_claim_id: Some("1".into()), ..claim("r", (3, 7), 1, 8, -100) };
        assert_eq!(fates(&[marked, refund]), [january(), january()]);
    }

    #[test]
    fn two_versions_in_one_file_contradict_each_other() {
        let conflict = Fate::Held(HoldReason::VersionConflict);
        assert_eq!(fates(&[claim("1", (3, 7), 1, 5, 100), claim("1", (3, 7), 1, 5, 200)]), [conflict; 2]);
    }

    #[test]
    fn nobody_gets_back_more_than_was_paid() {
        let mut random = fastrand::Rng::with_seed(12);
        for _ in 0..3000 {
            let rows = history(&mut random);
            let fates = resolve_claims(&rows, &[]).fates;
            let mut left: BTreeMap<&str, i128> = BTreeMap::new();
            for (row, fate) in rows.iter().zip(&fates) {
                let Fate::Accepted(month) = fate else { continue };
                if !row.is_valid {
                    continue;
                }
                match (row.kind, &row.original_claim_id) {
                    (Kind::Reversal, Some(original)) => {
                        *left.entry(original).or_default() += row.total;
                        let original = rows
                            .iter()
                            .zip(&fates)
                            .find(|(other, fate)| other.claim_id == *original && matches!(fate, Fate::Accepted(_)));
                        assert_eq!(original.map(|(_, fate)| fate), Some(&Fate::Accepted(*month)), "booked apart");
                    }
                    _ => *left.entry(&row.claim_id).or_default() += row.total,
                }
            }
            assert!(left.values().all(|left| *left >= 0), "{left:?}");
        }
    }
}
