//! The Chinese words of a case book and the codes that they stand for.

use crate::cases::Outcome;
use crate::config::nearest;
use crate::domain::Tag;
use crate::texts::{self, Table, zh};

/// The word for no reason.
const NONE: &str = "无";

/// Words of one kind: as people write them, and the code.
pub(super) type Words = &'static [(&'static str, &'static str)];

pub(super) const INSURANCE: Words = &[("居民", "390"), ("职工", "310"), ("离休", "340"), ("长护", "410")];

pub(super) const CARE: Words = &[
    ("门诊", "11"),
    ("急诊", "13"),
    ("慢特病", "14"),
    ("特药", "15"),
    ("住院", "21"),
    ("外伤住院", "22"),
    ("转外住院", "23"),
    ("异地住院", "25"),
    ("日间手术", "28"),
    ("药店", "41"),
];

pub(super) const PLACES: Words = &[("中心", "1"), ("医院", "2"), ("省内异地", "3"), ("跨省", "4")];

/// Kinds of payer, as the codes' table has them.
pub(super) const PAYERS: Words = &[
    ("二次报销", "second_reimbursement"),
    ("医疗救助", "medical_assistance"),
    ("临时救助", "temporary_assistance"),
    ("医疗互助", "mutual_aid"),
    ("单位补助", "employer"),
    ("商业保险", "commercial"),
    ("慈善", "charity"),
    ("其他", "other"),
];

pub(super) const HOUSEHOLDS: Words = &[("非农业", "10"), ("农业", "20"), ("居民户", "50")];

/// Series of the income feed.
pub(super) const SERIES: Words = &[
    ("农村居民人均可支配收入", "rural_disposable_income"),
    ("城镇居民人均可支配收入", "urban_disposable_income"),
    ("居民人均可支配收入", "disposable_income"),
    ("低保标准", "subsistence_standard"),
    ("最低工资", "minimum_wage"),
    ("防返贫监测线", "relapse_monitoring_line"),
];

/// The code of a word; codes stand for themselves where `codes_too`.
pub(super) fn code_of(words: Words, text: &str, codes_too: bool) -> Result<String, String> {
    if let Some((_, code)) = words.iter().find(|(word, _)| *word == text) {
        return Ok((*code).to_owned());
    }
    let is_code = !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if codes_too && is_code {
        return Ok(text.to_owned());
    }
    Err(hint(text, words.iter().map(|(word, _)| *word)))
}

/// What a rule finds, by its Chinese word.
pub(super) fn status_of(text: &str) -> Result<Outcome, String> {
    let found = texts::code_of(Table::Outcome, text).and_then(Outcome::parse);
    found.ok_or_else(|| hint(text, texts::all(Table::Outcome).map(|(_, known)| known.zh.as_str())))
}

/// The code of a reason, by its Chinese word; 无 is none.
pub(super) fn reason_of(text: &str) -> Result<String, String> {
    let found = if text == NONE { Some("") } else { texts::code_of(Table::ReasonInShort, text) };
    let known = texts::all(Table::ReasonInShort).map(|(_, known)| known.zh.as_str()).chain([NONE]);
    found.map(str::to_owned).ok_or_else(|| hint(text, known))
}

/// The tag of a Chinese term, its short form or its code.
pub(super) fn tag_of(text: &str) -> Result<Tag, String> {
    let short = |tag: &Tag| tag.chinese().trim_end_matches(['户', '员', '口', '象', '人', '对']);
    let bare = text.trim_end_matches(['户', '员', '口', '象', '人', '对']);
    Tag::ALL
        .into_iter()
        .find(|tag| tag.chinese() == text || tag.code() == text || short(tag) == bare)
        .ok_or_else(|| hint(text, Tag::ALL.iter().map(|tag| tag.chinese())))
}

/// The word for what a rule found.
#[must_use]
pub fn status_word(status: Outcome) -> &'static str {
    zh(Table::Outcome, status.code())
}

/// The word for the reason of a finding.
#[must_use]
pub fn reason_word(code: &str) -> &str {
    if code.is_empty() { NONE } else { zh(Table::ReasonInShort, code) }
}

/// The nearest valid spelling, else all of them.
pub(super) fn hint<'a>(text: &str, valid: impl Iterator<Item = &'a str> + Clone) -> String {
    // one letter is near to every other
    nearest(text, valid.clone()).filter(|_| text.chars().count() > 1).map_or_else(
        || format!("valid here: {}", valid.collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_codes_and_near_misses() {
        assert_eq!(status_of("列入"), Ok(Outcome::Flagged));
        assert_eq!(status_of("列人").unwrap_err(), "did you mean `列入`?");
        assert_eq!(code_of(CARE, "9901", true).as_deref(), Ok("9901"));
        assert!(code_of(CARE, "住院部", true).is_err());
        assert_eq!(tag_of("脱贫人口"), Ok(Tag::LiftedOut));
        assert_eq!(tag_of("低保"), Ok(Tag::Subsistence));
        assert_eq!(tag_of("特困"), Ok(Tag::SpecialHardship));
        assert_eq!(tag_of("低保边缘"), Ok(Tag::MarginalSubsistence));
        assert_eq!(tag_of("脱贫人囗").unwrap_err(), "did you mean `脱贫人口`?");
        assert_eq!((reason_word("no_roster"), status_word(Outcome::Near)), ("无名册", "关注"));
    }
}
