//! Taking in what has landed: the first step of nightly, and the command of that name.

use std::path::Path;

use chrono::NaiveDate;
use engine::lock::{sign_lock, take_lock};
use engine::official::count_arrivals;
use engine::{Context, PipelineError};
use intake::{Intake, IntakeSummary, Looked, look, take_in};
use law::contracts::{Counted, CountedBy, Feed};
use law::domain::official_day;

use crate::acknowledge::acknowledge;

/// Intake with everything that it works with.
pub(crate) fn intake<'a>(
    context: &'a Context,
    feeds: Option<&'a [Feed]>,
    counted: &'a Counted,
    progress: intake::Progress<'a>,
) -> Intake<'a> {
    Intake {
        layout: &context.workspace.layout,
        settings: &context.workspace.settings,
        warehouse: &context.warehouse,
        ledger: &context.ledger,
        program: &context.gate_program,
        profiles: &context.profiles,
        tag_aliases: &context.tag_aliases,
        codes: &context.codes,
        counted,
        bounds: &context.bounds,
        workdays: &context.workdays,
        senders: &context.senders,
        now: context.now.fixed_offset(),
        feeds,
        progress,
        is_stopping: Box::new(|| context.stop.is_set()),
    }
}

/// What the rules in force and the table of counties can use, and the run's day: a period's last day, or today if that
/// is later.
pub(crate) fn counted(context: &Context, day: NaiveDate) -> Counted {
    let rules = context.policy.in_force(official_day(context.now)).map(|rule| CountedBy {
        insurance: rule.who.insurance.clone(),
        care: rule.cost.care.clone(),
        places: rule.cost.payment_place.clone(),
    });
    let until = official_day(context.now).max(day);
    let names = context.counties.iter().map(|county| (county.name.clone(), county.code.to_string()));
    Counted { rules: rules.collect(), counties: context.served(), county_names: names.collect(), until: Some(until) }
}

/// Takes in what has landed; the caller holds the lock.
pub(crate) async fn intake_now(
    context: &Context,
    feeds: Option<&[Feed]>,
    day: NaiveDate,
) -> Result<IntakeSummary, PipelineError> {
    let begun = std::sync::Mutex::new(String::new());
    let progress = |step: &str, done: u64, total: u64| {
        if let Ok(mut last) = begun.lock()
            && *last != step
        {
            context.progress.begin(step, total);
            step.clone_into(&mut last);
        }
        context.progress.reached(done);
    };
    let summary = take_in(&intake(context, feeds, &counted(context, day), &progress)).await?;
    context.stop.check()?;
    count_arrivals(context, &context.warehouse.current().await?)?;
    acknowledge(context, &summary)?;
    context.progress.end("intake", &format!("{} files, {} versions", summary.files.len(), summary.versions.len()));
    Ok(summary)
}

/// `poverty-watch intake`: only the first step of nightly.
pub async fn run_intake(context: &Context, feeds: Option<&[Feed]>) -> Result<IntakeSummary, PipelineError> {
    let lock = take_lock(context)?;
    sign_lock(context, &lock)?;
    intake_now(context, feeds, official_day(context.now)).await
}

/// `contract <feed> --from FILE`: how a file reads, and which profile would read it; nothing is taken in.
pub fn look_at_file(context: &Context, feed: Feed, file: &Path) -> Result<Looked, PipelineError> {
    let counted = counted(context, official_day(context.now));
    Ok(look(&intake(context, None, &counted, &|_, _, _| ()), feed, file)?)
}
