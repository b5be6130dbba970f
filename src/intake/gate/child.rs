//! The child's side: limits itself, opens the file, leaves a report.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use rlimit::{Resource, setrlimit};

use super::decode::open_source;
use super::job::{GateJob, GateLimits, GateReport, GateVerdict, Refusal, Stop};
use super::rejects::RejectFile;
use super::rules::Rules;
use super::stage::Staging;
use crate::contracts::{Feed, Outcome};
use crate::domain::Fen;

/// Exit code of a child that could not even leave its report (`EX_IOERR`).
pub(super) const DISK_FAILED: u8 = 74;

/// The hidden `gate --job FILE`: exit code 0 whenever a verdict was written, refused files included.
#[must_use]
pub fn child_main(job_path: &Path) -> ExitCode {
    // A panic's text may quote the file; nothing of it leaves this process.
    std::panic::set_hook(Box::new(|_| {}));
    let Some(job) = std::fs::read(job_path).ok().and_then(|text| serde_json::from_slice::<GateJob>(&text).ok()) else {
        return ExitCode::FAILURE;
    };
    if limit_self(&job.limits).is_err() {
        return ExitCode::FAILURE;
    }
    let stopped = |_| Err(Refusal::new("the decoder failed: malformed file").into());
    let verdict = match catch_unwind(AssertUnwindSafe(|| open(&job))).unwrap_or_else(stopped) {
        Ok(report) => Ok(GateVerdict::Staged(Box::new(report))),
        Err(Stop::Refused(Refusal(reason))) => Ok(GateVerdict::Refused { reason }),
        Err(Stop::Ours(why)) => Err(why),
    };
    if write_report(&job, &verdict).is_err() { ExitCode::from(DISK_FAILED) } else { ExitCode::SUCCESS }
}

fn limit_self(limits: &GateLimits) -> std::io::Result<()> {
    let memory = limits.memory_mib << 20;
    setrlimit(Resource::AS, memory, memory)?;
    setrlimit(Resource::CPU, limits.cpu_seconds, limits.cpu_seconds + 1)?;
    setrlimit(Resource::CORE, 0, 0)?;
    // Staged rows are not compressed: a small file may grow, a bomb may not fill the disk.
    let largest = limits.file_mib.saturating_mul(16) << 20;
    setrlimit(Resource::FSIZE, largest, largest)
}

fn write_report(job: &GateJob, verdict: &Result<GateVerdict, String>) -> std::io::Result<()> {
    let partial = job.output.join("report.partial");
    std::fs::write(&partial, serde_json::to_vec(verdict)?)?;
    std::fs::rename(partial, job.report_path())
}

/// Decodes, checks and stages one file: the pure work of the child, without limits.
fn open(job: &GateJob) -> Result<GateReport, Stop> {
    let mut source = open_source(job)?;
    let rules = Rules::new(job, source.layout())?;
    let mut staging = Staging::new(job)?;
    let mut rejects = RejectFile::create(job)?;
    let mut outcome = Outcome::default();
    while let Some(page) = source.next_page()? {
        let judged = rules.judge(page)?;
        for (row, fen) in judged.control.iter().enumerate() {
            let fen = Fen(fen.unwrap_or(0));
            outcome.read.add_row(fen);
            match judged.fault(row) {
                None => outcome.accepted.add_row(fen),
                Some(fault) => {
                    outcome.rejected.entry(fault.code).or_default().add_row(fen);
                    rejects.write(source.layout(), &judged, row, fault)?;
                }
            }
        }
        staging.add(judged.batch, &judged.buckets)?;
    }
    rejects.finish()?;
    let staged = staging.finish()?;
    let notes = notes(job.feed, &outcome);
    Ok(GateReport { outcome, headers: source.layout().headers.clone(), notes, staged })
}

fn notes(feed: Feed, outcome: &Outcome) -> Vec<String> {
    if outcome.read.rows > 0 {
        return Vec::new();
    }
    vec![match feed {
        Feed::Rosters => "the roster has a header and no rows: it names nobody and closes no tags".to_owned(),
        feed => format!("the {feed} file has a header and no rows"),
    }]
}
