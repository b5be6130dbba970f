//! Asking, answering, and closing what no longer arises; each with its entry in the audit chain.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use law::questions::{Answer, AnswerWord, NewQuestion, QuestionState, Topic, decided};
use rusqlite::{Transaction, params};

use super::super::receipts::given_back::reroute_all;
use super::super::store::{Ledger, moment};
use super::super::{LedgerError, audit};
use super::read::{DOING, StoredQuestion, people_of, select};

/// Digits of a question's hash that the audit chain keeps.
const SHORT: usize = 12;

/// How a question stands after it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub question_id: i64,
    pub state: QuestionState,
    /// The word on which two people agreed, where they did.
    pub answer: Option<AnswerWord>,
    /// Whether it was asked now for the first time.
    pub is_new: bool,
}

impl Asked {
    /// Whether what it asks about may count.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.state == QuestionState::Accepted
    }
}

impl Ledger {
    /// Asks a question, or says how it stands where it was asked before. An answer holds for the same cause, files and
    /// counties and for all people whom it was given about; anybody else asks again. A question that takes the place of
    /// an open one with other people keeps its moment and its due day.
    pub fn open_question(&self, new: &NewQuestion, at: DateTime<Utc>) -> Result<Asked, LedgerError> {
        let hash = new.hash();
        self.write(DOING, |transaction| {
            let like = alike(transaction, new)?;
            let same = like.iter().find(|known| known.hash == hash);
            if let Some(known) = same.filter(|known| known.state != QuestionState::Gone) {
                refresh(transaction, known, new)?;
                let StoredQuestion { question_id, state, answer, .. } = *known;
                return Ok(Asked { question_id, state, answer, is_new: false });
            }
            for known in like.iter().filter(|known| known.answer.is_some()) {
                if covers(transaction, known, new)? {
                    let StoredQuestion { question_id, state, answer, .. } = *known;
                    return Ok(Asked { question_id, state, answer, is_new: false });
                }
            }
            let replaced = like.iter().find(|known| known.state == QuestionState::Open);
            let (since, due) =
                replaced.map_or((at, new.due), |known| (known.opened_at.min(at), known.due.min(new.due)));
            let question_id = match same {
                Some(gone) => reopen(transaction, gone, new, (since, due))?,
                None => insert(transaction, &hash, new, (since, due))?,
            };
            if let Some(known) = replaced {
                close(transaction, known.question_id, QuestionState::Gone, None, at)?;
            }
            let detail = format!("{} {}, {} people", new.topic.code(), new.cause.code(), new.people.len());
            audit::append(transaction, at, "operators", "question asked", &object(question_id, &hash), &detail)?;
            Ok(Asked { question_id, state: QuestionState::Open, answer: None, is_new: true })
        })
    }

    /// Closes the open questions of a topic and series that are not among those that arise; returns how many.
    pub fn close_gone(
        &self,
        topic: Topic,
        series: &str,
        arising: &BTreeSet<i64>,
        at: DateTime<Utc>,
    ) -> Result<usize, LedgerError> {
        self.write(DOING, |transaction| {
            let open = select(transaction, "state = 'open' and topic = ?1 and series = ?2", &[&topic.code(), &series])?;
            let mut closed = 0;
            for question in open.iter().filter(|question| !arising.contains(&question.question_id)) {
                close(transaction, question.question_id, QuestionState::Gone, None, at)?;
                let object = object(question.question_id, &question.hash);
                audit::append(transaction, at, "operators", "question gone", &object, "")?;
                closed += 1;
            }
            Ok(closed)
        })
    }

    /// Notes one person's answer to an open question, and closes it where two agree. Returns how it stands then.
    pub fn answer_question(
        &self,
        question: &StoredQuestion,
        answer: &Answer,
        reason: &str,
        at: DateTime<Utc>,
    ) -> Result<Asked, LedgerError> {
        let question_id = question.question_id;
        self.write(DOING, |transaction| {
            let now = select(transaction, "question_id = ?1", &[&question_id])?.pop();
            let Some(now) = now.filter(|now| now.state == QuestionState::Open && now.answers == question.answers)
            else {
                return Err(LedgerError::QuestionMoved { question_id });
            };
            transaction
                .execute(
                    "insert into question_answers (question_id, asked_at, word, person, reason, said_at) \
                     values (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![question_id, moment(now.opened_at), answer.word.code(), answer.by, reason, moment(at)],
                )
                .map_err(LedgerError::doing(DOING))?;
            let mut said = now.said();
            said.push(answer.clone());
            let agreed = decided(&said);
            let state = agreed.map_or(QuestionState::Open, AnswerWord::state);
            if agreed.is_some() {
                close(transaction, question_id, state, agreed, at)?;
            }
            if state == QuestionState::Accepted && now.topic == Topic::GivenBack {
                let people = people_of(transaction, question_id)?;
                reroute_all(transaction, &now.series, &people, &answer.by, at)?;
            }
            let detail = format!("{}, {}", answer.word.code(), state.code());
            let object = object(question_id, &now.hash);
            audit::append(transaction, at, &answer.by, "question answered", &object, &detail)?;
            Ok(Asked { question_id, state, answer: agreed, is_new: false })
        })
    }
}

/// The questions with the same topic, series and cause, and the same files where it is about them, the newest first.
fn alike(transaction: &Transaction<'_>, new: &NewQuestion) -> Result<Vec<StoredQuestion>, LedgerError> {
    let (topic, cause) = (new.topic.code(), new.cause.code());
    let condition = "topic = ?1 and series = ?2 and cause = ?3 order by question_id desc";
    let mut found = select(transaction, condition, &[&topic, &new.series, &cause])?;
    let ids = |files: &[law::questions::QuestionFile]| -> BTreeSet<(law::contracts::Feed, String)> {
        files.iter().map(|file| (file.feed, file.file_id.clone())).collect()
    };
    let wanted = ids(&new.files);
    found.retain(|known| !new.topic.is_about_files() || ids(&known.files) == wanted);
    Ok(found)
}

/// Whether an answered question was about all that a new one is about.
fn covers(transaction: &Transaction<'_>, known: &StoredQuestion, new: &NewQuestion) -> Result<bool, LedgerError> {
    if !new.counties.is_subset(&known.counties) || new.people.len() as u64 > known.people {
        return Ok(false);
    }
    Ok(new.people.is_subset(&people_of(transaction, known.question_id)?))
}

/// Keeps the latest words, figures and files of a question that is asked again.
fn refresh(transaction: &Transaction<'_>, known: &StoredQuestion, new: &NewQuestion) -> Result<(), LedgerError> {
    let files = if new.files.is_empty() { &known.files } else { &new.files };
    let is_same = (&known.surprises, &known.sender, &known.files) == (&new.surprises, &new.sender, files);
    if known.state != QuestionState::Open || is_same {
        return Ok(());
    }
    transaction
        .execute(
            "update questions set surprises = ?2, sender = ?3, files = ?4 where question_id = ?1",
            params![known.question_id, json(&new.surprises)?, new.sender, json(files)?],
        )
        .map(drop)
        .map_err(LedgerError::doing(DOING))
}

type Times = (DateTime<Utc>, chrono::NaiveDate);

fn reopen(
    transaction: &Transaction<'_>,
    gone: &StoredQuestion,
    new: &NewQuestion,
    (since, due): Times,
) -> Result<i64, LedgerError> {
    transaction
        .execute(
            "update questions set state = 'open', answer = '', closed_at = null, opened_at = ?2, due = ?3, \
             surprises = ?4, sender = ?5 where question_id = ?1",
            params![gone.question_id, moment(since), due.to_string(), json(&new.surprises)?, new.sender],
        )
        .map_err(LedgerError::doing(DOING))?;
    Ok(gone.question_id)
}

fn insert(
    transaction: &Transaction<'_>,
    hash: &str,
    new: &NewQuestion,
    (since, due): Times,
) -> Result<i64, LedgerError> {
    let (topic, cause, count) = (new.topic.code(), new.cause.code(), new.people.len());
    transaction
        .execute(
            "insert into questions (hash, topic, series, cause, surprises, files, counties, people, sender, state, \
             opened_at, due) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'open', ?10, ?11)",
            params![
                hash,
                topic,
                new.series,
                cause,
                json(&new.surprises)?,
                json(&new.files)?,
                json(&new.counties)?,
                i64::try_from(count).unwrap_or(i64::MAX),
                new.sender,
                moment(since),
                due.to_string()
            ],
        )
        .map_err(LedgerError::doing(DOING))?;
    let question_id = transaction.last_insert_rowid();
    let mut person =
        transaction.prepare_cached("insert into question_people values (?1, ?2)").map_err(LedgerError::doing(DOING))?;
    for key in &new.people {
        person.execute(params![question_id, key.0]).map_err(LedgerError::doing(DOING))?;
    }
    Ok(question_id)
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(LedgerError::damaged("questions"))
}

fn close(
    transaction: &Transaction<'_>,
    question_id: i64,
    state: QuestionState,
    answer: Option<AnswerWord>,
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    transaction
        .execute(
            "update questions set state = ?2, answer = ?3, closed_at = ?4 where question_id = ?1",
            params![question_id, state.code(), answer.map_or("", AnswerWord::code), moment(at)],
        )
        .map(drop)
        .map_err(LedgerError::doing(DOING))
}

/// How the audit chain names a question.
fn object(question_id: i64, hash: &str) -> String {
    format!("question {question_id} {}", hash.get(..SHORT).unwrap_or(hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use law::domain::PersonKey;
    use law::questions::{Bound, Cause, Surprise};

    fn question(people: &[i64], due: &str) -> NewQuestion {
        NewQuestion {
            topic: Topic::People,
            series: String::new(),
            cause: Cause::Roster,
            surprises: vec![Surprise::new(Bound::PeopleWithdrawn, [("found", people.len().to_string())])],
            files: Vec::new(),
            counties: BTreeSet::from(["990102".to_owned()]),
            people: people.iter().copied().map(PersonKey).collect(),
            sender: String::new(),
            due: due.parse::<NaiveDate>().unwrap(),
        }
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn a_question_is_asked_once_answered_by_two_and_asked_again_for_anybody_else() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let first = ledger.open_question(&question(&[1, 2], "2026-11-04"), at(1)).unwrap();
        assert!(first.is_new && first.state == QuestionState::Open);
        let again = ledger.open_question(&question(&[1, 2], "2026-11-09"), at(2)).unwrap();
        assert_eq!(again, Asked { is_new: false, ..first });
        // One person more: another question, which keeps the moment and the due day.
        let more = ledger.open_question(&question(&[1, 2, 3], "2026-11-09"), at(3)).unwrap();
        let open = ledger.open_questions().unwrap();
        assert_eq!((open.len(), open[0].question_id, open[0].opened_at), (1, more.question_id, at(1)));
        assert_eq!(open[0].due.to_string(), "2026-11-04");
        let say = |by: &str, second: i64| {
            let stored = ledger.question(more.question_id).unwrap().unwrap();
            let answer = Answer { word: AnswerWord::Accept, by: by.to_owned() };
            ledger.answer_question(&stored, &answer, "checked", at(second)).unwrap().state
        };
        assert_eq!(say("张三", 4), QuestionState::Open);
        assert_eq!(say("张三科长", 5), QuestionState::Open);
        assert_eq!(say("李四", 6), QuestionState::Accepted);
        // Fewer people are covered by the answer, others are not.
        assert!(ledger.open_question(&question(&[2], "2026-11-09"), at(7)).unwrap().is_accepted());
        assert!(ledger.open_question(&question(&[1, 2, 3], "2026-11-09"), at(7)).unwrap().is_accepted());
        let other = ledger.open_question(&question(&[2, 4], "2026-11-09"), at(8)).unwrap();
        assert!(other.is_new);
        assert_eq!(ledger.close_gone(Topic::People, "", &BTreeSet::new(), at(9)).unwrap(), 1);
        assert_eq!(ledger.close_gone(Topic::People, "", &BTreeSet::new(), at(9)).unwrap(), 0);
        assert!(ledger.open_question(&question(&[2, 4], "2026-11-09"), at(10)).unwrap().is_new, "it came back");
        assert_eq!(ledger.open_questions().unwrap()[0].opened_at, at(10));
        ledger.verify_audit().unwrap();
    }
}
