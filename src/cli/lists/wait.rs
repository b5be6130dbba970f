//! Lists that wait for answers, and how late they are.

use chrono::NaiveDate;
use engine::Context;
use law::domain::Period;
use law::referrals::Overdue;
use office::receipts::ListStanding;

use crate::cli::arguments::Format;
use crate::cli::failure::{Failure, USAGE};

pub(super) fn overdue(context: &Context, month: Option<Period>, day: NaiveDate, format: Format) -> Result<u8, Failure> {
    let last = || context.ledger.last_sealed_period();
    let month = month.map_or_else(last, |month| Ok(Some(month)))?;
    let month = month.ok_or_else(|| Failure::new(USAGE, "no list is sealed yet"))?;
    let lists = desk::standing(context, month, day)?;
    match format {
        Format::Json => println!("{:#}", serde_json::to_value(&lists).unwrap_or_default()),
        Format::Text => {
            warn_of_unknown_years(context, &lists, day);
            for list in lists.iter().filter(|list| list.overdue != Overdue::Done) {
                println!("{}", line(list));
            }
            let done = lists.iter().filter(|list| list.overdue == Overdue::Done).count();
            let late = lists.iter().filter(|list| list.overdue >= Overdue::Remind).count();
            let closed = context.ledger.closed_by(month)?.map_or_else(String::new, |by| format!(", closed by {by}"));
            println!("{month}: {} lists, {done} answered, {late} late{closed}", lists.len());
        }
    }
    Ok(0)
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
        Overdue::Closed => "closed",
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
