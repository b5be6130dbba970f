//! Days, months, working days, and the periods of runs and lists.

mod month;
mod period;
mod workdays;

pub use month::{Month, official_day, parse_date};
pub use period::Period;
pub use workdays::{LONGEST_REST, Workdays};
