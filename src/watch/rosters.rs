//! Questions about second rosters of a month that do not say what they are.

use std::collections::{BTreeMap, BTreeSet};

use engine::compute::roster_files;
use engine::{Context, PipelineError};
use law::contracts::Feed;
use law::domain::{Month, Tag, official_day};
use law::questions::{Bound, Cause, NewQuestion, QuestionFile, Surprise, Topic, due_day};
use law::rosters::{Second, monthly, second_files};
use store::warehouse::Version;

/// Asks about each of them, and closes questions that no longer arise. Until two people have answered, such a file only
/// adds to what the office has sent.
pub(crate) fn ask_about_rosters(context: &Context, version: &Version) -> Result<(), PipelineError> {
    let day = official_day(context.now);
    let files = roster_files(&context.warehouse, version)?;
    let snapshots = monthly(&files, chrono::NaiveDate::MAX);
    let ids: BTreeMap<String, String> =
        context.ledger.files(Feed::Rosters)?.into_iter().map(|file| (source_of(&file.file_id), file.file_id)).collect();
    let mut arising: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for second in second_files(&snapshots, &files, &context.rosters) {
        let Some(file_id) = ids.get(&second.file) else { continue };
        let due = due_day(day, &context.workdays);
        let asked = context.ledger.open_question(&question(&second, file_id, due), context.now)?;
        arising.entry(second.tag).or_default().insert(asked.question_id);
    }
    for tag in Tag::ALL {
        let standing = arising.remove(tag.code()).unwrap_or_default();
        context.ledger.close_gone(Topic::RosterSecond, tag.code(), &standing, context.now)?;
    }
    Ok(())
}

fn question(second: &Second, file_id: &str, due: chrono::NaiveDate) -> NewQuestion {
    let tag = Tag::parse(&second.tag).map_or(second.tag.as_str(), |tag| tag.chinese());
    let month = Month::of(second.month);
    let figures = [
        ("tag", tag.to_owned()),
        ("office", second.office.clone()),
        ("month", format!("{}年{}月", month.year(), month.number())),
    ];
    NewQuestion {
        topic: Topic::RosterSecond,
        series: second.tag.clone(),
        cause: Cause::Roster,
        surprises: vec![Surprise::new(Bound::RosterSecond, figures)],
        files: vec![QuestionFile { feed: Feed::Rosters, file_id: file_id.to_owned(), name: second.name.clone() }],
        counties: Some(second.county.clone()).filter(|county| !county.is_empty()).into_iter().collect(),
        people: BTreeSet::new(),
        sender: second.office.clone(),
        due,
    }
}

/// The mark of a file that its rows carry.
fn source_of(file_id: &str) -> String {
    file_id.chars().take(16).collect()
}
