//! Cells of any accepted type to typed values, with what is wrong about each.

mod column;
pub(super) mod days;
mod money;

pub(crate) use days::day_in;
pub(crate) use money::fen_in;

use arrow::array::{Array, ArrayRef, AsArray as _, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use column::{Note, bare, is_error_value, unexpected, unreadable, whole_numbers};
use days::{Months, Reading};
use law::contracts::{Column, Kind, Presence, RejectCode};
use law::domain::{fold_width, is_invisible};

use super::faults::{Faults, Stage};
use super::sheet::{Cells, Read, Unreadable};
use crate::gate::job::Refusal;

/// The longest text, code or id, in characters.
const MAX_TEXT: usize = 400;

/// Reads one column of a page.
pub(super) fn read(
    at: usize,
    column: &Column,
    array: Option<&ArrayRef>,
    rows: usize,
    faults: &mut Faults,
) -> Result<Cells, Refusal> {
    let is_text = matches!(column.kind, Kind::Text | Kind::Code | Kind::Id);
    let array = array.filter(|array| *array.data_type() != DataType::Null);
    let Some(array) = array else {
        if column.presence == Presence::Required {
            (0..rows).for_each(|row| faults.note(row, Stage::Required, Some(at), RejectCode::Missing));
        }
        return Ok(if is_text { Cells::Text(StringArray::new_null(rows)) } else { Cells::Numbers(vec![None; rows]) });
    };
    let array = match array.data_type() {
        DataType::LargeUtf8 | DataType::Utf8View => cast(array, &DataType::Utf8).map_err(|error| unreadable(&error))?,
        _ => array.clone(),
    };
    error_values(at, &array, faults);
    let mut note = |row: usize, stage: Stage, code: RejectCode| faults.note(row, stage, Some(at), code);
    let cells = match column.kind {
        Kind::Text | Kind::Id | Kind::Code => Cells::Text(read_text(column.kind, &array, &mut note)?),
        Kind::Money => Cells::Numbers(money::read(&array, &mut note)?),
        Kind::Date | Kind::Moment | Kind::Month => {
            Cells::Numbers(days::read(column.kind, reading(column.name), &array, &mut note)?)
        }
        Kind::Count => Cells::Numbers(read_words(&array, count, &mut note)?),
        Kind::Flag if column.name == "is_alive" => Cells::Numbers(read_words(&array, alive, &mut note)?),
        Kind::Flag => Cells::Numbers(read_words(&array, flag, &mut note)?),
    };
    if column.presence == Presence::Required {
        // A cell that is there and cannot be read is another fault, noted already.
        let blank = blanks(&array, &cells);
        for row in blank {
            faults.note(row, Stage::Required, Some(at), RejectCode::Missing);
        }
    }
    Ok(cells)
}

/// Only rosters have months of recognition and exit (yyyymm); a last day may say that there is none.
fn reading(column: &str) -> Reading {
    Reading {
        months: match column {
            "from_date" => Months::First,
            "to_date" => Months::Last,
            _ => Months::Refused,
        },
        may_be_open: matches!(column, "to_date" | "insured_to"),
    }
}

/// Rows whose cell is empty in the file.
fn blanks(array: &ArrayRef, cells: &Cells) -> Vec<usize> {
    let texts = array.as_string_opt::<i32>();
    let empty = |row: usize| array.is_null(row) || texts.is_some_and(|texts| bare(texts.value(row)).is_empty());
    match cells {
        Cells::Text(values) if values.null_count() == 0 => Vec::new(),
        Cells::Text(values) => (0..values.len()).filter(|row| values.is_null(*row) && empty(*row)).collect(),
        Cells::Numbers(values) => (0..values.len()).filter(|row| values[*row].is_none() && empty(*row)).collect(),
    }
}

fn read_text(kind: Kind, array: &ArrayRef, note: &mut Note) -> Result<StringArray, Refusal> {
    let array = if array.data_type().is_integer() {
        cast(array, &DataType::Utf8).map_err(|error| unreadable(&error))?
    } else {
        array.clone()
    };
    let Some(texts) = array.as_string_opt::<i32>() else { return Err(unexpected(&array)) };
    let mut cleaned = StringBuilder::with_capacity(texts.len(), texts.value_data().len().min(1 << 20));
    for row in 0..texts.len() {
        let text = if texts.is_null(row) { "" } else { bare(texts.value(row)) };
        if text.is_empty() {
            cleaned.append_null();
        } else if text.len() > MAX_TEXT && text.chars().nth(MAX_TEXT).is_some() {
            note(row, Stage::Length, RejectCode::TooLong);
            cleaned.append_null();
        } else if kind == Kind::Code && !text.is_ascii() {
            cleaned.append_value(fold_width(text).replace(is_invisible, ""));
        } else if kind == Kind::Code && is_whole_with_zeros(text) {
            cleaned.append_value(text.split('.').next().unwrap_or(text));
        } else if kind == Kind::Id && text.contains(is_invisible) {
            cleaned.append_value(text.replace(is_invisible, ""));
        } else {
            cleaned.append_value(text);
        }
    }
    Ok(cleaned.finish())
}

/// An error value in any column spoils its row: nobody knows what stood there.
fn error_values(at: usize, array: &ArrayRef, faults: &mut Faults) {
    let Some(texts) = array.as_string_opt::<i32>() else { return };
    for row in (0..texts.len()).filter(|row| texts.is_valid(*row) && is_error_value(bare(texts.value(*row)))) {
        faults.note(row, Stage::Length, Some(at), RejectCode::ErrorValue);
    }
}

/// `990102.0`: a code that went through a column of numbers.
fn is_whole_with_zeros(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(whole, zeros)| digits(whole) && digits(zeros) && zeros.bytes().all(|b| b == b'0'))
}

/// Flags and counts: booleans, whole numbers, or words.
fn read_words(
    array: &ArrayRef,
    word: impl Fn(&str) -> Read<i64>,
    note: &mut Note,
) -> Result<Vec<Option<i64>>, Refusal> {
    if let Some(flags) = array.as_boolean_opt() {
        return Ok(flags.iter().map(|flag| flag.map(i64::from)).collect());
    }
    let mut values = Vec::with_capacity(array.len());
    let mut take = |row: usize, text: Option<&str>| {
        let text = text.map(bare).filter(|text| !text.is_empty());
        values.push(text.and_then(|text| {
            let read =
                if text.is_ascii() { word(text) } else { word(bare(&fold_width(text).replace(is_invisible, ""))) };
            read.unwrap_or_else(|Unreadable| {
                note(row, Stage::Form, RejectCode::Malformed);
                None
            })
        }));
    };
    if array.data_type().is_integer() {
        let numbers = whole_numbers(array)?;
        numbers.iter().enumerate().for_each(|(row, n)| take(row, n.map(|n| n.to_string()).as_deref()));
    } else {
        let Some(texts) = array.as_string_opt::<i32>() else { return Err(unexpected(array)) };
        texts.iter().enumerate().for_each(|(row, text)| take(row, text));
    }
    Ok(values)
}

fn count(text: &str) -> Read<i64> {
    let text = if is_whole_with_zeros(text) { text.split('.').next().unwrap_or(text) } else { text };
    text.parse::<i32>().map(|n| Some(i64::from(n))).map_err(|_| Unreadable)
}

fn flag(text: &str) -> Read<i64> {
    match text {
        "1" | "1.0" | "是" | "Y" | "y" => Ok(Some(1)),
        "0" | "0.0" | "否" | "N" | "n" => Ok(Some(0)),
        _ if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("yes") => Ok(Some(1)),
        _ if text.eq_ignore_ascii_case("false") || text.eq_ignore_ascii_case("no") => Ok(Some(0)),
        "未知" | "不详" => Ok(None),
        _ => Err(Unreadable),
    }
}

/// `SURV_STAS`: 1 alive, 2 dead, 3 serving a sentence (alive), 4 missing, 9 unknown.
fn alive(text: &str) -> Read<i64> {
    match text {
        "正常" | "存活" | "健在" | "3" => Ok(Some(1)),
        "2" | "死亡" | "已故" => Ok(Some(0)),
        "4" | "9" => Ok(None),
        _ => flag(text),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Int8Array};

    use super::*;

    fn words(array: &ArrayRef, word: fn(&str) -> Read<i64>) -> (Vec<Option<i64>>, Vec<usize>) {
        let mut wrong = Vec::new();
        let values = read_words(array, word, &mut |row, _, _| wrong.push(row)).unwrap();
        (values, wrong)
    }

    #[test]
    fn flags_in_every_dress() {
        let text =
            StringArray::from(vec![Some("是"), Some(" 0\t"), Some("TRUE"), None, Some(""), Some("１"), Some("maybe")]);
        let expected = vec![Some(1), Some(0), Some(1), None, None, Some(1), None];
        assert_eq!(words(&(Arc::new(text) as ArrayRef), flag), (expected, vec![6]));
        assert_eq!(
            words(&(Arc::new(Int8Array::from(vec![1, 0, 7])) as ArrayRef), flag),
            (vec![Some(1), Some(0), None], vec![2])
        );
        assert_eq!(words(&(Arc::new(BooleanArray::from(vec![true])) as ArrayRef), flag).0, vec![Some(1)]);
        let states = StringArray::from(vec!["1", "2", "0", "3", "9", "x"]);
        let expected = vec![Some(1), Some(0), Some(0), Some(1), None, None];
        assert_eq!(words(&(Arc::new(states) as ArrayRef), alive), (expected, vec![5]));
    }

    #[test]
    fn text_is_cleaned_and_capped() {
        let long = "长".repeat(401);
        let array: ArrayRef = Arc::new(StringArray::from(vec![" 张三\t", "", &long, "３１０"]));
        let mut wrong = Vec::new();
        let texts = read_text(Kind::Code, &array, &mut |row, _, code| wrong.push((row, code))).unwrap();
        assert_eq!(texts.iter().collect::<Vec<_>>(), [Some("张三"), None, None, Some("310")]);
        assert_eq!(wrong, [(2, RejectCode::TooLong)]);
    }
}
