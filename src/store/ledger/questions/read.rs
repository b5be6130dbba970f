//! Stored questions, read back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use law::domain::{PersonKey, official_day, parse_date};
use law::questions::{Answer, AnswerWord, Bound, Cause, Figures, QuestionFile, QuestionState, Surprise, Topic};
use rusqlite::{Connection, Row, ToSql};
use serde::Serialize;

use super::super::LedgerError;
use super::super::store::{Ledger, parse_moment};

/// A question as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredQuestion {
    /// Its number; people name it by this.
    pub question_id: i64,
    /// What an acceptance names; see `law::questions::NewQuestion::hash`.
    pub hash: String,
    pub topic: Topic,
    pub series: String,
    pub cause: Cause,
    pub surprises: Vec<Surprise>,
    pub files: Vec<QuestionFile>,
    pub counties: BTreeSet<String>,
    /// How many people it is about.
    pub people: u64,
    pub sender: String,
    pub state: QuestionState,
    /// The word on which two people agreed.
    pub answer: Option<AnswerWord>,
    /// Since when it stands; a question that took its place has the moment of the first.
    pub opened_at: DateTime<Utc>,
    pub due: NaiveDate,
    pub closed_at: Option<DateTime<Utc>>,
    /// What was said since it stands, in its order.
    pub answers: Vec<QuestionAnswer>,
}

/// One person's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionAnswer {
    #[serde(serialize_with = "as_code")]
    pub word: AnswerWord,
    pub by: String,
    pub reason: String,
    pub at: DateTime<Utc>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field over by reference")]
fn as_code<S: serde::Serializer>(word: &AnswerWord, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(word.code())
}

impl StoredQuestion {
    /// The day on which it was asked, on the clock of the offices.
    #[must_use]
    pub fn asked_on(&self) -> NaiveDate {
        official_day(self.opened_at)
    }

    /// Its answers as the rule about two people reads them.
    #[must_use]
    pub fn said(&self) -> Vec<Answer> {
        self.answers.iter().map(|answer| Answer { word: answer.word, by: answer.by.clone() }).collect()
    }
}

pub(super) const DOING: &str = "keeping questions";

const COLUMNS: &str = "question_id, hash, topic, series, cause, surprises, files, counties, people, sender, state, \
                       answer, opened_at, due, closed_at";

impl Ledger {
    /// The questions that wait for an answer, the oldest first.
    pub fn open_questions(&self) -> Result<Vec<StoredQuestion>, LedgerError> {
        select(&self.read(), "state = 'open' order by opened_at, question_id", &[])
    }

    /// All questions, the newest first.
    pub fn questions(&self) -> Result<Vec<StoredQuestion>, LedgerError> {
        select(&self.read(), "true order by question_id desc", &[])
    }

    /// One question by its number.
    pub fn question(&self, question_id: i64) -> Result<Option<StoredQuestion>, LedgerError> {
        Ok(select(&self.read(), "question_id = ?1", &[&question_id])?.pop())
    }

    /// Whom a question is about, by key.
    pub fn question_people(&self, question_id: i64) -> Result<BTreeSet<PersonKey>, LedgerError> {
        people_of(&self.read(), question_id)
    }
}

pub(super) fn people_of(connection: &Connection, question_id: i64) -> Result<BTreeSet<PersonKey>, LedgerError> {
    let mut statement = connection
        .prepare_cached("select person_key from question_people where question_id = ?1 order by person_key")
        .map_err(LedgerError::doing(DOING))?;
    let rows =
        statement.query_map([question_id], |row| Ok(PersonKey(row.get(0)?))).map_err(LedgerError::doing(DOING))?;
    rows.collect::<Result<_, _>>().map_err(LedgerError::doing(DOING))
}

pub(super) fn select(
    connection: &Connection,
    condition: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<StoredQuestion>, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let mut statement =
        connection.prepare_cached(&format!("select {COLUMNS} from questions where {condition}")).map_err(doing())?;
    let mut rows = statement.query(values).map_err(doing())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(doing())? {
        found.push(read(row)?);
    }
    for question in &mut found {
        question.answers = answers_of(connection, question)?;
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<StoredQuestion, LedgerError> {
    let text = |at: usize| row.get::<_, String>(at).map_err(LedgerError::doing(DOING));
    let unknown = |what: &'static str| move |code: String| LedgerError::Damaged { what, why: code };
    let (topic, cause, state) = (text(2)?, text(4)?, text(10)?);
    let closed_at: Option<String> = row.get(14).map_err(LedgerError::doing(DOING))?;
    Ok(StoredQuestion {
        question_id: row.get(0).map_err(LedgerError::doing(DOING))?,
        hash: text(1)?,
        topic: Topic::parse(&topic).ok_or(topic).map_err(unknown("questions.topic"))?,
        series: text(3)?,
        cause: Cause::parse(&cause).ok_or(cause).map_err(unknown("questions.cause"))?,
        surprises: surprises(&text(5)?)?,
        files: serde_json::from_str(&text(6)?).map_err(LedgerError::damaged("questions.files"))?,
        counties: serde_json::from_str(&text(7)?).map_err(LedgerError::damaged("questions.counties"))?,
        people: row.get::<_, i64>(8).map_err(LedgerError::doing(DOING))?.unsigned_abs(),
        sender: text(9)?,
        state: QuestionState::parse(&state).ok_or(state).map_err(unknown("questions.state"))?,
        answer: AnswerWord::parse(&text(11)?),
        opened_at: parse_moment("questions.opened_at", &text(12)?)?,
        due: parse_date(&text(13)?).map_err(LedgerError::damaged("questions.due"))?,
        closed_at: closed_at.map(|at| parse_moment("questions.closed_at", &at)).transpose()?,
        answers: Vec::new(),
    })
}

fn surprises(json: &str) -> Result<Vec<Surprise>, LedgerError> {
    let stored: Vec<BTreeMap<String, serde_json::Value>> =
        serde_json::from_str(json).map_err(LedgerError::damaged("questions.surprises"))?;
    let damaged = || LedgerError::Damaged { what: "questions.surprises", why: "no bound".to_owned() };
    let read = |one: &BTreeMap<String, serde_json::Value>| {
        let bound = Bound::parse(one.get("bound")?.as_str()?)?;
        let figures: Figures = serde_json::from_value(one.get("figures")?.clone()).ok()?;
        Some(Surprise { bound, figures })
    };
    stored.iter().map(|one| read(one).ok_or_else(damaged)).collect()
}

/// What was said since a question stands: one that was gone and came back is asked anew.
fn answers_of(connection: &Connection, question: &StoredQuestion) -> Result<Vec<QuestionAnswer>, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let mut statement = connection
        .prepare_cached(
            "select a.word, a.person, a.reason, a.said_at from question_answers a \
             inner join questions q on q.question_id = a.question_id and q.opened_at = a.asked_at \
             where a.question_id = ?1 order by a.answer_id",
        )
        .map_err(doing())?;
    let mut rows = statement.query([question.question_id]).map_err(doing())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(doing())? {
        let text = |at: usize| row.get::<_, String>(at).map_err(LedgerError::doing(DOING));
        let word = text(0)?;
        found.push(QuestionAnswer {
            word: AnswerWord::parse(&word).ok_or(LedgerError::Damaged { what: "question_answers.word", why: word })?,
            by: text(1)?,
            reason: text(2)?,
            at: parse_moment("question_answers.said_at", &text(3)?)?,
        });
    }
    Ok(found)
}
