//! What an office has done for a person (帮扶措施): words of both offices, several of them in one cell.

use crate::domain::{clean_text, fold_width};

/// The words of the dropdown, in the order in which several are kept: civil affairs', rural affairs', everybody's.
pub const MEASURES: &[&str] = &[
    "低保",
    "特困供养",
    "临时救助",
    "医疗救助",
    "慈善救助",
    "产业帮扶",
    "就业帮扶",
    "公益性岗位",
    "小额信贷",
    "防返贫保险",
    "教育帮扶",
    "其他",
    NONE,
];

/// Nothing was done.
pub(super) const NONE: &str = "无";

/// Other words for the same, without brackets.
const ALSO: &[(&str, &str)] = &[
    ("最低生活保障", "低保"),
    ("纳入低保", "低保"),
    ("农村低保", "低保"),
    ("城市低保", "低保"),
    ("特困", "特困供养"),
    ("特困人员供养", "特困供养"),
    ("特困救助供养", "特困供养"),
    ("临时生活救助", "临时救助"),
    ("医疗救助金", "医疗救助"),
    ("慈善", "慈善救助"),
    ("慈善帮扶", "慈善救助"),
    ("产业", "产业帮扶"),
    ("产业扶持", "产业帮扶"),
    ("发展产业", "产业帮扶"),
    ("就业", "就业帮扶"),
    ("务工就业", "就业帮扶"),
    ("就业援助", "就业帮扶"),
    ("公益岗位", "公益性岗位"),
    ("公益岗", "公益性岗位"),
    ("乡村公益性岗位", "公益性岗位"),
    ("小额贷款", "小额信贷"),
    ("扶贫小额信贷", "小额信贷"),
    ("脱贫人口小额信贷", "小额信贷"),
    ("防贫保险", "防返贫保险"),
    ("防贫保", "防返贫保险"),
    ("防返贫险", "防返贫保险"),
    ("防止返贫保险", "防返贫保险"),
    ("教育资助", "教育帮扶"),
    ("助学", "教育帮扶"),
    ("其它", "其他"),
    ("没有", NONE),
    ("暂无", NONE),
];

/// What stands between two measures of one cell, after full-width forms are folded.
const BETWEEN: [char; 9] = ['、', ',', ';', '/', '|', '+', '\n', '\r', '\t'];

/// The measures of a cell, each once, in the order of [`MEASURES`]; `None`: one of them is no measure, or none is said
/// beside others.
pub(super) fn read(cell: &str) -> Option<Vec<&'static str>> {
    let cell = fold_width(clean_text(cell));
    let mut said = Vec::new();
    for piece in cell.split(BETWEEN).filter(|piece| !piece.trim().is_empty()) {
        match known(piece) {
            Some(word) => said.push(word),
            // Blanks part words only where the whole is none.
            None => said.extend(piece.split_whitespace().map(known).collect::<Option<Vec<_>>>()?),
        }
    }
    if said.len() > 1 && said.contains(&NONE) && said.iter().any(|word| *word != NONE) {
        return None;
    }
    Some(MEASURES.iter().filter(|word| said.contains(word)).copied().collect())
}

/// The measure that a word means; what stands in brackets behind it does not count.
fn known(word: &str) -> Option<&'static str> {
    let word: String = word.chars().filter(|c| !c.is_whitespace()).collect();
    let bare = word.split_once('(').map_or(word.as_str(), |(bare, _)| bare);
    let own = MEASURES.iter().find(|known| **known == bare).copied();
    own.or_else(|| ALSO.iter().find(|(other, _)| *other == bare).map(|(_, known)| *known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_measures_stand_in_one_cell() {
        for (cell, expected) in [
            ("", Some("")),
            (" 低 保 ", Some("低保")),
            ("临时救助、低保", Some("低保、临时救助")),
            ("产业帮扶，就业帮扶；公益性岗位", Some("产业帮扶、就业帮扶、公益性岗位")),
            ("小额信贷/防返贫保险", Some("小额信贷、防返贫保险")),
            ("医疗救助\n慈善救助\r\n其它", Some("医疗救助、慈善救助、其他")),
            ("低保 临时救助", Some("低保、临时救助")),
            ("公益岗（护林员）、公益性岗位", Some("公益性岗位")),
            ("最低生活保障,防贫保险;", Some("低保、防返贫保险")),
            ("无", Some("无")),
            ("无、低保", None),
            ("低保、送温暖", None),
            // the whole of which several measures are parts
            ("社会救助", None),
            ("也许", None),
        ] {
            assert_eq!(read(cell).map(|words| words.join("、")).as_deref(), expected, "{cell:?}");
        }
        for (other, word) in ALSO {
            assert!(MEASURES.contains(word) && !MEASURES.contains(other), "{other}");
        }
    }

    #[test]
    fn all_words_fit_a_dropdown() {
        assert!(MEASURES.join(",").chars().count() <= 255);
    }
}
