//! Amounts by size: enough to read a median off within one percent, of however many rows, and to put files together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::Fen;

/// Steps between a size and its double.
const STEPS: u64 = 64;

/// How many amounts there are of each size; amounts of nothing and below nothing are not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amounts(BTreeMap<u16, u64>);

impl Amounts {
    pub fn add(&mut self, amount: Fen) {
        if amount.0 > 0 {
            *self.0.entry(size_of(amount.0.unsigned_abs())).or_default() += 1;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (size, count) in &other.0 {
            *self.0.entry(*size).or_default() += count;
        }
    }

    /// How many amounts it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The lower median, within one percent; `None` of nothing.
    #[must_use]
    pub fn median(&self) -> Option<Fen> {
        let middle = self.count().div_ceil(2);
        let mut seen = 0;
        for (size, count) in &self.0 {
            seen += count;
            if seen >= middle && middle > 0 {
                return Some(Fen(i64::try_from(amount_of(*size)).unwrap_or(i64::MAX)));
            }
        }
        None
    }
}

/// The number of an amount's size: each doubling has the same count of steps, small amounts stand for themselves.
fn size_of(fen: u64) -> u16 {
    let shift = fen.max(STEPS).ilog2().saturating_sub(STEPS.ilog2());
    u16::try_from(u64::from(shift) * STEPS + (fen >> shift)).unwrap_or(u16::MAX)
}

/// The amount in the middle of a size.
fn amount_of(size: u16) -> u64 {
    let size = u64::from(size);
    let shift = (size / STEPS).saturating_sub(1);
    let lowest = (size - shift * STEPS) << shift;
    lowest + ((1 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_right_within_one_percent() {
        let mut amounts = Amounts::default();
        assert_eq!(amounts.median(), None);
        amounts.add(Fen(0));
        amounts.add(Fen(-500));
        assert_eq!(amounts.count(), 0);
        for fen in [1, 63, 64, 127, 128, 62_000, 6_200_000, 123_456_789, i64::MAX / 2] {
            let mut one = Amounts::default();
            one.add(Fen(fen));
            let found = one.median().unwrap().0;
            assert!((found - fen).abs() <= fen / 100, "{fen} is read as {found}");
        }
        for fen in 1..=1001 {
            amounts.add(Fen(fen * 100));
        }
        let median = amounts.median().unwrap().0;
        assert!((median - 50_100).abs() <= 501, "{median}");
        let mut twice = amounts.clone();
        twice.merge(&amounts);
        assert_eq!((twice.count(), twice.median()), (2002, amounts.median()));
        let kept: Amounts = serde_json::from_str(&serde_json::to_string(&twice).unwrap()).unwrap();
        assert_eq!(kept, twice);
    }
}
