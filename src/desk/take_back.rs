//! Taking an accepted file back: the first of two named people asks, the second answers the question.

use std::collections::BTreeSet;

use engine::Context;
use law::contracts::{BackFile, Feed};
use law::domain::Said;
use law::questions::{
    Answer, AnswerWord, Bound, Cause, NewQuestion, QuestionFile, QuestionState, Surprise, Topic, due_day,
};
use store::ledger::{FileState, LandedFile};
use watch::{Touched, touched_by};

use crate::actor::Act;
use crate::error::DeskError;
use crate::questions::named;

/// Digits of a hash by which a file can be named at least.
const SHORT: usize = 8;
/// So many missing files are named at most.
const NAMED: usize = 5;

/// A question about a file that is to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedBack {
    pub question_id: i64,
    pub file: BackFile,
    pub touched: Touched,
}

/// Asks an accepted file back. `file` is its name, `feed/name`, or the beginning of its hash.
pub async fn take_back(context: &Context, act: Act<'_>, file: &str, reason: &Said) -> Result<AskedBack, DeskError> {
    let by = named(context, act)?;
    let file = taken(context, file)?;
    let place = format!("{}/{}", file.feed, file.name);
    let touched = touched_by(context, &file).await?;
    let lacking = &touched.needs.lacking;
    if !lacking.is_empty() {
        let names: Vec<&str> = lacking.iter().take(NAMED).map(String::as_str).collect();
        let more = if lacking.len() > NAMED { ", ..." } else { "" };
        return Err(DeskError::data(format!(
            "{place} cannot be taken back: of {} files that came after it {} lie in landing no more ({}{more}), and their \
             rows could not be taken in again; put them there again, byte for byte. Nothing is changed",
            touched.needs.again,
            lacking.len(),
            names.join(", ")
        )));
    }
    let question = question(context, act, &file, &touched)?;
    let asked = context.ledger.open_question(&question, act.now)?;
    let question_id = asked.question_id;
    let stored = context.ledger.question(question_id)?;
    let Some(stored) = stored.filter(|stored| stored.state == QuestionState::Open && stored.answers.is_empty()) else {
        return Err(DeskError::data(format!(
            "{place} is asked back already, by question {question_id} ({}); another of the named people answers it: \
             poverty-watch questions show {question_id} --by NAME",
            asked.state.code()
        )));
    };
    context.ledger.answer_question(&stored, &Answer { word: AnswerWord::Accept, by }, reason.as_str(), act.now)?;
    Ok(AskedBack { question_id, file, touched })
}

fn question(context: &Context, act: Act<'_>, file: &BackFile, touched: &Touched) -> Result<NewQuestion, DeskError> {
    let figures = [
        ("rows", touched.rows.to_string()),
        ("people", touched.people.len().to_string()),
        ("counties", touched.counties.len().to_string()),
        ("again", touched.needs.again.to_string()),
    ];
    // a file that stays since two people have said so can be asked back once more
    let is_about = |known: &&QuestionFile| (known.feed, &known.file_id) == (file.feed, &file.file_id);
    let before = context.ledger.questions()?.into_iter().filter(|known| {
        known.topic == Topic::TakeBack
            && known.state != QuestionState::Open
            && known.files.iter().any(|one| is_about(&one))
    });
    Ok(NewQuestion {
        topic: Topic::TakeBack,
        series: (before.count() + 1).to_string(),
        cause: match file.feed {
            Feed::Income => Cause::Income,
            Feed::Residents => Cause::Register,
            Feed::Rosters => Cause::Roster,
            Feed::Claims | Feed::Adjustments | Feed::Applications | Feed::Aided | Feed::Receipts => Cause::Claims,
        },
        surprises: vec![Surprise::new(Bound::TakeBack, figures)],
        files: vec![QuestionFile { feed: file.feed, file_id: file.file_id.clone(), name: file.name.clone() }],
        counties: touched.counties.iter().map(ToString::to_string).collect(),
        people: touched.people.clone(),
        sender: String::new(),
        due: due_day(act.day(), &context.workdays),
    })
}

/// The accepted file that is meant.
fn taken(context: &Context, wanted: &str) -> Result<BackFile, DeskError> {
    let wanted = wanted.strip_prefix("landing/").unwrap_or(wanted);
    let is_meant = |file: &LandedFile| {
        let is_hash = wanted.len() >= SHORT && file.file_id.starts_with(&wanted.to_lowercase());
        is_hash || file.name == wanted || format!("{}/{}", file.feed, file.name) == wanted
    };
    let mut found = Vec::new();
    let mut refused = BTreeSet::new();
    for feed in Feed::ALL.into_iter().filter(|feed| *feed != Feed::Receipts) {
        for file in context.ledger.files(feed)?.into_iter().filter(is_meant) {
            match file.state {
                FileState::Taken { version } => {
                    found.push(BackFile { feed, file_id: file.file_id, name: file.name, version, question: 0 });
                }
                FileState::Refused { reason, .. } => drop(refused.insert(reason)),
            }
        }
    }
    match found.len() {
        1 => found.pop().ok_or_else(|| DeskError::usage("no file")),
        0 => {
            let refused =
                refused.first().map_or_else(String::new, |why| format!("; one of that name was refused: {why}"));
            Err(DeskError::data(format!(
                "no accepted file is `{wanted}`{refused}; `poverty-watch status` and `explain` name files"
            )))
        }
        _ => {
            let line = |file: &BackFile| {
                let short = file.file_id.get(..16).unwrap_or(&file.file_id);
                format!("\n  {short} {}/{}, taken in by version {}", file.feed, file.name, file.version)
            };
            let lines: String = found.iter().map(line).collect();
            Err(DeskError::usage(format!("`{wanted}` is {} accepted files; name one by its hash:{lines}", found.len())))
        }
    }
}
