//! Referral lists: who goes on which list, what changed since the last one, what each column is, the roll-up.
//!
//! Pure: no files, no clock. Writing the lists lives in `office::seal`, their numbers in `store::ledger`.
//! A new list column is one line in [`COLUMNS`] and a column of that name in the mart.

mod build;
mod columns;
mod correct;
mod delta;
mod ended;
mod funnel;
mod kind;
mod labels;
mod office;
mod overdue;
mod previous;
mod question;
mod request;
mod rollup;
mod route;
mod row;
mod stay;
mod suppression;

pub use build::{Lists, ReferralList, build_lists};
pub use columns::{COLUMNS, ColumnKind, FILLED_IN, LIST_FORMAT, ListColumn, Place, column_called, columns_of};
pub use correct::{split_corrections, standing};
pub use delta::Delta;
pub use ended::{EndedTag, EndedTags};
pub use funnel::{FunnelLine, STAGES, ShownLine, Stage, Way, funnel, shown_parts};
pub use kind::{ListId, ListKind, ListedRule};
pub use labels::label;
pub use office::{Attachment, Duty, Office, OfficeFault, OfficeTerm, Offices, Profile};
pub use overdue::{Answered, Deadlines, Overdue};
pub use previous::{DeltaCounts, PreviousList, PreviousPerson};
pub use question::StayReason;
pub use request::{ListRequest, Reroutes};
pub use rollup::{Rollup, RollupCell, RollupLine, is_small, suppress, suppress_beyond};
pub use route::{ROUTES_FILE, Route, RouteRow, Routes};
pub use row::{Cell, Cells, ListRow, ListedPerson};
pub use suppression::{ALONE, SuppressReason, Suppressed, Suppression, apply_suppressions};

/// Why lists cannot be built. Texts never carry a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A row of the mart lacks what every row must have.
    #[error("mart referral_rows, column {column}: missing or of another type; mend sql/marts/referral_rows.sql")]
    Row { column: &'static str },
    /// A row names a rule that the policy does not have.
    #[error("mart referral_rows names rule {rule:?}, which the policy does not have; run the nightly job again")]
    UnknownRule { rule: String },
    /// Rows of another county stand on a list.
    #[error(
        "list {list_id}: {rows} rows belong to another county; nothing is sealed; mend sql/marts/referral_rows.sql"
    )]
    OtherCounty { list_id: String, rows: usize },
    /// A list does not follow from the one before it.
    #[error("list {list_id}: {before} before + {new} new - {withdrawn} withdrawn is not {now}; nothing is sealed")]
    Unbalanced {
        list_id: String,
        /// Persons on the list before.
        before: usize,
        new: usize,
        withdrawn: usize,
        now: usize,
    },
}
