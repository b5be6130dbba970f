//! Names, compared as people compare them: 紅 is 红, one kind of middle dot, and a sign that stands for a character that
//! could not be printed is any one character.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::is_invisible;

/// Stands for any one character in a comparable name; the same sign means that to `like`.
const ANY: char = '_';

/// The Chinese characters that the table knows lie between these.
const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9fff;

/// For each of them the character that a comparable name has in its place; 0: itself.
static SIMPLER: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut table = vec![0; (LAST - FIRST + 1) as usize];
    let lines = include_str!("name_characters.txt").lines().filter(|line| !line.starts_with('#'));
    for pair in lines.flat_map(str::split_whitespace) {
        let mut characters = pair.chars().map(|character| character as u32);
        if let (Some(from), Some(to)) = (characters.next(), characters.next())
            && let (Some(place), Ok(to)) = (table.get_mut((from.wrapping_sub(FIRST)) as usize), u16::try_from(to))
        {
            *place = to;
        }
    }
    table
});

/// A name in the form in which two spellings of one name are equal: NFKC, simplified, without spaces and notes in
/// brackets behind it such as (女), with one kind of middle dot, and `_` for a character that could not be printed. Only
/// for comparing, by [`same_name`] or `like`; lists show the name as it was sent.
#[must_use]
pub fn comparable_name(name: &str) -> String {
    let folded: String = name.nfkc().filter_map(comparable).flat_map(char::to_lowercase).collect();
    match without_note(&folded) {
        Some(bare) => bare.to_owned(),
        None => folded,
    }
}

/// The comparable form of a name where it differs from the name; `None` for the many names that are written plainly.
#[must_use]
pub fn folded_name(name: &str) -> Option<String> {
    let is_plain = |c: char| matches!(c as u32, 0x4e00..=LAST) && comparable(c) == Some(c);
    if name.chars().all(is_plain) {
        return None;
    }
    Some(comparable_name(name)).filter(|folded| folded != name)
}

/// Whether two comparable names can be one person's: alike but for characters that could not be printed and for middle
/// dots that were left out. No name at all contradicts none.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    let alike = |one: &mut dyn Iterator<Item = char>, other: &mut dyn Iterator<Item = char>| {
        loop {
            match (one.next(), other.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a == b || a == ANY || b == ANY => {}
                _ => return false,
            }
        }
    };
    let undotted = |name: &str| name.chars().filter(|c| *c != '·').collect::<Vec<_>>().into_iter();
    one.is_empty()
        || other.is_empty()
        || alike(&mut one.chars(), &mut other.chars())
        || alike(&mut undotted(one), &mut undotted(other))
}

fn comparable(c: char) -> Option<char> {
    match c {
        '·' | '•' | '‧' | '・' | '･' | '.' | '．' | '⋅' | '∙' => Some('·'),
        // what systems print in place of a character that they do not have, and their private characters
        '?' | '？' | '□' | '〓' | '■' | '\u{fffd}' | '\u{e000}'..='\u{f8ff}' => Some(ANY),
        // signs that `like` reads as its own
        '_' | '%' | '\\' => None,
        _ if c.is_whitespace() || c.is_control() || is_invisible(c) => None,
        _ => {
            let simpler = SIMPLER.get((c as u32).wrapping_sub(FIRST) as usize).copied().filter(|simpler| *simpler > 0);
            Some(simpler.and_then(|simpler| char::from_u32(u32::from(simpler))).unwrap_or(c))
        }
    }
}

/// The name before a note in brackets at its end; `None` where there is no such note, or nothing before it.
fn without_note(folded: &str) -> Option<&str> {
    const BRACKETS: [(char, char); 4] = [('(', ')'), ('[', ']'), ('【', '】'), ('〔', '〕')];
    let (open, _) = BRACKETS.into_iter().find(|(_, close)| folded.ends_with(*close))?;
    folded.rsplit_once(open).map(|(name, _)| name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: &str, other: &str) -> bool {
        let (one, other) = (comparable_name(one), comparable_name(other));
        assert_eq!(same_name(&one, &other), same_name(&other, &one));
        same_name(&one, &other)
    }

    #[test]
    fn one_name_in_many_spellings() {
        for (one, other) in [
            ("阿依古丽•买买提", "阿依古丽 · 买买提"),
            ("阿依古丽·买买提", "阿依古丽买买提"),
            ("阿依古丽?买买提", "阿依古丽·买买提"),
            ("陳紅", "陈红"),
            ("王？", "王珏"),
            ("王〓", "王珏"),
            ("王\u{e863}", "王䶮"),
            ("王□娟", "王?娟"),
            ("李四(女)", "李四"),
            ("李四（男）", "李四 "),
            ("", "李四"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn another_name_stays_another() {
        for (one, other) in [("张三", "张山"), ("王?", "李珏"), ("王?", "王小珏"), ("王?娟", "王小丽"), ("%", "张三三")]
        {
            assert!(!alike(one, other) || one == "%", "{one} {other}");
        }
        assert_eq!(comparable_name("(女)"), "(女)");
        assert_eq!(comparable_name("a_%\\B"), "ab");
    }

    #[test]
    fn plain_names_need_no_other_form() {
        assert_eq!(folded_name("欧阳小红"), None);
        assert_eq!(folded_name("歐陽小紅").as_deref(), Some("欧阳小红"));
        assert_eq!(folded_name("欧阳小红 ").as_deref(), Some("欧阳小红"));
    }

    #[test]
    fn the_table_leads_to_characters_that_stay() {
        let known = SIMPLER.iter().filter(|to| **to > 0).count();
        assert!(known > 2_500, "{known}");
        for to in SIMPLER.iter().filter(|to| **to > 0) {
            let c = char::from_u32(u32::from(*to)).unwrap();
            assert_eq!(comparable(c), Some(c), "{c}");
        }
    }
}
