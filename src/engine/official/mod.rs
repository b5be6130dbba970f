//! What makes a run official: every figure that its lines need, the series of lists that it continues, an
//! address for every list, and an account of every flagged person.
//! A rehearsal goes on without; what it writes is marked and never sealed.

mod account;
mod arrivals;
mod figures;
mod routes;
mod series;

pub use account::Account;
pub use account::{referred, suppressions};
pub use arrivals::{Arrivals, count_arrivals};
pub use figures::{Need, State, needs};
pub use routes::unrouted;
pub use series::Rhythm;
pub use series::{inherit, is_of};
