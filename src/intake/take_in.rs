//! One run of intake: each feed's new files through the gate, in batches, one committed version per batch.

use std::collections::BTreeSet;
use std::path::PathBuf;

use engine::EngineError;
use law::contracts::{Feed, TakenFile};
use law::links::Kept;
use law::questions::Topic;
use store::ledger::FileState;
use store::warehouse::Version;

use super::again;
use super::commit::{check_tables, keep_held, keep_rejects, whole_outcome};
use super::gate::{GateReport, GateVerdict, run_gate};
use super::holding::{Staged, Weighed, weigh};
use super::landing::{Landed, Stamp};
use super::lying::note_lying;
use super::manifest::{Manifest, lacking};
use super::tables::{Arrived, Batch, HeldFile, source_of};
use super::{FileSummary, Intake, IntakeError, IntakeSummary, Verdict, identity, landing, mended, tables, take_back};
use store::durable::{At as _, FileError};

/// Staged rows at which a batch is closed: it bounds the memory for their ids (16 bytes each) and for the
/// buckets in work, and still rewrites each month's files only once for a province's usual day.
const BATCH_ROWS: u64 = 2_000_000;

/// Takes in what lies in the landing folders. The caller holds the run lock.
pub async fn take_in(intake: &Intake<'_>) -> Result<IntakeSummary, IntakeError> {
    let staging = intake.layout.staging();
    if staging.exists() {
        std::fs::remove_dir_all(&staging).at(&staging)?;
    }
    let version = intake.warehouse.current().await?;
    take_back::catch_up(intake, &version).await?;
    let before = version.number;
    let (version, kept) = identity::follow(intake.warehouse, intake.ledger, &staging.join("identity"), version).await?;
    let (version, back) = match intake.feeds {
        None => take_back::follow(intake, version, &kept).await?,
        Some(_) => (version, Vec::new()),
    };
    let mut run = Run { kept, ..Run::new(intake, version) };
    run.summary.note_back(before, &run.version, back);
    for feed in Feed::ALL {
        if intake.feeds.is_none_or(|feeds| feeds.contains(&feed)) {
            run.feed(feed).await?;
        }
    }
    if staging.exists() {
        std::fs::remove_dir_all(&staging).at(&staging)?;
    }
    note_lying(intake.ledger, intake.feeds, (&run.summary, &run.strays), intake.moment())?;
    if intake.feeds.is_none() && !(intake.is_stopping)() {
        intake.ledger.close_gone(Topic::File, "", &run.asked, intake.moment())?;
    }
    let order = |file: &FileSummary| Feed::ALL.iter().position(|feed| *feed == file.feed);
    run.summary.files.sort_by(|a, b| (order(a), a.name.as_bytes()).cmp(&(order(b), b.name.as_bytes())));
    Ok(run.summary)
}

/// The landed files that nothing is known of yet: the next run of intake will open them.
pub fn waiting(intake: &Intake<'_>) -> Result<Vec<(Feed, String)>, IntakeError> {
    let run = Run::new(intake, Version::default());
    let mut found = Vec::new();
    for feed in Feed::ALL {
        let landing = landing::list(feed, &intake.layout.landing(feed.name()));
        for file in landing.map(|landing| landing.files).unwrap_or_default() {
            if matches!(run.look(feed, &file)?, Look::New { .. }) {
                found.push((feed, file.name));
            }
        }
    }
    Ok(found)
}

/// A file that passed the gate and waits for its batch.
struct Waiting {
    file: Landed,
    file_id: String,
    folder: PathBuf,
    report: GateReport,
}

/// What looking at a file showed.
enum Look {
    Decided(Verdict),
    New { file_id: String, manifest: Option<Manifest> },
}

struct Run<'a> {
    intake: &'a Intake<'a>,
    version: Version,
    /// Under which document the records of each one go.
    kept: Kept,
    summary: IntakeSummary,
    waiting: Vec<Waiting>,
    opened: u64,
    strays: BTreeSet<(Feed, String)>,
    /// Claims files that questions hold back.
    held: Vec<HeldFile>,
    /// Questions that its files raise.
    asked: BTreeSet<i64>,
}

impl<'a> Run<'a> {
    fn new(intake: &'a Intake<'a>, version: Version) -> Self {
        let (kept, summary, waiting) = (Kept::default(), IntakeSummary::default(), Vec::new());
        let (strays, held, asked) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        Self { intake, version, kept, summary, waiting, opened: 0, strays, held, asked }
    }
}

impl Run<'_> {
    async fn feed(&mut self, feed: Feed) -> Result<(), IntakeError> {
        let landing = match landing::list(feed, &self.intake.layout.landing(feed.name())) {
            // One folder that cannot be read does not stop the others.
            Err(IntakeError::File(error)) => {
                let hint = "let the program read the folder, then run again".to_owned();
                let reason = format!("its folder cannot be read ({error})");
                self.report(feed, ".", Verdict::Refused { reason, hint }, None);
                return Ok(());
            }
            landing => landing?,
        };
        self.summary.skipped += landing.skipped;
        self.intake.ledger.forget_absent(feed, &landing.files.iter().map(|file| file.key.as_str()).collect())?;
        let (count, mut seen) = (landing.files.len() as u64, BTreeSet::new());
        for (at, file) in (0..).zip(landing.files) {
            if (self.intake.is_stopping)() {
                self.waiting.clear();
                return Ok(());
            }
            (self.intake.progress)(&format!("{feed} files"), at, count);
            if file.fault.is_some() {
                self.strays.insert((feed, file.name.clone()));
            }
            match self.look(feed, &file)? {
                Look::Decided(verdict) => self.report(feed, &file.name, verdict, None),
                Look::New { file_id, .. } if !seen.insert(file_id.clone()) => {
                    again::note_sent(self.intake.ledger, feed, &file, &file_id)?;
                    self.report(feed, &file.name, Verdict::Known, None);
                }
                Look::New { file_id, manifest } => {
                    if let Some(verdict) = self.open(feed, &file, &file_id, manifest.as_ref())? {
                        self.report(feed, &file.name, verdict, None);
                    }
                }
            }
            let rows: u64 = self.waiting.iter().map(|waiting| waiting.report.outcome.accepted.rows).sum();
            // Income files are weighed against each other one by one.
            if rows >= BATCH_ROWS || (feed == Feed::Income && !self.waiting.is_empty()) {
                self.close_batch(feed).await?;
            }
        }
        (self.intake.progress)(&format!("{feed} files"), count, count);
        if !self.waiting.is_empty() {
            self.close_batch(feed).await?;
        }
        let held = std::mem::take(&mut self.held);
        if feed == Feed::Claims
            && let Some(next) = keep_held(self.intake.warehouse, &self.version, &held).await?
        {
            self.summary.versions.push(next.number);
            self.version = next;
        }
        Ok(())
    }

    fn report(&mut self, feed: Feed, name: &str, verdict: Verdict, rejects: Option<PathBuf>) {
        let (name, notes, mended) = (name.to_owned(), Vec::new(), Vec::new());
        self.summary.files.push(FileSummary { feed, name, verdict, notes, rejects, mended });
    }

    /// What can be said about a file without opening it.
    fn look(&self, feed: Feed, file: &Landed) -> Result<Look, IntakeError> {
        let arriving = |why: String| Ok(Look::Decided(Verdict::Arriving(why)));
        if let Some(reason) = &file.fault {
            return self.turn_away(feed, file, reason.clone()).map(Look::Decided);
        }
        let manifest = match Manifest::of(&file.path) {
            Ok(manifest) => manifest,
            Err(why) => return arriving(why),
        };
        let quiet = self.intake.settings.landing.quiet_seconds;
        if !manifest.as_ref().is_some_and(Manifest::names_bytes)
            && let Some(why) = landing::too_young(file.stamp, quiet, self.intake.now)
        {
            return Ok(Look::Decided(Verdict::Young(why)));
        }
        let file_id = match self.intake.file_id(feed, file) {
            Err(IntakeError::Engine(EngineError::File(FileError { path, source }))) if path == file.path => {
                return arriving(format!("it cannot be read ({source})"));
            }
            file_id => file_id?,
        };
        if let Some(why) = manifest.as_ref().and_then(|it| it.differs_in_bytes(file.stamp.bytes, &file_id)) {
            return arriving(why);
        }
        let fault = manifest.as_ref().and_then(|it| it.fault.clone());
        match (self.intake.ledger.file_state(feed, &file_id)?, fault) {
            (Some(FileState::Taken { .. }), None)
                if again::is_sent_again(self.intake.ledger, feed, file, &file_id)? =>
            {
                Ok(Look::New { file_id, manifest })
            }
            (Some(FileState::Taken { .. }), _) => Ok(Look::Decided(Verdict::Known)),
            (before, Some(fault)) => {
                self.refuse_manifest(feed, &file.name, &file_id, (fault, before)).map(Look::Decided)
            }
            (Some(FileState::Refused { reason, hint }), None) if self.refused_alike(feed, &file_id)? => {
                Ok(Look::Decided(Verdict::StillRefused { reason, hint }))
            }
            (None, None) if self.is_back(feed, file)? => Ok(Look::Decided(Verdict::TakenBack)),
            _ => match lacking(self.intake.senders, feed, &file.name, manifest.as_ref()) {
                Some(why) => arriving(why),
                None => Ok(Look::New { file_id, manifest }),
            },
        }
    }

    fn is_back(&self, feed: Feed, file: &Landed) -> Result<bool, IntakeError> {
        Ok(self.intake.ledger.is_back(feed, &file.key, file.stamp.bytes, file.stamp.modified_ns)?)
    }

    /// Refuses what is not opened at all; it is news once, and again when it changes.
    fn turn_away(&self, feed: Feed, file: &Landed, reason: String) -> Result<Verdict, IntakeError> {
        let (Stamp { bytes, modified_ns }, name) = (file.stamp, format!("turned-away/{}", file.key));
        let hint = "land the file itself, in a format and with an ending that the feed takes".to_owned();
        if self.intake.ledger.cached_file(feed, &name, bytes, modified_ns)?.is_some() {
            return Ok(Verdict::StillRefused { reason, hint });
        }
        self.intake.ledger.cache_file(feed, &name, bytes, modified_ns, "")?;
        Ok(Verdict::Refused { reason, hint })
    }

    /// Whether a refused content was refused under today's circumstances. They are remembered in the cache of
    /// landed files, under a name that no file can have.
    fn refused_alike(&self, feed: Feed, file_id: &str) -> Result<bool, IntakeError> {
        let circumstances = self.intake.circumstances(feed);
        Ok(self.intake.ledger.cached_file(feed, &refusal_name(file_id), 0, circumstances)?.is_some())
    }

    fn refuse(&self, feed: Feed, name: &str, file_id: &str, reason: String) -> Result<Verdict, IntakeError> {
        let hint = format!(
            "mend the file and land it again under any name; `poverty-watch contract {feed}` prints what it must look like"
        );
        let (intake, circumstances) = (self.intake, self.intake.circumstances(feed));
        intake.ledger.record_refused(feed, name, file_id, &reason, &hint, intake.moment())?;
        intake.ledger.cache_file(feed, &refusal_name(file_id), 0, circumstances, file_id)?;
        Ok(Verdict::Refused { reason, hint })
    }

    /// Refuses a file for its manifest. Its bytes are not to blame: with a mended manifest they are opened.
    fn refuse_manifest(
        &self,
        feed: Feed,
        name: &str,
        file_id: &str,
        (reason, before): (String, Option<FileState>),
    ) -> Result<Verdict, IntakeError> {
        let hint = "mend the manifest: JSON with any of rows, bytes, sha256, control_fen, control_yuan".to_owned();
        if before == Some(FileState::Refused { reason: reason.clone(), hint: hint.clone() }) {
            return Ok(Verdict::StillRefused { reason, hint });
        }
        self.intake.ledger.record_refused(feed, name, file_id, &reason, &hint, self.intake.moment())?;
        Ok(Verdict::Refused { reason, hint })
    }

    /// Sends a file through the gate; `None` when it waits for its batch now.
    fn open(
        &mut self,
        feed: Feed,
        file: &Landed,
        file_id: &str,
        manifest: Option<&Manifest>,
    ) -> Result<Option<Verdict>, IntakeError> {
        let intake = self.intake;
        self.opened += 1;
        let folder = intake.layout.staging().join(format!("{feed}-{:06}", self.opened));
        let paths = (file.path.as_path(), folder.clone());
        let job = intake.gate_job((feed, file_id), paths, &self.kept, self.version.buckets);
        let verdict = run_gate(intake.program, &job)?;
        if Stamp::of(&file.path)? != file.stamp {
            return Ok(Some(Verdict::Arriving("changed while it was read".to_owned())));
        }
        match verdict {
            GateVerdict::Refused { reason } => self.refuse(feed, &file.name, file_id, reason).map(Some),
            GateVerdict::Staged(report) => {
                if let Some(why) = manifest.and_then(|it| it.differs_in_rows(report.outcome.read)) {
                    return Ok(Some(Verdict::Arriving(why)));
                }
                self.weigh(Waiting { file: file.clone(), file_id: file_id.to_owned(), folder, report: *report }, feed)
            }
        }
    }

    /// Lets a staged file wait for its batch, unless it is held.
    fn weigh(&mut self, passed: Waiting, feed: Feed) -> Result<Option<Verdict>, IntakeError> {
        let Waiting { file, file_id, folder, report } = &passed;
        let staged = Staged { feed, name: &file.name, file_id, report, folder };
        let before: Vec<(&str, &GateReport)> =
            self.waiting.iter().map(|waiting| (waiting.file.name.as_str(), &waiting.report)).collect();
        match weigh(self.intake, &self.version, &staged, &before)? {
            Weighed::Taken => {
                self.waiting.push(passed);
                Ok(None)
            }
            Weighed::Held { question, why, unit } => {
                self.asked.insert(question);
                if feed == Feed::Claims {
                    let source_file = source_of(file_id).to_owned();
                    self.held.push(HeldFile { source_file, folder: folder.clone(), unit });
                }
                Ok(Some(Verdict::Held { question, why }))
            }
            Weighed::Returned { question } => {
                let reason = format!("sent back by two people, who answered question {question}");
                self.refuse(feed, &file.name, file_id, reason).map(Some)
            }
        }
    }

    /// Resolves the waiting files together and commits them as one version.
    async fn close_batch(&mut self, feed: Feed) -> Result<(), IntakeError> {
        let intake = self.intake;
        let waiting = std::mem::take(&mut self.waiting);
        let staged: Vec<PathBuf> = waiting.iter().map(|waiting| waiting.folder.clone()).collect();
        let arrived: Vec<Arrived> =
            waiting.iter().map(|one| Arrived::of(&one.file_id, &one.file.name, &one.report)).collect();
        let batch = Batch {
            feed,
            root: intake.warehouse.root(),
            version: &self.version,
            taken_in: self.version.number + 1,
            staged: &staged,
            arrived: &arrived,
            workers: intake.workers(),
            progress: intake.progress,
        };
        let change = match tables::take(&batch)? {
            Ok(change) => change,
            Err(disagreement) => {
                for waiting in &waiting {
                    let verdict = self.refuse(feed, &waiting.file.name, &waiting.file_id, disagreement.what.clone())?;
                    self.report(feed, &waiting.file.name, verdict, None);
                }
                return Ok(());
            }
        };
        let mut taken = Vec::new();
        for (waiting, resolved) in waiting.iter().zip(&change.outcomes) {
            intake.ledger.keep_profile(feed, &waiting.file_id, &waiting.report.profile)?;
            taken.push(TakenFile {
                file_id: waiting.file_id.clone(),
                feed,
                name: waiting.file.name.clone(),
                bytes: waiting.file.stamp.bytes,
                outcome: whole_outcome(feed, &waiting.report.outcome, resolved)?,
                spread: intake.within_area(waiting.report.spread.clone()),
            });
        }
        let next = self.version.next("intake", change.entries.clone(), taken);
        check_tables(feed, &self.version, &next, &change)?;
        for (waiting, file) in waiting.iter().zip(&next.taken) {
            self.tell_taken(feed, waiting, file)?;
        }
        intake.warehouse.commit(&next).await?;
        intake.ledger.record_taken(next.number, &next.taken, intake.moment())?;
        for waiting in waiting.iter().filter(|_| feed == Feed::Rosters) {
            again::note_sent(intake.ledger, feed, &waiting.file, &waiting.file_id)?;
        }
        self.summary.versions.push(next.number);
        self.version = next;
        for folder in &staged {
            std::fs::remove_dir_all(folder).at(folder)?;
        }
        Ok(())
    }

    /// What became of a file's rows, and which of earlier ones it mended.
    fn tell_taken(&mut self, feed: Feed, waiting: &Waiting, file: &TakenFile) -> Result<(), IntakeError> {
        let intake = self.intake;
        let folder = intake.layout.rejects(feed.name());
        let rejects = keep_rejects(&folder, &waiting.folder, &file.name, &file.file_id, &file.outcome)?;
        self.report(feed, &file.name, Verdict::Taken(file.outcome.clone()), rejects);
        let named = (waiting.file_id.as_str(), file.name.as_str());
        let read = (&waiting.report, waiting.folder.as_path());
        let mended = mended::note(intake.ledger, feed, named, read, intake.moment())?;
        if let Some(told) = self.summary.files.last_mut() {
            told.mended = mended;
            told.notes.clone_from(&waiting.report.notes);
        }
        Ok(())
    }
}

fn refusal_name(file_id: &str) -> String {
    format!("refused/{file_id}")
}
