//! Claims: the latest version of each counts; a reversal counts on its original's month or waits.

use law::domain::Month;

use super::{Fate, HoldReason, Origin, elect};

/// What a claim row is; decides how it is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An ordinary settlement (结算).
    Settlement,
    /// Takes a settlement back (冲销), with negative amounts.
    Reversal,
    /// Pays funds later on fees settled before (补报销).
    Supplement,
}

impl Kind {
    /// The kind as the column `claim_kind` has it; what is not known counts as a settlement.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "reversal" => Self::Reversal,
            "supplement" => Self::Supplement,
            _ => Self::Settlement,
        }
    }
}

/// The few cells of a claim row that decide its fate.
#[derive(Debug, Clone)]
pub(crate) struct ClaimRow {
    pub claim_id: Box<str>,
    /// The settlement that a reversal cancels.
    pub original_claim_id: Option<Box<str>>,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// Hash of all that the sender stated but the update time.
    pub content_hash: i64,
    pub person: i64,
    pub settled: Month,
    pub kind: Kind,
    /// False: this update voids the claim.
    pub is_valid: bool,
    /// Total, fen.
    pub total: i128,
    /// Borne by the person, fen.
    pub personal: i128,
    pub origin: Origin,
}

/// Every row's fate. `rows` must hold all versions of the claims at hand, old ones first, the incoming in the
/// order of their arrival; and for each reversal its original and that original's other reversals.
#[must_use]
pub(crate) fn resolve_claims(rows: &[ClaimRow]) -> Vec<Fate> {
    let election = elect(rows, |a, b| a.claim_id.cmp(&b.claim_id), |row| (row.updated_at, row.content_hash));
    let (winners, mut fates) = (election.winners, election.losers);
    let mut reversals: Vec<u32> = Vec::new();
    for winner in &winners {
        let row = &rows[*winner as usize];
        if row.kind == Kind::Reversal && row.is_valid {
            reversals.push(*winner);
        } else {
            fates[*winner as usize] = Some(Fate::Accepted(Some(row.settled)));
        }
    }
    let original_of = |row: &ClaimRow| {
        let wanted = row.original_claim_id.as_deref()?;
        let at = winners.binary_search_by(|winner| rows[*winner as usize].claim_id.as_ref().cmp(wanted)).ok()?;
        let original = &rows[winners[at] as usize];
        (original.kind == Kind::Settlement && original.is_valid && original.person == row.person).then_some(original)
    };
    reversals.sort_by_key(|index| {
        let row = &rows[*index as usize];
        (&row.original_claim_id, row.updated_at, &row.claim_id)
    });
    let mut taken_back = TakenBack::default();
    for index in reversals {
        let row = &rows[index as usize];
        let fate = match original_of(row) {
            None => Fate::Held(HoldReason::NoOriginal),
            Some(original) if taken_back.fits(original, row) => Fate::Accepted(Some(original.settled)),
            Some(_) => Fate::Held(HoldReason::ExceedsOriginal),
        };
        fates[index as usize] = Some(fate);
    }
    // Every row is a loser or a winner, and every winner has its fate by now.
    fates.into_iter().map(|fate| fate.unwrap_or(Fate::Superseded)).collect()
}

/// What the reversals of one original have taken back so far, in order of their updates.
#[derive(Default)]
struct TakenBack<'a> {
    original: Option<&'a str>,
    total: i128,
    personal: i128,
}

impl<'a> TakenBack<'a> {
    /// Whether the original still has what the reversal takes; a reversal that does not fit takes nothing.
    fn fits(&mut self, original: &'a ClaimRow, reversal: &ClaimRow) -> bool {
        if self.original != Some(&original.claim_id) {
            *self = Self { original: Some(&original.claim_id), total: 0, personal: 0 };
        }
        let (total, personal) = (self.total - reversal.total, self.personal - reversal.personal);
        let fits = total <= original.total && personal <= original.personal;
        if fits {
            (self.total, self.personal) = (total, personal);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

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
                let mut row = ClaimRow {
                    claim_id: format!("c{id}").into(),
                    original_claim_id: (kind == Kind::Reversal).then(|| format!("c{original}").into()),
                    updated_at: random.i64(0..5),
                    content_hash: 0,
                    person: random.i64(0..2),
                    settled: month(random.u32(1..4)),
                    kind,
                    is_valid: random.u8(0..6) > 0,
                    total: sign * total,
                    personal: sign * total.min(2),
                    origin: Origin::Incoming,
                };
                let content = format!("{row:?}").replace(&format!("updated_at: {}", row.updated_at), "");
                row.content_hash = law::domain::stable_hash(&content).cast_signed();
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
            let fates = resolve_claims(&kept);
            assert_eq!(fates.len(), old + batch.len(), "every row has one fate");
            seen.clear();
            let mut next = Vec::new();
            for (mut row, fate) in kept.into_iter().zip(fates) {
                row.origin = match fate {
                    Fate::Accepted(month) => Origin::Accepted(month),
                    Fate::Held(_) => Origin::Held,
                    Fate::Superseded | Fate::Duplicate => continue,
                };
                seen.insert((row.claim_id.clone(), row.updated_at, row.content_hash), fate);
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

    #[test]
    fn nobody_gets_back_more_than_was_paid() {
        let mut random = fastrand::Rng::with_seed(12);
        for _ in 0..3000 {
            let rows = history(&mut random);
            let fates = resolve_claims(&rows);
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
