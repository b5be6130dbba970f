//! Lists that wait for answers: how late, who sees to them, and closing a period.

use chrono::NaiveDate;
use engine::{Context, PipelineError};
use law::domain::Period;
use law::referrals::Overdue;
use office::receipts::{ListStanding, close_period, standings};
use store::ledger::{ListEvent, ListEventKind};

use super::said;
use crate::cli::receipts::failure;
use crate::cli::run::today;
use crate::cli::{Failure, Format, Session, USAGE};

pub(super) fn overdue(
    context: &Context,
    session: &Session,
    (month, as_of): (Option<Period>, Option<NaiveDate>),
    format: Format,
) -> Result<u8, Failure> {
    let month = match month {
        Some(month) => month,
        None => context
            .ledger
            .last_sealed_period()
            .map_err(PipelineError::from)?
            .ok_or_else(|| Failure::new(USAGE, "no list is sealed yet"))?,
    };
    let day = as_of.unwrap_or_else(|| today(session));
    let lists = standing(context, month, day)?;
    match format {
        Format::Json => println!("{:#}", serde_json::to_value(&lists).unwrap_or_default()),
        Format::Text => {
            warn_of_unknown_years(context, &lists, day);
            for list in lists.iter().filter(|list| list.overdue != Overdue::Done) {
                println!("{}", line(list));
            }
            let done = lists.iter().filter(|list| list.overdue == Overdue::Done).count();
            let late = lists.iter().filter(|list| list.overdue >= Overdue::Remind).count();
            println!("{month}: {} lists, {done} answered, {late} late", lists.len());
        }
    }
    Ok(0)
}

/// Ids of a period's lists whose answers are late, with their owners.
pub(in crate::cli) fn late_lists(context: &Context, month: Period, day: NaiveDate) -> Result<Vec<String>, Failure> {
    let lists = standing(context, month, day)?;
    let late = lists.into_iter().filter(|list| list.overdue >= Overdue::Remind);
    Ok(late
        .map(|list| list.owner.map_or(list.list_id.clone(), |owner| format!("{} ({owner})", list.list_id)))
        .collect())
}

fn standing(context: &Context, month: Period, day: NaiveDate) -> Result<Vec<ListStanding>, Failure> {
    let days = context.workspace.settings.bureau.feedback_days;
    standings(&context.ledger, month, day, days, &context.workdays).map_err(failure)
}

/// Deadlines of a year whose days off are not known go by the week.
fn warn_of_unknown_years(context: &Context, lists: &[ListStanding], day: NaiveDate) {
    let from = lists.iter().filter_map(|list| list.answered.sent).min().unwrap_or(day);
    let to = lists.iter().filter_map(|list| list.deadlines).map(|days| days.answer_at_last).max().unwrap_or(day);
    for year in context.workdays.unknown_years(from, to.max(day)) {
        eprintln!(
            "warning: pipelines/tables/workdays.csv does not have {year}: its days off are not known, Monday to \
             Friday count as working days"
        );
    }
}

fn line(list: &ListStanding) -> String {
    let late = match list.overdue {
        Overdue::Done => "done",
        Overdue::NotSent => "not handed over",
        Overdue::Waiting => "waiting",
        Overdue::Remind => "REMIND",
        Overdue::Escalate => "ESCALATE",
    };
    let confirmed = match (list.answered.is_confirmed, list.is_disputed) {
        (true, _) => "confirmed",
        (false, true) => "DISPUTED",
        (false, false) => "unconfirmed",
    };
    let owner = list.owner.as_ref().map_or_else(String::new, |owner| format!(", owner {owner}"));
    let due = list
        .deadlines
        .map_or_else(String::new, |days| format!(", confirm by {}, answer by {}", days.confirm, days.answer));
    format!(
        "{} {late}: {confirmed}, {} of {} persons unanswered{due}{owner}",
        list.list_id, list.answered.open, list.owed
    )
}

pub(super) fn owner(
    context: &Context,
    session: &Session,
    list_id: &str,
    (name, by): (&str, &str),
) -> Result<u8, Failure> {
    let (name, by) = (said("name", name)?, said("by", by)?);
    if context.ledger.sealed_list(list_id).map_err(PipelineError::from)?.is_none() {
        return Err(Failure::new(USAGE, format!("there is no sealed list {list_id}")));
    }
    let event =
        ListEvent { kind: ListEventKind::Owned, day: today(session), by: by.to_owned(), detail: name.to_owned() };
    let is_news = context.ledger.note_list(list_id, &event, context.now).map_err(PipelineError::from)?;
    println!("{list_id}: {}", if is_news { "noted" } else { "noted before" });
    Ok(0)
}

pub(super) fn close(
    context: &Context,
    session: &Session,
    (month, as_of): (Period, Option<NaiveDate>),
    by: &str,
) -> Result<u8, Failure> {
    let by = said("by", by)?;
    let lists = standing(context, month, as_of.unwrap_or_else(|| today(session)))?;
    let is_news = close_period(&context.ledger, (month, by), &lists, context.now).map_err(failure)?;
    println!("{month}: {}", if is_news { "closed" } else { "closed before" });
    Ok(0)
}
