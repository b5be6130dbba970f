//! `backfill`: runs past periods, oldest first, and writes to no office about them unless asked.

use law::domain::Period;
use watch::{past_periods, run_past, set_notice};

use super::arguments::period_argument;
use super::failure::Failure;
use super::run::describe;
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The job: monthly, tendays, or any other below pipelines/.
    job: String,
    /// First period: a month, or a third of one such as 2026-10-10.
    #[arg(long, value_parser = period_argument, value_name = "PERIOD")]
    from: Period,
    /// Last period.
    #[arg(long, value_parser = period_argument, value_name = "PERIOD")]
    to: Period,
    /// Run periods again that have been run. A sealed list never changes, whatever is run.
    #[arg(long)]
    force: bool,
    /// Let the lists be mailed like any others, also those that an earlier backfill kept quiet.
    #[arg(long)]
    notify: bool,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open_for_jobs()?;
    let job = context.job(&arguments.job)?;
    let periods = past_periods(&context, &job, arguments.from, arguments.to)?;
    let (mut run, mut passed) = (0, 0);
    for period in periods {
        if period.is_done && !arguments.force {
            passed += 1;
            if arguments.notify {
                set_notice(&context, &job, period.period, true)?;
            }
            println!("{} {}: done before, passed over; --force runs it again", job.name, period.period);
            continue;
        }
        let report = run_past(&context, &job, period.period, arguments.notify).await?;
        print!("{}", describe(&context, &report));
        run += 1;
    }
    let word = if arguments.notify { "offices are written to as usual" } else { "no office is written to" };
    println!("backfill {}: {run} run, {passed} passed over; {word}", job.name);
    Ok(0)
}
