//! The words of the field as types: money, person, month, county, tag, and how each is masked.
//!
//! Every type is a newtype with a `parse`; whoever holds one holds a valid value.
//! No IO, no clock, no knowledge of files or of any other module lives here.

mod address;
mod calendar;
mod counties;
mod money;
mod person;
mod region;
mod tag;
mod text;

pub use address::MailAddress;
pub use calendar::{LONGEST_REST, Month, Period, Workdays, official_day, parse_date};
pub use counties::Counties;
pub use money::Fen;
pub use person::{CertType, IdError, IdNumber, PersonKey, bucket_of, stable_hash};
pub use region::CountyCode;
pub use tag::Tag;
pub use text::{
    Said, TokenKey, clean_text, clean_token, comparable_name, fold_width, folded_name, hex, is_invisible, mask_id,
    mask_name, mask_value, same_name,
};

/// Why a piece of text is not the thing it should be; says what was expected, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct ParseError {
    /// What a valid value looks like, for the person who must correct it.
    pub expected: &'static str,
}

impl ParseError {
    #[must_use]
    pub const fn new(expected: &'static str) -> Self {
        Self { expected }
    }
}
