//! The case book of a policy: cases in Chinese plain words, read from YAML and checked; nothing is computed here.
//!
//! The files are `pipelines/policies/<policy>/cases/*.yaml`; `watch` carries them out.

mod book;
mod case;
mod claim;
mod faults;
mod file;
mod read;
mod scalar;
mod words;

pub use book::{Amounts, Case, CaseApplication, CaseClaim, CasePayment, CasePerson, CaseTag, ClaimKind, Expected};
pub use read::parse_case_book;
pub use words::{reason_word, status_word};
