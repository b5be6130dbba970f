//! `run nightly`, `run monthly`: run a job and say what it did.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use engine::{Context, Job, PipelineError, Rhythm};
use law::domain::{Month, Period};
use law::schedule::{Past, pending};
use watch::{RunReport, rehearse_job, run_job, run_job_accepting, timetable};

use super::arguments::{date_argument, period_argument};
use super::failure::{CONFIG, DATA, Failure, NOTHING, USAGE};
use super::intake;
use super::questions;
use super::session::Session;

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
    /// Carry each statement out once more on one bucket, and write its plan with times and row counts to explain/.
    #[arg(long)]
    explain_analyze: bool,
    /// Seal although a changed rule moves many people: the hash of the plan that says so, or its first 8 digits.
    #[arg(long, value_name = "PLAN_HASH", value_parser = hash_argument, conflicts_with = "rehearsal")]
    accept_change: Option<String>,
    /// Run what is due by the job's own schedule, missed runs first; or what was due at a moment such as
    /// 2026-11-05T04:00:00+08:00. The period comes from the moment at which it was due.
    #[arg(long, value_name = "MOMENT", num_args = 0..=1, require_equals = true, default_missing_value = "now",
        value_parser = moment_argument, conflicts_with_all = ["as_of", "month", "rehearsal", "accept_change"])]
    scheduled: Option<Moment>,
    /// With --scheduled: end with 99 when nothing is due.
    #[arg(long, requires = "scheduled")]
    skip_code: bool,
}

/// At least the first eight digits of a plan's hash.
fn hash_argument(text: &str) -> Result<String, String> {
    let fits = (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits { Ok(text.to_ascii_lowercase()) } else { Err("expected 8 to 64 hexadecimal digits".to_owned()) }
}

/// For which moment `--scheduled` asks.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The one at which the command began.
    Now,
    /// One that a scheduler names.
    At(DateTime<Utc>),
}

fn moment_argument(text: &str) -> Result<Moment, String> {
    if text == "now" {
        return Ok(Moment::Now);
    }
    let at = DateTime::parse_from_rfc3339(text);
    at.map(|at| Moment::At(at.to_utc())).map_err(|_| "expected a moment such as 2026-11-05T04:00:00+08:00".to_owned())
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let mut context = session.open_for_jobs()?;
    let job = context.job(&arguments.job)?;
    if let Some(moment) = arguments.scheduled {
        return scheduled(&context, &job, moment, arguments.skip_code).await;
    }
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
    context.explain = arguments.explain_analyze.then(|| context.workspace.layout.explain(period));
    let report = match &arguments.accept_change {
        _ if arguments.rehearsal => rehearse_job(&context, &job, period).await?,
        Some(hash) => run_job_accepting(&context, &job, period, hash).await?,
        None => run_job(&context, &job, period).await?,
    };
    print!("{}", describe(&context, &report));
    if let Some(folder) = &context.explain {
        println!("plans of the first bucket, with what each part took: {}", folder.display());
    }
    Ok(exit_code(&report))
}

/// 4 when a file was refused now, or a question waits for an answer.
fn exit_code(report: &RunReport) -> u8 {
    let of_questions = if report.questions.is_empty() { 0 } else { DATA };
    report.intake.as_ref().map_or(0, intake::exit_code).max(of_questions)
}

/// Runs what is due, oldest first; the first failure ends it, and the scheduler's next try goes on from there.
async fn scheduled(context: &Context, job: &Job, moment: Moment, skip_code: bool) -> Result<u8, Failure> {
    let periods = due_periods(context, job, moment)?;
    if periods.is_empty() {
        println!("{}: nothing is due", job.name);
        return Ok(if skip_code { NOTHING } else { 0 });
    }
    let mut code = 0;
    for period in periods {
        let report = run_job(context, job, period).await?;
        print!("{}", describe(context, &report));
        code = code.max(exit_code(&report));
    }
    Ok(code)
}

fn due_periods(context: &Context, job: &Job, moment: Moment) -> Result<Vec<Period>, Failure> {
    let now = context.now;
    let timetable = timetable(context)?;
    let Some((planned, past)) = timetable.only(&job.name) else {
        let idle = timetable.idle.iter().find(|(name, _)| *name == job.name);
        let why = idle.map_or("its file gives no schedule", |(_, why)| why);
        return Err(Failure::new(CONFIG, format!("{} does not run by the clock: {why}", job.name)));
    };
    match moment {
        Moment::At(at) if at > now => {
            Err(Failure::new(USAGE, format!("--scheduled={} lies in the future", at.format("%Y-%m-%dT%H:%M:%SZ"))))
        }
        Moment::At(at) => {
            // What was due last by then, whatever has been run since: the newest, as nobody has watched it.
            Ok(pending(planned, &Past::default(), at).pop().map(|due| due.period).into_iter().collect())
        }
        Moment::Now => {
            let due = pending(planned, past, now);
            if past.since.is_none() {
                // Watched from now on, what is due now included.
                let since = due.first().map_or(now, |first| first.at);
                context.ledger.watch_job(&job.name, since).map_err(PipelineError::from)?;
            }
            Ok(due.into_iter().map(|due| due.period).collect())
        }
    }
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
        (None, None) => Ok(Month::of(session.today()).into()),
    }
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
    for (list, persons) in &report.supplements {
        let _ = writeln!(text, "supplement {list}: {persons} persons whose claims came late");
    }
    if let Some(sealed) = &report.sealed {
        let _ = writeln!(text, "{sealed}");
    }
    if !report.withdrawals_told.is_empty() {
        let told: Vec<String> = report.withdrawals_told.iter().map(|(why, count)| format!("{why} {count}")).collect();
        let _ = writeln!(text, "listed people whom no rule flags any more, told and not held: {}", told.join(", "));
    }
    if let Some(delivered) = &report.delivered {
        let _ = writeln!(text, "{delivered}");
    }
    if !report.unrouted.is_empty() {
        let _ = writeln!(text, "{}", degraded(&report.unrouted));
    }
    if !report.questions.is_empty() {
        let _ = writeln!(text, "questions that wait for an answer; what they are about changes nothing until then:");
        let _ = write!(text, "{}", questions::lines(&report.questions));
    }
    if report.changed {
        let _ = writeln!(text, "{} {}: done, version {}", report.job, report.period, report.version);
    } else {
        let _ = writeln!(text, "{} {}: nothing new, version {} stands", report.job, report.period, report.version);
    }
    text
}

/// What stands first where lists would reach nobody.
pub(super) fn degraded(unrouted: &BTreeMap<String, Vec<String>>) -> String {
    let counties: Vec<String> =
        unrouted.iter().take(3).map(|(county, offices)| format!("{county} {}", offices.join(" "))).collect();
    let more = if unrouted.len() > 3 { " ..." } else { "" };
    format!(
        "DEGRADED: {} counties have an office without an address in force ({}{more}); add it to pipelines/tables/routes.csv",
        unrouted.len(),
        counties.join(", ")
    )
}
