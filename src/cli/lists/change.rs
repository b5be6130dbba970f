//! Corrections, retractions, and the password of an attachment.

use std::io::IsTerminal as _;
use std::path::Path;

use desk::{Act, Room};
use engine::Context;
use law::domain::{Period, Said};
use law::referrals::Attachment;
use office::lists::Corrected;
use watch::correct_job;

use crate::cli::failure::{Failure, USAGE};

pub(super) async fn correct(context: &Context, month: Period, job: &str) -> Result<u8, Failure> {
    let job = context.job(job)?;
    if !job.seals() {
        return Err(Failure::new(USAGE, format!("job {} seals no lists", job.name)));
    }
    let report = correct_job(context, &job, month).await?;
    let Corrected { lists, rollup } = report.corrected.unwrap_or_default();
    for (id, rows) in &lists {
        println!("sealed {id}: {rows} rows");
    }
    if let Some(id) = rollup {
        println!("sealed {id}: the roll-up anew");
    }
    println!("{month}: {} lists of corrections, version {}", lists.len(), report.version);
    Ok(0)
}

pub(super) fn retract(context: &Context, act: Act<'_>, list_id: &str, reason: &Said) -> Result<u8, Failure> {
    let retracted = desk::retract(context, act, list_id, reason)?;
    retracted.lists.iter().for_each(|id| println!("taken back: {id}"));
    retracted.withdrawn.iter().for_each(|id| println!("letter {id} had not gone, and will not"));
    println!("notice sealed: {}", retracted.notice);
    println!(
        "next: send the notice, note each office's word with `lists deleted`, then `lists correct --month {}`",
        retracted.period
    );
    Ok(0)
}

pub(super) fn encrypt(
    room: Room<'_>,
    act: Act<'_>,
    list_id: &str,
    (form, to): (Attachment, &Path),
) -> Result<u8, Failure> {
    let bytes = desk::encrypt(room, act, list_id, form)?;
    std::fs::write(to, bytes).map_err(|error| Failure::new(USAGE, format!("{}: {error}", to.display())))?;
    println!("{} written; the password: `lists password {list_id}`", to.display());
    Ok(0)
}

pub(super) fn password(room: Room<'_>, act: Act<'_>, list_id: &str) -> Result<u8, Failure> {
    if !std::io::stdout().is_terminal() {
        return Err(Failure::new(USAGE, "a password is shown on a terminal only, never into a file or a pipe"));
    }
    println!("{}", desk::password(room, act, list_id)?);
    Ok(0)
}

/// Whether what was noted was news.
pub(super) fn noted(what: &str, is_news: bool) -> u8 {
    println!("{what}: {}", if is_news { "noted" } else { "noted before" });
    0
}
