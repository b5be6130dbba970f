//! Referral lists: who goes on which list, what changed since the last one, what each column is, the roll-up.
//!
//! Pure: no files, no clock. Writing the lists lives in `pipeline::seal`, their numbers in `ledger`.
//! A new list column is one line in [`COLUMNS`] and a column of that name in the mart.

mod build;
mod columns;
mod kind;
pub mod labels;
mod office;
mod previous;
mod rollup;
mod row;

pub use build::{ListRequest, Lists, ReferralList, build_lists};
pub use columns::{COLUMNS, ColumnKind, FILLED_IN, ListColumn, Place, Profile, column_called, columns_of};
pub use kind::{ListId, ListKind, ListedRule};
pub use office::{Duty, Office, OfficeFault, OfficeTerm, Offices};
pub use previous::{Delta, DeltaCounts, PreviousList, PreviousPerson};
pub use rollup::{Rollup, RollupCell, RollupLine, is_small, suppress, suppress_beyond};
pub use row::{Cell, Cells, ListRow, ListedPerson};

/// Why lists cannot be built. Texts never carry a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A row of the mart lacks what every row must have.
    #[error("mart referral_rows, column {column}: missing or of another type; mend sql/marts/referral_rows.sql")]
    Row {
        /// The column.
        column: &'static str,
    },
    /// A row names a rule that the policy does not have.
    #[error("mart referral_rows names rule {rule:?}, which the policy does not have; run the nightly job again")]
    UnknownRule {
        /// The rule.
        rule: String,
    },
    /// A list does not follow from the one before it.
    #[error("list {list_id}: {before} before + {new} new - {withdrawn} withdrawn is not {now}; nothing is sealed")]
    Unbalanced {
        /// The list.
        list_id: String,
        /// Persons on the list before.
        before: usize,
        /// New ones.
        new: usize,
        /// Withdrawn ones.
        withdrawn: usize,
        /// Persons on it now.
        now: usize,
    },
}
