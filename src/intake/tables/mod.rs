//! One batch of staged files against one table: read, resolve, write the touched files anew.
//!
//! Every table works alike: parts (staged and existing files of a bucket) give light rows, `resolve` says where
//! each row goes, `slots` writes the slots whose rows changed. Nothing is visible before the caller's commit.

mod adjustments;
mod applications;
mod batch;
mod claims;
mod columns;
mod distinct;
mod held_files;
mod income;
mod named;
mod numbers;
mod regroup;
mod residents;
mod rosters;
mod scan;
mod slots;
mod waiting;
mod whole;

pub(super) use batch::{Arrived, Batch, Change, source_of};
pub(super) use held_files::{HeldFile, follow as follow_held};
pub(super) use income::Disagreement;
pub(super) use regroup::{Moving, regroup};
pub(super) use residents::{Living, living};
pub(super) use whole::write_rows;

use law::contracts::Feed;

use super::IntakeError;

/// Resolves a batch and writes its files. Income files come one at a time; see [`income::take`].
pub(super) fn take(batch: &Batch<'_>) -> Result<Result<Change, Disagreement>, IntakeError> {
    match batch.feed {
        Feed::Claims => claims::take(batch).and_then(|change| with_numbers(batch, change)).map(Ok),
        Feed::Residents => residents::take(batch).and_then(|change| with_numbers(batch, change)).map(Ok),
        Feed::Applications => applications::take(batch).map(Ok),
        Feed::Rosters => rosters::take(batch).map(Ok),
        Feed::Aided => distinct::take(batch, &distinct::AIDED).map(Ok),
        Feed::Income => income::take(batch),
        Feed::Adjustments => adjustments::take(batch).map(Ok),
        Feed::Receipts => {
            let what = "receipts are imported file by file; no table has them".to_owned();
            Err(IntakeError::DataQuality { feed: batch.feed, what })
        }
    }
}

/// A change with what it says of person numbers.
fn with_numbers(batch: &Batch<'_>, mut change: Change) -> Result<Change, IntakeError> {
    change.entries.extend(numbers::follow(batch)?);
    Ok(change)
}
