//! Refunds: a reversal counts on the month of the settlement that it takes back, or waits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::claim_row::{ClaimRow, Kind};
use super::{Fate, HoldReason};

/// Numbers of the originals that were found for refunds which came without, by row.
pub(crate) type Found = HashMap<usize, Box<str>>;

/// A settlement among the winners, or among the other accepted claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Row(u32),
    Other(usize),
}

struct Settlements<'a> {
    rows: &'a [ClaimRow],
    others: &'a [ClaimRow],
    /// Valid settlements by their number.
    by_number: HashMap<&'a str, Vec<Place>>,
}

impl<'a> Settlements<'a> {
    fn of(rows: &'a [ClaimRow], others: &'a [ClaimRow], winners: &[u32]) -> Self {
        let mut all = Self { rows, others, by_number: HashMap::new() };
        let places = winners.iter().map(|winner| Place::Row(*winner)).chain((0..others.len()).map(Place::Other));
        for place in places {
            let row = all.row(place);
            if row.kind == Kind::Settlement && row.is_valid {
                all.by_number.entry(&row.claim_id).or_default().push(place);
            }
        }
        all
    }

    fn row(&self, place: Place) -> &'a ClaimRow {
        match place {
            Place::Row(index) => &self.rows[index as usize],
            Place::Other(index) => &self.others[index],
        }
    }

    /// The settlement of that number that a refund takes back.
    fn original(&self, number: &str, refund: &ClaimRow) -> Result<Place, HoldReason> {
        let of_person = |place: &&Place| self.row(**place).person == refund.person;
        let all: Vec<Place> = self.by_number.get(number).into_iter().flatten().filter(of_person).copied().collect();
        let same_issuer = |place: &&Place| self.row(**place).issuer.may_be(refund.issuer);
        match all[..] {
            [] => Err(HoldReason::NoOriginal),
            [only] => Ok(only),
            _ => match all.iter().filter(same_issuer).collect::<Vec<_>>()[..] {
                [only] => Ok(*only),
                _ => Err(HoldReason::ManyOriginals),
            },
        }
    }

    /// The only settlement of the refund's person and institution with exactly its amounts that nothing takes back yet.
    fn only_candidate(&self, refund: &ClaimRow, taken: &BTreeSet<Place>) -> Result<Place, HoldReason> {
        let fits = |place: &Place| {
            let row = self.row(*place);
            row.person == refund.person
                && refund.issuer.institution.is_some()
                && row.issuer.institution == refund.issuer.institution
                && row.settled_at <= refund.settled_at
                && (row.total, row.personal) == (-refund.total, -refund.personal)
                && !taken.contains(place)
        };
        let mut all = self.by_number.values().flatten().filter(|place| fits(place));
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(*only),
            (None, _) => Err(HoldReason::NoOriginal),
            _ => Err(HoldReason::ManyOriginals),
        }
    }
}

/// Sets the fates of the winners: which claims count, and which refunds find what they take back.
pub(super) fn settle_refunds(
    rows: &[ClaimRow],
    others: &[ClaimRow],
    winners: &[u32],
    fates: &mut [Option<Fate>],
) -> Found {
    let mut refunds: Vec<u32> = winners.iter().copied().filter(|winner| is_refund(&rows[*winner as usize])).collect();
    let has_marks = winners.iter().any(|winner| rows[*winner as usize].is_refunded);
    if refunds.is_empty() && !has_marks {
        for winner in winners {
            fates[*winner as usize] = Some(Fate::Accepted(Some(rows[*winner as usize].settled)));
        }
        return Found::new();
    }
    refunds.sort_by(|a, b| {
        let key = |index: &u32| {
            (rows[*index as usize].age.updated_at, &rows[*index as usize].claim_id, &rows[*index as usize].age)
        };
        key(a).cmp(&key(b))
    });
    let settlements = Settlements::of(rows, others, winners);
    let Taken { originals, found, settled } = taken(&settlements, &refunds);
    let mut left: BTreeMap<Place, (i128, i128)> = BTreeMap::new();
    for index in refunds {
        let refund = &rows[index as usize];
        let fate = match originals.get(&index).copied().unwrap_or(Err(HoldReason::NoOriginal)) {
            Err(reason) => Fate::Held(reason),
            Ok(place) => {
                let original = settlements.row(place);
                let left = left.entry(place).or_insert((original.total, original.personal));
                // in order of their updates, each takes from what is left; one that does not fit takes nothing
                let after = (left.0 + refund.total, left.1 + refund.personal);
                if after.0 >= 0 && after.1 >= 0 {
                    *left = after;
                    Fate::Accepted(Some(original.settled))
                } else {
                    Fate::Held(HoldReason::ExceedsOriginal)
                }
            }
        };
        fates[index as usize] = Some(fate);
    }
    for winner in winners.iter().copied().filter(|winner| !is_refund(&rows[*winner as usize])) {
        let row = &rows[winner as usize];
        // marked as refunded, and no refund came: it counts, or it does not
        let is_alone = row.kind == Kind::Settlement && row.is_valid && row.is_refunded && row.total > 0;
        let is_alone = is_alone && !settled.contains(&Place::Row(winner));
        let fate = if is_alone { Fate::Held(HoldReason::RefundedAlone) } else { Fate::Accepted(Some(row.settled)) };
        fates[winner as usize] = Some(fate);
    }
    found
}

/// What the refunds take back.
struct Taken {
    /// By the refund's row: the settlement, or why there is none.
    originals: BTreeMap<u32, Result<Place, HoldReason>>,
    found: Found,
    /// Every settlement of which something is taken back.
    settled: BTreeSet<Place>,
}

/// Those that state a number come first: of the others each takes the only settlement that is left for it.
fn taken(settlements: &Settlements<'_>, refunds: &[u32]) -> Taken {
    let rows = settlements.rows;
    let mut originals: BTreeMap<u32, Result<Place, HoldReason>> = BTreeMap::new();
    for index in refunds.iter().copied() {
        let refund = &rows[index as usize];
        if let Some(number) = refund.original_claim_id.as_deref() {
            originals.insert(index, settlements.original(number, refund));
        }
    }
    let mut settled: BTreeSet<Place> = originals.values().filter_map(|place| place.as_ref().ok().copied()).collect();
    for refund in settlements.others.iter().filter(|row| is_refund(row)) {
        let number = refund.original_claim_id.as_deref().unwrap_or_default();
        settled.extend(settlements.original(number, refund));
    }
    let mut found = Found::new();
    for index in refunds.iter().copied() {
        let refund = &rows[index as usize];
        if refund.original_claim_id.is_none() {
            let only = settlements.only_candidate(refund, &settled);
            if let Ok(place) = only {
                settled.insert(place);
                found.insert(index as usize, settlements.row(place).claim_id.clone());
            }
            originals.insert(index, only);
        }
    }
    Taken { originals, found, settled }
}

fn is_refund(row: &ClaimRow) -> bool {
    row.kind == Kind::Reversal && row.is_valid
}
