//! Hiding small counts in a table with totals so that nobody can work them out.
//!
//! A count of 1 to 4 could point at a person. Hiding it alone is no use while its row and column still add up,
//! so further cells are hidden until every hidden cell could be at least two things.

use std::collections::VecDeque;

/// Counts up to here, but not 0, are hidden.
const SMALL: u64 = 4;

/// Whether a count could point at a person.
#[must_use]
pub fn is_small(count: u64) -> bool {
    (1..=SMALL).contains(&count)
}

/// Which cells of a table to hide. `table` holds the totals too: the last row is the sum of the rows above it, the
/// last column the sum of the columns before it.
///
/// Whoever reads the result knows all other cells, and that no hidden cell is 0; still every hidden cell can have
/// at least two values.
#[must_use]
pub fn suppress(table: &[Vec<u64>]) -> Vec<Vec<bool>> {
    let none: Vec<Vec<bool>> = table.iter().map(|row| vec![false; row.len()]).collect();
    suppress_beyond(table, &none)
}

/// The same where some cells, none of them 0, must be hidden already: another table shows the same totals.
#[must_use]
pub fn suppress_beyond(table: &[Vec<u64>], hidden_elsewhere: &[Vec<bool>]) -> Vec<Vec<bool>> {
    let both = |(count, hidden): (&u64, &bool)| *hidden || is_small(*count);
    let mut hidden: Vec<Vec<bool>> = table
        .iter()
        .zip(hidden_elsewhere)
        .map(|(row, elsewhere)| row.iter().zip(elsewhere).map(both).collect())
        .collect();
    let columns = table.first().map_or(0, Vec::len);
    // One pass: hiding more never pins down what could move before, and a whole rectangle moves together.
    for row in 0..table.len() {
        for column in 0..columns {
            if hidden[row][column] && !moves(table, &hidden, row, column) {
                for (row, column) in cheapest_rectangle(table, &hidden, row, column) {
                    hidden[row][column] = true;
                }
            }
        }
    }
    hidden
}

/// Whether a cell may grow (`true`) or shrink while a total that is a margin moves the other way in the balance
/// "cells - margin = 0".
fn is_margin(table: &[Vec<u64>], row: usize, column: usize) -> bool {
    (row + 1 == table.len()) != (column + 1 == table[row].len())
}

/// In the balance of its row and column, a cell's share can rise: cells grow without bound, margins must shrink.
fn can_rise(table: &[Vec<u64>], row: usize, column: usize) -> bool {
    !is_margin(table, row, column) || table[row][column] >= 2
}

/// In the balance of its row and column, a cell's share can fall.
fn can_fall(table: &[Vec<u64>], row: usize, column: usize) -> bool {
    is_margin(table, row, column) || table[row][column] >= 2
}

/// Whether a hidden cell can have another value: it moves along a closed walk of hidden cells on which shares rise
/// and fall in turn. Such walks decide exactly, because a table with totals is a flow.
fn moves(table: &[Vec<u64>], hidden: &[Vec<bool>], row: usize, column: usize) -> bool {
    (can_rise(table, row, column) && closes(table, hidden, (row, column), true))
        || (can_fall(table, row, column) && closes(table, hidden, (row, column), false))
}

/// Whether the rest of the walk exists: from the cell's column back to its row (`rising`: the cell's share rose, so
/// its column needs one that falls, whose row needs one that rises, and so on; else the other way round).
fn closes(table: &[Vec<u64>], hidden: &[Vec<bool>], cell: (usize, usize), rising: bool) -> bool {
    let columns = table[0].len();
    let (mut seen_rows, mut seen_columns) = (vec![false; table.len()], vec![false; columns]);
    seen_columns[cell.1] = true;
    let mut queue = VecDeque::from([cell.1]);
    while let Some(column) = queue.pop_front() {
        for row in 0..table.len() {
            let opposite = if rising { can_fall(table, row, column) } else { can_rise(table, row, column) };
            if seen_rows[row] || (row, column) == cell || !hidden[row][column] || !opposite {
                continue;
            }
            if row == cell.0 {
                return true;
            }
            seen_rows[row] = true;
            for next in 0..columns {
                let same = if rising { can_rise(table, row, next) } else { can_fall(table, row, next) };
                if hidden[row][next] && same && !seen_columns[next] {
                    seen_columns[next] = true;
                    queue.push_back(next);
                }
            }
        }
    }
    false
}

/// The rectangle through the cell that can move and hides the least: empty cells are never hidden, totals only
/// when nothing else helps.
fn cheapest_rectangle(table: &[Vec<u64>], hidden: &[Vec<bool>], row: usize, column: usize) -> [(usize, usize); 4] {
    let (last_row, last_column) = (table.len() - 1, table[0].len() - 1);
    let total = table[last_row][last_column];
    let cost = |r: usize, c: usize| {
        if hidden[r][c] {
            return 0;
        }
        // A total costs more than all cells together, the grand total more than all totals.
        let margins = u128::from(r == last_row) + u128::from(c == last_column);
        let weight = u128::from(total) * 4 + 4;
        u128::from(table[r][c]) + 1 + if margins == 0 { 0 } else { weight.pow(u32::try_from(margins).unwrap_or(2)) }
    };
    let mut best = None;
    for other_row in (0..=last_row).filter(|other| *other != row) {
        for other_column in (0..=last_column).filter(|other| *other != column) {
            let corners = [(row, column), (other_row, other_column), (row, other_column), (other_row, column)];
            let [one, two, three, four] = corners;
            let rise = |(r, c)| can_rise(table, r, c);
            let fall = |(r, c)| can_fall(table, r, c);
            let turns = (rise(one) && rise(two) && fall(three) && fall(four))
                || (fall(one) && fall(two) && rise(three) && rise(four));
            if !turns || corners.iter().any(|(r, c)| table[*r][*c] == 0) {
                continue;
            }
            let price: u128 = corners.iter().map(|(r, c)| cost(*r, *c)).sum();
            if best.is_none_or(|(lowest, _)| price < lowest) {
                best = Some((price, corners));
            }
        }
    }
    // With the two totals and the grand total it always can: all four grow together.
    let own_totals = [(row, column), (last_row, last_column), (row, last_column), (last_row, column)];
    best.map_or(own_totals, |(_, corners)| corners)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds the totals to inner cells.
    fn with_totals(inner: &[Vec<u64>]) -> Vec<Vec<u64>> {
        let mut table: Vec<Vec<u64>> =
            inner.iter().map(|row| row.iter().copied().chain([row.iter().sum()]).collect()).collect();
        let totals = (0..table[0].len()).map(|column| table.iter().map(|row| row[column]).sum()).collect();
        table.push(totals);
        table
    }

    /// The values that each hidden cell takes in any table of whole numbers that agrees with the shown cells and
    /// has no 0 in a hidden one: by trying them all.
    fn brute_force(table: &[Vec<u64>], hidden: &[Vec<bool>]) -> bool {
        let (rows, columns) = (table.len() - 1, table[0].len() - 1);
        let free: Vec<(usize, usize)> =
            (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))).filter(|(r, c)| hidden[*r][*c]).collect();
        let most = 9 + table.iter().flatten().copied().max().unwrap_or(0);
        let mut trial: Vec<Vec<u64>> = table[..rows].iter().map(|row| row[..columns].to_vec()).collect();
        let mut seen = vec![vec![std::collections::BTreeSet::new(); columns + 1]; rows + 1];
        search(table, hidden, &free, most.min(14), &mut trial, &mut seen);
        hidden.iter().zip(&seen).all(|(row, seen)| row.iter().zip(seen).all(|(hidden, seen)| !hidden || seen.len() > 1))
    }

    fn search(
        table: &[Vec<u64>],
        hidden: &[Vec<bool>],
        free: &[(usize, usize)],
        most: u64,
        trial: &mut Vec<Vec<u64>>,
        seen: &mut [Vec<std::collections::BTreeSet<u64>>],
    ) {
        let Some(((row, column), rest)) = free.split_first() else {
            let full = with_totals(trial);
            let agrees = full.iter().enumerate().all(|(r, row)| {
                row.iter().enumerate().all(|(c, count)| if hidden[r][c] { *count > 0 } else { *count == table[r][c] })
            });
            if agrees {
                full.iter().zip(seen).for_each(|(row, seen)| {
                    for (count, seen) in row.iter().zip(seen) {
                        seen.insert(*count);
                    }
                });
            }
            return;
        };
        let kept = trial[*row][*column];
        for count in 1..=most {
            trial[*row][*column] = count;
            search(table, hidden, rest, most, trial, seen);
        }
        trial[*row][*column] = kept;
    }

    #[test]
    fn no_hidden_count_can_be_worked_out() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut cases, mut with_hidden) = (0, 0);
        while cases < 3000 {
            let (rows, columns) = (random.usize(1..4), random.usize(1..4));
            let inner: Vec<Vec<u64>> = (0..rows)
                .map(|_| (0..columns).map(|_| if random.u8(0..4) == 0 { 0 } else { random.u64(0..9) }).collect())
                .collect();
            let table = with_totals(&inner);
            // Now and then a total is hidden already.
            let mut elsewhere: Vec<Vec<bool>> = table.iter().map(|row| vec![false; row.len()]).collect();
            if random.u8(0..3) == 0 {
                let column = random.usize(0..=columns);
                elsewhere[rows][column] = table[rows][column] > 0;
            }
            let hidden = suppress_beyond(&table, &elsewhere);
            // More free cells than this and trying them all takes too long.
            if hidden[..rows].iter().map(|row| row[..columns].iter().filter(|h| **h).count()).sum::<usize>() > 4 {
                continue;
            }
            for (row, flags) in table.iter().zip(&hidden) {
                for (count, flag) in row.iter().zip(flags) {
                    assert!(*flag || !(1..=SMALL).contains(count), "{table:?}");
                    assert!(!*flag || *count > 0, "{table:?}");
                }
            }
            for (flags, elsewhere) in hidden.iter().zip(&elsewhere) {
                for (flag, elsewhere) in flags.iter().zip(elsewhere) {
                    assert!(*flag || !elsewhere, "{table:?}");
                }
            }
            assert!(brute_force(&table, &hidden), "{table:?} {hidden:?}");
            cases += 1;
            with_hidden += usize::from(hidden.iter().flatten().any(|hidden| *hidden));
        }
        println!("suppression against all tables that agree: {cases} cases, {with_hidden} with hidden cells");
    }

    #[test]
    fn a_big_table_keeps_most_of_its_cells() {
        let mut random = fastrand::Rng::with_seed(1);
        let inner: Vec<Vec<u64>> = (0..85).map(|_| (0..6).map(|_| random.u64(0..60)).collect()).collect();
        let table = with_totals(&inner);
        let hidden = suppress(&table);
        let count = hidden.iter().flatten().filter(|hidden| **hidden).count();
        assert!(count < 150, "{count} of {} hidden", 86 * 7);
        assert!(!hidden[85].iter().any(|hidden| *hidden));
    }
}
