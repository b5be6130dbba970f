//! Lists for people: the XLSX workbooks. Receipts' faults have a workbook of their own.

mod feedback;
mod list;
mod notes;
mod rollup;
mod style;

pub(super) use list::write_list;
pub(super) use rollup::{write_rollup, yuan};
pub(super) use style::LIST_SHEET;
pub(crate) use style::cell_text;
