//! Between the gate and the batch: a file that surprises is held as if it had not landed, until two people have answered.

use std::collections::BTreeSet;
use std::path::Path;

use engine::compute::income_figures;
use law::contracts::Feed;
use law::domain::official_day;
use law::holds::{
    AmountUnit, Bounds, Deaths, FigureSeen, FileKind, FileProfile, PastFile, income_surprises, surprises,
};
use law::policy::IncomeFigure;
use law::questions::{Cause, NewQuestion, QuestionFile, QuestionState, Topic, due_day, said};
use store::ledger::{FileState, LandedFile};
use store::warehouse::Version;

use super::gate::GateReport;
use super::resolve::Origin;
use super::tables::{Living, living};
use super::{Intake, IntakeError};

/// What becomes of a staged file.
pub(super) enum Weighed {
    Taken,
    Held {
        question: i64,
        why: String,
        /// In which unit its amounts are likely to be.
        unit: AmountUnit,
    },
    /// Two people have sent it back.
    Returned {
        question: i64,
    },
}

/// A staged file: its name, its content's hash, what the gate counted, where its rows lie.
pub(super) struct Staged<'a> {
    pub feed: Feed,
    pub name: &'a str,
    pub file_id: &'a str,
    pub report: &'a GateReport,
    pub folder: &'a Path,
}

/// Weighs a staged file against the taken ones of its feed; `waiting` are those of the same batch before it.
pub(super) fn weigh(
    intake: &Intake<'_>,
    version: &Version,
    staged: &Staged<'_>,
    waiting: &[(&str, &GateReport)],
) -> Result<Weighed, IntakeError> {
    let Staged { feed, name, file_id, report, .. } = *staged;
    let profile = &report.profile;
    let mut profiles = intake.ledger.profiles(feed)?;
    let files = intake.ledger.files(feed)?.into_iter();
    let mut past: Vec<PastFile> =
        files.filter_map(|file| past(profiles.remove(&file.file_id).unwrap_or_default(), file)).collect();
    past.extend(waiting.iter().map(|(name, report)| PastFile {
        kind: FileKind::of(name),
        rows: report.outcome.read.rows,
        profile: report.profile.clone(),
    }));
    let deaths = newly_dead(intake.bounds, version, intake, staged)?;
    let mut found = surprises(intake.bounds, (&FileKind::of(name), profile), &past, deaths);
    if feed == Feed::Income {
        let known: Vec<FigureSeen> = income_figures(intake.warehouse, version)?.iter().map(seen).collect();
        found.extend(income_surprises(intake.bounds, &profile.figures, &known));
    }
    if found.is_empty() {
        return Ok(Weighed::Taken);
    }
    let why = found.iter().map(|surprise| said(surprise).1).collect::<Vec<_>>().join("; ");
    let unit = AmountUnit::of(&found);
    let question = NewQuestion {
        topic: Topic::File,
        series: String::new(),
        cause: cause_of(feed),
        surprises: found,
        files: vec![QuestionFile { feed, file_id: file_id.to_owned(), name: name.to_owned() }],
        counties: profile.counties.keys().cloned().collect(),
        people: BTreeSet::new(),
        sender: String::new(),
        due: due_day(official_day(intake.moment()), intake.workdays),
    };
    let asked = intake.ledger.open_question(&question, intake.moment())?;
    let question = asked.question_id;
    Ok(match asked.state {
        QuestionState::Accepted => Weighed::Taken,
        QuestionState::Rejected => Weighed::Returned { question },
        QuestionState::Open | QuestionState::Gone => Weighed::Held { question, why, unit },
    })
}

/// What a feed's data decide.
const fn cause_of(feed: Feed) -> Cause {
    match feed {
        Feed::Income => Cause::Income,
        Feed::Residents => Cause::Register,
        Feed::Rosters => Cause::Roster,
        Feed::Claims | Feed::Adjustments | Feed::Applications | Feed::Aided | Feed::Receipts => Cause::Claims,
    }
}

fn past(profile: FileProfile, file: LandedFile) -> Option<PastFile> {
    let is_taken = matches!(file.state, FileState::Taken { .. });
    let rows = file.outcome.filter(|_| is_taken)?.read.rows;
    Some(PastFile { kind: FileKind::of(&file.name), rows, profile })
}

fn seen(figure: &IncomeFigure) -> FigureSeen {
    FigureSeen {
        indicator: figure.indicator.clone(),
        geography: figure.geography.clone(),
        year: figure.year,
        release: figure.release,
        fen: figure.amount.0,
    }
}

/// Whom a register file newly calls deceased. The register is read only where the file names enough of them.
fn newly_dead(
    bounds: &Bounds,
    version: &Version,
    intake: &Intake<'_>,
    staged: &Staged<'_>,
) -> Result<Deaths, IntakeError> {
    let mut deaths = Deaths::default();
    if staged.feed != Feed::Residents || staged.report.profile.dead < bounds.newly_dead.least {
        return Ok(deaths);
    }
    let mut dead = BTreeSet::new();
    for part in &staged.report.staged {
        let called = living(staged.folder.join(&part.name), Origin::Incoming)?;
        dead.extend(called.into_iter().filter(|one| !one.is_alive).map(|one| one.person));
    }
    for file in version.table("residents") {
        for Living { person, is_alive } in living(intake.warehouse.path(file), Origin::Accepted(None))? {
            deaths.living += u64::from(is_alive);
            deaths.newly_dead += u64::from(is_alive && dead.contains(&person));
        }
    }
    Ok(deaths)
}
