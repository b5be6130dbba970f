//! Which office speaks for which.

use chrono::NaiveDate;

/// An office that has passed its tasks on, by the end of its name (rosters name counties' offices 甲县民政局).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    pub old: String,
    pub new: String,
    /// The old office's last day.
    pub last_day: NaiveDate,
}

impl Succession {
    /// What stands before the office's name, and who took over.
    pub(super) fn of<'a>(&'a self, office: &'a str) -> Option<(&'a str, &'a str)> {
        office.strip_suffix(self.old.as_str()).map(|stem| (stem, self.new.as_str()))
    }
}
