//! What one file states, and what it is worth.

use chrono::NaiveDate;

/// What one file states of one tag in one month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snapshot {
    pub office: String,
    /// As sent; empty where the rows state none.
    pub county: String,
    pub tag: String,
    /// First day of the month that it speaks for; of a change the month of its first day.
    pub month: NaiveDate,
    /// A month's roster; else changes that state days.
    pub is_full: bool,
    /// The source that the rows carry.
    pub file: String,
}

crate::codes! {
    /// Whether a snapshot's rows count.
    pub enum Fate {
        Counts = "counts",
        /// A later whole roster of the same office, county, tag and month took its place.
        Replaced = "replaced",
        /// Somebody sent it back.
        Returned = "returned",
    }
}

/// What a snapshot's rows are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The office that speaks today, and the county, within which complete rosters end tags.
    pub office: String,
    pub county: String,
    pub tag: String,
    pub arrival: i64,
    pub fate: Fate,
    /// Arrival of the roster that took its place.
    pub replaced_at: Option<i64>,
    /// Month of the first later complete roster: whoever has no row in it or after it is absent since.
    pub absent_since: Option<NaiveDate>,
    /// Month of the last one.
    pub lacking_month: Option<NaiveDate>,
    /// Whether absence ends the tag: two complete rosters lack the person, or declared movements balance.
    pub is_absence_sure: bool,
    /// Month of the scope's last complete roster, whatever the tag ends by: whoever is not on it has left this office.
    pub last_complete: Option<NaiveDate>,
    /// Whether the scope's last roster is too old to flag anybody by.
    pub is_stale: bool,
}
