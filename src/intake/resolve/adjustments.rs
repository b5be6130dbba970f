//! Adjustments: the latest version of each counts, on the month of its claim; without the claim it waits. A payment's
//! number belongs to who paid and to whom: the same number of another payer, or to another person, is another payment.

use std::collections::BTreeMap;

use law::domain::Month;

use super::age::{Age, Version, groups, latest};
use super::issuer::{Issuer, by_issuer};
use super::{Fate, HoldReason, Origin};

/// The few cells of an adjustment row that decide its fate.
#[derive(Debug, Clone)]
pub(crate) struct AdjustmentRow {
    pub adjustment_id: Box<str>,
    /// The claim that it belongs to.
    pub claim_id: Box<str>,
    /// The payer as institution, the claim as area: payments without a stated payer are told apart by their claims.
    pub issuer: Issuer,
    pub age: Age,
    /// Hash of all that the sender stated but the update time.
    pub content_hash: i64,
    pub person: i64,
    /// Paid, fen; negative where a payment was taken back.
    pub fen: i128,
    pub origin: Origin,
}

impl Version for AdjustmentRow {
    fn age(&self) -> &Age {
        &self.age
    }

    fn content(&self) -> i64 {
        self.content_hash
    }
}

/// Where an accepted, valid claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClaimPlace {
    /// The month on which it is booked.
    pub month: Month,
    /// What the person bore of it, fen.
    pub personal: i128,
    /// Another issuer gave the same number to a claim of the same person.
    pub is_one_of_several: bool,
}

/// Every row's fate; old rows first, the incoming in the order of their arrival. `claim` finds a person's claim.
pub(crate) fn resolve_adjustments(
    rows: &[AdjustmentRow],
    claim: impl Fn(&str, i64) -> Option<ClaimPlace>,
) -> Vec<Fate> {
    let mut fates: Vec<Option<Fate>> = vec![None; rows.len()];
    let mut winners = Vec::new();
    for number in groups(rows, |a, b| a.adjustment_id.cmp(&b.adjustment_id).then_with(|| a.person.cmp(&b.person))) {
        for versions in by_issuer(rows, &number, |row| row.issuer, |a, b| a.issuer.shares_institution(b.issuer)) {
            match latest(rows, &versions, &mut fates)[..] {
                [winner] => winners.push(winner),
                ref rivals => {
                    for index in rivals {
                        fates[*index as usize] = Some(Fate::Held(HoldReason::VersionConflict));
                    }
                }
            }
        }
    }
    let row = |index: u32| &rows[index as usize];
    // what was paid before what was taken back
    winners.sort_by_key(|index| {
        let row = row(*index);
        (row.fen < 0, row.age.updated_at, row.adjustment_id.clone())
    });
    let mut paid: BTreeMap<(&str, i64), i128> = BTreeMap::new();
    for index in winners {
        let row = row(index);
        let left = paid.entry((&row.claim_id, row.person)).or_default();
        fates[index as usize] = Some(match claim(&row.claim_id, row.person) {
            None => Fate::Held(HoldReason::NoClaim),
            Some(claim) if claim.is_one_of_several => Fate::Held(HoldReason::ManyClaims),
            Some(_) if *left + row.fen < 0 => Fate::Held(HoldReason::ExceedsPaid),
            Some(claim) if row.fen > 0 && *left + row.fen > claim.personal => Fate::Held(HoldReason::ExceedsClaim),
            Some(claim) => {
                *left += row.fen;
                Fate::Accepted(Some(claim.month))
            }
        });
    }
    fates.into_iter().map(|fate| fate.unwrap_or(Fate::Superseded)).collect()
}
