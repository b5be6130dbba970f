//! Questions about rosters: a second one of a month that does not say what it is, and one that lacks many holders.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use engine::compute::{TAGS, roster_files, stated_by_rosters};
use engine::rows::of_file;
use engine::{Context, PipelineError};
use law::contracts::Feed;
use law::domain::{Month, Period, PersonKey, Tag, official_day};
use law::holds::share_of;
use law::questions::{Bound, Cause, NewQuestion, QuestionFile, Surprise, Topic, due_day};
use law::rosters::{CompleteRoster, Second, monthly, second_files};
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

engine::row! {
    struct Span {
        person: PersonKey = "person_key",
        tag: String = "tag",
        office: String = "source_office",
        from: NaiveDate = "start_date",
        last_day: Option<NaiveDate> = "last_day",
        sure_last_day: Option<NaiveDate> = "sure_last_day",
        is_sure: bool = "is_absence_sure",
    }
}

/// People whom an office's roster is the first to lack.
struct Absent {
    /// That speaks today.
    office: String,
    tag: String,
    /// Of the roster.
    month: NaiveDate,
    people: BTreeSet<PersonKey>,
    /// Holders before it.
    before: u64,
}

/// Asks offices about holders whom a roster of theirs lacks, where they are many, and closes questions that no longer
/// arise. Unanswered, a second roster that lacks them too settles it.
pub(crate) async fn ask_about_absent(
    context: &Context,
    version: &Version,
    period: Period,
) -> Result<(), PipelineError> {
    if version.table(TAGS).filter_map(|file| file.month).max() != Some(period) {
        return Ok(());
    }
    let mut many = absent(context, version, period)?;
    many.retain(|one| context.bounds.holds_roster(one.people.len() as u64, one.before));
    let landed = if many.is_empty() { Vec::new() } else { context.ledger.files(Feed::Rosters)? };
    let complete =
        if many.is_empty() { Vec::new() } else { stated_by_rosters(context, version, period).await?.complete() };
    let mut arising: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for one in many {
        let own = |roster: &&CompleteRoster| {
            (&roster.office, &roster.tag, roster.month) == (&one.office, &one.tag, one.month)
        };
        let rosters: Vec<&CompleteRoster> = complete.iter().filter(own).collect();
        let sources: BTreeSet<&String> = rosters.iter().flat_map(|roster| &roster.files).collect();
        let files = landed.iter().filter(|file| sources.contains(&source_of(&file.file_id)));
        let files = files.map(|file| (file.file_id.clone(), file.name.clone()));
        let counties = rosters.iter().map(|roster| roster.county.clone()).filter(|county| !county.is_empty());
        let question = absent_question(context, &one, files, counties.collect());
        let asked = context.ledger.open_question(&question, context.now)?;
        arising.entry(one.tag).or_default().insert(asked.question_id);
    }
    for tag in Tag::ALL {
        let standing = arising.remove(tag.code()).unwrap_or_default();
        context.ledger.close_gone(Topic::RosterAbsent, tag.code(), &standing, context.now)?;
    }
    Ok(())
}

fn absent_question(
    context: &Context,
    one: &Absent,
    files: impl Iterator<Item = (String, String)>,
    counties: BTreeSet<String>,
) -> NewQuestion {
    let found = one.people.len() as u64;
    let figures = [
        ("tag", Tag::parse(&one.tag).map_or(one.tag.as_str(), |tag| tag.chinese()).to_owned()),
        ("office", one.office.clone()),
        ("found", found.to_string()),
        ("before", one.before.to_string()),
        ("share", share_of(found, one.before)),
    ];
    NewQuestion {
        topic: Topic::RosterAbsent,
        series: one.tag.clone(),
        cause: Cause::Roster,
        surprises: vec![Surprise::new(Bound::RosterAbsent, figures)],
        files: files.map(|(file_id, name)| QuestionFile { feed: Feed::Rosters, file_id, name }).collect(),
        counties,
        people: one.people.clone(),
        sender: one.office.clone(),
        due: due_day(official_day(context.now), &context.workdays),
    }
}

/// Whom one roster lacks and nobody else's statement holds.
fn absent(context: &Context, version: &Version, period: Period) -> Result<Vec<Absent>, PipelineError> {
    let day = period.last_day();
    let mut spans: BTreeMap<(PersonKey, String), Vec<Span>> = BTreeMap::new();
    for file in version.table(TAGS).filter(|file| file.month == Some(period)) {
        for row in of_file::<Span>(&context.warehouse.path(file))? {
            let row = row?;
            spans.entry((row.person, row.tag.clone())).or_default().push(row);
        }
    }
    let mut absent: BTreeMap<(String, String, NaiveDate), BTreeSet<PersonKey>> = BTreeMap::new();
    let holds = |last: Option<NaiveDate>| last.is_none_or(|last| last >= day);
    for ((person, tag), own) in &spans {
        if own.iter().any(|span| holds(span.sure_last_day)) {
            continue;
        }
        for span in own.iter().filter(|span| holds(span.last_day) && !span.is_sure) {
            if let Some(since) = span.sure_last_day.and_then(|last| last.succ_opt()) {
                let office = context.rosters.speaker(&span.office, day);
                absent.entry((office, tag.clone(), since)).or_default().insert(*person);
            }
        }
    }
    let with_holders = |((office, tag, month), people): ((String, String, NaiveDate), _)| {
        let had = |span: &Span| {
            span.from < month && holds(span.last_day) && context.rosters.speaker(&span.office, day) == office
        };
        let before = spans.iter().filter(|((_, of), own)| *of == tag && own.iter().any(had)).count() as u64;
        Absent { office, tag, month, people, before }
    };
    Ok(absent.into_iter().map(with_holders).collect())
}

/// The mark of a file that its rows carry.
fn source_of(file_id: &str) -> String {
    file_id.chars().take(16).collect()
}
