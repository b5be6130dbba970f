//! The words that people read: one table for lists, letters, explanations and pages, in Chinese and English.
//!
//! `texts.toml` has them by table and code. Who needs a word names the table and the code; no other file spells it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

crate::codes! {
    /// A table of texts; what each is for stands in `texts.toml`.
    pub enum Table {
        Column = "column",
        Tag = "tag",
        Outcome = "outcome",
        Conclusion = "conclusion",
        Status = "status",
        Reason = "reason",
        ReasonInFull = "reason_in_full",
        ReasonInShort = "reason_in_short",
        Hold = "hold",
        Delta = "delta",
        DeltaReason = "delta_reason",
        ListKind = "list_kind",
        Sex = "sex",
        CertType = "cert_type",
        Insurance = "insurance",
        Rural = "rural",
        ExpectedMonth = "expected_month",
        LineStatus = "line_status",
        Basis = "basis",
        Cost = "cost",
        RejectColumn = "reject_column",
        Reject = "reject",
        Cause = "cause",
        Bound = "bound",
        Surprise = "surprise",
        Role = "role",
        QuestionState = "question_state",
        Answer = "answer",
        Unusable = "unusable",
        Feed = "feed",
        Arrival = "arrival",
        Kind = "kind",
        Presence = "presence",
        Format = "format",
        Contract = "contract",
    }
}

/// A text in both languages.
#[derive(Debug, Deserialize)]
#[serde(from = "[String; 2]")]
pub struct Text {
    pub zh: String,
    pub en: String,
}

impl From<[String; 2]> for Text {
    fn from([zh, en]: [String; 2]) -> Self {
        Self { zh, en }
    }
}

type Tables = BTreeMap<String, BTreeMap<String, Text>>;

static TEXTS: LazyLock<Tables> = LazyLock::new(|| {
    toml::from_str(include_str!("texts.toml")).unwrap_or_else(|error| panic!("the bundled texts: {error}"))
});

/// The text of a code.
#[must_use]
pub fn text(table: Table, code: &str) -> Option<&'static Text> {
    TEXTS.get(table.code())?.get(code)
}

/// The Chinese text of a code; a code without a text is shown as it is.
#[must_use]
pub fn zh(table: Table, code: &str) -> &str {
    text(table, code).map_or(code, |text| &text.zh)
}

/// The code of a Chinese text.
#[must_use]
pub fn code_of(table: Table, zh: &str) -> Option<&'static str> {
    all(table).find(|(_, text)| text.zh == zh).map(|(code, _)| code)
}

/// All texts of a table, by code.
pub fn all(table: Table) -> impl Iterator<Item = (&'static str, &'static Text)> + Clone {
    TEXTS.get(table.code()).into_iter().flatten().map(|(code, text)| (code.as_str(), text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::arrivals::ArrivalState;
    use crate::cases::{FindingStatus, Outcome, Reason};
    use crate::contracts::{Feed, RejectCode};
    use crate::domain::Tag;
    use crate::policy::Basis;
    use crate::questions::{AnswerWord, Bound, Cause, QuestionState, Role};
    use crate::referrals::{COLUMNS, Delta, ListKind};

    fn has_all_and_only<'a>(table: Table, codes: impl IntoIterator<Item = &'a str>) {
        let codes: BTreeSet<&str> = codes.into_iter().collect();
        let known: BTreeSet<&str> = all(table).map(|(code, _)| code).collect();
        assert_eq!(known, codes, "{}", table.code());
    }

    #[test]
    fn every_code_has_a_text_and_no_text_is_unused() {
        let held = ["held_rules", "held_income", "held_register", "held_roster", "held_claims"];
        let beside = ["given_back", "suppressed", "data_missing"].into_iter().chain(held);
        has_all_and_only(Table::Column, COLUMNS.iter().map(|column| column.name));
        has_all_and_only(Table::Tag, Tag::ALL.map(Tag::code));
        has_all_and_only(Table::Outcome, Outcome::ALL.map(Outcome::code));
        has_all_and_only(Table::Status, FindingStatus::ALL.map(FindingStatus::code));
        has_all_and_only(Table::Reason, Reason::ALL.map(Reason::code).into_iter().chain(beside));
        has_all_and_only(Table::ReasonInFull, Reason::ALL.map(Reason::code));
        has_all_and_only(Table::ReasonInShort, Reason::ALL.map(Reason::code));
        has_all_and_only(Table::Delta, Delta::ALL.map(Delta::code));
        has_all_and_only(
            Table::ListKind,
            ListKind::ALL.into_iter().filter(|kind| !kind.is_whole()).map(ListKind::code),
        );
        has_all_and_only(Table::Basis, Basis::ALL.map(Basis::name));
        has_all_and_only(Table::Cost, Basis::ALL.map(Basis::name));
        has_all_and_only(Table::Feed, Feed::ALL.map(Feed::name));
        has_all_and_only(Table::Arrival, ArrivalState::ALL.map(ArrivalState::code));
        has_all_and_only(Table::Reject, RejectCode::ALL.map(RejectCode::code));
        has_all_and_only(Table::Cause, Cause::ALL.map(Cause::code));
        has_all_and_only(Table::Bound, Bound::ALL.map(Bound::code));
        has_all_and_only(Table::Surprise, Bound::ALL.map(Bound::code));
        has_all_and_only(Table::Role, Role::ALL.map(Role::code));
        has_all_and_only(Table::QuestionState, QuestionState::ALL.map(QuestionState::code));
        has_all_and_only(Table::Answer, AnswerWord::ALL.map(AnswerWord::code));
        let conclusions =
            Outcome::ALL.map(Outcome::code).into_iter().chain(["below_warning", "no_claims", "not_computed"]);
        has_all_and_only(Table::Conclusion, conclusions);
    }

    #[test]
    fn every_text_is_in_both_languages_and_every_table_is_known() {
        let tables: BTreeSet<&str> = TEXTS.keys().map(String::as_str).collect();
        assert_eq!(tables, Table::ALL.map(Table::code).into());
        for (code, text) in Table::ALL.into_iter().flat_map(all) {
            assert!(!text.zh.trim().is_empty() && !text.zh.is_ascii(), "{code}");
            assert!(text.en.trim().len() > 1 && text.en.is_ascii(), "{code}");
        }
    }
}
