//! `run nightly`, `run monthly`: run a job and say what it did.

use chrono::{FixedOffset, NaiveDate};

use super::{Failure, Session, USAGE, date_argument, intake, period_argument};
use crate::domain::{Month, Period};
use crate::pipeline::{Context, RunReport, run_job};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The job: nightly or monthly, or any other below pipelines/.
    job: String,
    /// Day whose month and year are summed up; today if left out.
    #[arg(long, value_parser = date_argument, conflicts_with = "month")]
    as_of: Option<NaiveDate>,
    /// Period whose lists are sealed: a month, or a third of one such as 2026-10-10.
    #[arg(long, value_parser = period_argument)]
    month: Option<Period>,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let job = context.job(&arguments.job)?;
    let seals = job.steps.iter().any(|step| step.name() == "seal");
    let period = match (arguments.month, arguments.as_of) {
        (Some(month), _) => month,
        (None, Some(day)) => Month::of(day).into(),
        (None, None) if seals => {
            return Err(Failure::new(USAGE, format!("run {} seals lists: say which, with --month YYYY-MM", job.name)));
        }
        (None, None) => today(session),
    };
    let report = run_job(&context, &job, period).await?;
    print!("{}", describe(&context, &report));
    Ok(report.intake.as_ref().map_or(0, intake::exit_code))
}

/// The month of the command's moment, on the clock of the offices (+08:00).
pub(super) fn today(session: &Session) -> Period {
    let hours = FixedOffset::east_opt(8 * 3600);
    Month::of(hours.map_or(session.now.date_naive(), |zone| session.now.with_timezone(&zone).date_naive())).into()
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
