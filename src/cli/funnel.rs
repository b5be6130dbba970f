//! `funnel`: from the finding to the help, and whom no rule found.

use law::domain::Period;
use law::referrals::{STAGES, ShownLine, is_small, shown_parts};
use serde_json::{Value, json};
use watch::{Funnel, funnel};

use super::arguments::{Format, period_argument};
use super::failure::Failure;
use super::session::Session;

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
    let late = desk::late(&context, found.period, session.today())?;
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

/// The same as it may leave the bureau: what would tell of few persons is null.
fn export(found: &Funnel, late: &[String]) -> Value {
    let lines: Vec<Value> = found.lines.iter().map(|line| export_line(&line.shown())).collect();
    let mut causes: Vec<(&str, u64)> =
        found.missed.causes.iter().map(|(cause, count)| (cause.as_str(), *count)).collect();
    causes.push(("flagged", found.missed.flagged));
    let counts: Vec<u64> = causes.iter().map(|(_, count)| *count).collect();
    let names = causes.iter().map(|(cause, _)| (*cause).to_owned());
    let by_result: serde_json::Map<String, Value> =
        names.zip(shown_parts(&counts)).map(|(cause, count)| (cause, json!(count))).collect();
    let aided = Some(found.missed.aided).filter(|count| !is_small(*count));
    json!({
        "period": found.period.to_string(),
        "lists_of": if found.is_period { "period" } else { "year" },
        "lines": lines,
        "late_lists": late,
        "aided_on_application": { "persons": aided, "by_rule_result": by_result },
    })
}

fn export_line(line: &ShownLine) -> Value {
    let mut value = serde_json::Map::new();
    let mut put = |name: &str, cell: Value| value.insert(name.to_owned(), cell);
    if let Some((county, office)) = &line.place {
        put("county", json!(county));
        put("office", json!(office));
    }
    for ((_, name), count) in STAGES.iter().zip(line.counts) {
        put(name, json!(count));
    }
    for (name, days) in ["days_to_send", "days_to_acknowledge", "days_to_verify"].into_iter().zip(line.days) {
        put(name, json!(days));
    }
    put("aid_amount", json!(line.amount.map(|amount| amount.to_string())));
    Value::Object(value)
}
