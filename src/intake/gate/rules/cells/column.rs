//! What reading any kind of column needs: whole numbers, and words for what cannot be read.

use arrow::array::{ArrayRef, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, UInt64Type};
use law::contracts::RejectCode;
use law::domain::clean_text;

use crate::gate::decode::NO_RESULT;
use crate::gate::job::Refusal;
use crate::gate::rules::faults::Stage;

/// What a text cell says: without blanks and invisible marks around it, and without the `="..."` by which exports keep
/// spreadsheets from making numbers of it.
pub(super) fn bare(cell: &str) -> &str {
    let text = clean_text(cell);
    if !text.starts_with('=') {
        return text;
    }
    match text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => clean_text(inner),
        None => text,
    }
}

/// The error values of spreadsheets, which exports write as text.
pub(super) fn is_error_value(text: &str) -> bool {
    const VALUES: [&str; 10] =
        ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#DATA!", "#SPILL!", NO_RESULT];
    text.starts_with('#') && VALUES.iter().any(|value| text.eq_ignore_ascii_case(value))
}

/// Says which row is wrong, under which rule, and how.
pub(super) type Note<'a> = dyn FnMut(usize, Stage, RejectCode) + 'a;

/// Whole numbers of any width; a u64 beyond an i64 cannot be meant and reads as the largest.
pub(super) fn whole_numbers(array: &ArrayRef) -> Result<Vec<Option<i64>>, Refusal> {
    if let Some(wide) = array.as_primitive_opt::<UInt64Type>() {
        return Ok(wide.iter().map(|n| n.map(|n| i64::try_from(n).unwrap_or(i64::MAX))).collect());
    }
    let array = cast(array, &DataType::Int64).map_err(|error| unreadable(&error))?;
    Ok(array.as_primitive::<Int64Type>().iter().collect())
}

pub(super) fn unexpected(array: &ArrayRef) -> Refusal {
    Refusal::new(format!("a column of type {} cannot be read", array.data_type()))
}

pub(super) fn unreadable(error: &impl std::fmt::Display) -> Refusal {
    let text: String = error.to_string().chars().take(80).collect();
    Refusal::new(format!("a column cannot be read: {}", law::domain::mask_value(&text)))
}
