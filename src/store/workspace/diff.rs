//! How two texts differ, as a unified diff.

use std::fmt::Write as _;

/// Unchanged lines shown around a change.
const AROUND: usize = 3;

/// `-` lines are the shipped ones, `+` lines the workspace's; empty where the texts are the same.
#[must_use]
pub fn unified(path: &str, shipped: &str, own: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (shipped.lines().collect(), own.lines().collect());
    let lines = edits(&old, &new);
    let changed: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].0 != ' ').collect();
    let mut text = String::new();
    let mut next = 0;
    while next < changed.len() {
        let first = next;
        while next + 1 < changed.len() && changed[next + 1] - changed[next] <= 2 * AROUND + 1 {
            next += 1;
        }
        let from = changed[first].saturating_sub(AROUND);
        let hunk = &lines[from..(changed[next] + AROUND + 1).min(lines.len())];
        let count = |lines: &[(char, &str)], other: char| lines.iter().filter(|(mark, _)| *mark != other).count();
        if text.is_empty() {
            let _ = writeln!(text, "--- {path} (shipped)\n+++ {path}");
        }
        let start = |other: char| count(&lines[..from], other) + usize::from(count(hunk, other) > 0);
        let (minus, plus) = ((start('+'), count(hunk, '+')), (start('-'), count(hunk, '-')));
        let _ = writeln!(text, "@@ -{},{} +{},{} @@", minus.0, minus.1, plus.0, plus.1);
        hunk.iter().for_each(|(mark, line)| {
            let _ = writeln!(text, "{mark}{line}");
        });
        next += 1;
    }
    text
}

/// All lines of both texts in order, marked ` `, `-` or `+`, by their longest common subsequence.
fn edits<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] =
                if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_with_the_lines_around_it() {
        let numbered: Vec<String> = (1..=20).map(|n| format!("{n}\n")).collect();
        let old = numbered.concat();
        let new = old.replace("10\n", "ten\n").replace("20\n", "20\n21\n");
        let expected = "--- f (shipped)\n+++ f\n@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n\
                        @@ -18,3 +18,4 @@\n 18\n 19\n 20\n+21\n";
        assert_eq!(unified("f", &old, &new), expected);
        assert_eq!(unified("f", &old, &old), "");
        assert_eq!(unified("f", "", "a\n"), "--- f (shipped)\n+++ f\n@@ -0,0 +1,1 @@\n+a\n");
    }
}
