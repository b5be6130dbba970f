//! What an office answers about a person: the words that it may choose, what they mean together, and what a second
//! answer does to the first.

use chrono::NaiveDate;

use super::measure::{self, NONE};
use crate::domain::{Fen, clean_text, fold_width};

/// Column 签收情况: whether the office takes the person at all.
pub const RECEIPTS: &[&str] = &["接收", "不属本单位", "重复", "查无此人"];
/// Column 是否找到.
pub const FOUND: &[&str] = &["是", "否"];
/// Column 是否纳入监测.
pub const ENROLLED: &[&str] = &["是", "否", "核查中"];
/// Column 纳入类别.
pub const CATEGORIES: &[&str] = &[
    "脱贫不稳定户",
    "边缘易致贫户",
    "突发严重困难户",
    "低保对象",
    "特困人员",
    "低保边缘家庭",
    "刚性支出困难家庭",
    "防止返贫致贫对象",
];
/// Column 未纳入原因.
pub const REASONS: &[&str] =
    &["收入足以承担", "其他保险已赔付", "已在监测范围", "已迁出", "已死亡", "本人放弃", "信息有误", "其他"];
crate::codes! {
    /// What an office says of a person.
    pub enum Verdict {
        /// 接收: it takes the person, and says no more yet.
        Accepted = "accepted",
        /// 核查中: it is looking.
        Verifying = "verifying",
        /// 纳入监测.
        Enrolled = "enrolled",
        /// 未纳入, for a reason.
        NotEnrolled = "not_enrolled",
        /// 查无此人, or not to be found.
        NotFound = "not_found",
        /// 重复: it has the person from elsewhere.
        Duplicate = "duplicate",
        /// 不属本单位: another office must see to the person.
        NotOurs = "not_ours",
    }
}

impl Verdict {
    /// Whether nothing more is owed about the person by this office.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Accepted | Self::Verifying)
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Verifying => 1,
            _ => 2,
        }
    }
}

/// An answer, read and found to make sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub verdict: Verdict,
    /// Of [`CATEGORIES`], or empty.
    pub category: String,
    /// Of [`REASONS`], or empty.
    pub reason: String,
    /// Of [`super::MEASURES`], parted by `、`, or empty.
    pub measure: String,
    pub amount: Option<Fen>,
    pub verified_on: Option<NaiveDate>,
    /// Who looked: the unit, the person, and what else they wrote.
    pub unit: String,
    pub verifier: String,
    pub remark: String,
}

impl Answer {
    #[must_use]
    pub fn is_aided(&self) -> bool {
        let is_measure = !self.measure.is_empty() && self.measure != NONE;
        is_measure || self.amount.is_some_and(|amount| amount.0 > 0)
    }
}

/// The cells of a filled-in feedback block, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswerCells {
    /// 签收情况.
    pub receipt: String,
    /// 是否找到.
    pub found: String,
    /// 是否纳入监测.
    pub enrolled: String,
    /// 纳入类别.
    pub category: String,
    /// 未纳入原因.
    pub reason: String,
    /// 帮扶措施.
    pub measure: String,
    /// 帮扶金额.
    pub amount: Option<Fen>,
    /// 核查日期.
    pub verified_on: Option<NaiveDate>,
    /// 核查单位.
    pub unit: String,
    /// 核查人.
    pub verifier: String,
    /// 备注.
    pub remark: String,
}

/// Why a filled-in row is not an answer; says which column, never what stood in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFault {
    /// A word that is not in the column's list.
    Word(&'static str),
    /// Two columns that contradict each other.
    Contradiction(&'static str, &'static str),
    /// A column that must be filled in beside what is.
    Missing(&'static str),
    /// A measure that is not in the list, or none beside others.
    Measures,
    Negative,
}

impl AnswerFault {
    /// The columns whose cells are wrong, by their headings.
    #[must_use]
    pub fn columns(self) -> Vec<&'static str> {
        match self {
            Self::Word(column) | Self::Missing(column) => vec![column],
            Self::Contradiction(one, other) => vec![one, other],
            Self::Measures => vec!["帮扶措施"],
            Self::Negative => vec!["帮扶金额（元）"],
        }
    }

    /// What the office must mend, in its language.
    #[must_use]
    pub fn chinese(self) -> String {
        match self {
            Self::Word(column) => format!("“{column}”只能填下拉列表中的词"),
            Self::Contradiction(one, other) => format!("“{one}”与“{other}”矛盾"),
            Self::Missing(column) => format!("“{column}”须填写"),
            Self::Measures => {
                "“帮扶措施”只能填下拉列表中的词；有多项的用顿号（、）隔开，填“无”的不能再填其他".to_owned()
            }
            Self::Negative => "“帮扶金额”不能为负".to_owned(),
        }
    }
}

impl AnswerCells {
    /// What the cells say; `None` where nothing was filled in.
    pub fn read(&self) -> Result<Option<Answer>, AnswerFault> {
        let receipt = word(&self.receipt, RECEIPTS, "签收情况")?;
        let found = word(&self.found, FOUND, "是否找到")?;
        let enrolled = word(&self.enrolled, ENROLLED, "是否纳入监测")?;
        let category = word(&self.category, CATEGORIES, "纳入类别")?;
        let reason = word(&self.reason, REASONS, "未纳入原因")?;
        let measures = measure::read(&self.measure).ok_or(AnswerFault::Measures)?;
        let measure = measures.join("、");
        if self.amount.is_some_and(|amount| amount.0 < 0) {
            return Err(AnswerFault::Negative);
        }
        let says_more = [category, reason, &measure].iter().any(|text| !text.is_empty()) || self.amount.is_some();
        let Some(verdict) = verdict(receipt, found, enrolled)? else {
            // Who fills in a category or a measure forgot the column that decides.
            return if says_more { Err(AnswerFault::Missing("是否纳入监测")) } else { Ok(None) };
        };
        match verdict {
            Verdict::NotEnrolled if reason.is_empty() => return Err(AnswerFault::Missing("未纳入原因")),
            Verdict::NotEnrolled if !category.is_empty() => {
                return Err(AnswerFault::Contradiction("是否纳入监测", "纳入类别"));
            }
            Verdict::Enrolled if !reason.is_empty() => {
                return Err(AnswerFault::Contradiction("是否纳入监测", "未纳入原因"));
            }
            Verdict::NotOurs | Verdict::NotFound | Verdict::Duplicate if !category.is_empty() => {
                return Err(AnswerFault::Contradiction("签收情况", "纳入类别"));
            }
            _ => {}
        }
        let text = |text: &str| clean_text(text).to_owned();
        Ok(Some(Answer {
            verdict,
            category: category.to_owned(),
            reason: reason.to_owned(),
            measure,
            amount: self.amount,
            verified_on: self.verified_on,
            unit: text(&self.unit),
            verifier: text(&self.verifier),
            remark: text(&self.remark),
        }))
    }
}

fn verdict(receipt: &str, found: &str, enrolled: &str) -> Result<Option<Verdict>, AnswerFault> {
    let refused = match receipt {
        "不属本单位" => Some(Verdict::NotOurs),
        "重复" => Some(Verdict::Duplicate),
        "查无此人" => Some(Verdict::NotFound),
        _ => None,
    };
    if let Some(verdict) = refused {
        if !enrolled.is_empty() {
            return Err(AnswerFault::Contradiction("签收情况", "是否纳入监测"));
        }
        if receipt == "查无此人" && found == "是" {
            return Err(AnswerFault::Contradiction("签收情况", "是否找到"));
        }
        return Ok(Some(verdict));
    }
    Ok(match (enrolled, found) {
        ("是", "否") => return Err(AnswerFault::Contradiction("是否找到", "是否纳入监测")),
        ("是", _) => Some(Verdict::Enrolled),
        ("否", _) => Some(Verdict::NotEnrolled),
        ("核查中", _) => Some(Verdict::Verifying),
        (_, "否") => Some(Verdict::NotFound),
        (_, "是") => Some(Verdict::Verifying),
        _ if receipt == "接收" => Some(Verdict::Accepted),
        _ => None,
    })
}

/// The list's own word for what was typed; empty for nothing.
fn word(typed: &str, known: &[&'static str], column: &'static str) -> Result<&'static str, AnswerFault> {
    let typed: String = fold_width(typed).chars().filter(|c| !c.is_whitespace()).collect();
    let typed = clean_text(&typed);
    if typed.is_empty() {
        return Ok("");
    }
    known.iter().find(|word| **word == typed).copied().ok_or(AnswerFault::Word(column))
}

crate::codes! {
    /// What a further answer of the same office about the same person does.
    pub enum Effect {
        First = "first",
        /// It says what is known.
        Same = "same",
        /// It goes on from what is known, or adds to it.
        Advance = "advance",
        /// It says something else; an officer decides, till then what was known stands.
        Conflict = "conflict",
    }
}

/// What a further answer does to the one that stands.
#[must_use]
pub fn effect(standing: Option<&Answer>, new: &Answer) -> Effect {
    let Some(old) = standing else { return Effect::First };
    let said = |answer: &Answer| {
        (answer.verdict, answer.category.clone(), answer.reason.clone(), answer.measure.clone(), answer.amount)
    };
    if said(old) == said(new) && (old.verified_on == new.verified_on || new.verified_on.is_none()) {
        return Effect::Same;
    }
    let adds = |old: &str, new: &str| old.is_empty() || old == new;
    let is_more = old.verdict == new.verdict
        && adds(&old.category, &new.category)
        && adds(&old.reason, &new.reason)
        && old.measure.split('、').all(|word| word.is_empty() || new.measure.split('、').any(|said| said == word))
        && (old.amount.is_none() || old.amount == new.amount)
        && (old.verified_on.is_none() || new.verified_on.is_none() || old.verified_on == new.verified_on);
    if is_more || old.verdict.rank() < new.verdict.rank() { Effect::Advance } else { Effect::Conflict }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `receipt/found/enrolled/category/reason/measure`
    fn cells(text: &str) -> AnswerCells {
        let parts: Vec<String> = text.split('/').map(str::to_owned).collect();
        let part = |at: usize| parts.get(at).cloned().unwrap_or_default();
        AnswerCells {
            receipt: part(0),
            found: part(1),
            enrolled: part(2),
            category: part(3),
            reason: part(4),
            measure: part(5),
            ..AnswerCells::default()
        }
    }

    #[test]
    fn cells_are_read_together() {
        use AnswerFault::{Contradiction, Missing, Word};
        let cases = [
            ("", Ok(None)),
            ("//////", Ok(None)),
            ("接收", Ok(Some(Verdict::Accepted))),
            (" 接　收 ", Ok(Some(Verdict::Accepted))),
            ("不属本单位", Ok(Some(Verdict::NotOurs))),
            ("重复", Ok(Some(Verdict::Duplicate))),
            ("查无此人/否", Ok(Some(Verdict::NotFound))),
            ("接收/是/是/低保对象//低保", Ok(Some(Verdict::Enrolled))),
            ("/是/否//已死亡", Ok(Some(Verdict::NotEnrolled))),
            ("//核查中", Ok(Some(Verdict::Verifying))),
            ("/否", Ok(Some(Verdict::NotFound))),
            ("/是", Ok(Some(Verdict::Verifying))),
            ("也许", Err(Word("签收情况"))),
            ("//=是", Err(Word("是否纳入监测"))),
            ("//否", Err(Missing("未纳入原因"))),
            ("/////低保", Err(Missing("是否纳入监测"))),
            ("//是///低保、产业帮扶", Ok(Some(Verdict::Enrolled))),
            ("//是///低保、送温暖", Err(AnswerFault::Measures)),
            ("/否/是", Err(Contradiction("是否找到", "是否纳入监测"))),
            ("不属本单位//是", Err(Contradiction("签收情况", "是否纳入监测"))),
            ("查无此人/是", Err(Contradiction("签收情况", "是否找到"))),
            ("//是//已死亡", Err(Contradiction("是否纳入监测", "未纳入原因"))),
            ("//否/低保对象/其他", Err(Contradiction("是否纳入监测", "纳入类别"))),
            ("重复///低保对象", Err(Contradiction("签收情况", "纳入类别"))),
        ];
        for (text, expected) in cases {
            let found = cells(text).read().map(|answer| answer.map(|answer| answer.verdict));
            assert_eq!(found, expected, "{text}");
        }
        let negative = AnswerCells { amount: Some(Fen(-1)), ..cells("//是") };
        assert_eq!(negative.read(), Err(AnswerFault::Negative));
        println!("answers: {} cases", cases.len() + 1);
    }

    #[test]
    fn a_second_answer_never_wins_silently() {
        let answer = |text: &str| cells(text).read().unwrap().unwrap();
        let cases = [
            ("接收", "接收", Effect::Same),
            ("接收", "//核查中", Effect::Advance),
            ("//核查中", "//是/低保对象", Effect::Advance),
            ("接收", "不属本单位", Effect::Advance),
            ("//是", "//是/低保对象//低保", Effect::Advance),
            ("//是/低保对象", "//是/特困人员", Effect::Conflict),
            ("//是", "//否//已迁出", Effect::Conflict),
            ("//是", "//核查中", Effect::Conflict),
            ("//否//已迁出", "//否//已死亡", Effect::Conflict),
            ("不属本单位", "接收", Effect::Conflict),
            ("重复", "查无此人", Effect::Conflict),
            ("//是/低保对象//低保", "//是/低保对象", Effect::Conflict),
            ("//是///低保", "//是///就业帮扶、低保", Effect::Advance),
            ("//是///低保、就业帮扶", "//是///就业帮扶", Effect::Conflict),
        ];
        for (old, new, expected) in cases {
            assert_eq!(effect(Some(&answer(old)), &answer(new)), expected, "{old} then {new}");
        }
        assert_eq!(effect(None, &answer("接收")), Effect::First);
        println!("second answers: {} cases", cases.len() + 1);
    }
}
