//! Answering what is held: two named people, the second with five drawn cases before them. There is no answer to all.

use engine::Context;
use law::domain::{Said, official_day};
use law::questions::{Answer, AnswerWord, QuestionState, decided, is_one_person, seen_code};
pub use store::ledger::Asked;
use store::ledger::StoredQuestion;
use watch::{DrawnCase, QuestionStatus, drawn_cases, question_status};

use crate::actor::Act;
use crate::error::DeskError;

/// A question with what its second person looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub status: QuestionStatus,
    /// Five of its people, masked.
    pub drawn: Vec<DrawnCase>,
    /// What whoever was shown it copies into a second answer.
    pub seen: Option<String>,
}

/// Shows a question; to somebody named, with the code that a second answer needs.
pub async fn show(context: &Context, act: Option<Act<'_>>, question_id: i64) -> Result<Shown, DeskError> {
    let question = asked(context, question_id)?;
    let status = question_status(context, &question, official_day(context.now));
    let drawn = drawn_cases(context, &question).await?;
    let seen = match act {
        Some(act) => Some(seen_code(&question.hash, &named(context, act)?)),
        None => None,
    };
    Ok(Shown { status, drawn, seen })
}

/// Notes an answer; returns how the question stands then. The word that decides it needs the code of somebody who was
/// shown the cases.
pub fn answer(
    context: &Context,
    act: Act<'_>,
    question_id: i64,
    word: AnswerWord,
    (reason, seen): (&Said, Option<&str>),
) -> Result<Asked, DeskError> {
    let question = asked(context, question_id)?;
    if question.state != QuestionState::Open {
        return Err(DeskError::data(format!("question {question_id} is {}", question.state.code())));
    }
    let allowed = question.topic.answers();
    if allowed.is_empty() {
        return Err(DeskError::usage(format!(
            "question {question_id} is answered with `poverty-watch identity settle` or `poverty-watch identity separate`; \
             `poverty-watch identity show --open` lists the documents"
        )));
    }
    if !allowed.contains(&word) {
        let words: Vec<&str> = allowed.iter().map(|word| word.code()).collect();
        return Err(DeskError::usage(format!("question {question_id} is answered by one of: {}", words.join(", "))));
    }
    let by = named(context, act)?;
    let before = question.said();
    if let Some(same) = before.iter().find(|known| known.word == word && is_one_person(&known.by, &by)) {
        return Err(DeskError::data(format!(
            "question {question_id}: `{}` has said this before, and `{by}` may be the same person; another of the named \
             people answers",
            same.by
        )));
    }
    let answer = Answer { word, by };
    let said: Vec<Answer> = before.into_iter().chain([answer.clone()]).collect();
    if decided(&said).is_some() && seen != Some(seen_code(&question.hash, &answer.by).as_str()) {
        return Err(DeskError::usage(format!(
            "question {question_id}: this answer decides it; look at the drawn cases and the counts first, with \
             `poverty-watch questions show {question_id} --by NAME`, and copy the code below them: --seen CODE"
        )));
    }
    Ok(context.ledger.answer_question(&question, &answer, reason.as_str(), act.now)?)
}

fn asked(context: &Context, question_id: i64) -> Result<StoredQuestion, DeskError> {
    let question = context.ledger.question(question_id)?;
    question.ok_or_else(|| DeskError::usage(format!("there is no question {question_id}")))
}

/// The actor's name as the table of people has it.
pub(crate) fn named(context: &Context, act: Act<'_>) -> Result<String, DeskError> {
    let unknown = || {
        DeskError::usage(format!(
            "pipelines/tables/people.csv does not name `{}`, nor as a deputy; the people whom it names answer questions",
            act.by()
        ))
    };
    context.people.named(act.by(), act.day()).ok_or_else(unknown)
}
