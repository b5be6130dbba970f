//! Patterns on file names: `*` is any text, `?` one character; width and case do not count.

use crate::domain::fold_width;

/// Whether a name fits a pattern as a whole.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (comparable(pattern), comparable(name));
    let (mut at, mut place) = (0, 0);
    // Where the last star stood, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(letter) if *letter == '?' || Some(letter) == name.get(place) => {
                at += 1;
                place += 1;
            }
            _ => {
                let Some((starred, taken)) = star else { return false };
                star = Some((starred, taken + 1));
                at = starred + 1;
                place = taken + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

/// How much a pattern says: its letters that must stand in the name.
pub(super) fn weight(pattern: &str) -> usize {
    pattern.chars().filter(|letter| !matches!(letter, '*' | '?')).count()
}

fn comparable(text: &str) -> Vec<char> {
    fold_width(text).to_lowercase().chars().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, expected) in [
            ("*农村低保备案表*", "附件2：农村低保备案表.xls", true),
            ("*农村低保备案表*", "农村低保.xls", false),
            ("*名单.XLSX", "已脱贫人口名单.xlsx", true),
            ("名单*", "已脱贫人口名单.xlsx", false),
            ("????年*", "２０２５年9月.csv", true),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "aXbX", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
        assert_eq!(weight("*低保??表*"), 3);
    }
}
