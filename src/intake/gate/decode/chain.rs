//! Several sheets of one workbook, read one after the other.

use std::collections::VecDeque;

use super::{Layout, Page, Source};
use crate::gate::job::Refusal;

/// Sheets in the workbook's order.
struct Sheets {
    first: Layout,
    left: VecDeque<Box<dyn Source>>,
    notes: Vec<String>,
    is_filtered: bool,
}

/// One source of all of them; of one, that one.
pub(super) fn in_turn(sheets: impl Iterator<Item = Box<dyn Source>>) -> Box<dyn Source> {
    let mut left: VecDeque<_> = sheets.collect();
    match left.pop_front() {
        Some(first) if left.is_empty() => first,
        first => {
            left.extend(first);
            left.rotate_right(1);
            let is_filtered = left.iter().any(|sheet| sheet.is_filtered());
            Box::new(Sheets { first: left[0].layout().clone(), left, notes: Vec::new(), is_filtered })
        }
    }
}

impl Source for Sheets {
    fn layout(&self) -> &Layout {
        &self.first
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        for sheet in &self.left {
            notes.extend(sheet.notes());
        }
        notes
    }

    fn is_filtered(&self) -> bool {
        self.is_filtered
    }

    fn next_page(&mut self) -> Result<Option<Page>, Refusal> {
        while let Some(sheet) = self.left.front_mut() {
            if let Some(page) = sheet.next_page()? {
                return Ok(Some(page));
            }
            self.notes.extend(sheet.notes());
            self.left.pop_front();
        }
        Ok(None)
    }
}
