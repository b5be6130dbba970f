//! What becomes of each row, as pure functions: the same rows give the same answer in any order and any split.
//!
//! No files here: the callers in `tables` read light rows, ask, and move the full rows accordingly.

mod adjustments;
mod applications;
mod claims;
mod residents;

pub(crate) use adjustments::{AdjustmentRow, ClaimPlace, resolve_adjustments};
pub(crate) use applications::{Applicants, ApplicationRow, count_applicants, resolve_applications};
pub(crate) use claims::{ClaimRow, Kind, resolve_claims};
pub(crate) use residents::{ResidentRow, resolve_residents};

use law::domain::Month;

/// Where a row stood before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the table, on this month (`None`: the table has no months).
    Accepted(Option<Month>),
    Held,
    /// In a file of this batch.
    Incoming,
}

/// Where a row stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// In the table, on this month.
    Accepted(Option<Month>),
    /// Among the held rows, for this reason.
    Held(HoldReason),
    /// Gone: a later update of the same thing takes its place.
    Superseded,
    /// Gone: another row says the same.
    Duplicate,
}

law::codes! {
    pub(crate) enum HoldReason {
        /// A reversal whose original is not there, is void, or is another person's.
        NoOriginal = "no_original",
        /// A reversal that takes back more than its original has left.
        ExceedsOriginal = "exceeds_original",
        /// An adjustment whose claim is not there, is void, or is another person's.
        NoClaim = "no_claim",
        /// A member of an application whose applicant is not there.
        NoApplicant = "no_applicant",
        /// A member of an application with more than one applicant.
        ManyApplicants = "many_applicants",
    }
}

/// Finds the winner of each group of rows with the same id: the latest update, then the largest content hash,
/// then the row that came first (rows are given in the order of their arrival, the old ones first).
/// Answers every row's fate but the winners', whose fate stays open (`None`).
fn elect<R>(rows: &[R], same: impl Fn(&R, &R) -> std::cmp::Ordering, age: impl Fn(&R) -> (i64, i64)) -> Election {
    let mut order: Vec<u32> = (0..u32::try_from(rows.len()).unwrap_or(u32::MAX)).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&rows[*a as usize], &rows[*b as usize]);
        same(a, b).then_with(|| age(b).cmp(&age(a)))
    });
    let mut election = Election { winners: Vec::new(), losers: vec![None; rows.len()] };
    for index in order {
        let row = &rows[index as usize];
        let winner = election.winners.last().map(|winner| &rows[*winner as usize]);
        match winner.filter(|winner| same(winner, row).is_eq()) {
            None => election.winners.push(index),
            Some(winner) => {
                let duplicate = age(winner).1 == age(row).1;
                election.losers[index as usize] = Some(if duplicate { Fate::Duplicate } else { Fate::Superseded });
            }
        }
    }
    election
}

/// The winners (by index, in the order of their ids) and the others' fates.
struct Election {
    winners: Vec<u32>,
    losers: Vec<Option<Fate>>,
}
