//! Days, months, and the periods of runs and lists.

mod month;
mod period;

pub use month::{Month, official_day, parse_date};
pub use period::Period;
