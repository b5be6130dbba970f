//! The command line: one file per verb, exit codes that schedulers can act on.
//!
//! The only place that reads the environment; the clock is read in `main` and handed down.

// First, for its macros.
#[macro_use]
mod print;

mod alerts;
mod arguments;
mod audit;
mod backfill;
mod backtest;
mod check;
#[cfg(feature = "cluster")]
mod cluster;
mod contract;
mod daemon;
mod deliver;
#[cfg(feature = "demo")]
mod demo;
mod explain;
mod failure;
mod findings;
mod funnel;
mod identity;
mod init;
mod intake;
mod keys;
mod lists;
mod metrics;
mod outcome;
mod plan;
mod progress;
mod questions;
mod receipts;
mod reproduce;
mod run;
mod schedule;
mod session;
mod signals;
mod simulate;
mod status;
mod tree;
mod upgrade;
mod verify;

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand, ValueEnum};

use failure::{Failure, INTERNAL, USAGE};
use session::Session;

/// Finds the people whom medical costs push into poverty, and refers them to the offices that help.
#[derive(Debug, Parser)]
#[command(name = "poverty-watch", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// Workspace to work in.
    #[arg(long, short = 'C', global = true, default_value = ".", env = "POVERTY_WATCH_DIR", value_name = "DIR")]
    workspace: PathBuf,
    /// No progress, warnings and errors only.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// How logs are written to stderr.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// One line each, for people.
    Text,
    /// One JSON object each, for collectors.
    Json,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a workspace: settings, landing folders, pipelines, policies and SQL.
    Init(init::Arguments),
    /// Invent a prefecture, run both jobs on it, and say what was found.
    #[cfg(feature = "demo")]
    Demo(demo::Arguments),
    /// Print what a feed's files must look like.
    Contract(contract::Arguments),
    /// Take in what has landed.
    Intake(intake::Arguments),
    /// Run a job.
    Run(run::Arguments),
    /// Run past periods, oldest first, without a word to the offices.
    Backfill(backfill::Arguments),
    /// Run the jobs when they are due, until asked to end.
    Daemon(daemon::Arguments),
    /// Show when jobs run, or print units for systemd, cron, Kubernetes or Airflow.
    Schedule(schedule::Arguments),
    /// Say what a run of a job would change and why, without changing anything.
    Plan(plan::Arguments),
    /// Show one person's way from claims to the list, and by which clause.
    Explain(explain::Arguments),
    /// Show runs, feeds, cases and lists.
    Status(status::Arguments),
    /// Make the workspace's keys.
    Keys(keys::Arguments),
    /// Show sealed lists, sign them for sending, keep persons off the next ones; correct, take back, follow up.
    Lists(lists::Arguments),
    /// Send the letters that are due, and look after those that did not arrive.
    Deliver(deliver::Arguments),
    /// Show how many were flagged, listed, answered and helped, and whom no rule flagged.
    Funnel(funnel::Arguments),
    /// Show what is held and waits for an answer; answer it, by two named people.
    Questions(questions::Arguments),
    /// Take in what offices answer.
    Receipts(receipts::Arguments),
    /// Show documents that may be one person's, and say whether they are.
    Identity(identity::Arguments),
    /// Make sealed lists once more and compare them with the sealed ones.
    Reproduce(reproduce::Arguments),
    /// Check that a list is the one that was sealed; needs no workspace.
    Verify(verify::Arguments),
    /// Try a draft policy on the stored data, and write a report of counts.
    Simulate(simulate::Arguments),
    /// Show what needs attention.
    Alerts(alerts::Arguments),
    /// Print figures for Prometheus.
    Metrics(metrics::Arguments),
    /// Prove that the audit chain is whole.
    Audit(audit::Arguments),
    /// Check settings, policies, pipelines and SQL, without data.
    Check(check::Arguments),
    /// Be a machine of a cluster that works on a province's parts.
    #[cfg(feature = "cluster")]
    #[command(subcommand)]
    Cluster(cluster::Role),
    /// Renew the files that an older version shipped; what you edited stays.
    Upgrade,
    /// Replay past months: how well the early warning did, beside naive baselines.
    Backtest(backtest::Arguments),
    /// Print a period's findings; for tests and engineers.
    #[command(hide = true)]
    Findings(findings::Arguments),
    /// Open one foreign file under limits; started by intake.
    #[command(hide = true)]
    Gate {
        /// The job that intake wrote.
        #[arg(long)]
        job: PathBuf,
    },
}

/// Runs the command line; `now` is the moment at which it began.
#[must_use]
pub(crate) fn main(now: DateTime<Utc>) -> ExitCode {
    let cli = Cli::parse();
    if let Verb::Gate { job } = &cli.verb {
        // Before anything else starts: no threads, no logs, nothing that holds memory.
        return ::intake::gate::child_main(job);
    }
    // What a panic says may quote a cell; where it was is enough to find it.
    set_hook(Box::new(|panic| {
        let at = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(at, "the program has a fault");
    }));
    progress::init_logs(cli.log_format == LogFormat::Json, cli.quiet);
    let result = std::env::current_exe()
        .map_err(|error| Failure::new(INTERNAL, format!("cannot find this program on disk: {error}")))
        .and_then(|program| {
            let progress = progress::reporter(cli.quiet || cli.log_format == LogFormat::Json);
            let session = Session { workspace: cli.workspace, now, program, progress };
            let faulty = || Failure::new(INTERNAL, "the program has a fault; what was committed stays");
            catch_unwind(AssertUnwindSafe(|| dispatch(cli.verb, &session))).unwrap_or_else(|_| Err(faulty()))
        });
    let unwritten =
        print::finish().map(|why| Failure::new(INTERNAL, format!("the output could not be written: {why}")));
    match unwritten.map_or(result, Err) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(verb: Verb, session: &Session) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // the plans of statements are deep, and walked by recursion
        .thread_stack_size(8 << 20)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(INTERNAL, format!("cannot start worker threads: {error}")))?;
    runtime.block_on(async {
        match verb {
            Verb::Init(arguments) => init::run(&arguments, session),
            #[cfg(feature = "demo")]
            Verb::Demo(arguments) => demo::run(&arguments, session).await,
            Verb::Contract(arguments) => contract::run(&arguments, session),
            Verb::Intake(arguments) => intake::run(&arguments, session).await,
            Verb::Run(arguments) => run::run(&arguments, session).await,
            Verb::Backfill(arguments) => backfill::run(&arguments, session).await,
            Verb::Daemon(arguments) => daemon::run(&arguments, session).await,
            Verb::Schedule(arguments) => schedule::run(&arguments, session),
            Verb::Alerts(arguments) => alerts::run(&arguments, session),
            Verb::Metrics(arguments) => metrics::run(&arguments, session),
            Verb::Audit(arguments) => audit::run(&arguments, session),
            Verb::Plan(arguments) => Box::pin(plan::run(&arguments, session)).await,
            Verb::Explain(arguments) => explain::run(&arguments, session).await,
            Verb::Status(arguments) => status::run(&arguments, session).await,
            Verb::Keys(arguments) => keys::run(&arguments, session),
            Verb::Lists(arguments) => lists::run(&arguments, session).await,
            Verb::Deliver(arguments) => deliver::run(&arguments, session).await,
            Verb::Funnel(arguments) => funnel::run(&arguments, session).await,
            Verb::Questions(arguments) => questions::run(&arguments, session).await,
            Verb::Receipts(arguments) => receipts::run(&arguments, session),
            Verb::Identity(arguments) => identity::run(&arguments, session).await,
            Verb::Reproduce(arguments) => reproduce::run(&arguments, session).await,
            Verb::Verify(arguments) => verify::run(&arguments, session),
            Verb::Simulate(arguments) => simulate::run(&arguments, session).await,
            Verb::Check(arguments) => check::run(&arguments, session).await,
            Verb::Upgrade => upgrade::run(session),
            Verb::Backtest(arguments) => backtest::run(&arguments, session).await,
            Verb::Findings(arguments) => findings::run(&arguments, session).await,
            #[cfg(feature = "cluster")]
            Verb::Cluster(role) => cluster::run(role).await,
            Verb::Gate { .. } => Ok(USAGE),
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
