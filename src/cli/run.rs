//! `run nightly`, `run monthly`: run a job and say what it did.

use chrono::{FixedOffset, NaiveDate};

use super::stop::unless_stopped;
use super::{Failure, Session, USAGE, date_argument, intake, period_argument};
use crate::domain::{Month, Period};
use crate::pipeline::{Context, Job, Rhythm, RunReport, rehearse_job, run_job, run_job_accepting};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The job: nightly, tendays or monthly, or any other below pipelines/.
    job: String,
    /// Day whose month and year are summed up, or the last third of a month that has ended by it; today if left out.
    #[arg(long, value_parser = date_argument, conflicts_with = "month")]
    as_of: Option<NaiveDate>,
    /// Period whose lists are sealed: a month, or a third of one such as 2026-10-10.
    #[arg(long, value_parser = period_argument)]
    month: Option<Period>,
    /// Seal nothing: go on where an income figure is missing or doubtful, and write marked lists to rehearsals/.
    #[arg(long)]
    rehearsal: bool,
    /// Seal although a changed rule moves many people: the hash of the plan that says so, or its first 8 digits.
    #[arg(long, value_name = "PLAN_HASH", value_parser = hash_argument, conflicts_with = "rehearsal")]
    accept_change: Option<String>,
}

/// At least the first eight digits of a plan's hash.
fn hash_argument(text: &str) -> Result<String, String> {
    let fits = (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits { Ok(text.to_ascii_lowercase()) } else { Err("expected 8 to 64 hexadecimal digits".to_owned()) }
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let job = context.job(&arguments.job)?;
    if !job.seals() {
        let useless = match (arguments.rehearsal, &arguments.accept_change) {
            (true, _) => Some("rehearse"),
            (_, Some(_)) => Some("accept"),
            _ => None,
        };
        if let Some(what) = useless {
            let message = format!("run {} seals no lists: there is nothing to {what}", job.name);
            return Err(Failure::new(USAGE, message));
        }
    }
    let period = period_of((arguments.month, arguments.as_of), &job, session)?;
    let report = match &arguments.accept_change {
        _ if arguments.rehearsal => unless_stopped(&context, rehearse_job(&context, &job, period)).await?,
        Some(hash) => unless_stopped(&context, run_job_accepting(&context, &job, period, hash)).await?,
        None => unless_stopped(&context, run_job(&context, &job, period)).await?,
    };
    print!("{}", describe(&context, &report));
    Ok(report.intake.as_ref().map_or(0, intake::exit_code))
}

/// What the arguments and the job's rhythm say the run is for.
pub(super) fn period_of(
    asked: (Option<Period>, Option<NaiveDate>),
    job: &Job,
    session: &Session,
) -> Result<Period, Failure> {
    let wrong = |message: String| Failure::new(USAGE, message);
    match asked {
        (Some(period), _) if job.cadence == Rhythm::Monthly && !period.is_whole() => {
            Err(wrong(format!("run {} is for whole months: --month {}", job.name, period.month())))
        }
        (Some(period), _) => Ok(period),
        (None, Some(day)) if job.cadence == Rhythm::TenDays => Ok(Period::last_third_by(day)),
        (None, Some(day)) => Ok(Month::of(day).into()),
        (None, None) if job.seals() => {
            Err(wrong(format!("run {} seals lists: say which, with --month YYYY-MM", job.name)))
        }
        (None, None) => Ok(Month::of(today(session)).into()),
    }
}

/// The day of the command's moment, on the clock of the offices (+08:00).
pub(super) fn today(session: &Session) -> NaiveDate {
    let hours = FixedOffset::east_opt(8 * 3600);
    hours.map_or(session.now.date_naive(), |zone| session.now.with_timezone(&zone).date_naive())
}

/// What a run did, for a person at the terminal.
pub(super) fn describe(context: &Context, report: &RunReport) -> String {
    use std::fmt::Write as _;
    let mut text = report.intake.as_ref().map(intake::describe).unwrap_or_default();
    for (rule, statuses) in &report.findings {
        let name = context.policy.rules.iter().find(|known| known.id == *rule).map_or("", |known| &known.name);
        let counts: Vec<String> = statuses.iter().map(|(status, count)| format!("{status} {count}")).collect();
        let _ = writeln!(text, "{rule} {name} {}: {}", report.period, counts.join(", "));
    }
    for (rule, counties) in &report.missing_income {
        let _ = writeln!(
            text,
            "warning: {rule}: no income figure for {} of the counties ({} ...); land it in landing/income/",
            counties.len(),
            counties.first().map_or("", String::as_str)
        );
    }
    if let Some(hold) = &report.hold {
        let what = if report.sealed.as_ref().is_some_and(|sealed| sealed.is_rehearsal) {
            "warning: an official run would be held"
        } else {
            "accepted by plan hash"
        };
        let _ = writeln!(text, "{what}: {hold}");
    }
    if let Some(sealed) = &report.sealed {
        let _ = writeln!(text, "{sealed}");
    }
    if report.changed {
        let _ = writeln!(text, "{} {}: done, version {}", report.job, report.period, report.version);
    } else {
        let _ = writeln!(text, "{} {}: nothing new, version {} stands", report.job, report.period, report.version);
    }
    text
}
