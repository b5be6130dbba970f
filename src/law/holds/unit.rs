//! In which unit the amounts of a file are likely to be whose medians surprise.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::questions::{Bound, Surprise};

/// What an amount of a file is to be multiplied by to be one in yuan: a power of a hundred, since senders write fen (分),
/// yuan (元) and ten thousand yuan (万元).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountUnit(Decimal);

impl AmountUnit {
    pub const YUAN: Self = Self(Decimal::ONE);

    /// The unit that brings medians nearest to what is usual; yuan where they do not surprise.
    #[must_use]
    pub fn of(surprises: &[Surprise]) -> Self {
        let mut shifted = surprises.iter().filter(|surprise| surprise.bound == Bound::AmountsShifted);
        let ratio = shifted.find_map(|surprise| surprise.figures.get("ratio")?.parse::<Decimal>().ok());
        let Some(mut ratio) = ratio.filter(|ratio| *ratio > Decimal::ZERO) else { return Self::YUAN };
        let (ten, hundred) = (Decimal::TEN, Decimal::ONE_HUNDRED);
        let mut factor = Decimal::ONE;
        while ratio > ten && factor > Decimal::new(1, 6) {
            (ratio, factor) = (ratio / hundred, factor / hundred);
        }
        while ratio * ten < Decimal::ONE && factor < Decimal::from(1_000_000) {
            (ratio, factor) = (ratio * hundred, factor * hundred);
        }
        Self(factor)
    }

    /// An amount of the file in fen, rounded up; `None` where 64 bits do not hold it.
    #[must_use]
    pub fn fen(self, printed: i128) -> Option<i64> {
        let fen = Decimal::try_from_i128_with_scale(printed, 0).ok()?.checked_mul(self.0)?.ceil();
        fen.to_i64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(ratio: &str) -> AmountUnit {
        AmountUnit::of(&[Surprise::new(Bound::AmountsShifted, [("ratio", ratio.to_owned())])])
    }

    #[test]
    fn the_unit_brings_amounts_near_to_the_usual() {
        for (ratio, printed, fen) in [
            ("100", 12_345_600, Some(123_456)),
            ("62", 101, Some(2)),
            ("20", 12_345, Some(124)),
            ("9800", 1_000_000, Some(100)),
            ("0.009", 123, Some(12_300)),
            ("0.0001", 1, Some(10_000)),
            ("1.5", 7, Some(7)),
            ("0", 7, Some(7)),
            ("x", 7, Some(7)),
            ("0.01", i128::from(i64::MAX), None),
        ] {
            assert_eq!(unit(ratio).fen(printed), fen, "{ratio}");
        }
        assert_eq!(AmountUnit::of(&[]), AmountUnit::YUAN);
        let rows = Surprise::new(Bound::RowsCount, [("ratio", "100".to_owned())]);
        assert_eq!(AmountUnit::of(&[rows]), AmountUnit::YUAN);
    }
}
