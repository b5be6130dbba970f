//! What a file's name states: its month in the usual forms, its office, words of a table.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::{Month, fold_width, is_invisible};

/// A name that states two months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoMonths(pub Month, pub Month);

/// The month that a text states: `2025年9月`, `202509`, `2025-09`; else that of the day that it states, `20250902` or
/// `2025-09-02`: beside a month a day is when the file was made.
pub fn month_in(text: &str) -> Result<Option<Month>, TwoMonths> {
    let pieces = pieces(text);
    let (mut months, mut days) = (BTreeSet::new(), BTreeSet::new());
    for at in 0..pieces.len() {
        match stated_at(&pieces, at) {
            Some((month, true)) => _ = months.insert(month),
            Some((month, false)) => _ = days.insert(month),
            None => {}
        }
    }
    let stated = if months.is_empty() { days } else { months };
    let mut stated = stated.into_iter();
    match (stated.next(), stated.next()) {
        (Some(first), Some(second)) => Err(TwoMonths(first, second)),
        (first, _) => Ok(first),
    }
}

/// The month that begins at a piece, and whether it is stated without a day.
fn stated_at(pieces: &[Piece], at: usize) -> Option<(Month, bool)> {
    let Piece::Digits(digits) = pieces.get(at)? else { return None };
    let number = |text: &str| text.parse::<u32>().ok();
    let month = |year: &str, month: &str| {
        let year = year.parse().ok().filter(|year| (2000..=2100).contains(year))?;
        Month::new(year, number(month)?)
    };
    match digits.len() {
        4 => {
            let mark = pieces.get(at + 1)?.mark()?;
            let Piece::Digits(second) = pieces.get(at + 2)? else { return None };
            let found = month(digits, Some(second).filter(|second| second.len() <= 2)?)?;
            let next = pieces.get(at + 3).and_then(Piece::mark);
            let day = matches!(pieces.get(at + 4), Some(Piece::Digits(day)) if day.len() <= 2);
            match mark {
                '年' => (next == Some('月')).then_some((found, !day)),
                '-' | '.' | '/' | '_' => Some((found, !(next == Some(mark) && day))),
                _ => None,
            }
        }
        6 => {
            let (year, rest) = digits.split_at_checked(4)?;
            Some((month(year, rest)?, true))
        }
        // A day, and a day with its time of day.
        8 | 12 | 14 => {
            let (day, _) = digits.split_at_checked(8)?;
            let day = NaiveDate::parse_from_str(day, "%Y%m%d").ok()?;
            let (year, rest) = digits.split_at_checked(4)?;
            month(year, rest.split_at_checked(2)?.0).map(|_| (Month::of(day), false))
        }
        _ => None,
    }
}

/// A run of digits, or one other character.
enum Piece {
    Digits(String),
    Mark(char),
}

impl Piece {
    const fn mark(&self) -> Option<char> {
        match self {
            Self::Digits(_) => None,
            Self::Mark(mark) => Some(*mark),
        }
    }
}

/// A text without blanks; Chinese digits are digits.
fn pieces(text: &str) -> Vec<Piece> {
    let folded = fold_width(text);
    let letters: Vec<char> = folded.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).collect();
    let digit = |c: &char| "〇一二三四五六七八九".chars().position(|it| it == *c).or((*c == '零').then_some(0));
    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |text: &str| match pieces.last_mut() {
        Some(Piece::Digits(digits)) if text.bytes().all(|b| b.is_ascii_digit()) => digits.push_str(text),
        _ if text.bytes().all(|b| b.is_ascii_digit()) => pieces.push(Piece::Digits(text.to_owned())),
        _ => pieces.extend(text.chars().map(Piece::Mark)),
    };
    for (at, letter) in letters.iter().enumerate() {
        let follows = letters.get(at + 1).is_some_and(|next| digit(next).is_some());
        match digit(letter) {
            Some(digit) => push(&digit.to_string()),
            None if *letter == '十' => push(if follows { "1" } else { "10" }),
            None => push(letter.encode_utf8(&mut [0; 4])),
        }
    }
    pieces
}

/// How offices' names end.
const OFFICES: [&str; 6] = ["局", "残疾人联合会", "人民政府", "办事处", "委员会", "服务中心"];

/// The office that a name states: the Chinese word that ends as offices' names do.
#[must_use]
pub fn office_in(text: &str) -> Option<String> {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let word = |run: &str| {
        let end = OFFICES.iter().filter_map(|end| run.find(end).map(|at| at + end.len())).min()?;
        run.get(..end).filter(|word| word.chars().count() >= 3).map(str::to_owned)
    };
    text.split(|c| !is_han(c)).find_map(word)
}

/// The values whose words stand in a text, a longer word before the shorter ones within it. Words of one letter, and
/// words without a Chinese letter, say nothing in a name.
pub fn words_in<'w, T: Copy + Eq>(text: &str, words: impl IntoIterator<Item = (&'w str, T)>) -> Vec<T> {
    let mut text = plain(text);
    let mut words: Vec<(String, T)> = words.into_iter().map(|(word, value)| (plain(word), value)).collect();
    words.retain(|(word, _)| word.chars().count() >= 2 && !word.is_ascii());
    words.sort_by(|a, b| (b.0.chars().count(), &a.0).cmp(&(a.0.chars().count(), &b.0)));
    let mut found = Vec::new();
    for (word, value) in words {
        if text.contains(&word) {
            text = text.replace(&word, "\n");
            if !found.contains(&value) {
                found.push(value);
            }
        }
    }
    found
}

fn plain(text: &str) -> String {
    fold_width(text).to_lowercase().replace(|c: char| c.is_whitespace() || is_invisible(c), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_in_their_usual_forms() {
        for name in [
            "农村低保备案表202509.xls",
            "农村低保备案表（2025年9月）.xlsx",
            "2025年09月份低保",
            "低保-2025-09.csv",
            "低保2025.9",
            "低保2025_09_整份",
            "二〇二五年九月低保",
            "２０２５年９月",
            "防止返贫致贫监测对象信息_20250902-风险未消除608人.xlsx",
            "名册2025-09-02",
            "名册20250902143000",
            // A county's code is no month.
            "claims-990102-2025-09",
            "结算20250930",
            "望川区2025年9月结算",
            // A day beside a month is when the file was made.
            "2025年9月低保_20251008.xlsx",
        ] {
            assert_eq!(month_in(name), Ok(Month::new(2025, 9)), "{name}");
        }
        assert_eq!(month_in("二〇二五年十二月"), Ok(Month::new(2025, 12)));
        assert_eq!(month_in("二〇二五年十月"), Ok(Month::new(2025, 10)));
        for name in [
            "名册",
            "2025年",
            "2025年1-9月",
            "990103196203050018",
            "3月",
            "202513",
            "20259",
            "2025年度低保",
            "1999年1月",
            "claims-990102",
            "2026-13",
            "a-1999-10",
            "第3批",
        ] {
            assert_eq!(month_in(name), Ok(None), "{name}");
        }
        assert!(month_in("2025年9月和2025年10月").is_err());
        assert!(month_in("202509_202510").is_err());
    }

    #[test]
    fn the_longer_word_leads() {
        let words = [("低保", 1), ("低保边缘家庭", 2), ("特困", 3), ("7019", 1)];
        assert_eq!(words_in("2025年低保边缘家庭名单", words), [2]);
        assert_eq!(words_in("特困、低保名册", words), [1, 3]);
        assert_eq!(words_in("7019", words), [0_i32; 0]);
    }

    #[test]
    fn offices_by_how_they_end() {
        assert_eq!(office_in("1.青屏县民政局2025年9月低保.xls").as_deref(), Some("青屏县民政局"));
        assert_eq!(office_in("低保 云麓县残疾人联合会").as_deref(), Some("云麓县残疾人联合会"));
        assert_eq!(office_in("格局.xls"), None);
        assert_eq!(office_in("低保名册.xls"), None);
    }
}
