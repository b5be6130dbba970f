//! Listed people whom today's findings would take off their lists: beyond a bound their withdrawal is set aside, by
//! cause, until two people have answered. New people are never held, and nobody is compared beyond the benefit year.

mod causes;
mod listed;
mod voids;

use std::collections::{BTreeMap, BTreeSet};

use engine::compute::FindingRow;
use engine::{Context, PipelineError, Rhythm};
use law::contracts::Feed;
use law::domain::{Month, Period, PersonKey, official_day};
use law::holds::{HeldMoves, InstitutionMonth, Leaving, SetAside, held_moves};
use law::questions::{Cause, NewQuestion, QuestionFile, QuestionState, Topic, due_day};
use store::ledger::{Aside, FileState, StoredQuestion};

pub(crate) use self::causes::Look;
use self::causes::{Causes, DECLARED};
use self::listed::{Listed, gone, listed};
use self::voids::voided_by;

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
    let (mut asked, mut aside, mut told) = (BTreeSet::new(), Aside::new(), Told::new());
    let bounds = &context.bounds;
    let least = bounds.people_withdrawn.least.min(bounds.institution_dropped.least);
    if gone.len() as u64 >= least || gone.iter().any(|one| is_waiting(one, &known)) {
        let answers = Answers::of(context, rhythm)?;
        let leaving = Box::pin(leaving(look, &gone, (&known, &answers), &mut told)).await?;
        let may_begin = |cause| cause != Cause::Rules || look.may_hold_rules;
        for mut held in held_moves(bounds, &listed.by_county, &leaving, may_begin) {
            aside.extend(answers.take_from(rhythm, &mut held));
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

/// Whether a withdrawal is set aside already, since the same list.
fn is_waiting(one: &Listed, known: &Aside) -> bool {
    one.was_aside.is_some() || known.get(&one.person).is_some_and(|why| why.since == one.since)
}

/// Who leaves and why; what is told only goes to `told`.
async fn leaving(
    look: Look<'_>,
    gone: &[Listed],
    (known, answers): (&Aside, &Answers),
    told: &mut Told,
) -> Result<Vec<Leaving>, PipelineError> {
    let causes = Causes::of(look, gone).await?;
    let mut found = Vec::new();
    for one in gone {
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
        found.push((one, why, before.is_some()));
    }
    let by_claims = |why: SetAside, is_known: bool| why.cause == Cause::Claims && !is_known;
    let new: Vec<&Listed> =
        found.iter().filter(|(_, why, is_known)| by_claims(*why, *is_known)).map(|(one, ..)| *one).collect();
    let mut voided = voided_by(look.context, look.version, &new).await?;
    let one = |(one, why, is_known): (&Listed, SetAside, bool)| Leaving {
        person: one.person,
        county: one.county.clone(),
        why,
        voided: if is_known { answers.institution_of(one.person, why) } else { voided.remove(&one.person) },
        is_waiting: is_waiting(one, known),
    };
    Ok(found.into_iter().map(one).collect())
}

/// What a question of people is told apart by besides its cause: the series, the list on which they stood last, and the
/// institution's month.
fn series_of(rhythm: Rhythm, since: Period, voided: Option<&InstitutionMonth>) -> String {
    let of = voided.map_or_else(String::new, |of| format!("/{} {}", of.institution, of.month));
    format!("{}/{since}{of}", rhythm.mark())
}

/// The institution's month that such a name has.
fn voided_in(series: &str, own: &str) -> Option<InstitutionMonth> {
    let (_, of) = series.strip_prefix(own)?.split_once('/')?;
    let (institution, month) = of.rsplit_once(' ')?;
    Some(InstitutionMonth { institution: institution.to_owned(), month: Month::parse(month).ok()? })
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
    let (taken_back, mut files) = (context.ledger.taken_back()?, Vec::new());
    for feed in feeds(held.why.cause) {
        for file in context.ledger.files(*feed)? {
            let is_newer = matches!(file.state, FileState::Taken { version } if Some(version) > made_from);
            if is_newer && files.len() < FILES {
                files.push(QuestionFile { feed: *feed, file_id: file.file_id, name: file.name });
            }
        }
        // What was taken back since may have done it as well.
        let back = taken_back.iter().filter(|back| back.file.feed == *feed && Some(back.gone_in) > made_from);
        files.extend(back.map(|back| {
            let file = back.file.clone();
            QuestionFile { feed: *feed, file_id: file.file_id, name: file.name }
        }));
    }
    Ok(NewQuestion {
        topic: Topic::People,
        series: series_of(look.rhythm, held.why.since, held.voided.as_ref()),
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

/// What was asked of withdrawals of a series, and what two people have said.
struct Answers {
    answered: Vec<(StoredQuestion, BTreeSet<PersonKey>)>,
    /// Whom questions of institutions' months are about, with the list on which they stood last.
    voided: BTreeMap<(PersonKey, String), InstitutionMonth>,
}

impl Answers {
    fn of(context: &Context, rhythm: Rhythm) -> Result<Self, PipelineError> {
        let own = format!("{}/", rhythm.mark());
        let (mut answered, mut voided) = (Vec::new(), BTreeMap::new());
        for question in context.ledger.questions()? {
            let is_own = question.topic == Topic::People && question.series.starts_with(&own);
            let of = voided_in(&question.series, &own).filter(|_| is_own);
            let stands = question.answer.is_some() || (of.is_some() && question.state == QuestionState::Open);
            if !is_own || !stands {
                continue;
            }
            let people = context.ledger.question_people(question.question_id)?;
            let since = question.series.strip_prefix(&own).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            if let Some(of) = of {
                for person in &people {
                    voided.entry((*person, since.to_owned())).or_insert_with(|| of.clone());
                }
            }
            if question.answer.is_some() {
                answered.push((question, people));
            }
        }
        Ok(Self { answered, voided })
    }

    /// The institution's month of the question that somebody waits for.
    fn institution_of(&self, person: PersonKey, why: SetAside) -> Option<InstitutionMonth> {
        self.voided.get(&(person, why.since.to_string())).cloned().filter(|_| why.cause == Cause::Claims)
    }

    /// Takes the counties of which all is answered out of what is held; returns whose withdrawal stays set aside by it.
    fn take_from(&self, rhythm: Rhythm, held: &mut HeldMoves) -> Aside {
        let mut aside = Aside::new();
        let (why, series) = (held.why, series_of(rhythm, held.why.since, held.voided.as_ref()));
        held.people.retain(|county, people| {
            let covers = |(question, known): &&(StoredQuestion, BTreeSet<PersonKey>)| {
                question.cause == why.cause
                    && question.series == series
                    && question.counties.contains(county)
                    && people.is_subset(known)
            };
            let Some((question, _)) = self.answered.iter().find(covers) else { return true };
            if question.state == QuestionState::Rejected {
                aside.extend(people.iter().map(|person| (*person, why)));
            }
            false
        });
        aside
    }
}
