//! A page's typed cells, by our column names.

use arrow::array::{Array as _, StringArray};
use law::contracts::Contract;

/// The cells of one column: text, or anything that is counted (fen, days, milliseconds, 0 and 1).
#[derive(Debug)]
pub(super) enum Cells {
    /// Cleaned text; empty cells are null.
    Text(StringArray),
    /// Money in fen, dates and months in days since 1970, moments in milliseconds, flags as 0 and 1.
    Numbers(Vec<Option<i64>>),
}

/// All columns of a contract; those that the file lacks hold nothing but nulls.
pub(super) struct Sheet {
    pub(super) contract: &'static Contract,
    pub(super) cells: Vec<Cells>,
    pub(super) rows: usize,
}

impl Sheet {
    pub(super) fn new(contract: &'static Contract, cells: Vec<Cells>, rows: usize) -> Self {
        Self { contract, cells, rows }
    }

    /// Place of a column in the contract; `None` where the feed has no such column.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.contract.columns.iter().position(|column| column.name == name)
    }

    /// A column of numbers; empty where the feed has none of that name.
    pub(super) fn numbers(&self, name: &str) -> &[Option<i64>] {
        match self.index(name).and_then(|at| self.cells.get(at)) {
            Some(Cells::Numbers(values)) => values,
            _ => &[],
        }
    }

    /// The same, for filling in defaults.
    pub(super) fn numbers_mut(&mut self, name: &str) -> &mut [Option<i64>] {
        match self.index(name).and_then(|at| self.cells.get_mut(at)) {
            Some(Cells::Numbers(values)) => values,
            _ => &mut [],
        }
    }

    /// A column of text; `None` where the feed has none of that name.
    pub(super) fn texts(&self, name: &str) -> Option<&StringArray> {
        match self.index(name).and_then(|at| self.cells.get(at)) {
            Some(Cells::Text(values)) => Some(values),
            _ => None,
        }
    }

    /// Puts another text column in the place of one.
    pub(super) fn replace(&mut self, name: &str, texts: StringArray) {
        if let Some(cells) = self.index(name).and_then(|at| self.cells.get_mut(at)) {
            *cells = Cells::Text(texts);
        }
    }

    /// Fills empty cells with a value.
    pub(super) fn default_to(&mut self, name: &str, value: i64) {
        self.numbers_mut(name).iter_mut().for_each(|cell| *cell = cell.or(Some(value)));
    }

    /// Fills empty cells with those of another column.
    pub(super) fn default_from(&mut self, name: &str, other: impl Fn(i64) -> i64, source: &str) {
        let values: Vec<Option<i64>> = self.numbers(source).to_vec();
        for (cell, value) in self.numbers_mut(name).iter_mut().zip(values) {
            *cell = cell.or(value.map(&other));
        }
    }
}

/// A cell that is not of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// What a cell says; `None` when it is empty or says that nothing is known.
pub(super) type Read<T> = Result<Option<T>, Unreadable>;

/// One cell of a text column.
pub(super) fn text(column: Option<&StringArray>, row: usize) -> Option<&str> {
    column.filter(|column| row < column.len() && column.is_valid(row)).map(|column| column.value(row))
}
