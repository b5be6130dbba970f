//! What is asked: which bound was passed, by what, and whom it is about.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::AnswerWord;
use crate::contracts::Feed;
use crate::domain::{PersonKey, hex};

crate::codes! {
    /// Who asks. A look at a topic closes its questions that no longer arise.
    pub enum Topic {
        /// A landed file that is held as if it had not landed.
        File = "file",
        /// A second roster of one office, tag and month that does not say 整份.
        RosterSecond = "roster_second",
        /// Holders of a tag whom a roster no longer names.
        RosterAbsent = "roster_absent",
        /// Listed people whose withdrawal is set aside.
        People = "people",
        /// What may be one person with two documents.
        Identity = "identity",
        /// An accepted file that somebody takes back.
        TakeBack = "take_back",
        /// Listed people whom an office gives back in a wave.
        GivenBack = "given_back",
    }
}

crate::codes! {
    /// What made the difference, in the order in which causes are told apart: the first that differs is it.
    pub enum Cause {
        Rules = "rules",
        Income = "income",
        Register = "register",
        Roster = "roster",
        Claims = "claims",
        /// What offices have answered about their lists.
        Answers = "answers",
    }
}

crate::codes! {
    /// The bound that was passed; `texts` has its words in the tables `bound` and `surprise`.
    pub enum Bound {
        /// Holders of a tag that a roster does not name any more.
        RosterAbsent = "roster_absent",
        /// A second file of a month that does not say what it is.
        RosterSecond = "roster_second",
        PeopleWithdrawn = "people_withdrawn",
        NewlyDead = "newly_dead",
        InstitutionVoided = "institution_voided",
        InstitutionDropped = "institution_dropped",
        AmountsShifted = "amounts_shifted",
        RowsCount = "rows_count",
        /// As many rows as a spreadsheet can hold.
        RowsLimit = "rows_limit",
        IdsDamaged = "ids_damaged",
        IncomeChange = "income_change",
        IncomeImplausible = "income_implausible",
        RowsUseless = "rows_useless",
        IdentityOpen = "identity_open",
        /// A file was accepted by mistake.
        TakeBack = "take_back",
        /// Many of an office's answers say that people are not its own.
        GivenBack = "given_back",
    }
}

/// What a surprise counted, by the names that its words have in braces. Counts, shares, codes: never a person.
pub type Figures = BTreeMap<String, String>;

/// One bound that was passed, with what was found and what is usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Surprise {
    #[serde(serialize_with = "as_code")]
    pub bound: Bound,
    pub figures: Figures,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field over by reference")]
fn as_code<S: serde::Serializer>(bound: &Bound, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(bound.code())
}

impl Surprise {
    /// A surprise with its figures by name.
    #[must_use]
    pub fn new<const N: usize>(bound: Bound, figures: [(&str, String); N]) -> Self {
        Self { bound, figures: figures.into_iter().map(|(name, figure)| (name.to_owned(), figure)).collect() }
    }
}

/// A landed file that a question is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QuestionFile {
    pub feed: Feed,
    /// SHA-256 of its bytes, hex.
    pub file_id: String,
    pub name: String,
}

/// A question to be asked. Asking it again changes nothing while it stands, and nothing once it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQuestion {
    pub topic: Topic,
    /// The series of lists that it is about (`law::referrals` marks) with the period of the last one on which the people
    /// stood unasked, the tag of a roster, or how often a file was asked back; empty where there is none.
    pub series: String,
    pub cause: Cause,
    /// At least one.
    pub surprises: Vec<Surprise>,
    pub files: Vec<QuestionFile>,
    /// Codes of the counties that it is about; empty: of no county in particular.
    pub counties: BTreeSet<String>,
    pub people: BTreeSet<PersonKey>,
    /// Office or platform whose data it is about; empty while nobody knows.
    pub sender: String,
    /// Last day on which its owner answers; see [`super::due_day`].
    pub due: NaiveDate,
}

impl NewQuestion {
    /// The files that an answer is about.
    fn named_files(&self) -> impl Iterator<Item = &QuestionFile> {
        self.files.iter().filter(|_| self.topic.is_about_files())
    }

    /// What an acceptance names: topic, cause, files, counties and people. Figures are not in it, so that other data
    /// leave an acceptance valid; another person asks again. Of people whose withdrawal is set aside the files only tell
    /// what may have done it: a further file that moves nobody asks nothing.
    #[must_use]
    pub fn hash(&self) -> String {
        let files: BTreeSet<String> =
            self.named_files().map(|file| format!("{} {}", file.feed.name(), file.file_id)).collect();
        let mut text = format!("question 1\n{}\n{}\n{}\n", self.topic.code(), self.series, self.cause.code());
        let part = |name: &str, lines: Vec<String>| format!("{name} {}\n{}\n", lines.len(), lines.join("\n"));
        text += &part("files", files.into_iter().collect());
        text += &part("counties", self.counties.iter().cloned().collect());
        text += &part("people", self.people.iter().map(|person| person.0.to_string()).collect());
        hex(&Sha256::digest(text))
    }
}

impl Topic {
    /// Whether a question of this topic is about its files, so that other files are another question.
    #[must_use]
    pub const fn is_about_files(self) -> bool {
        !matches!(self, Self::People | Self::GivenBack)
    }

    /// How a question of this topic can be answered.
    #[must_use]
    pub const fn answers(self) -> &'static [AnswerWord] {
        match self {
            Self::RosterSecond => &[AnswerWord::Append, AnswerWord::Replace, AnswerWord::Reject],
            // which document is kept, somebody says with `identity`
            Self::Identity => &[],
            _ => &[AnswerWord::Accept, AnswerWord::Reject],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_names_cause_files_counties_and_people_and_nothing_else() {
        let file = |id: &str| QuestionFile { feed: Feed::Rosters, file_id: id.into(), name: "a.csv".into() };
        let one = NewQuestion {
            topic: Topic::RosterAbsent,
            series: String::new(),
            cause: Cause::Roster,
            surprises: vec![Surprise::new(Bound::PeopleWithdrawn, [("found", "3".to_owned())])],
            files: vec![file("b"), file("a")],
            counties: BTreeSet::from(["990102".to_owned()]),
            people: BTreeSet::from([PersonKey(1), PersonKey(2)]),
            sender: "x".to_owned(),
            due: NaiveDate::MIN,
        };
        let same = NewQuestion {
            surprises: Vec::new(),
            files: vec![file("a"), file("b")],
            sender: String::new(),
            due: NaiveDate::MAX,
            ..one.clone()
        };
        assert_eq!(one.hash(), same.hash());
        let others = [
            NewQuestion { people: BTreeSet::from([PersonKey(1), PersonKey(3)]), ..one.clone() },
            NewQuestion { cause: Cause::Claims, ..one.clone() },
            NewQuestion { topic: Topic::File, ..one.clone() },
            NewQuestion { files: vec![file("a")], ..one.clone() },
            NewQuestion { counties: BTreeSet::new(), ..one.clone() },
        ];
        let hashes: BTreeSet<String> = others.iter().chain([&one]).map(NewQuestion::hash).collect();
        assert_eq!(hashes.len(), others.len() + 1);
        let of_people = NewQuestion { topic: Topic::People, ..one };
        let further = NewQuestion { files: vec![file("a")], ..of_people.clone() };
        assert_eq!(of_people.hash(), further.hash(), "files only tell what may have done it");
    }
}
