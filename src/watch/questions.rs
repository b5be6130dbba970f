//! Questions as people read them: in words, with their owner, and with a few drawn cases.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use engine::{Context, PipelineError, sha256_hex};
use law::domain::{Fen, IdNumber, PersonKey, mask_id, mask_name};
use law::questions::{QuestionState, Role, bound_name, said};
use law::texts::{Table, Text, text};
use serde::Serialize;
use store::ledger::{Moment, QuestionAnswer, StoredQuestion};

use crate::people::names_of;

/// So many cases are drawn for the second person.
const DRAWN: usize = 5;

/// A question in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionStatus {
    pub question_id: i64,
    /// What an acceptance names.
    pub hash: String,
    pub topic: &'static str,
    pub cause: &'static str,
    pub state: &'static str,
    /// The word on which two people agreed.
    pub answer: Option<&'static str>,
    /// What was found beside what is usual, one sentence for each bound.
    pub chinese: Vec<String>,
    pub english: Vec<String>,
    /// Short names of the bounds.
    pub bounds: Vec<&'static str>,
    /// `feed/name` of each file.
    pub files: Vec<String>,
    pub counties: Vec<String>,
    /// How many people it is about.
    pub people: u64,
    pub sender: String,
    pub owner: String,
    /// What the owner is: `clerk`, `head` or `sender_head`.
    pub role: &'static str,
    pub asked: NaiveDate,
    pub due: NaiveDate,
    pub is_overdue: bool,
    pub answers: Vec<QuestionAnswer>,
}

impl QuestionStatus {
    /// All that it says, in one line in Chinese and one in English.
    #[must_use]
    pub fn line(&self) -> (String, String) {
        (self.chinese.join("；"), self.english.join("; "))
    }

    /// The cause in Chinese and English.
    #[must_use]
    pub fn cause_text(&self) -> (&'static str, &'static str) {
        both(Table::Cause, self.cause)
    }
}

/// A code's texts in Chinese and English.
fn both(table: Table, code: &'static str) -> (&'static str, &'static str) {
    text(table, code).map_or((code, code), |Text { zh, en }| (zh, en))
}

/// The questions that wait for an answer, with whoever has them on a day.
pub fn open_questions(context: &Context, day: NaiveDate) -> Result<Vec<QuestionStatus>, PipelineError> {
    let open = context.ledger.open_questions()?;
    Ok(open.iter().map(|question| question_status(context, question, day)).collect())
}

/// One question with whoever has it on a day.
#[must_use]
pub fn question_status(context: &Context, question: &StoredQuestion, day: NaiveDate) -> QuestionStatus {
    let asked = question.asked_on();
    let owner = context.people.owner(&question.sender, asked, day, &context.workdays);
    let (chinese, english) = question.surprises.iter().map(said).unzip();
    QuestionStatus {
        question_id: question.question_id,
        hash: question.hash.clone(),
        topic: question.topic.code(),
        cause: question.cause.code(),
        state: question.state.code(),
        answer: question.answer.map(law::questions::AnswerWord::code),
        chinese,
        english,
        bounds: question.surprises.iter().map(|surprise| bound_name(surprise.bound).0).collect(),
        files: question.files.iter().map(|file| format!("{}/{}", file.feed, file.name)).collect(),
        counties: question.counties.iter().cloned().collect(),
        people: question.people,
        sender: question.sender.clone(),
        owner: owner.name,
        role: Role::code(owner.role),
        asked,
        due: question.due,
        is_overdue: question.state == QuestionState::Open && day > question.due,
        answers: question.answers.clone(),
    }
}

/// One of the people whom a question is about, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrawnCase {
    /// The id number, masked; of other documents nothing is shown.
    pub id_number: String,
    pub person_name: String,
    /// County of the list on which they stand; empty: on none.
    pub county: String,
    /// That list, and the amount that it says.
    pub list_id: String,
    pub measured_amount: String,
}

/// Five of the people whom a question is about, drawn by its hash: the same for everybody who looks.
pub async fn drawn_cases(context: &Context, question: &StoredQuestion) -> Result<Vec<DrawnCase>, PipelineError> {
    let people = context.ledger.question_people(question.question_id)?;
    let mut drawn: Vec<(String, PersonKey)> =
        people.into_iter().map(|person| (sha256_hex(&format!("{}{}", question.hash, person.0)), person)).collect();
    drawn.sort();
    drawn.truncate(DRAWN);
    if drawn.is_empty() {
        return Ok(Vec::new());
    }
    let version = context.warehouse.current().await?;
    let names = names_of(context, &version, &drawn.iter().map(|(_, person)| *person).collect())?;
    let mut listed: BTreeMap<PersonKey, (String, String, Fen)> = BTreeMap::new();
    if let Some(period) = context.ledger.last_sealed_period()? {
        for ((county, _), list) in context.ledger.standing(Moment::within(period))? {
            for one in list.persons {
                let place = (county.clone(), one.list_id, one.person.measured);
                listed.entry(one.person.person).or_insert(place);
            }
        }
    }
    let shown = |(_, person): (String, PersonKey)| {
        let (county, list_id, measured) = listed.get(&person).cloned().unwrap_or_default();
        DrawnCase {
            id_number: IdNumber::from_key(person).map_or_else(String::new, |id| mask_id(id.as_str())),
            person_name: names.get(&person).map_or_else(String::new, |name| mask_name(name)),
            measured_amount: if list_id.is_empty() { String::new() } else { measured.to_string() },
            county,
            list_id,
        }
    };
    Ok(drawn.into_iter().map(shown).collect())
}
