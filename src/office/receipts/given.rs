//! What importing works with, and what it says of a row that it does not take.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use law::config::{Layout, Settings};
use law::domain::Workdays;
use law::holds::Bounds;
use law::referrals::Offices;
use serde::Serialize;
use store::ledger::Ledger;

/// Everything that importing works with.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptDesk<'a> {
    pub layout: &'a Layout,
    pub settings: &'a Settings,
    pub ledger: &'a Ledger,
    pub offices: &'a Offices,
    pub bounds: &'a Bounds,
    pub workdays: &'a Workdays,
    /// This program, which the gate starts as its child.
    pub program: &'a Path,
    /// The day, on the clock of the offices.
    pub today: NaiveDate,
    /// The moment of the import.
    pub now: DateTime<Utc>,
}

/// A row that was not taken, for its office.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowFault {
    pub row: i64,
    /// Headings of the wrong cells.
    pub columns: Vec<String>,
    /// What to mend, in Chinese.
    pub why: String,
    /// The row's cells as written, by heading; they stand in the workbook only.
    #[serde(skip)]
    pub written: Vec<(&'static str, String)>,
}
