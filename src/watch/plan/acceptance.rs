//! Before an official run: a large change of the rules is held until a person accepts the plan that shows it.

use engine::{Context, Job, PipelineError};
use law::domain::Period;
use office::lists;

use super::hold::Change;
use super::{Hold, Plan, draw};
use crate::run::Manner;

/// What the audit chain calls an accepted change.
const ACCEPTED: &str = "accepted a change of rules";

/// Digits of a hash that a person has to copy.
const SHORT: usize = 12;

/// Ends an official run whose rules have changed too much and are not accepted; a rehearsal is told and goes on.
///
/// # Errors
/// [`PipelineError::Held`], and whatever ends the plan early.
pub(crate) async fn require_acceptance(
    context: &Context,
    job: &Job,
    period: Period,
    manner: Manner<'_>,
) -> Result<Option<Hold>, PipelineError> {
    let sealing = lists::Sealing { period, rhythm: job.cadence, is_rehearsal: manner == Manner::Rehearsal };
    let is_sealed = !lists::sealed_before(context, sealing)?.is_empty() && manner != Manner::Rehearsal;
    if !job.seals() || is_sealed || manner == Manner::Correct {
        return Ok(None);
    }
    let Some(sealed) = context.ledger.last_sealed_texts(job.cadence.mark())? else { return Ok(None) };
    if !Change::since(context, &sealed, period, job.cadence).is_some_and(|change| change.is_any()) {
        return Ok(None);
    }
    let plan = draw(context, job, period, false).await?;
    let Some(hold) = plan.hold.clone().filter(|hold| hold.is_held) else { return Ok(None) };
    let Manner::Official(accepted) = manner else { return Ok(Some(hold)) };
    let (object, told) = (format!("{} {period}", job.name), accepted_as(context, &hold));
    let names_plan = accepted.is_some_and(|hash| hash.len() >= 8 && plan.hash.starts_with(&hash.to_ascii_lowercase()));
    if names_plan {
        let detail = format!("plan {}, {told}", plan.hash);
        context.ledger.record("operator", ACCEPTED, &object, &detail, context.now)?;
        return Ok(Some(hold));
    }
    // A run that was killed after it was accepted is finished by the next, whose plan is another.
    if context.ledger.last_detail(ACCEPTED, &object)?.is_some_and(|detail| detail.ends_with(&told)) {
        return Ok(Some(hold));
    }
    Err(PipelineError::Held(held(&plan, &hold, accepted)))
}

/// What the audit chain keeps of an accepted change: the same while neither the texts nor what they do have changed.
fn accepted_as(context: &Context, hold: &Hold) -> String {
    format!("texts {}: {}", context.texts.id(), hold.to_string().replace("\n ", ";"))
}

fn held(plan: &Plan, hold: &Hold, accepted: Option<&str>) -> String {
    let other =
        accepted.map_or_else(String::new, |hash| format!("--accept-change {hash} names another plan than this\n"));
    let (job, period, hash) = (&plan.job, &plan.period, plan.hash.get(..SHORT).unwrap_or(&plan.hash));
    format!(
        "{other}{hold}\nnothing is sealed and nothing was changed; look at `poverty-watch plan {job} --month {period}`, \
         then mend the rule, or go on with `poverty-watch run {job} --month {period} --accept-change {hash}`"
    )
}
