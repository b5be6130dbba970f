//! What makes a run official: every figure that its lines need, and the series of lists that it continues.
//! A rehearsal goes on without; what it writes is marked and never sealed.

mod figures;
mod series;

pub use figures::{Need, State, needs};
pub use series::Rhythm;
pub(super) use series::{inherit, is_of};
