//! What a run would do, before it does: tried in a shadow of the workspace, told with its reasons and its hash.
//!
//! The numbers are those of the run itself: the same steps, the same statements, on the same data and what has landed.

mod acceptance;
mod former;
pub(crate) mod hold;
mod lines;
mod moves;
mod shadow;
mod stale;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

pub(crate) use acceptance::require_acceptance;
pub use former::Changed;
pub use hold::{Hold, RuleEffect};
pub use lines::{FigureChange, LineChange};
pub use moves::{Move, PersonMove, StatusTotals};
pub use stale::Stale;

use engine::lock::{clear_staging, take_lock};
use engine::official::Need;
use engine::{Context, Job, PipelineError, Step, sha256_hex};
use former::{Former, changed_models, changed_rules, rules_on};
use intake::{FileSummary, IntakeSummary, Verdict};
use law::contracts::{Counted, Feed, Outcome};
use law::domain::Period;
use moves::Moves;
use office::lists::PlannedList;
use shadow::Shadow;
use store::ledger::{CaseCounts, Texts};
use store::warehouse::Version;

use super::landing::intake;
use super::run::{Run, try_job};

/// What a run would change and why.
#[derive(Debug, Serialize)]
pub struct Plan {
    pub job: String,
    pub period: String,
    /// The version that readers see now.
    pub version: u64,
    /// Landed files that the run would decide on.
    pub files: Vec<PlannedFile>,
    /// Landed files of which nothing is known yet, where the job takes none in.
    pub waiting: Vec<PlannedFile>,
    /// Files of models that it would make anew.
    pub stale: Vec<Stale>,
    /// What rules and models are compared with: the last sealed period, or the last run.
    pub since: Option<String>,
    pub rules: Vec<Changed>,
    pub models: Vec<Changed>,
    pub figures: Vec<FigureChange>,
    pub lines: Vec<LineChange>,
    /// Figures without which nothing would be sealed.
    pub missing: Vec<Need>,
    /// The period whose findings those of the run are compared with.
    pub compared_with: Option<String>,
    /// Persons by rule and status.
    pub totals: Vec<StatusTotals>,
    /// Who would enter and leave.
    pub moves: Vec<Move>,
    /// How the cases would move.
    pub cases: CaseCounts,
    /// The lists that would be sealed.
    pub lists: Vec<PlannedList>,
    /// Where the period is sealed already: persons who would enter and leave since.
    pub since_sealed: Option<(usize, usize)>,
    /// What the change of the rules does on the same data.
    pub hold: Option<Hold>,
    /// SHA-256 over all of this, hex.
    pub hash: String,
    /// The persons who would enter and leave, masked; on demand, and not part of the hash.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub persons: Vec<PersonMove>,
    /// What intake would do, as its own report tells it.
    #[serde(skip)]
    pub intake: Option<IntakeSummary>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedFile {
    pub feed: String,
    pub name: String,
    /// `taken`, `refused`, `held`, `arriving` or `waiting`.
    pub verdict: &'static str,
    /// Why it is not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What becomes of its rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

impl Plan {
    /// Whether the run would change anything at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_news = |file: &PlannedFile| file.verdict != "arriving";
        !self.files.iter().any(is_news)
            && self.stale.is_empty()
            && self.cases == CaseCounts::default()
            && self.lists.is_empty()
    }
}

/// Says what a run of the job would do; the workspace stays as it is.
pub async fn plan(context: &Context, job: &Job, period: Period, with_persons: bool) -> Result<Plan, PipelineError> {
    let _lock = take_lock(context)?;
    clear_staging(context)?;
    draw(context, job, period, with_persons).await
}

/// The same for a caller who holds the lock.
async fn draw(context: &Context, job: &Job, period: Period, with_persons: bool) -> Result<Plan, PipelineError> {
    let before = context.warehouse.current().await?;
    let others = intake::versions_to_go_back_to(&intake(context, None, &Counted::default(), &|_, _, _| {})).await?;
    let shadow = Shadow::of(context, &before, &others)?;
    let run = try_job(&shadow.context, job, period).await?;
    told((context, &shadow.context), job, period, (&before, run), with_persons).await
}

async fn told(
    (real, shadow): (&Context, &Context),
    job: &Job,
    period: Period,
    (before, run): (&Version, Run<'_>),
    with_persons: bool,
) -> Result<Plan, PipelineError> {
    let versions = (before, &run.version);
    let (figures, lines) = lines::figures_and_lines(shadow, versions, period)?;
    let last_run = shadow.ledger.last_run_texts()?;
    let stale = stale::stale(shadow, versions, period, last_run.as_ref(), &lines);
    let compared = Compared::of(shadow, job, period, last_run)?;
    let moves = Moves::between(shadow, versions, period)?;
    let hold = if job.seals() && run.planned.as_ref().is_some_and(|planned| planned.since.is_none()) {
        hold::effect((real, shadow), &run.version, period, job.cadence, &moves.after).await?
    } else {
        None
    };
    let persons = if with_persons { moves.persons(shadow, &run.version)? } else { Vec::new() };
    let planned = run.planned.unwrap_or_default();
    let mut plan = Plan {
        job: job.name.clone(),
        period: period.to_string(),
        version: before.number,
        files: run.report.intake.as_ref().map_or_else(Vec::new, planned_files),
        waiting: waiting(shadow, job)?,
        stale,
        since: compared.since,
        rules: compared.rules,
        models: compared.models,
        figures,
        lines,
        missing: run.needs,
        compared_with: moves.compared_with.map(|period| period.to_string()),
        totals: moves.totals.clone(),
        moves: moves.by_county(),
        cases: run.report.cases,
        lists: planned.lists,
        since_sealed: planned.since,
        hold,
        hash: String::new(),
        persons: Vec::new(),
        intake: run.report.intake,
    };
    // The rows' files lie in the shadow, which is gone when this is read.
    plan.intake.iter_mut().flat_map(|intake| &mut intake.files).for_each(|file| file.rejects = None);
    plan.hash = hash_of(&plan);
    plan.persons = persons;
    Ok(plan)
}

/// Rules and models beside those of the last sealed period, for a job that seals, else of the last run.
#[derive(Default)]
struct Compared {
    since: Option<String>,
    rules: Vec<Changed>,
    models: Vec<Changed>,
}

impl Compared {
    fn of(shadow: &Context, job: &Job, period: Period, last_run: Option<Texts>) -> Result<Self, PipelineError> {
        let sealed = if job.seals() { shadow.ledger.last_sealed_texts(job.cadence.mark())? } else { None };
        let (texts, on, since) = match (sealed, last_run) {
            (Some(sealed), _) => (sealed.texts, sealed.period, format!("the lists of {}", sealed.period)),
            (None, Some(texts)) => (texts, period, "the last run".to_owned()),
            (None, None) => return Ok(Self::default()),
        };
        let now = rules_on(&shadow.policy, period.last_day());
        let then = Former::read(&texts).map(|former| rules_on(&former.policy, on.last_day()));
        Ok(Self {
            since: Some(since),
            rules: changed_rules(&then.unwrap_or_else(|_| BTreeMap::new()), &now),
            models: changed_models(&texts, &shadow.texts),
        })
    }
}

/// What intake would do with each file, those apart of which everything is known.
fn planned_files(summary: &IntakeSummary) -> Vec<PlannedFile> {
    let planned = |file: &FileSummary| {
        let (verdict, reason, outcome) = match &file.verdict {
            Verdict::Taken(outcome) => ("taken", None, Some(outcome.clone())),
            Verdict::Refused { reason, .. } => ("refused", Some(reason.clone()), None),
            Verdict::Held { why, .. } => ("held", Some(why.clone()), None),
            Verdict::Arriving(reason) | Verdict::Young(reason) => ("arriving", Some(reason.clone()), None),
            Verdict::Known | Verdict::TakenBack | Verdict::StillRefused { .. } => return None,
        };
        Some(PlannedFile { feed: file.feed.name().to_owned(), name: file.name.clone(), verdict, reason, outcome })
    };
    let back = summary.taken_back.iter().map(|back| PlannedFile {
        feed: back.feed.name().to_owned(),
        name: back.name.clone(),
        verdict: "taken_back",
        reason: back.done.clone().err(),
        outcome: None,
    });
    back.chain(summary.files.iter().filter_map(planned)).collect()
}

/// What has landed and stays landed, since the job takes nothing in.
fn waiting(shadow: &Context, job: &Job) -> Result<Vec<PlannedFile>, PipelineError> {
    if job.steps.iter().any(|step| matches!(step, Step::Intake {})) {
        return Ok(Vec::new());
    }
    let found = intake::waiting(&intake(shadow, None, &Counted::default(), &|_, _, _| {}))?;
    let planned = |(feed, name): (Feed, String)| PlannedFile {
        feed: feed.name().to_owned(),
        name,
        verdict: "waiting",
        reason: None,
        outcome: None,
    };
    Ok(found.into_iter().map(planned).collect())
}

/// SHA-256 over the plan's JSON with sorted keys and no blanks.
fn hash_of(plan: &Plan) -> String {
    sha256_hex(&canonical(&serde_json::to_value(plan).unwrap_or_default()))
}

/// A value's text, the same for the same content whatever the order of its keys.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            let fields =
                sorted.into_iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_does_not_depend_on_the_order_of_keys() {
        let one: Value = serde_json::from_str(r#"{"b": [1, {"d": null, "c": "x\"y"}], "a": 1.5}"#).unwrap();
        assert_eq!(canonical(&one), r#"{"a":1.5,"b":[1,{"c":"x\"y","d":null}]}"#);
    }
}
