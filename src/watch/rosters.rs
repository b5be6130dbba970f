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

/// Office that speaks today, tag, and month of the first roster that lacks people.
type Lacking = (String, String, NaiveDate);

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
    let (absent, holders) = absent(context, version, period)?;
    let ids: BTreeMap<String, QuestionFile> = context
        .ledger
        .files(Feed::Rosters)?
        .into_iter()
        .map(|file| {
            let source = source_of(&file.file_id);
            (source, QuestionFile { feed: Feed::Rosters, file_id: file.file_id, name: file.name })
        })
        .collect();
    let mut arising: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let many = absent.into_iter().filter(|(lacking, people)| {
        context.bounds.holds_roster(people.len() as u64, holders.get(lacking).copied().unwrap_or_default())
    });
    let many: Vec<(Lacking, BTreeSet<PersonKey>)> = many.collect();
    let complete =
        if many.is_empty() { Vec::new() } else { stated_by_rosters(context, version, period).await?.complete() };
    for ((office, tag, month), people) in many {
        let own = |roster: &&CompleteRoster| (&roster.office, &roster.tag, roster.month) == (&office, &tag, month);
        let rosters: Vec<&CompleteRoster> = complete.iter().filter(own).collect();
        let files: BTreeSet<QuestionFile> =
            rosters.iter().flat_map(|roster| &roster.files).filter_map(|file| ids.get(file)).cloned().collect();
        let (found, before) = (people.len() as u64, holders[&(office.clone(), tag.clone(), month)]);
        let figures = [
            ("tag", Tag::parse(&tag).map_or(tag.as_str(), |tag| tag.chinese()).to_owned()),
            ("office", office.clone()),
            ("found", found.to_string()),
            ("before", before.to_string()),
            ("share", share_of(found, before)),
        ];
        let counties = rosters.iter().map(|roster| roster.county.clone()).filter(|county| !county.is_empty());
        let question = NewQuestion {
            topic: Topic::RosterAbsent,
            series: tag.clone(),
            cause: Cause::Roster,
            surprises: vec![Surprise::new(Bound::RosterAbsent, figures)],
            files: files.into_iter().collect(),
            counties: counties.collect(),
            people,
            sender: office,
            due: due_day(official_day(context.now), &context.workdays),
        };
        let asked = context.ledger.open_question(&question, context.now)?;
        arising.entry(tag).or_default().insert(asked.question_id);
    }
    for tag in Tag::ALL {
        let standing = arising.remove(tag.code()).unwrap_or_default();
        context.ledger.close_gone(Topic::RosterAbsent, tag.code(), &standing, context.now)?;
    }
    Ok(())
}

/// Whom one roster lacks and nobody else's statement holds, and how many holders there were before it.
fn absent(
    context: &Context,
    version: &Version,
    period: Period,
) -> Result<(BTreeMap<Lacking, BTreeSet<PersonKey>>, BTreeMap<Lacking, u64>), PipelineError> {
    let day = period.last_day();
    let mut spans: BTreeMap<(PersonKey, String), Vec<Span>> = BTreeMap::new();
    for file in version.table(TAGS).filter(|file| file.month == Some(period)) {
        for row in of_file::<Span>(&context.warehouse.path(file))? {
            let row = row?;
            spans.entry((row.person, row.tag.clone())).or_default().push(row);
        }
    }
    let mut absent: BTreeMap<Lacking, BTreeSet<PersonKey>> = BTreeMap::new();
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
    let mut holders = BTreeMap::new();
    for lacking in absent.keys() {
        let (office, tag, since) = lacking;
        let had = |span: &Span| {
            span.from < *since && holds(span.last_day) && context.rosters.speaker(&span.office, day) == *office
        };
        let count = spans.iter().filter(|((_, of), own)| of == tag && own.iter().any(had)).count();
        holders.insert(lacking.clone(), count as u64);
    }
    Ok((absent, holders))
}

/// The mark of a file that its rows carry.
fn source_of(file_id: &str) -> String {
    file_id.chars().take(16).collect()
}
