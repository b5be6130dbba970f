//! Answers: a question is decided when two different people say the same.

use sha2::{Digest, Sha256};

use super::{folded_name, is_one_person};
use crate::domain::hex;

crate::codes! {
    /// What somebody says to a question.
    pub enum AnswerWord {
        /// What was held counts; a file that somebody takes back is taken back.
        Accept = "accept",
        /// It does not: a file is refused, a withdrawal stays set aside, an accepted file stays.
        Reject = "reject",
        /// The file adds to what the office has sent for the month (按补报追加).
        Append = "append",
        /// The file is the whole roster and replaces what the office has sent for the month (整份替换).
        Replace = "replace",
    }
}

crate::codes! {
    /// How a question stands.
    pub enum QuestionState {
        Open = "open",
        Accepted = "accepted",
        Rejected = "rejected",
        /// It no longer arises.
        Gone = "gone",
    }
}

impl AnswerWord {
    /// How a question stands once two people have said this.
    #[must_use]
    pub const fn state(self) -> QuestionState {
        match self {
            Self::Reject => QuestionState::Rejected,
            Self::Accept | Self::Append | Self::Replace => QuestionState::Accepted,
        }
    }
}

/// One person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub word: AnswerWord,
    pub by: String,
}

/// The word on which two different people agree, each by the last that they said. The answers are in their order.
#[must_use]
pub fn decided(answers: &[Answer]) -> Option<AnswerWord> {
    let last = answers.last()?;
    let mut others: Vec<&Answer> = Vec::new();
    for answer in answers {
        others.retain(|known| !is_one_person(&known.by, &answer.by));
        others.push(answer);
    }
    let agrees = |other: &&&Answer| other.word == last.word && !is_one_person(&other.by, &last.by);
    others.iter().find(agrees).map(|_| last.word)
}

/// What the second person copies to show that they have looked: it stands below the drawn cases and counts that the
/// question is shown to them with, and is good for that question and that person only.
#[must_use]
pub fn seen_code(hash: &str, by: &str) -> String {
    let digest = Sha256::digest(format!("seen 1\n{hash}\n{}", folded_name(by)));
    hex(&digest).chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(answers: &[(AnswerWord, &str)]) -> Option<AnswerWord> {
        let answers: Vec<Answer> =
            answers.iter().map(|(word, by)| Answer { word: *word, by: (*by).to_owned() }).collect();
        decided(&answers)
    }

    #[test]
    fn two_people_decide_and_one_does_not() {
        use AnswerWord::{Accept, Reject};
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[(Accept, "张三")]), None);
        assert_eq!(said(&[(Accept, "张三"), (Accept, "张 三")]), None, "one keyboard");
        assert_eq!(said(&[(Accept, "张三"), (Accept, "李四")]), Some(Accept));
        assert_eq!(said(&[(Accept, "张三"), (Reject, "李四")]), None);
        assert_eq!(
            said(&[(Accept, "张三"), (Reject, "李四"), (Reject, "张三")]),
            Some(Reject),
            "a word can be changed"
        );
        assert_eq!(said(&[(Accept, "张三"), (Reject, "张三"), (Accept, "李四")]), None);
    }

    #[test]
    fn a_code_is_good_for_one_question_and_one_person() {
        assert_eq!(seen_code("ab", "李四"), seen_code("ab", "李　四 科长"));
        assert_ne!(seen_code("ab", "李四"), seen_code("ab", "张三"));
        assert_ne!(seen_code("ab", "李四"), seen_code("cd", "李四"));
    }
}
