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

    /// What one person's rows of one file may add up to, and what all rows of a file may: ten billion and ten thousand
    /// billion yuan. A thousand such files still fit into DECIMAL(18,2).
    pub const PERSON_LIMIT: Self = Self::RECORD_LIMIT;
    pub const FILE_LIMIT: Self = Self(1_000_000_000_000_000);

    /// Reads yuan as text (`1234.5`, `1,234.50`, `-3`); more than two significant decimals are refused, and so is a
    /// comma that does not part thousands: `12500,50` is twelve thousand to whoever wrote it, not a million.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: ParseError = ParseError::new("an amount in yuan with at most two decimals");
        Self::read(text.trim()).ok_or(EXPECTED)
    }

    fn read(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = without_thousands_marks(whole)?;
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(&whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let mut decimals = fraction.bytes().map(|digit| i64::from(digit - b'0'));
        let cents = decimals.next().unwrap_or(0) * 10 + decimals.next().unwrap_or(0);
        if decimals.any(|digit| digit != 0) {
            return None;
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let fen = whole.checked_mul(100)?.checked_add(cents)?;
        Some(Self(if negative { -fen } else { fen }))
    }

    /// What somebody would take a text for that is not an amount (`1234,56`, `约1200`, `2.81万元`), rounded up; `None` where
    /// no one number stands in it. It tells how much a rejected row could come to, and counts for nothing.
    #[must_use]
    pub fn at_most(text: &str) -> Option<Self> {
        let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',');
        let mut numbers =
            text.split(|letter| !is_part(letter)).filter(|part| part.contains(|c: char| c.is_ascii_digit()));
        let (number, None) = (numbers.next()?.trim_matches(['.', ',']), numbers.next()) else { return None };
        // the last mark parts the decimals, unless it stands where thousands are parted
        let (whole, decimals) = match number.rsplit_once(['.', ',']) {
            Some((whole, last)) if last.len() != 3 || number.ends_with(&format!(".{last}")) => (whole, last),
            _ => (number, ""),
        };
        let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
        let yuan: Decimal = format!("{whole}.{decimals}").trim_matches('.').parse().ok()?;
        let yuan = if text.contains('万') { yuan.checked_mul(Decimal::from(10_000))? } else { yuan };
        let fen = Self::ceil_of(yuan).filter(|fen| *fen <= Self::RECORD_LIMIT)?;
        let is_negative = text.trim_start().starts_with(['-', '－', '(', '（']);
        Some(if is_negative { Self(-fen.0) } else { fen })
    }

    /// The largest whole fen that is not above `yuan`: `amount > yuan` holds for an amount
    /// in fen exactly when `amount > floor(yuan)`.
    #[must_use]
    pub fn floor_of(yuan: Decimal) -> Option<Self> {
        yuan.checked_mul(Decimal::ONE_HUNDRED)?.floor().to_i64().map(Self)
    }

    /// The smallest whole fen that is not below `yuan`: `amount >= yuan` holds for an amount
    /// in fen exactly when `amount >= ceil(yuan)`.
    #[must_use]
    pub fn ceil_of(yuan: Decimal) -> Option<Self> {
        yuan.checked_mul(Decimal::ONE_HUNDRED)?.ceil().to_i64().map(Self)
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

/// `1,234,567` without its commas; nothing where they stand anywhere but before three digits each.
fn without_thousands_marks(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let mut bare = first.to_owned();
    for group in groups {
        if group.len() != 3 || bare.is_empty() || first.len() > 3 {
            return None;
        }
        bare.push_str(group);
    }
    Some(bare)
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
            ("1.", 100),
            ("1,234,567", 123_456_700),
            ("7.00000", 700),
        ] {
            assert_eq!(Fen::parse(text), Ok(Fen(fen)), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_amount_comes_to_what_a_reader_would_take_it_for() {
        for (text, fen) in [
            ("1234,56", Some(123_456)),
            ("1.234,56", Some(123_456)),
            ("1,234,5", Some(123_450)),
            ("12.345", Some(1_235)),
            ("1,234", Some(123_400)),
            ("约1200左右", Some(120_000)),
            ("2.81万元", Some(2_810_000)),
            ("（300,5）", Some(-30_050)),
            ("-7,25", Some(-725)),
            ("12元5角", None),
            ("见附件", None),
            ("", None),
            (".", None),
            ("9999999999999999999999999999999999", None),
        ] {
            assert_eq!(Fen::at_most(text), fen.map(Fen), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_money() {
        for text in [
            "",
            "-",
            ".",
            "1.234",
            "NaN",
            "1e3",
            "12元",
            "12.5元",
            "12.元",
            "元",
            "¥12.50",
            "一二.三四",
            "1.２",
            "12.50\u{200b}",
            "92233720368547758.08",
            "1.2.3",
            "--1",
            "12500,50",
            "40,00",
            "1,2345.00",
            ",123",
            "1234,567",
            "1,234,5",
            "1.234,50",
            "1,,234",
        ] {
            assert!(Fen::parse(text).is_err(), "{text}");
        }
    }

    /// Nothing that can be typed ends the program, wherever its characters begin and end.
    #[test]
    fn every_text_is_read_or_refused() {
        let pieces = ["1", "0", ".", ",", "-", "+", "元", "é", "\u{1f4b0}", "\u{feff}", "\u{0301}", " ", "\0"];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            let longer: Vec<_> = texts.iter().flat_map(|text| pieces.map(|piece| format!("{text}{piece}"))).collect();
            for text in &longer {
                if let Ok(amount) = Fen::parse(text) {
                    assert_eq!(Fen::parse(&amount.to_string()), Ok(amount), "{text}");
                }
            }
            texts = longer;
        }
        assert!(Fen::parse(&"元".repeat(1 << 15)).is_err());
    }

    #[test]
    fn a_product_beyond_all_money_is_no_line() {
        assert_eq!(Fen::floor_of(Decimal::MAX), None);
        assert_eq!(Fen::ceil_of(Decimal::MIN), None);
    }

    #[test]
    fn a_line_between_two_fen_keeps_both_comparisons_exact() {
        let line = "100.005".parse().unwrap();
        assert_eq!(Fen::floor_of(line), Some(Fen(10_000)));
        assert_eq!(Fen::ceil_of(line), Some(Fen(10_001)));
    }
}
