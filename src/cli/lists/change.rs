//! Corrections, retractions, and the password of an attachment.

use std::io::IsTerminal as _;
use std::path::Path;

use engine::{Context, PipelineError};
use law::domain::Period;
use law::referrals::Attachment;
use office::handover::{attachment, withdraw};
use office::lists::{Corrected, retract};
use store::keys::Keys;
use store::ledger::{ListEvent, ListEventKind, MailState, SealedList};
use watch::correct_job;

use super::said;
use super::sign::{refuse_retracted, refuse_unready};
use crate::cli::run::today;
use crate::cli::{DATA, Failure, INTERNAL, Session, USAGE};

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

pub(super) fn retract_list(
    context: &Context,
    session: &Session,
    list_id: &str,
    (by, reason): (&str, &str),
) -> Result<u8, Failure> {
    let (by, reason) = (said("by", by)?, said("reason", reason)?);
    let internal = |error: &dyn std::fmt::Display| Failure::new(INTERNAL, error.to_string());
    let layout = &context.workspace.layout;
    // The folder first: nobody fetches a wrong list while its notice is made.
    let list = sealed(context, list_id)?;
    withdraw(layout, &list).map_err(|error| internal(&error))?;
    let retracted = retract(context, list_id, (by, reason), today(session))?;
    for id in &retracted.lists {
        let other = context.ledger.sealed_list(id).map_err(PipelineError::from)?;
        if let Some(other) = other {
            withdraw(layout, &other).map_err(|error| internal(&error))?;
        }
        println!("taken back: {id}");
        for letter in context.ledger.letters_of(id).map_err(PipelineError::from)? {
            if letter.standing.state == MailState::Withdrawn {
                println!("letter {} had not gone, and will not", letter.message_id);
            }
        }
    }
    println!("notice sealed: {}", retracted.notice);
    println!(
        "next: send the notice, note each office's word with `lists deleted`, then `lists correct --month {}`",
        list.period
    );
    Ok(0)
}

pub(super) fn deleted(context: &Context, session: &Session, list_id: &str, by: &str) -> Result<u8, Failure> {
    let by = said("by", by)?;
    let events = context.ledger.list_events(list_id).map_err(PipelineError::from)?;
    let is_notice = context
        .ledger
        .sealed_list(list_id)
        .map_err(PipelineError::from)?
        .is_some_and(|list| list.kind == law::referrals::ListKind::Retraction.code());
    if !is_notice && events.iter().all(|event| event.kind != ListEventKind::Retracted) {
        return Err(Failure::new(USAGE, format!("{list_id} was not taken back")));
    }
    let event = ListEvent {
        kind: ListEventKind::Deleted,
        day: today(session),
        by: by.to_owned(),
        detail: "deleted at the office".to_owned(),
    };
    let is_news = context.ledger.note_list(list_id, &event, context.now).map_err(PipelineError::from)?;
    println!("{list_id}: {}", if is_news { "noted" } else { "noted before" });
    Ok(0)
}

fn sealed(context: &Context, list_id: &str) -> Result<SealedList, Failure> {
    let list = context.ledger.sealed_list(list_id).map_err(PipelineError::from)?;
    list.ok_or_else(|| Failure::new(USAGE, format!("there is no sealed list {list_id}")))
}

pub(super) fn encrypt(context: &Context, list_id: &str, form: Attachment, to: &Path, by: &str) -> Result<u8, Failure> {
    let by = said("by", by)?;
    let internal = |error: &dyn std::fmt::Display| Failure::new(INTERNAL, error.to_string());
    let list = sealed(context, list_id)?;
    refuse_retracted(&context.ledger, list_id)?;
    refuse_unready(&context.ledger, list_id)?;
    let made = attachment(&context.workspace.layout, &list, form).map_err(|error| internal(&error))?;
    let Some((_, bytes)) = made else { return Ok(0) };
    // No note, no file.
    context.ledger.record(by, "encrypted", list_id, "", context.now).map_err(PipelineError::from)?;
    std::fs::write(to, bytes).map_err(|error| Failure::new(USAGE, format!("{}: {error}", to.display())))?;
    println!("{} written; the password: `lists password {list_id}`", to.display());
    Ok(0)
}

pub(super) fn password(context: &Context, list_id: &str, by: &str) -> Result<u8, Failure> {
    let by = said("by", by)?;
    if !std::io::stdout().is_terminal() {
        return Err(Failure::new(USAGE, "a password is shown on a terminal only, never into a file or a pipe"));
    }
    refuse_unready(&context.ledger, list_id)?;
    let known = Keys::known_password(&context.workspace.layout, list_id).map_err(PipelineError::from)?;
    let Some(password) = known else {
        return Err(Failure::new(DATA, format!("{list_id} has no password: nothing of it was encrypted")));
    };
    // No note, no password.
    context.ledger.record(by, "password shown", list_id, "", context.now).map_err(PipelineError::from)?;
    println!("{password}");
    Ok(0)
}
