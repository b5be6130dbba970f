//! `run nightly`, `run monthly`: run a job and say what it did.

use chrono::{FixedOffset, NaiveDate};

use super::stop::unless_stopped;
use super::{Failure, Session, USAGE, date_argument, intake, period_argument};
use crate::domain::{Month, Period};
use crate::pipeline::{Context, Job, Rhythm, RunReport, rehearse_job, run_job};

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
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let job = context.job(&arguments.job)?;
    let period = period_of(arguments, &job, session)?;
    let report = if arguments.rehearsal {
        unless_stopped(&context, rehearse_job(&context, &job, period)).await?
    } else {
        unless_stopped(&context, run_job(&context, &job, period)).await?
    };
    print!("{}", describe(&context, &report));
    Ok(report.intake.as_ref().map_or(0, intake::exit_code))
}

/// What the arguments and the job's rhythm say the run is for.
fn period_of(arguments: &Arguments, job: &Job, session: &Session) -> Result<Period, Failure> {
    let wrong = |message: String| Failure::new(USAGE, message);
    if arguments.rehearsal && !job.seals() {
        return Err(wrong(format!("run {} seals no lists: there is nothing to rehearse", job.name)));
    }
    match (arguments.month, arguments.as_of) {
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
