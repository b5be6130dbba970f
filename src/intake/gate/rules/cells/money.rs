//! Money cells to fen, exactly: decimals of any scale, text, whole yuan, floats close to a fen.

#![expect(clippy::disallowed_types, reason = "senders' float columns are read here, each within a tolerance of a fen")]

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Float64Type};
use law::contracts::RejectCode;
use law::domain::{Fen, fold_width, is_invisible};

use super::column::{Note, bare, unexpected, unreadable, whole_numbers};
use crate::gate::job::Refusal;
use crate::gate::rules::faults::Stage;

/// How far a float may lie from a whole fen, in fen (0.0001 yuan).
const FLOAT_SLACK: f64 = 0.01;

/// A cell that is not money, or money that no record carries (with the fen that it could come to).
type Wrong = (RejectCode, Option<i64>);

pub(super) fn read(array: &ArrayRef, note: &mut Note) -> Result<Vec<Option<i64>>, Refusal> {
    let rows = 0..array.len();
    let mut values = Vec::with_capacity(array.len());
    let mut take = |row: usize, cell: Option<Result<i64, Wrong>>| {
        values.push(match cell {
            None => None,
            Some(Ok(fen)) => Some(fen),
            Some(Err((code, fen))) => {
                note(row, Stage::Money, code);
                fen
            }
        });
    };
    match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            rows.for_each(|row| take(row, if texts.is_null(row) { None } else { of_text(texts.value(row)) }));
        }
        DataType::Decimal256(_, scale) => {
            let (decimals, scale) = (array.as_primitive::<Decimal256Type>(), *scale);
            let cell = |row: usize| decimals.value(row).to_i128().ok_or((RejectCode::OutOfRange, None));
            rows.for_each(|row| {
                take(row, decimals.is_valid(row).then(|| cell(row).and_then(|value| of_decimal(value, scale))));
            });
        }
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => {
            let wide = cast(array, &DataType::Decimal128(38, *scale)).map_err(|error| unreadable(&error))?;
            let (decimals, scale) = (wide.as_primitive::<Decimal128Type>(), *scale);
            rows.for_each(|row| take(row, decimals.is_valid(row).then(|| of_decimal(decimals.value(row), scale))));
        }
        DataType::Float64 => {
            let floats = array.as_primitive::<Float64Type>();
            rows.for_each(|row| take(row, floats.is_valid(row).then(|| of_float(floats.value(row)))));
        }
        kind if kind.is_integer() => {
            let whole = whole_numbers(array)?;
            rows.zip(whole).for_each(|(row, yuan)| take(row, yuan.map(|yuan| of_decimal(i128::from(yuan), 0))));
        }
        _ => return Err(unexpected(array)),
    }
    Ok(values)
}

fn gated(fen: i64) -> Result<i64, Wrong> {
    if fen.unsigned_abs() > Fen::RECORD_LIMIT.0.unsigned_abs() {
        Err((RejectCode::OutOfRange, Some(fen)))
    } else {
        Ok(fen)
    }
}

fn of_decimal(value: i128, scale: i8) -> Result<i64, Wrong> {
    let fen = if scale <= 2 {
        let factor = 10_i128.checked_pow((2 - i32::from(scale)).unsigned_abs());
        factor.and_then(|factor| value.checked_mul(factor)).ok_or((RejectCode::OutOfRange, None))?
    } else {
        let divisor = 10_i128.checked_pow((i32::from(scale) - 2).unsigned_abs()).unwrap_or(i128::MAX);
        if value % divisor != 0 {
            return Err((RejectCode::NotMoney, None));
        }
        value / divisor
    };
    i64::try_from(fen).map_err(|_| (RejectCode::OutOfRange, None)).and_then(gated)
}

fn of_float(yuan: f64) -> Result<i64, Wrong> {
    // Whole fen are exact in a float up to 2^53; everything larger is out of range by far.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let fen = yuan * 100.0;
    if !fen.is_finite() {
        return Err((RejectCode::NotMoney, None));
    }
    if fen.abs() >= EXACT {
        return Err((RejectCode::OutOfRange, None));
    }
    let rounded = fen.round();
    if (fen - rounded).abs() > FLOAT_SLACK {
        return Err((RejectCode::NotMoney, None));
    }
    #[allow(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
    gated(rounded as i64)
}

fn of_text(text: &str) -> Option<Result<i64, Wrong>> {
    if let Some(fen) = plain(text.as_bytes()) {
        return Some(gated(fen));
    }
    let text = bare(text);
    if text.is_empty() {
        return None;
    }
    let folded = fold_width(text).replace(is_invisible, "");
    Some(match Fen::parse(&folded) {
        Ok(Fen(fen)) => gated(fen),
        Err(_) if whole_part_is_huge(text) => Err((RejectCode::OutOfRange, None)),
        Err(_) => Err((RejectCode::NotMoney, Fen::at_most(&folded).map(|fen| fen.0))),
    })
}

/// The amount that a text says; `None`: it says nothing.
pub(crate) fn fen_in(text: &str) -> Result<Option<Fen>, RejectCode> {
    of_text(text).transpose().map(|fen| fen.map(Fen)).map_err(|(code, _)| code)
}

/// Digits with more places before the point than 64 bits of fen have.
fn whole_part_is_huge(text: &str) -> bool {
    let bare = text.trim_start_matches(['-', '+']);
    let (whole, cents) = bare.split_once('.').unwrap_or((bare, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    whole.len() >= 17 && digits(whole) && digits(cents) && cents.len() <= 2
}

/// The everyday form, without allocation: `-1234`, `1234.5`, `1234.56`, up to 15 digits.
fn plain(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 16 || digits[0] == b'.' {
        return None;
    }
    let mut value: i64 = 0;
    let mut decimals: Option<u32> = None;
    for byte in digits {
        match byte {
            b'0'..=b'9' if decimals != Some(2) => {
                value = value * 10 + i64::from(byte - b'0');
                decimals = decimals.map(|count| count + 1);
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return None,
        }
    }
    let fen = value.checked_mul(match decimals {
        Some(2) => 1,
        Some(1) => 10,
        Some(0) => return None,
        _ => 100,
    })?;
    Some(if negative { -fen } else { fen })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Decimal128Array, Decimal256Array, Float64Array, Int64Array, StringArray};
    use arrow::datatypes::i256;

    use super::*;
    use RejectCode::{NotMoney, OutOfRange};

    fn fen(array: impl Array + 'static) -> (Vec<Option<i64>>, Vec<(usize, RejectCode)>) {
        let mut wrong = Vec::new();
        let array: ArrayRef = Arc::new(array);
        let values = read(&array, &mut |row, _, code| wrong.push((row, code))).unwrap();
        (values, wrong)
    }

    #[test]
    fn text_in_both_ways_of_reading() {
        for text in
            ["0", "12", "12.3", "-12.34", "1.", ".5", "1,234.50", "１２.５", "1.005", "x", "-", "1e5", "--1", "1.2.3"]
        {
            let slow = Fen::parse(&fold_width(text)).ok().map(|fen| fen.0);
            assert_eq!(of_text(text).unwrap().ok(), slow, "{text}");
        }
        assert_eq!(of_text(" \t"), None);
        assert_eq!(of_text("10000000000.01"), Some(Err((OutOfRange, Some(1_000_000_000_001)))));
        assert_eq!(of_text(&"9".repeat(40)), Some(Err((OutOfRange, None))));
    }

    #[test]
    fn decimals_are_exact_or_nothing() {
        let scale4 = Decimal128Array::from(vec![Some(123_400), Some(123_456), None]).with_precision_and_scale(18, 4);
        assert_eq!(fen(scale4.unwrap()), (vec![Some(1234), None, None], vec![(1, NotMoney)]));
        let scale0 = Decimal128Array::from(vec![12]).with_precision_and_scale(18, 0).unwrap();
        assert_eq!(fen(scale0).0, [Some(1200)]);
        let huge = Decimal128Array::from(vec![i128::MAX / 10]).with_precision_and_scale(38, 2).unwrap();
        assert_eq!(fen(huge).1, [(0, OutOfRange)]);
        let wide = Decimal256Array::from(vec![i256::from_i128(1234), i256::MAX]).with_precision_and_scale(76, 2);
        assert_eq!(fen(wide.unwrap()), (vec![Some(1234), None], vec![(1, OutOfRange)]));
    }

    #[test]
    fn floats_within_their_tolerance() {
        let floats = vec![0.1 + 0.2, 1234.56, -0.0, f64::NAN, f64::INFINITY, 1.005, 1e300, 2e10];
        let (values, wrong) = fen(Float64Array::from(floats));
        assert_eq!(&values[..3], &[Some(30), Some(123_456), Some(0)]);
        assert_eq!(wrong, [(3, NotMoney), (4, NotMoney), (5, NotMoney), (6, OutOfRange), (7, OutOfRange)]);
    }

    #[test]
    fn whole_yuan_and_blanks() {
        assert_eq!(fen(Int64Array::from(vec![Some(7), None, Some(i64::MAX)])).0, [Some(700), None, None]);
        assert_eq!(fen(StringArray::from(vec!["", "NaN"])), (vec![None, None], vec![(1, NotMoney)]));
    }
}
