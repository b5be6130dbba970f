//! What makes a run official: every figure that its lines need, the series of lists that it continues, and an
//! address for every list.
//! A rehearsal goes on without; what it writes is marked and never sealed.

mod figures;
mod routes;
mod series;

pub use figures::{Need, State, needs};
pub use routes::unrouted;
pub use series::Rhythm;
pub(super) use series::{inherit, is_of};
