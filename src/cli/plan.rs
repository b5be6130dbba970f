//! `plan`: what a run of a job would change and why, before it does.

use std::fmt::Write as _;

use chrono::NaiveDate;
use law::domain::Period;
use watch::{Changed, Plan, Stale, plan};

use super::arguments::{Format, date_argument, period_argument};
use super::failure::{Failure, USAGE};
use super::intake;
use super::run::period_of;
use super::session::Session;

/// Digits of a rule's or model's hash that people compare.
const SHORT: usize = 12;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The job: nightly, tendays or monthly, or any other below pipelines/.
    job: String,
    /// Day whose month and year are summed up, or the last third of a month that has ended by it; today if left out.
    #[arg(long, value_parser = date_argument, conflicts_with = "month")]
    as_of: Option<NaiveDate>,
    /// Period whose lists would be sealed: a month, or a third of one such as 2026-10-10.
    #[arg(long, value_parser = period_argument)]
    month: Option<Period>,
    /// Name, masked, who would enter and who would leave.
    #[arg(long)]
    persons: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let job = context.job(&arguments.job)?;
    if job.silent().steps.is_empty() {
        let message = format!("run {} only sends; what it would send: deliver --dry-run", job.name);
        return Err(Failure::new(USAGE, message));
    }
    let period = period_of((arguments.month, arguments.as_of), &job, session)?;
    let plan = plan(&context, &job, period, arguments.persons).await?;
    match arguments.format {
        Format::Text => print!("{}", describe(&plan)),
        Format::Json => println!("{:#}", serde_json::to_value(&plan).unwrap_or_default()),
    }
    Ok(0)
}

/// The plan for a person at the terminal; sections of which there is nothing to say are left out.
fn describe(plan: &Plan) -> String {
    let mut text = format!("plan of run {} {}, from version {}\n", plan.job, plan.period, plan.version);
    if let Some(summary) = plan.intake.as_ref().filter(|_| !plan.files.is_empty()) {
        section(&mut text, "landed files", intake::describe(summary).lines().map(str::to_owned));
    }
    let waiting = plan.waiting.iter().map(|file| format!("{}/{}", file.feed, file.name));
    section(&mut text, "landed files that this job does not take in; run nightly before it", waiting);
    section(&mut text, "made anew", plan.stale.iter().map(stale));
    changes(&mut text, plan);
    figures(&mut text, plan);
    people(&mut text, plan);
    lists(&mut text, plan);
    if let Some(hold) = &plan.hold {
        let what = if hold.is_held { "needs --accept-change" } else { "needs no --accept-change" };
        let _ = writeln!(text, "\nchange of rules, which {what}\n  {hold}");
    }
    if plan.is_empty() {
        text.push_str("\nnothing new: the run would change nothing\n");
    }
    let _ = writeln!(text, "\nplan hash {}", plan.hash);
    text
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        let _ = writeln!(text, "\n{title}");
        lines.for_each(|line| {
            let _ = writeln!(text, "  {line}");
        });
    }
}

fn stale(stale: &Stale) -> String {
    let Stale { table, rule, period, buckets, reasons } = stale;
    let place = [rule, period].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    let reasons = reasons.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    format!("{table:<14} {place:<32} {:>3} buckets: {reasons}", buckets.len())
}

fn changes(text: &mut String, plan: &Plan) {
    let Some(since) = &plan.since else { return };
    let short = |hash: &Option<String>| hash.as_ref().map_or("-".to_owned(), |hash| hash.chars().take(SHORT).collect());
    let line = |kind: &str, changed: &Changed| {
        let what = match (&changed.before, &changed.after) {
            (None, _) => "new",
            (_, None) => "gone",
            _ => "changed",
        };
        format!("{kind} {} is {what}: {} -> {}", changed.name, short(&changed.before), short(&changed.after))
    };
    let rules = plan.rules.iter().map(|changed| line("rule", changed));
    let models = plan.models.iter().map(|changed| line("model", changed));
    section(text, &format!("rules and SQL, beside those of {since}"), rules.chain(models));
}

fn figures(text: &mut String, plan: &Plan) {
    let new = plan.figures.iter().map(|figure| {
        let (series, place, year, release) = (&figure.series, &figure.geography, figure.year, figure.release);
        format!("{series} of {place} for {year}: {} yuan (release {release})", figure.amount)
    });
    section(text, "new income figures", new);
    let yuan =
        |amount: &Option<String>| amount.as_ref().map_or("no line".to_owned(), |amount| format!("{amount} yuan"));
    let lines = plan.lines.iter().map(|line| {
        let mark = if line.is_provisional { ", provisional" } else { "" };
        let (before, after) = (yuan(&line.before), yuan(&line.after));
        format!("{}: {before} -> {after}{mark} in {} counties", line.rule, line.counties)
    });
    section(text, "lines that they move", lines);
    section(text, "nothing would be sealed for want of figures", plan.missing.iter().map(ToString::to_string));
}

fn people(text: &mut String, plan: &Plan) {
    let against =
        plan.compared_with.as_ref().map_or("nothing found before".to_owned(), |period| format!("{period} now"));
    let totals = plan.totals.iter().map(|totals| {
        let pair = |what: &str, before: u64, after: u64| format!("{what} {before} -> {after}");
        let parts = [
            pair("flagged", totals.flagged_before, totals.flagged),
            pair("near", totals.near_before, totals.near),
            pair("undecided", totals.undecided_before, totals.undecided),
        ];
        format!("{}: {}", totals.rule, parts.join(", "))
    });
    section(text, &format!("persons, beside {against}"), totals);
    let moves = plan.moves.iter().map(|moved| {
        let county = if moved.county.is_empty() { "county unclear" } else { &moved.county };
        format!("{} {county}: {} enter, {} leave", moved.rule, moved.enter, moved.leave)
    });
    section(text, "who would enter and leave", moves);
    let persons = plan.persons.iter().map(|person| {
        let way = if person.enters { "enters" } else { "leaves" };
        format!("{way} {} {} {} {}", person.rule, person.county, person.id_number, person.person_name)
    });
    section(text, "persons, masked", persons);
    let cases = serde_json::to_value(plan.cases).unwrap_or_default();
    let moved = cases.as_object().into_iter().flatten().filter(|(_, count)| count.as_u64() != Some(0));
    section(text, "cases", moved.map(|(kind, count)| format!("{kind} {count}")));
}

fn lists(text: &mut String, plan: &Plan) {
    let shown = plan.lists.iter().map(|list| {
        let own = if list.is_referral { "" } else { " (stays in the bureau)" };
        format!(
            "{}: {} persons, {} new, {} continuing, {} escalated, {} withdrawn{own}",
            list.list_id, list.persons, list.new, list.continuing, list.escalated, list.withdrawn
        )
    });
    section(text, "lists that would be sealed", shown);
    if let Some((enter, leave)) = plan.since_sealed {
        let _ = writeln!(
            text,
            "\n{} is sealed and stays as it is; since then {enter} persons would enter and {leave} would leave",
            plan.period
        );
    }
}
