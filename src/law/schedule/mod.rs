//! When jobs are due, for which period, and what the operator is told when they are not done.
//!
//! Pure: schedules, history and the moment come in, decisions and texts come out. Running jobs is `watch`'s,
//! keeping history and alerts is `ledger`'s, reading the clock is `cli`'s. The only owner of `croner` and `chrono_tz`.

mod alert;
mod clock;
mod cron;
mod digest;
mod due;
mod field;
mod letter;
mod units;

pub use alert::{
    Alert, AlertKind, Facts, FailedRun, LateRun, LyingFact, MissingData, MissingFeed, OpenQuestion, alerts,
};
pub use clock::{Clock, Trust};
pub use cron::Schedule;
pub use digest::{DayFacts, NightFacts, TakenFacts, digest, digest_mail};
pub use due::{Aim, CATCH_UP, Decision, Due, Past, Planned, decide, late, pending};
pub use field::Fault;
pub use letter::{AlertMail, alert_mail};
pub use units::{Target, Unit, UnitSettings, units};
