//! Lists for people: the XLSX workbooks. The only owner of `rust_xlsxwriter`.

mod feedback;
mod list;
mod notes;
mod rollup;
mod style;

pub(super) use list::write_list;
pub(super) use rollup::{write_rollup, yuan};
pub(super) use style::{LIST_SHEET, cell_text};
