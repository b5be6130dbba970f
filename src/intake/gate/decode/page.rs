//! What every decoder gives: pages of columns in the contract's order.

use arrow::array::ArrayRef;
use law::contracts::RejectCode;

use super::headers::Layout;
use crate::gate::job::Refusal;

/// Stands for a formula whose result the file does not hold.
pub(in crate::gate) const NO_RESULT: &str = "#FORMULA!";

/// Rows that a sheet of Excel's old and new formats can hold.
const FULL: [u64; 2] = [65_536, 1_048_576];

/// Refuses a sheet without room for another row: what came after it was cut off.
pub(super) fn not_full(lines: u64) -> Result<(), Refusal> {
    if !FULL.contains(&lines) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "exactly {lines} lines, as many as a sheet can hold, so that what came after them was cut off; send the table in \
         parts, or as CSV from its source"
    )))
}

/// Some rows of a file, by column of the contract.
pub(in crate::gate) struct Page {
    /// One entry per contract column; `None` where the file does not have it.
    pub(in crate::gate) columns: Vec<Option<ArrayRef>>,
    /// Row numbers as the sender sees them.
    pub(in crate::gate) rows: Vec<i64>,
    /// Faults that only the decoder can see: row, contract column (`None`: the whole row), code.
    pub(in crate::gate) faults: Vec<(usize, Option<usize>, RejectCode)>,
    /// The sheet's name, where the file has several.
    pub(in crate::gate) sheet: Option<String>,
}

/// An opened file that meets its contract's columns.
pub(in crate::gate) trait Source {
    /// Which column of the file is which.
    fn layout(&self) -> &Layout;
    /// What an operator should know about how it was read.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether rows are hidden or filtered away: nobody can say that it is whole.
    fn is_filtered(&self) -> bool {
        false
    }
    /// The next rows; `None` at the end.
    fn next_page(&mut self) -> Result<Option<Page>, Refusal>;
}
