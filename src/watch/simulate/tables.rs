//! Tables of counts with totals in which small counts, and what would give them away, are hidden. Pure.

use std::collections::BTreeSet;

use law::referrals::suppress_beyond;
use serde::Serialize;

/// A column or a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// For machines: a county's code, a rule's id, a group.
    pub code: String,
    pub name: String,
}

impl Label {
    pub(super) fn new(code: impl Into<String>, name: impl Into<String>) -> Self {
        Self { code: code.into(), name: name.into() }
    }
}

/// Counts of persons by two groupings, with totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its columns, the total last.
    pub columns: Vec<Label>,
    /// Its rows, the total last.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    #[serde(flatten)]
    pub label: Label,
    /// A count per column; `None` where it is hidden.
    pub persons: Vec<Option<u64>>,
    /// Sum of the measured cost above the line, yuan; `None` where the row's total is hidden or money is not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excess: Option<String>,
}

/// A table before anything is hidden. Cells of several tables whose row and column have the same codes count the same
/// persons.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    columns: Vec<Label>,
    rows: Vec<Label>,
    counts: Vec<Vec<u64>>,
    excess: Option<Vec<i128>>,
}

/// What is hidden of a table.
type Mask = Vec<Vec<bool>>;

impl Grid {
    /// A table of nothing yet, with the total of its columns; `with_excess`: money is summed as well.
    pub(super) fn new(mut rows: Vec<Label>, mut columns: Vec<Label>, total: Label, with_excess: bool) -> Self {
        rows.push(Label::new("all", "合计"));
        columns.push(total);
        let counts = vec![vec![0; columns.len()]; rows.len()];
        let excess = with_excess.then(|| vec![0; rows.len()]);
        Self { columns, rows, counts, excess }
    }

    /// Counts persons into a cell and its totals.
    pub(super) fn add(&mut self, row: usize, column: usize, persons: u64, excess: i128) {
        for row in [row, self.rows.len() - 1] {
            for column in [column, self.columns.len() - 1] {
                self.counts[row][column] += persons;
            }
            if let Some(sums) = &mut self.excess {
                sums[row] += excess;
            }
        }
    }

    /// Hides of this table what is known to be hidden; adds what else it must hide.
    fn hide(&self, known: &mut BTreeSet<(String, String)>) -> Mask {
        let key = |row: usize, column: usize| (self.rows[row].code.clone(), self.columns[column].code.clone());
        let columns = 0..self.columns.len();
        let elsewhere: Mask = (0..self.rows.len())
            .map(|row| columns.clone().map(|column| known.contains(&key(row, column))).collect())
            .collect();
        let hidden = suppress_beyond(&self.counts, &elsewhere);
        for (row, cells) in hidden.iter().enumerate() {
            known.extend(cells.iter().enumerate().filter(|(_, hidden)| **hidden).map(|(column, _)| key(row, column)));
        }
        hidden
    }

    /// The table as it may be shown.
    fn shown(self, hidden: &Mask) -> Table {
        let rows = self.rows.into_iter().zip(&self.counts).zip(hidden).enumerate();
        let rows = rows.map(|(at, ((label, counts), hidden))| {
            let is_shown = !hidden.last().copied().unwrap_or_default();
            Row {
                label,
                persons: counts.iter().zip(hidden).map(|(count, hidden)| (!hidden).then_some(*count)).collect(),
                excess: self.excess.as_ref().filter(|_| is_shown).map(|sums| yuan(sums[at])),
            }
        });
        Table { rows: rows.collect(), columns: self.columns }
    }
}

impl Table {
    /// The total of all, if it is shown.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        *self.rows.last()?.persons.last()?
    }

    /// The totals of the columns, without the total of all.
    #[must_use]
    pub fn column_totals(&self) -> &[Option<u64>] {
        self.rows.last().and_then(|row| row.persons.split_last()).map_or(&[], |(_, totals)| totals)
    }

    /// The rows without the total.
    #[must_use]
    pub fn inner(&self) -> &[Row] {
        self.rows.split_last().map_or(&[], |(_, rows)| rows)
    }
}

/// The tables as they may be shown: a count that one of them hides, no other shows.
pub(super) fn hide<const N: usize>(grids: [Grid; N]) -> [Table; N] {
    let mut known = BTreeSet::new();
    let masks = loop {
        let before = known.len();
        let masks: Vec<Mask> = grids.iter().map(|grid| grid.hide(&mut known)).collect();
        if known.len() == before {
            break masks;
        }
    };
    let mut masks = masks.into_iter();
    grids.map(|grid| grid.shown(&masks.next().unwrap_or_default()))
}

/// Fen as yuan text; sums may leave 64 bits.
pub(super) fn yuan(fen: i128) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: &str, columns: &str, counts: &[&[u64]]) -> Grid {
        let labels = |prefix: &str, n: usize| (0..n).map(|at| Label::new(format!("{prefix}{at}"), "")).collect();
        let (rows, columns) = (labels(rows, counts.len()), labels(columns, counts[0].len()));
        let mut grid = Grid::new(rows, columns, Label::new("list", ""), true);
        for (row, cells) in counts.iter().enumerate() {
            for (column, count) in cells.iter().enumerate() {
                grid.add(row, column, *count, i128::from(*count) * 100);
            }
        }
        grid
    }

    #[test]
    fn a_count_hidden_in_one_table_is_hidden_in_all() {
        // One county alone: its small count can be hidden only together with totals.
        let grids = [
            grid("county", "rule", &[&[10, 2]]),
            grid("cohort", "rule", &[&[6, 1], &[4, 1]]),
            grid("age", "sex", &[&[5, 7]]),
        ];
        let [one, two, three] = hide(grids);
        assert_eq!(one.column_totals(), two.column_totals());
        assert_eq!((one.total(), two.total()), (three.total(), three.total()));
        let shown: Vec<u64> = one.rows.iter().flat_map(|row| row.persons.iter().flatten().copied()).collect();
        assert!(!(shown.contains(&2) || shown.contains(&10) && shown.contains(&12)), "{one:?}");
    }

    #[test]
    fn money_is_shown_where_its_count_is() {
        let [table] = hide([grid("row", "column", &[&[9, 8], &[1, 1], &[3, 0], &[7, 7]])]);
        assert_eq!(table.rows[0].excess.as_deref(), Some("17.00"));
        for row in &table.rows {
            assert_eq!(row.excess.is_some(), row.persons[2].is_some(), "{row:?}");
        }
        assert!(table.rows[1].persons[2].is_none());
        assert_eq!(yuan(-1_05), "-1.05");
    }
}
