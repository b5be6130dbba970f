//! `status`: how the workspace stands; the exit code tells a monitor when it is too old.

use chrono::{Duration, NaiveDate};
use engine::PipelineError;
use law::contracts::OpenRejects;
use watch::{LateStatus, Status, status};

use super::arguments::{Format, date_argument};
use super::failure::{Failure, TEMPORARY};
use super::questions;
use super::run::degraded;
use super::session::Session;

/// Files with rejected rows that are named; the others are counted.
const REJECTS: usize = 10;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit with 75 when the last good run is older: 26h, 90m or 2d.
    #[arg(long, value_parser = age_argument)]
    max_age: Option<Duration>,
    /// Day for whose month, and the one after it, income figures are asked for; today if left out.
    #[arg(long, value_parser = date_argument)]
    as_of: Option<NaiveDate>,
}

fn age_argument(text: &str) -> Result<Duration, String> {
    let wrong = || "expected hours, minutes or days, such as 26h, 90m or 2d".to_owned();
    let units: [(char, fn(i64) -> Option<Duration>); 3] =
        [('h', Duration::try_hours), ('m', Duration::try_minutes), ('d', Duration::try_days)];
    let age = units.into_iter().find_map(|(unit, of)| text.strip_suffix(unit)?.parse().ok().and_then(of));
    age.filter(|age| *age > Duration::zero()).ok_or_else(wrong)
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let day = arguments.as_of.unwrap_or_else(|| session.today());
    let status = status(&context, day).await?;
    let last = context.ledger.last_sealed_period().map_err(PipelineError::from)?;
    let late = last.map_or(Ok(Vec::new()), |period| desk::late(&context, period, day))?;
    match arguments.format {
        Format::Text => print!("{}{}", describe(&status), describe_late(&late)),
        Format::Json => {
            let mut value = serde_json::to_value(&status).unwrap_or_default();
            value["late_lists"] = serde_json::json!(late);
            println!("{value:#}");
        }
    }
    let too_old = arguments.max_age.is_some_and(|age| status.last_done.is_none_or(|at| session.now - at > age));
    if too_old {
        eprintln!("error: no run has ended well within the age allowed; run nightly, or look at its log");
    }
    Ok(if too_old { TEMPORARY } else { 0 })
}

fn describe_late(late: &[String]) -> String {
    let lines = late.iter().map(|list| format!("  LATE {list}\n"));
    if late.is_empty() { String::new() } else { format!("\nanswers that are late\n{}", lines.collect::<String>()) }
}

/// What needs attention, before anything else.
fn alerts(status: &Status) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for alert in &status.alerts {
        let since = alert.since.map_or_else(String::new, |at| format!(" (since {})", at.format("%Y-%m-%d %H:%M UTC")));
        let _ = writeln!(text, "ALERT {}{since}\n  {}\n  {}", alert.key, alert.chinese, alert.english);
    }
    text
}

fn describe(status: &Status) -> String {
    use std::fmt::Write as _;
    // What needs attention comes first, alerts before lists that would reach nobody.
    let mut text = alerts(status);
    if !status.unrouted.is_empty() {
        let _ = writeln!(text, "{}", degraded(&status.unrouted));
    }
    if !status.questions.is_empty() {
        let _ = writeln!(text, "questions that wait for an answer (poverty-watch questions)");
        let _ = writeln!(text, "{}", questions::lines(&status.questions));
    }
    let _ = writeln!(text, "policy {}, version {}", status.policy, status.version);
    text.push_str(&digest(status));
    text.push_str("\nruns (newest first)\n");
    for run in status.runs.iter().take(5) {
        let state = serde_json::to_value(run.state).unwrap_or_default();
        let _ = writeln!(
            text,
            "  {:<8} {:<8} {:<8} {}",
            run.job,
            run.period,
            state.as_str().unwrap_or_default(),
            run.started_at.format("%Y-%m-%d %H:%M UTC")
        );
        if let Some(error) = run.summary["error"].as_str() {
            let _ = writeln!(text, "    {}", error.lines().next().unwrap_or_default());
        }
        for step in &run.steps {
            let _ = writeln!(text, "    {:<14} {:>8} ms", step.step, step.millis);
        }
    }
    text.push_str("\nfeeds\n");
    for feed in &status.feeds {
        let newest = feed.newest.map_or("never".to_owned(), |at| at.format("%Y-%m-%d").to_string());
        let late = if feed.is_late { "  LATE" } else { "" };
        let _ = writeln!(text, "  {:<12} {:>4} files, newest {newest}{late}", feed.feed.name(), feed.taken);
        for (name, reason) in &feed.refused {
            let _ = writeln!(text, "    refused {name}: {reason}");
        }
    }
    if !status.rosters.is_empty() {
        text.push_str("\nrosters\n");
    }
    for notice in &status.rosters {
        let _ = writeln!(text, "  {}\n    {}", notice.english, notice.chinese);
    }
    text.push_str(&arrivals(status));
    if !status.reminders.is_empty() {
        text.push_str("\nincome figures\n");
    }
    for need in &status.reminders {
        let _ = writeln!(text, "  reminder: {need}");
    }
    text.push_str("\ntables\n");
    for table in &status.tables {
        let (files, rows, mib) = (table.files, table.rows, table.bytes >> 20);
        let _ = writeln!(text, "  {:<16} {files:>5} files {rows:>12} rows {mib:>7} MiB", table.table);
    }
    text + &lists(status)
}

/// What the last day was like, for information.
fn digest(status: &Status) -> String {
    let lines = status.digest.iter().map(|(chinese, english)| format!("  {english}\n    {chinese}\n"));
    format!("\nthe last day\n{}", lines.collect::<String>())
}

/// What lies in landing, what has not come, who was late.
fn arrivals(status: &Status) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    if !status.lying.is_empty() {
        text.push_str("\nlanded and not taken\n");
    }
    for file in &status.lying {
        let since = file.since.format("%Y-%m-%d");
        let _ =
            writeln!(text, "  {} {} {} ({}), since {since}: {}", file.mark, file.feed, file.name, file.state, file.why);
    }
    text.push_str(&rejects(status));
    if !status.gaps.is_empty() {
        text.push_str("\nnot come whole: nobody leaves these counties' lists\n");
    }
    for gap in &status.gaps {
        let file = if gap.file.is_empty() { String::new() } else { format!(" ({})", gap.file) };
        let _ = writeln!(text, "  {} {} {}: {}{file}", gap.county, gap.feed, gap.month, gap.state);
    }
    text + &late_table(&status.late_senders)
}

/// Days after the due day by sender and month; a month without a number came in time.
fn late_table(late: &[LateStatus]) -> String {
    use std::collections::{BTreeMap, BTreeSet};
    if late.is_empty() {
        return String::new();
    }
    let months: BTreeSet<&str> = late.iter().map(|one| one.month.as_str()).collect();
    let mut rows: BTreeMap<(&str, &str), BTreeMap<&str, i64>> = BTreeMap::new();
    for one in late {
        rows.entry((&one.sender, one.feed.name())).or_default().insert(&one.month, one.days);
    }
    let mut text = "\nlate senders: days after the due day, by month\n".to_owned();
    let cells = |cells: Vec<String>| cells.iter().fold(String::new(), |line, cell| line + &format!(" {cell:>8}"));
    text += &format!("  {:<13}{}  sender\n", "feed", cells(months.iter().map(|month| (*month).to_owned()).collect()));
    for ((sender, feed), days) in rows {
        let own = months.iter().map(|month| days.get(month).map_or_else(|| "-".to_owned(), ToString::to_string));
        text += &format!("  {feed:<13}{}  {sender}\n", cells(own.collect()));
    }
    text
}

/// Files whose rejected rows wait to be mended, the oldest of them by name.
fn rejects(status: &Status) -> String {
    use std::fmt::Write as _;
    if status.rejects.is_empty() {
        return String::new();
    }
    let rows: u64 = status.rejects.iter().map(OpenRejects::open).sum();
    let mut text = format!("\nrejected rows that wait to be mended: {rows} of {} files\n", status.rejects.len());
    for file in status.rejects.iter().take(REJECTS) {
        let _ = writeln!(text, "  {} {}: {} of {} rows", file.feed, file.name, file.open(), file.rows);
    }
    if let Some(more) = status.rejects.len().checked_sub(REJECTS).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} more (--format json)");
    }
    text
}

/// Cases, lists and their letters.
fn lists(status: &Status) -> String {
    use std::fmt::Write as _;
    let mut text = "\ncases\n".to_owned();
    for (year, rule, state, count) in &status.cases {
        let _ = writeln!(text, "  {year} {rule:<24} {state:<10} {count:>8}");
    }
    if !status.lists.is_empty() {
        let closed = status.closed_by.as_ref().map_or_else(String::new, |by| format!(", closed by {by}"));
        let _ = writeln!(text, "\nlists of the last sealed period{closed}");
    }
    for list in &status.lists {
        let _ = writeln!(
            text,
            "  {:<28} no. {:>3} {:>6} persons {:>16} yuan",
            list.list_id, list.seq, list.persons, list.control_amount
        );
    }
    if !status.letters.is_empty() {
        let letters: Vec<String> = status.letters.iter().map(|(state, count)| format!("{state} {count}")).collect();
        let _ = writeln!(text, "\nletters: {}", letters.join(", "));
    }
    text
}
