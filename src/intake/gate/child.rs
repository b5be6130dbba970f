//! The child's side: limits itself, opens the file, leaves a report.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use law::contracts::{Feed, Outcome, RowKey};
use law::domain::Fen;
use law::holds::FileProfile;
use rlimit::{Resource, setrlimit};
use serde::Serialize;

use super::decode::{Page, Source, look, open_source};
use super::job::{GateJob, GateLimits, GateReport, GateVerdict, Refusal, Stop};
use super::named::NamedRows;
use super::notes::{UnlistedCodes, notes};
use super::rejects::RejectFile;
use super::row_keys::{MOST, rejected_key};
use super::rules::{Judged, Rules};
use super::spread::SpreadCount;
use super::stage::Staging;
use super::sums::{RoundedIds, Sums};
use super::waiting::waiting_rows;

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
    if job.look {
        let seen = catch_unwind(AssertUnwindSafe(|| look(&job))).unwrap_or_else(|_| Err(decoder_failed()));
        return reported(&job, &Ok::<_, String>(seen.map_err(|Refusal(reason)| reason)));
    }
    reported(&job, &open_here(&job))
}

/// Opens a file in this process, without the child's limits; the error is a failure on our side.
pub fn open_here(job: &GateJob) -> Result<GateVerdict, String> {
    let stopped = |_| Err(decoder_failed().into());
    match catch_unwind(AssertUnwindSafe(|| open(job))).unwrap_or_else(stopped) {
        Ok(report) => Ok(GateVerdict::Staged(Box::new(report))),
        Err(Stop::Refused(Refusal(reason))) => Ok(GateVerdict::Refused { reason }),
        Err(Stop::Ours(why)) => Err(why),
    }
}

fn reported(job: &GateJob, report: &impl Serialize) -> ExitCode {
    if write_report(job, report).is_err() { ExitCode::from(DISK_FAILED) } else { ExitCode::SUCCESS }
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

fn write_report(job: &GateJob, verdict: &impl Serialize) -> std::io::Result<()> {
    let partial = job.output.join("report.partial");
    std::fs::write(&partial, serde_json::to_vec(verdict)?)?;
    std::fs::rename(partial, job.report_path())
}

/// What is counted row by row.
#[derive(Default)]
struct Counted {
    outcome: Outcome,
    sums: Sums,
    ids: RoundedIds,
    /// What rejected rows are about, as far as it can be read.
    rejected: Vec<RowKey>,
}

impl Counted {
    fn add(&mut self, feed: Feed, judged: &Judged, row: usize) -> Result<(), Stop> {
        let fen = Fen(judged.control.get(row).copied().flatten().unwrap_or(0));
        self.outcome.read.add_row(fen);
        let person = judged.keys.get(row).copied().flatten();
        self.ids.add(person, judged.fault(row).map(|fault| fault.code));
        let Some(fault) = judged.fault(row) else {
            self.outcome.accepted.add_row(fen);
            let weight = judged.weights.get(row).copied().unwrap_or_default();
            self.sums.add(judged.source_row(row), person, weight)?;
            if let Some(why) = judged.unusable.get(row).copied().flatten() {
                *self.outcome.unusable.entry(why).or_default() += 1;
            }
            return Ok(());
        };
        self.outcome.rejected.entry(fault.code).or_default().add_row(fen);
        if self.rejected.len() < MOST {
            self.rejected.extend(rejected_key(feed, &judged.batch, row));
        }
        Ok(())
    }
}

/// Decodes, checks and stages one file: the pure work of the child, without limits.
fn open(job: &GateJob) -> Result<GateReport, Stop> {
    let mut source = open_source(job)?;
    let layout = source.layout().clone();
    let rules = Rules::new(job, &layout)?;
    let mut staging = Staging::new(job)?;
    let mut waiting = Staging::of_waiting(job)?;
    let mut rejects = RejectFile::create(job)?;
    let mut named = NamedRows::new(job);
    let (mut counted, mut unlisted) = (Counted::default(), UnlistedCodes::default());
    let (mut spread, mut profile) = (SpreadCount::new(job.feed), FileProfile::default());
    judge_in_order(source.as_mut(), &rules, job.threads, |judged| {
        for row in 0..judged.control.len() {
            counted.add(job.feed, &judged, row)?;
            if let Some(fault) = judged.fault(row) {
                rejects.write(&layout, &judged, row, fault)?;
            }
        }
        named.add(&judged)?;
        unlisted.add(&judged);
        spread.add(&judged);
        if job.feed == Feed::Claims
            && let Some((rows, buckets)) = waiting_rows(&judged, job.buckets)?
        {
            waiting.add(rows, &buckets)?;
        }
        profile.merge(judged.profile);
        staging.add(judged.batch, &judged.buckets)
    })?;
    counted.ids.verdict()?;
    rejects.finish()?;
    named.finish()?;
    waiting.finish()?;
    let staged = staging.finish()?;
    let Counted { outcome, rejected, .. } = counted;
    let mut notes = notes(job.feed, &outcome, &layout, &unlisted);
    notes.extend(source.notes());
    profile.useless = outcome.unusable.iter().map(|(why, rows)| (why.code().to_owned(), *rows)).collect();
    let (profile, spread) = (profile.finished(), spread.finish());
    Ok(GateReport {
        outcome,
        headers: layout.headers,
        notes,
        profile,
        staged,
        spread,
        is_filtered: source.is_filtered(),
        rejected,
    })
}

/// Judges a file's pages on several threads and hands them on in the file's order, so that threads change nothing.
/// This thread reads, one more takes; pages in between are few, so memory does not grow with the file.
fn judge_in_order(
    source: &mut dyn Source,
    rules: &Rules,
    threads: usize,
    mut take: impl FnMut(Judged) -> Result<(), Stop> + Send,
) -> Result<(), Stop> {
    if threads < 2 {
        while let Some(page) = source.next_page()? {
            take(rules.judge(page)?)?;
        }
        return Ok(());
    }
    std::thread::scope(|scope| {
        let (to_judges, pages) = sync_channel::<(u64, Page)>(threads);
        let (to_taker, judged) = sync_channel(threads);
        // The judges alone hold the receiving end: when they have stopped, reading stops too.
        let pages = Arc::new(Mutex::new(pages));
        for _ in 0..threads {
            let (pages, to_taker) = (pages.clone(), to_taker.clone());
            scope.spawn(move || {
                loop {
                    let next = pages.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((number, page)) = next else { break };
                    let judged = catch_unwind(AssertUnwindSafe(|| rules.judge(page)));
                    if to_taker.send((number, judged.unwrap_or_else(|_| Err(decoder_failed())))).is_err() {
                        break;
                    }
                }
            });
        }
        drop((pages, to_taker));
        let taker = scope.spawn(move || {
            let (mut early, mut next) = (BTreeMap::new(), 0);
            for (number, page) in judged {
                early.insert(number, page);
                while let Some(page) = early.remove(&next) {
                    take(page?)?;
                    next += 1;
                }
            }
            Ok::<(), Stop>(())
        });
        let mut number = 0;
        let read = loop {
            let page = match source.next_page() {
                Ok(Some(page)) => page,
                Ok(None) => break Ok(()),
                Err(refusal) => break Err(refusal),
            };
            if to_judges.send((number, page)).is_err() {
                break Ok(());
            }
            number += 1;
        };
        drop(to_judges);
        // A page before the one that could not be read has the first word.
        taker.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(read?)
    })
}

fn decoder_failed() -> Refusal {
    Refusal::new("the decoder failed: malformed file")
}
