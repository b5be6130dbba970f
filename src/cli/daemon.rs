//! `daemon`: runs the jobs when they are due, one at a time; a second one stands by.
//!
//! What to do is decided by `schedule::decide`; here are the clocks, the signals, the lease and the waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use engine::{Context, PipelineError};
use law::schedule::{Clock, Decision, Due, Past, Planned, Trust, decide};
use office::delivery::tell;
use store::ledger::{Lease, LeaseState, Ledger};
use store::workspace;
use watch::{keep_metrics, note_alerts, run_job, timetable};

use super::failure::Failure;
use super::run::describe;
use super::session::Session;
use super::signals::Signals;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Seconds between two heartbeats.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    heartbeat: u64,
    /// Seconds without a heartbeat after which a daemon that stands by takes over.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(2..=86_400))]
    patience: u64,
}

/// Longest sleep: files that people edit are read again after it.
const TURN: Duration = Duration::from_mins(1);

/// How often late runs and missing feeds are looked for between runs.
const LOOK: Duration = Duration::from_mins(5);

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    if arguments.heartbeat * 2 > arguments.patience {
        return Err(Failure::new(super::failure::USAGE, "--patience must be at least twice --heartbeat"));
    }
    let workspace = workspace::load(&session.workspace)?;
    let ledger = Arc::new(Ledger::open(&workspace.layout.ledger()).map_err(PipelineError::from)?);
    let signals = Signals::listen()?;
    let known = ledger.latest_moment().map_err(PipelineError::from)?;
    let started = Instant::now();
    let clock = Clock::start(Utc::now(), started.elapsed(), known);
    let mut daemon = Daemon { session, ledger, signals, started, clock, looked: None, unrecorded: Vec::new() };
    daemon.serve(arguments).await?;
    Ok(daemon.signals.code())
}

struct Daemon<'a> {
    session: &'a Session,
    ledger: Arc<Ledger>,
    signals: Signals,
    started: Instant,
    clock: Clock,
    looked: Option<Instant>,
    /// Runs that failed before the ledger could note them: a file that people write is wrong, the disk is full.
    unrecorded: Vec<(String, law::domain::Period, chrono::DateTime<Utc>)>,
}

impl Daemon<'_> {
    /// Stands by until the lease is ours, then works until it is lost or the daemon is asked to end.
    async fn serve(&mut self, arguments: &Arguments) -> Result<(), Failure> {
        let owner = format!("{}-{:08x}", std::process::id(), fastrand::u32(..));
        while self.stand_by(&owner, Duration::from_secs(arguments.patience)).await? {
            tracing::info!(owner, "daemon at work");
            let heart = Heart::start(self.ledger.clone(), owner.clone(), Duration::from_secs(arguments.heartbeat));
            while !self.signals.stop.is_set() && heart.beats() {
                let pause = Box::pin(self.turn()).await;
                self.signals.sleep(pause.min(TURN)).await;
            }
            heart.end();
        }
        self.ledger.release_lease(&owner, Utc::now()).map_err(PipelineError::from)?;
        tracing::info!(owner, "daemon ended");
        Ok(())
    }

    /// Whether the lease is ours; `false` when asked to end before.
    async fn stand_by(&self, owner: &str, patience: Duration) -> Result<bool, Failure> {
        let mut seen: Option<(Lease, Instant)> = None;
        while !self.signals.stop.is_set() {
            let stopped = seen.as_ref().filter(|(_, since)| since.elapsed() >= patience).map(|(lease, _)| lease);
            match self.ledger.take_lease(owner, stopped, Utc::now()).map_err(PipelineError::from)? {
                LeaseState::Held => return Ok(true),
                LeaseState::Other(lease) => {
                    if seen.as_ref().is_none_or(|(known, _)| known.owner != lease.owner) {
                        tracing::info!(owner = lease.owner, "another daemon is at work; standing by");
                    }
                    if seen.as_ref().is_none_or(|(known, _)| *known != lease) {
                        seen = Some((lease, Instant::now()));
                    }
                }
            }
            self.signals.sleep(Duration::from_secs(1)).await;
        }
        Ok(false)
    }

    /// Does one thing, if anything is to be done, and says how long to sleep.
    async fn turn(&mut self) -> Duration {
        let now = Utc::now();
        if let Trust::Leapt(by) = self.clock.look(now, self.started.elapsed()) {
            tracing::warn!(
                minutes = by.num_minutes(),
                "the clock has leapt; nothing runs until it has stood for an hour"
            );
            return TURN;
        }
        let decided = self.session.open_now(now).and_then(|context| Ok((self.decide(&context)?, context)));
        match decided {
            Err(failure) => {
                tracing::error!(error = failure.message, "nothing can be run");
                TURN
            }
            Ok((Decision::Run(due), context)) => Box::pin(self.run_due(due, context)).await,
            Ok((Decision::Wait(until), context)) => {
                self.look(&context).await;
                until.and_then(|until| (until - Utc::now()).to_std().ok()).unwrap_or(TURN)
            }
        }
    }

    fn decide(&mut self, context: &Context) -> Result<Decision, Failure> {
        let mut jobs: Vec<(Planned, Past)> = timetable(context)?.jobs;
        for (planned, past) in &mut jobs {
            if past.since.is_none() {
                let since = self.ledger.watch_job(&planned.job, context.now).map_err(PipelineError::from)?;
                past.since = Some(since);
            }
            let own = self.unrecorded.iter().filter(|(job, ..)| *job == planned.job);
            past.failed.extend(own.map(|(_, period, at)| (*period, *at)));
        }
        Ok(decide(&jobs, context.now))
    }

    async fn run_due(&mut self, due: Due, mut context: Context) -> Duration {
        let Due { job, period, missed, failures, at, .. } = due;
        tracing::info!(job, %period, due = %at, missed, failures, "run begins");
        context.stop = self.signals.stop.clone();
        let outcome = match context.job(&job) {
            Ok(job) => run_job(&context, &job, period).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(report) => {
                self.unrecorded.retain(|(of, ..)| *of != job);
                print!("{}", describe(&context, &report));
                Duration::ZERO
            }
            Err(PipelineError::Stopped) => Duration::ZERO,
            Err(PipelineError::Locked(_)) => {
                tracing::info!(job, "another run works in this workspace; waiting for it");
                TURN
            }
            Err(error) => {
                tracing::error!(job, %period, %error, "run failed");
                let noted = self.ledger.job_runs(&job, 1).is_ok_and(|runs| {
                    runs.first().is_some_and(|run| {
                        run.period == period && run.started_at.timestamp() >= context.now.timestamp()
                    })
                });
                if !noted {
                    self.unrecorded.push((job, period, Utc::now()));
                }
                Duration::ZERO
            }
        }
    }

    /// Between runs: is anything late?
    async fn look(&mut self, context: &Context) {
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        let kept = note_alerts(context, context.now).and_then(|_| keep_metrics(context, context.now));
        if let Err(error) = kept {
            tracing::error!(%error, "alerts and metrics could not be kept");
        }
        if let Err(error) = tell(&context.workspace, &context.ledger, context.now).await {
            tracing::error!(%error, "the operators could not be told");
        }
    }
}

/// Beats on a thread of its own, so that no long run keeps it from beating.
struct Heart {
    alive: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Heart {
    fn start(ledger: Arc<Ledger>, owner: String, pause: Duration) -> Self {
        let alive = Arc::new(AtomicBool::new(true));
        let beating = alive.clone();
        let thread = std::thread::spawn(move || {
            while beating.load(Ordering::Relaxed) {
                match ledger.take_lease(&owner, None, Utc::now()) {
                    Ok(LeaseState::Held) => {}
                    Ok(LeaseState::Other(lease)) => {
                        tracing::warn!(owner = lease.owner, "the lease was taken over; standing by after this run");
                        beating.store(false, Ordering::Relaxed);
                    }
                    Err(error) => tracing::error!(%error, "a heartbeat could not be written"),
                }
                std::thread::park_timeout(pause);
            }
        });
        Self { alive, thread }
    }

    /// Whether the lease is still ours.
    fn beats(&self) -> bool {
        self.alive.load(Ordering::Relaxed)
    }

    fn end(self) {
        self.alive.store(false, Ordering::Relaxed);
        self.thread.thread().unpark();
        let _ = self.thread.join();
    }
}
