//! Listed people whom today's findings would take off their lists: beyond a bound their withdrawal is set aside, by
//! cause, until two people have answered. New people are never held, and nobody is compared beyond the benefit year.

mod causes;
mod listed;

use std::collections::{BTreeMap, BTreeSet};

use engine::compute::FindingRow;
use engine::{Context, PipelineError, Rhythm};
use law::contracts::Feed;
use law::domain::{Period, PersonKey, official_day};
use law::holds::{HeldMoves, Leaving, SetAside, held_moves};
use law::questions::{Cause, NewQuestion, QuestionFile, QuestionState, Topic, due_day};
use store::ledger::{Aside, FileState, StoredQuestion};

pub(crate) use self::causes::Look;
use self::causes::{Causes, DECLARED};
use self::listed::{Listed, gone, listed};

/// So many files are named at most, the newest.
const FILES: usize = 12;

/// Withdrawals that are told and not held, by why.
pub(crate) type Told = BTreeMap<&'static str, usize>;

/// Asks about withdrawals beyond the bound, and closes questions that no longer arise. Who they are about is the
/// ledger's from then on: lists that are sealed have them still.
pub(crate) async fn ask_about_withdrawals(look: Look<'_>, findings: &[FindingRow]) -> Result<Told, PipelineError> {
    let Look { context, period, rhythm, .. } = look;
    let Some(listed) = listed(context, period, rhythm)? else { return Ok(Told::new()) };
    let gone = gone(context, (period, rhythm), &listed, findings)?;
    let known = context.ledger.people_set_aside(rhythm.mark())?;
    let is_waiting =
        |one: &Listed| one.was_aside.is_some() || known.get(&one.person).is_some_and(|why| why.since == one.since);
    let (mut asked, mut aside, mut told) = (BTreeSet::new(), Aside::new(), Told::new());
    if gone.len() as u64 >= context.bounds.people_withdrawn.least || gone.iter().any(&is_waiting) {
        let causes = Causes::of(look, &gone).await?;
        let mut leaving = Vec::new();
        for one in &gone {
            // Data that come meanwhile make no other question of it.
            let before = one.was_aside.or_else(|| known.get(&one.person).copied().filter(|why| why.since == one.since));
            let why = match (causes.of_one(one), before) {
                // Once asked, only the sender's word ends the question unanswered.
                (Err(told_as), None) | (Err(told_as @ DECLARED), _) => {
                    *told.entry(told_as).or_default() += 1;
                    continue;
                }
                (_, Some(before)) => before,
                (Ok(cause), None) => SetAside { cause, since: one.since },
            };
            leaving.push(Leaving { person: one.person, county: one.county.clone(), why, is_waiting: is_waiting(one) });
        }
        let answers = Answers::of(context, rhythm)?;
        let may_begin = |cause| cause != Cause::Rules || look.may_hold_rules;
        for mut held in held_moves(&context.bounds, &listed.by_county, &leaving, may_begin) {
            aside.extend(answers.take_from(&mut held));
            if held.people.is_empty() {
                continue;
            }
            let asking = context.ledger.open_question(&question(look, &held, &gone)?, context.now)?;
            asked.insert(asking.question_id);
            if !asking.is_accepted() {
                aside.extend(held.everybody().map(|person| (person, held.why)));
            }
        }
    }
    context.ledger.set_aside(rhythm.mark(), &aside)?;
    close(context, rhythm, &asked)?;
    Ok(told)
}

/// What a question of people is told apart by besides its cause: the series, and the list on which they stood last.
fn series_of(rhythm: Rhythm, since: Period) -> String {
    format!("{}/{since}", rhythm.mark())
}

fn close(context: &Context, rhythm: Rhythm, asked: &BTreeSet<i64>) -> Result<(), PipelineError> {
    let own = format!("{}/", rhythm.mark());
    let open = context.ledger.open_questions()?.into_iter();
    let of_people = open.filter(|question| question.topic == Topic::People && question.series.starts_with(&own));
    for series in of_people.map(|question| question.series).collect::<BTreeSet<_>>() {
        context.ledger.close_gone(Topic::People, &series, asked, context.now)?;
    }
    Ok(())
}

fn question(look: Look<'_>, held: &HeldMoves, gone: &[Listed]) -> Result<NewQuestion, PipelineError> {
    let context = look.context;
    let people: BTreeSet<PersonKey> = held.everybody().collect();
    // What has come since the lists on which they stand was not known to them.
    let made_from = gone.iter().filter(|one| people.contains(&one.person)).map(|one| one.made_from.0).min();
    let mut files = Vec::new();
    for feed in feeds(held.why.cause) {
        for file in context.ledger.files(*feed)? {
            let is_newer = matches!(file.state, FileState::Taken { version } if Some(version) > made_from);
            if is_newer && files.len() < FILES {
                files.push(QuestionFile { feed: *feed, file_id: file.file_id, name: file.name });
            }
        }
    }
    Ok(NewQuestion {
        topic: Topic::People,
        series: series_of(look.rhythm, held.why.since),
        cause: held.why.cause,
        surprises: vec![held.surprise()],
        files,
        counties: held.people.keys().cloned().collect(),
        people,
        sender: String::new(),
        due: due_day(official_day(context.now), &context.workdays),
    })
}

/// The feeds whose files can be a cause.
const fn feeds(cause: Cause) -> &'static [Feed] {
    match cause {
        Cause::Rules | Cause::Answers => &[],
        Cause::Income => &[Feed::Income],
        Cause::Register => &[Feed::Residents],
        Cause::Roster => &[Feed::Rosters],
        Cause::Claims => &[Feed::Claims, Feed::Adjustments],
    }
}

/// What two people have said of withdrawals of a series.
struct Answers(Vec<(StoredQuestion, BTreeSet<PersonKey>)>);

impl Answers {
    fn of(context: &Context, rhythm: Rhythm) -> Result<Self, PipelineError> {
        let own = format!("{}/", rhythm.mark());
        let mut answered = Vec::new();
        for question in context.ledger.questions()? {
            if question.topic == Topic::People && question.series.starts_with(&own) && question.answer.is_some() {
                let people = context.ledger.question_people(question.question_id)?;
                answered.push((question, people));
            }
        }
        Ok(Self(answered))
    }

    /// Takes the counties of which all is answered out of what is held; returns whose withdrawal stays set aside by it.
    fn take_from(&self, held: &mut HeldMoves) -> Aside {
        let mut aside = Aside::new();
        let why = held.why;
        held.people.retain(|county, people| {
            let covers = |(question, known): &&(StoredQuestion, BTreeSet<PersonKey>)| {
                question.cause == why.cause
                    && question.series.ends_with(&format!("/{}", why.since))
                    && question.counties.contains(county)
                    && people.is_subset(known)
            };
            let Some((question, _)) = self.0.iter().find(covers) else { return true };
            if question.state == QuestionState::Rejected {
                aside.extend(people.iter().map(|person| (*person, why)));
            }
            false
        });
        aside
    }
}
