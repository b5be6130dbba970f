//! `funnel`: from the finding to the help, and whom no rule found.

use law::domain::{Fen, Period};
use law::referrals::{FunnelLine, STAGES};
use serde_json::{Value, json};
use watch::{Funnel, funnel};

use super::lists::late_lists;
use super::run::today;
use super::{Failure, Format, Session, period_argument};

/// Counts up to here, but not 0, are hidden in what is exported.
const SMALL: u64 = 4;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only this period's lists; the year up to the last sealed period if left out.
    #[arg(long, value_parser = period_argument)]
    month: Option<Period>,
    /// How to print it; JSON hides small counts.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let found = funnel(&context, arguments.month).await?;
    let late = late_lists(&context, found.period, today(session))?;
    match arguments.format {
        Format::Text => print!("{}", describe(&found, &late)),
        Format::Json => println!("{:#}", export(&found, &late)),
    }
    Ok(0)
}

fn describe(found: &Funnel, late: &[String]) -> String {
    use std::fmt::Write as _;
    let span =
        if found.is_period { found.period.to_string() } else { format!("{} to {}", found.period.year(), found.period) };
    let mut text = format!("{span}: persons by county and office (内部使用，不得外传)\n");
    let _ = writeln!(
        text,
        "{:<14}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}  days to send/ack/verify",
        "", "flagged", "listed", "sent", "acknowl.", "verified", "aided"
    );
    for line in &found.lines {
        let place = line.place.as_ref().map_or("total".to_owned(), |(county, office)| format!("{county} {office}"));
        let _ = write!(text, "{place:<14}");
        for count in line.counts {
            let _ = write!(text, "{count:>9}");
        }
        let days = line.days.map(|days| days.map_or("-".to_owned(), |days| days.to_string()));
        let _ = writeln!(text, "  {}", days.join("/"));
    }
    let _ = writeln!(text, "late lists: {}", if late.is_empty() { "none".to_owned() } else { late.join(", ") });
    let missed = &found.missed;
    if missed.aided > 0 {
        let _ = writeln!(
            text,
            "helped on application: {} persons, {} of them flagged by a rule before or after",
            missed.aided, missed.flagged
        );
        for (cause, count) in &missed.causes {
            let _ = writeln!(text, "  not flagged, {cause}: {count}");
        }
    }
    text
}

/// The same with small counts as null.
fn export(found: &Funnel, late: &[String]) -> Value {
    let lines: Vec<Value> = found.lines.iter().map(export_line).collect();
    let shown = |count: u64| if (1..=SMALL).contains(&count) { Value::Null } else { json!(count) };
    // Two causes hidden at least, or the sum would tell the one.
    let mut causes: Vec<(&str, u64)> =
        found.missed.causes.iter().map(|(cause, count)| (cause.as_str(), *count)).collect();
    causes.push(("flagged", found.missed.flagged));
    let small = causes.iter().filter(|(_, count)| (1..=SMALL).contains(count)).count();
    let next = causes.iter().filter(|(_, count)| *count > SMALL).map(|(_, count)| *count).min();
    let hides = |count: u64| small == 1 && Some(count) == next;
    let causes: serde_json::Map<String, Value> = causes
        .into_iter()
        .map(|(cause, count)| (cause.to_owned(), if hides(count) { Value::Null } else { shown(count) }))
        .collect();
    json!({
        "period": found.period.to_string(),
        "lists_of": if found.is_period { "period" } else { "year" },
        "lines": lines,
        "late_lists": late,
        "aided_on_application": { "persons": shown(found.missed.aided), "by_rule_result": causes },
    })
}

fn export_line(line: &FunnelLine) -> Value {
    let mut value = serde_json::Map::new();
    if let Some((county, office)) = &line.place {
        value.insert("county".to_owned(), json!(county));
        value.insert("office".to_owned(), json!(office));
    }
    for (at, (_, name)) in STAGES.iter().enumerate() {
        let count = if line.hidden[at] { Value::Null } else { json!(line.counts[at]) };
        value.insert((*name).to_owned(), count);
    }
    // A median of few persons, or their money, tells of one of them.
    let names = ["days_to_send", "days_to_acknowledge", "days_to_verify"];
    for (at, name) in names.iter().enumerate() {
        let is_told = !line.hidden[at + 2] && line.counts[at + 2] > SMALL;
        value.insert((*name).to_owned(), if is_told { json!(line.days[at]) } else { Value::Null });
    }
    let is_told = !line.hidden[5] && (line.counts[5] == 0 || line.counts[5] > SMALL);
    let amount = i64::try_from(line.amount_fen).ok().map(|fen| Fen(fen).to_string());
    value.insert("aid_amount".to_owned(), if is_told { json!(amount) } else { Value::Null });
    Value::Object(value)
}
