//! Money as whole fen. Yuan appear only at the edges, as text with two decimals.

use std::fmt;
use std::iter::Sum;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::ParseError;

/// An amount in fen (分, 1/100 yuan); signed, because a reversal is a negative amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    pub const ZERO: Self = Self(0);
    /// The largest amount that one record may carry: ten billion yuan, far below DECIMAL(18,2).
    pub const RECORD_LIMIT: Self = Self(1_000_000_000_000);

    /// Reads yuan as text (`1234.5`, `1,234.50`, `-3`); more than two significant decimals are refused.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: ParseError = ParseError::new("an amount in yuan with at most two decimals");
        let bare: String = text.trim().chars().filter(|c| *c != ',').collect();
        let (negative, digits) = match bare.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, bare.strip_prefix('+').unwrap_or(&bare)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (cents, rest) = fraction.split_at(fraction.len().min(2));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let valid = !(whole.is_empty() && fraction.is_empty())
            && all_digits(whole)
            && all_digits(cents)
            && rest.bytes().all(|b| b == b'0');
        if !valid {
            return Err(EXPECTED);
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| EXPECTED)? };
        let cents: i64 = format!("{cents:0<2}").parse().map_err(|_| EXPECTED)?;
        let fen = whole.checked_mul(100).and_then(|fen| fen.checked_add(cents)).ok_or(EXPECTED)?;
        Ok(Self(if negative { -fen } else { fen }))
    }

    /// The largest whole fen that is not above `yuan`: `amount > yuan` holds for an amount
    /// in fen exactly when `amount > floor(yuan)`.
    #[must_use]
    pub fn floor_of(yuan: Decimal) -> Option<Self> {
        (yuan * Decimal::ONE_HUNDRED).floor().to_i64().map(Self)
    }

    /// The smallest whole fen that is not below `yuan`: `amount >= yuan` holds for an amount
    /// in fen exactly when `amount >= ceil(yuan)`.
    #[must_use]
    pub fn ceil_of(yuan: Decimal) -> Option<Self> {
        (yuan * Decimal::ONE_HUNDRED).ceil().to_i64().map(Self)
    }

    /// The amount in yuan, exact.
    #[must_use]
    pub fn yuan(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// The amount as the unscaled value of a DECIMAL(18,2).
    #[must_use]
    pub const fn unscaled(self) -> i128 {
        self.0 as i128
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl Sum<Fen> for i128 {
    fn sum<I: Iterator<Item = Fen>>(amounts: I) -> Self {
        amounts.map(Fen::unscaled).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_yuan_exactly() {
        for (text, fen) in [
            ("0", 0),
            ("12", 1200),
            ("12.3", 1230),
            ("-12.34", -1234),
            (" 1,234.50 ", 123_450),
            (".5", 50),
            ("7.00000", 700),
        ] {
            assert_eq!(Fen::parse(text), Ok(Fen(fen)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_money() {
        for text in ["", "-", ".", "1.234", "NaN", "1e3", "12元", "92233720368547758.08", "1.2.3", "--1"] {
            assert!(Fen::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_line_between_two_fen_keeps_both_comparisons_exact() {
        let line = "100.005".parse().unwrap();
        assert_eq!(Fen::floor_of(line), Some(Fen(10_000)));
        assert_eq!(Fen::ceil_of(line), Some(Fen(10_001)));
    }
}
