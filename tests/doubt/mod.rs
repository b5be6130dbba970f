//! What did not arrive is not a fact: doubt between intake and verdict, by the command line.

mod arrivals;
pub(crate) mod files;
mod holds;
mod identity;
mod late;
mod people;
mod rosters;
mod six_months;
mod take_back;
