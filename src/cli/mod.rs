//! The command line: one file per verb, exit codes that schedulers can act on.
//!
//! The only place that reads the environment; the clock is read in `main` and handed down.

mod backtest;
mod check;
#[cfg(feature = "cluster")]
mod cluster;
mod contract;
mod demo;
mod explain;
mod findings;
mod init;
mod intake;
mod plan;
mod progress;
mod run;
mod simulate;
mod status;
mod stop;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Parser, Subcommand, ValueEnum};

use crate::domain::{Period, parse_date};
use crate::engine::EngineError;
use crate::intake::IntakeError;
use crate::pipeline::{Context, PipelineError, Progress};
use crate::workspace::{self, WorkspaceError};

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

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a workspace: settings, landing folders, pipelines, policies and SQL.
    Init(init::Arguments),
    /// Invent a prefecture, run both jobs on it, and say what was found.
    Demo(demo::Arguments),
    /// Print what a feed's files must look like.
    Contract(contract::Arguments),
    /// Take in what has landed.
    Intake(intake::Arguments),
    /// Run a job.
    Run(run::Arguments),
    /// Say what a run of a job would change and why, without changing anything.
    Plan(plan::Arguments),
    /// Show one person's way from claims to the list, and by which clause.
    Explain(explain::Arguments),
    /// Show runs, feeds, cases and lists.
    Status(status::Arguments),
    /// Try a draft policy on the stored data, and write a report of counts.
    Simulate(simulate::Arguments),
    /// Check settings, policies, pipelines and SQL, without data.
    Check(check::Arguments),
    /// Be a machine of a cluster that works on a province's parts.
    #[cfg(feature = "cluster")]
    #[command(subcommand)]
    Cluster(cluster::Role),
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

/// Why a command ends without having done what was asked; the code tells schedulers what to do.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

/// 1: our fault. 3: a file that people write is wrong. 4: data was refused. 75: try again later.
const INTERNAL: u8 = 1;
const USAGE: u8 = 2;
const CONFIG: u8 = 3;
const DATA: u8 = 4;
const TEMPORARY: u8 = 75;

impl Failure {
    fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        let code = match &error {
            PipelineError::Config(_) | PipelineError::Workspace(_) => CONFIG,
            PipelineError::Locked(_) | PipelineError::NotReady(_) | PipelineError::Figures(_) => TEMPORARY,
            // whoever has changed the rule must look: trying again is of no use
            PipelineError::Check { .. } | PipelineError::Held(_) => DATA,
            PipelineError::Intake(IntakeError::DataQuality { .. }) => DATA,
            PipelineError::Engine(error) => code_of(error),
            PipelineError::Warehouse(crate::warehouse::WarehouseError::Conflict(_)) => TEMPORARY,
            _ => INTERNAL,
        };
        Self::new(code, error.to_string())
    }
}

const fn code_of(error: &EngineError) -> u8 {
    match error {
        EngineError::Model { .. } | EngineError::Refused(_) => CONFIG,
        EngineError::Unreachable(_) => TEMPORARY,
        _ => INTERNAL,
    }
}

impl From<WorkspaceError> for Failure {
    fn from(error: WorkspaceError) -> Self {
        let code = if matches!(error, WorkspaceError::Io { .. }) { INTERNAL } else { CONFIG };
        Self::new(code, error.to_string())
    }
}

impl From<IntakeError> for Failure {
    fn from(error: IntakeError) -> Self {
        PipelineError::from(error).into()
    }
}

/// Everything that a verb is handed besides its own arguments.
struct Session {
    workspace: PathBuf,
    now: DateTime<Utc>,
    program: PathBuf,
    progress: Arc<dyn Progress>,
}

impl Session {
    fn open(&self) -> Result<Context, Failure> {
        self.open_at(&self.workspace)
    }

    fn open_at(&self, dir: &Path) -> Result<Context, Failure> {
        let workspace = workspace::load(dir)?;
        Ok(Context::open(workspace, self.now, self.program.clone(), self.progress.clone())?)
    }
}

/// Runs the command line; `now` is the moment at which it began.
#[must_use]
pub fn main(now: DateTime<Utc>) -> ExitCode {
    let cli = Cli::parse();
    if let Verb::Gate { job } = &cli.verb {
        // Before anything else starts: no threads, no logs, nothing that holds memory.
        return crate::intake::gate::child_main(job);
    }
    progress::init_logs(cli.log_format == LogFormat::Json, cli.quiet);
    let result = std::env::current_exe()
        .map_err(|error| Failure::new(INTERNAL, format!("cannot find this program on disk: {error}")))
        .and_then(|program| {
            let progress = progress::reporter(cli.quiet || cli.log_format == LogFormat::Json);
            dispatch(cli.verb, &Session { workspace: cli.workspace, now, program, progress })
        });
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(verb: Verb, session: &Session) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(INTERNAL, format!("cannot start worker threads: {error}")))?;
    runtime.block_on(async {
        match verb {
            Verb::Init(arguments) => init::run(&arguments, session),
            Verb::Demo(arguments) => demo::run(&arguments, session).await,
            Verb::Contract(arguments) => Ok(contract::run(&arguments)),
            Verb::Intake(arguments) => intake::run(&arguments, session).await,
            Verb::Run(arguments) => run::run(&arguments, session).await,
            Verb::Plan(arguments) => plan::run(&arguments, session).await,
            Verb::Explain(arguments) => explain::run(&arguments, session).await,
            Verb::Status(arguments) => status::run(&arguments, session).await,
            Verb::Simulate(arguments) => simulate::run(&arguments, session).await,
            Verb::Check(arguments) => check::run(&arguments, session).await,
            Verb::Backtest(arguments) => backtest::run(&arguments, session).await,
            Verb::Findings(arguments) => findings::run(&arguments, session).await,
            #[cfg(feature = "cluster")]
            Verb::Cluster(role) => cluster::run(role).await,
            Verb::Gate { .. } => Ok(USAGE),
        }
    })
}

/// `2026-10-31` or `20261031`.
fn date_argument(text: &str) -> Result<NaiveDate, String> {
    parse_date(text).map_err(|error| error.to_string())
}

/// `2026-10`, `202610`, or a third of a month: `2026-10-10`, `2026-10-20`.
fn period_argument(text: &str) -> Result<Period, String> {
    Period::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
