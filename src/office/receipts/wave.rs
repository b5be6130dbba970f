//! A wave of 不属本单位: more of an office's answers about one list than the bound allows, and no recorded succession
//! that explains them. The answers stand; the people stay on the office's list until two people have decided.

use std::collections::{BTreeMap, BTreeSet};

use law::cases::Verdict;
use law::contracts::Feed;
use law::domain::PersonKey;
use law::holds::share_of;
use law::questions::{AnswerWord, Bound, Cause, NewQuestion, QuestionFile, Surprise, Topic, due_day};
use store::ledger::NewAnswer;

use super::ReceiptError;
use super::given::ReceiptDesk;

/// Asks about each wave of a file's answers and keeps its people where they are; returns how many they are and the
/// questions.
pub(super) fn hold(
    desk: &ReceiptDesk<'_>,
    (file_id, name): (&str, &str),
    answers: &mut [NewAnswer],
) -> Result<(u64, Vec<i64>), ReceiptError> {
    let (mut held, mut questions) = (0, Vec::new());
    let lists: BTreeSet<String> = answers.iter().map(|answer| answer.row.list_id.clone()).collect();
    for list_id in lists {
        let Some(row) = answers.iter().find(|answer| answer.row.list_id == list_id).map(|answer| answer.row.clone())
        else {
            continue;
        };
        if desk.offices.has_passed_on(&row.office, desk.today) {
            continue;
        }
        let mut verdicts = desk.ledger.standing_verdicts(&list_id)?;
        let mut people = BTreeSet::new();
        for answer in answers.iter().filter(|answer| answer.row.list_id == list_id) {
            let before = verdicts.get(&answer.row.person).copied();
            if answer.answer.verdict == Verdict::NotOurs && before != Some(Verdict::NotOurs) {
                people.insert(answer.row.person);
            }
            verdicts.insert(answer.row.person, answer.answer.verdict);
        }
        let (found, of) = counted(&verdicts);
        if people.is_empty() || !desk.bounds.given_back.is_passed(found, of) {
            continue;
        }
        let office = desk.offices.name_of(&row.office).unwrap_or(row.office.as_str()).to_owned();
        let figures = [
            ("office", office.clone()),
            ("list", list_id.clone()),
            ("found", found.to_string()),
            ("answered", of.to_string()),
            ("share", share_of(found, of)),
        ];
        let file = QuestionFile { feed: Feed::Receipts, file_id: file_id.to_owned(), name: name.to_owned() };
        let asked = desk.ledger.open_question(
            &NewQuestion {
                topic: Topic::GivenBack,
                series: list_id.clone(),
                cause: Cause::Answers,
                surprises: vec![Surprise::new(Bound::GivenBack, figures)],
                files: vec![file],
                counties: BTreeSet::from([row.county.clone()]),
                people: people.clone(),
                sender: office,
                due: due_day(desk.today, desk.workdays),
            },
            desk.now,
        )?;
        // What two people have said about these people holds.
        if asked.answer == Some(AnswerWord::Accept) {
            continue;
        }
        for answer in
            answers.iter_mut().filter(|answer| answer.row.list_id == list_id && people.contains(&answer.row.person))
        {
            answer.reroute_to.clear();
            held += 1;
        }
        if asked.answer.is_none() {
            questions.push(asked.question_id);
        }
    }
    Ok((held, questions))
}

/// How many are given back, of how many answers.
fn counted(verdicts: &BTreeMap<PersonKey, Verdict>) -> (u64, u64) {
    let given_back = verdicts.values().filter(|verdict| **verdict == Verdict::NotOurs).count();
    (given_back as u64, verdicts.len() as u64)
}
