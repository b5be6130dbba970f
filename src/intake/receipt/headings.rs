//! Headings that an office has changed: matched where they are near enough to one column alone, else told and not read.

use std::collections::{BTreeMap, BTreeSet};

use law::contracts::{Contract, comparable_header};
use law::profiles::{Head, IGNORED, OneOrMany, Profile, Profiles};
use law::referrals::COLUMNS;

/// A heading that is not one of the list's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub written: String,
    /// The list's heading as which it is read; `None`: nobody reads it.
    pub read_as: Option<&'static str>,
}

/// Longer than any heading; such a cell is told by its first letters.
const LONGEST: usize = 40;

/// How a file with these first rows is read, and which of its headings are not the list's.
pub(super) fn profiles_for(contract: &Contract, heads: &[Head]) -> (Profiles, Vec<Heading>) {
    let known = |cells: &Vec<String>| cells.iter().filter(|cell| contract.column_called(cell).is_some()).count();
    let rows = heads.iter().flatten().map(|(_, cells)| (known(cells), cells));
    let best = rows.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let (mut columns, mut told) = (BTreeMap::new(), Vec::new());
    if let Some((1.., header)) = best {
        let mut taken: BTreeSet<&str> =
            header.iter().filter_map(|cell| contract.column_called(cell)).map(|c| c.name).collect();
        for cell in header.iter().filter(|cell| is_strange(contract, cell)) {
            let found = nearest(contract, cell).filter(|(name, _)| taken.insert(name));
            columns.insert(cell.clone(), found.map_or(IGNORED, |(name, _)| name).to_owned());
            let written = cell.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            told.push(Heading { written, read_as: found.map(|(_, heading)| heading) });
        }
    }
    // Offices filter the list for their own work: what is hidden is answered all the same.
    let read = Some("read".to_owned());
    let names = OneOrMany::One("*".to_owned());
    let profile = Profile { names, columns, hidden_rows: read.clone(), hidden_columns: read, ..Profile::default() };
    (Profiles { files: vec![profile] }, told)
}

/// Whether a heading is neither an answer's column nor one of the list's own.
fn is_strange(contract: &Contract, cell: &str) -> bool {
    let wanted = comparable_header(cell);
    let is_own = || COLUMNS.iter().any(|own| [own.name, own.heading()].map(comparable_header).contains(&wanted));
    !wanted.is_empty() && contract.column_called(cell).is_none() && !contract.tolerates(cell) && !is_own()
}

/// The one column whose name the heading has in other words: with a note in brackets, with words around it, or with one
/// letter changed. A heading that states another unit is none of them.
fn nearest(contract: &Contract, cell: &str) -> Option<(&'static str, &'static str)> {
    let wanted = comparable_header(cell);
    if wanted.contains(['万', '千', '百', '%']) {
        return None;
    }
    let bare = wanted.split_once('(').map_or(wanted.as_str(), |(bare, _)| bare);
    let mut found = BTreeMap::new();
    for column in contract.columns {
        for name in column.aliases.iter().map(|name| comparable_header(name)) {
            let is_long = name.chars().count() >= 4;
            if name == bare
                || (is_long && wanted.contains(&name))
                || (name.chars().count() >= 3 && is_one_edit(&name, bare))
            {
                found.insert(column.name, column.aliases.first().copied().unwrap_or(column.name));
            }
        }
    }
    if found.len() == 1 { found.pop_first() } else { None }
}

/// Whether two texts differ by one letter that is changed, added or left out.
fn is_one_edit(one: &str, other: &str) -> bool {
    let (mut short, mut long): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if short.len() > long.len() {
        std::mem::swap(&mut short, &mut long);
    }
    let same = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    let rest = |letters: &[char], from: usize| letters.get(from..).unwrap_or_default().to_vec();
    match long.len() - short.len() {
        0 => same < short.len() && rest(&short, same + 1) == rest(&long, same + 1),
        1 => rest(&short, same) == rest(&long, same + 1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use law::contracts::Feed;

    use super::*;

    #[test]
    fn a_changed_heading_is_matched_or_told() {
        let contract = Feed::Receipts.contract();
        let header = "证件号码,行标识,核查人（签字）,核查日 期,核查日其,是否已找到,落实的帮扶措施,帮扶金额（万元）,村干部,签收情况,备注说明,";
        let cells: Vec<String> = header.split(',').map(str::to_owned).collect();
        let (profiles, told) = profiles_for(contract, &[vec![(1, vec!["标题".to_owned()])], vec![(2, cells)]]);
        let told: Vec<_> = told.iter().map(|heading| (heading.written.as_str(), heading.read_as)).collect();
        assert_eq!(
            told,
            [
                ("核查人（签字）", Some("核查人")),
                ("核查日其", None),
                ("是否已找到", Some("是否找到")),
                ("落实的帮扶措施", Some("帮扶措施")),
                ("帮扶金额（万元）", None),
                ("村干部", None),
                ("备注说明", None),
            ],
            "核查日其 is the day that stands there already; two letters are a short name"
        );
        assert_eq!(profiles.files[0].columns["是否已找到"], "found");
        assert_eq!(profiles.files[0].columns["村干部"], IGNORED);
        let (profiles, told) = profiles_for(contract, &[vec![(1, vec!["甲".to_owned()])]]);
        assert!(told.is_empty() && profiles.files[0].columns.is_empty());
    }

    #[test]
    fn one_letter_and_no_more() {
        for (one, other, expected) in [
            ("核查人", "核查员", true),
            ("核查人", "核查人员", true),
            ("核查人", "核查", true),
            ("核查人", "核查人", false),
            ("核查日期", "核查时间", false),
        ] {
            assert_eq!(is_one_edit(one, other), expected, "{one} {other}");
        }
    }
}
