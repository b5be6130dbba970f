//! Taking accepted files back: the next version is as if they had not come. The tables go back to the newest version that
//! never had one of them, and what came since is taken in again from landing, in its order.
//!
//! Files of versions are never written again, so that the version before a file still has all rows that it took the place
//! of. Nothing is visible before the one commit; whoever is killed before it begins anew.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use engine::compute::linked_people;
use law::contracts::{BackFile, Feed, TakenBack, TakenFile};
use law::links::{Kept, Verdict};
use law::questions::{QuestionState, Topic};
use store::durable::At as _;
use store::ledger::{FileState, StoredBack};
use store::warehouse::Version;

use super::commit::{check_tables, drop_rejects, whole_outcome};
use super::gate::{GateReport, GateVerdict, run_gate};
use super::landing::{self, Landed};
use super::tables::{self, Arrived, Batch, Moving, regroup};
use super::{Intake, IntakeError, TakenBackNow};

/// Feeds whose rows decide about each other, with all tables that are made from them.
const GROUPS: [(&[Feed], &[&str]); 5] = [
    (
        &[Feed::Claims, Feed::Adjustments, Feed::Residents],
        &[
            "claims",
            "held_claims",
            "adjustments",
            "held_adjustments",
            "residents",
            "person_numbers",
            "linked_people",
            "waiting_rows",
        ],
    ),
    (&[Feed::Rosters], &["rosters", "named_holders", "roster_files"]),
    (&[Feed::Applications], &["applications", "held_applications"]),
    (&[Feed::Aided], &["aided"]),
    (&[Feed::Income], &["income"]),
];

/// What taking a file back needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackNeeds {
    /// How many files came after it and are taken in again.
    pub again: usize,
    /// Those of them whose bytes lie in landing no more; one of them is enough to make it impossible.
    pub lacking: Vec<String>,
}

/// What taking a file back would need; nothing is changed.
pub async fn needs_of_take_back(intake: &Intake<'_>, file: &BackFile) -> Result<BackNeeds, IntakeError> {
    let version = intake.warehouse.current().await?;
    let Some(group) = group_of(file.feed) else { return Ok(BackNeeds { again: 0, lacking: Vec::new() }) };
    let history = History::of(intake, &version, group.0, std::slice::from_ref(file)).await?;
    let landed = Lying::of(intake, group.0)?;
    let lacking = history.again.iter().filter(|(_, file)| landed.find(file).is_none());
    let lacking: BTreeSet<String> = lacking.map(|(_, file)| format!("{}/{}", file.feed, file.name)).collect();
    Ok(BackNeeds { again: history.again.len(), lacking: lacking.into_iter().collect() })
}

/// The versions to which tables go back when the next run of intake takes back what is due.
pub async fn versions_to_go_back_to(intake: &Intake<'_>) -> Result<Vec<Version>, IntakeError> {
    let version = intake.warehouse.current().await?;
    let mut found = Vec::new();
    for (group, files) in due(intake)? {
        let (feeds, _) = GROUPS[group];
        let number = History::of(intake, &version, feeds, &files).await?.base;
        found.push(intake.warehouse.version(number).await?);
    }
    Ok(found)
}

/// The version in which what is due is taken back; the caller has told the ledger of all versions.
pub(super) async fn follow(
    intake: &Intake<'_>,
    mut version: Version,
    kept: &Kept,
) -> Result<(Version, Vec<TakenBackNow>), IntakeError> {
    let mut told = Vec::new();
    for (group, files) in due(intake)? {
        let (feeds, tables) = GROUPS[group];
        let rebuild = Rebuild { intake, version: &version, kept, feeds, tables, files: &files };
        let done = match rebuild.make().await? {
            Made::Stopped => break,
            Made::Not(why) => Err(why),
            Made::Version(next, back) => {
                let next = Version { taken_back: Some(back.clone()), ..next };
                rebuild.note_lying()?;
                intake.warehouse.commit(&next).await?;
                finish(intake, next.number, &back)?;
                version = next;
                Ok(back.again.len())
            }
        };
        told.extend(files.into_iter().map(|file| TakenBackNow {
            feed: file.feed,
            name: file.name,
            question: file.question,
            done: done.clone(),
        }));
    }
    Ok((version, told))
}

/// Tells the ledger about versions that were committed by a run that was killed before it could.
pub(super) async fn catch_up(intake: &Intake<'_>, current: &Version) -> Result<(), IntakeError> {
    for number in intake.ledger.synced_version()? + 1..=current.number {
        let version = intake.warehouse.version(number).await?;
        intake.ledger.record_taken(number, &version.taken, intake.moment())?;
        if let Some(back) = &version.taken_back {
            finish(intake, number, back)?;
        }
    }
    Ok(())
}

/// What follows from a committed version that is made without files: their rejects go, and the ledger forgets them.
fn finish(intake: &Intake<'_>, number: u64, back: &TakenBack) -> Result<(), IntakeError> {
    for file in &back.files {
        drop_rejects(&intake.layout.rejects(file.feed.name()), &file.name, &file.file_id)?;
    }
    Ok(intake.ledger.record_taken_back(number, back, intake.moment())?)
}

fn group_of(feed: Feed) -> Option<&'static (&'static [Feed], &'static [&'static str])> {
    GROUPS.iter().find(|(feeds, _)| feeds.contains(&feed))
}

/// What two people have taken back and no version is without yet, by group.
fn due(intake: &Intake<'_>) -> Result<BTreeMap<usize, Vec<BackFile>>, IntakeError> {
    let done: BTreeSet<i64> = intake.ledger.taken_back()?.into_iter().map(|back| back.file.question).collect();
    let mut due: BTreeMap<usize, Vec<BackFile>> = BTreeMap::new();
    for question in intake.ledger.questions()? {
        let is_due = question.topic == Topic::TakeBack && question.state == QuestionState::Accepted;
        if !is_due || done.contains(&question.question_id) {
            continue;
        }
        for file in question.files {
            let Some(FileState::Taken { version }) = intake.ledger.file_state(file.feed, &file.file_id)? else {
                continue;
            };
            let Some(group) = GROUPS.iter().position(|(feeds, _)| feeds.contains(&file.feed)) else { continue };
            let files = due.entry(group).or_default();
            if files.iter().all(|known| known.file_id != file.file_id) {
                let question = question.question_id;
                files.push(BackFile { feed: file.feed, file_id: file.file_id, name: file.name, version, question });
            }
        }
    }
    Ok(due)
}

/// The newest version that never had any of the files, and what came after it, in its order.
struct History {
    base: u64,
    again: Vec<(u64, TakenFile)>,
}

impl History {
    async fn of(
        intake: &Intake<'_>,
        current: &Version,
        feeds: &[Feed],
        back: &[BackFile],
    ) -> Result<Self, IntakeError> {
        let gone: Vec<StoredBack> =
            intake.ledger.taken_back()?.into_iter().filter(|gone| feeds.contains(&gone.file.feed)).collect();
        let mut base = back.iter().map(|file| file.version).min().unwrap_or(1).saturating_sub(1);
        // a version that has what was taken back before is none to go back to either
        while let Some(other) = gone.iter().find(|gone| gone.is_in(base)) {
            base = other.file.version.saturating_sub(1);
        }
        let mut again = Vec::new();
        for number in base + 1..=current.number {
            let taken = if number == current.number {
                current.taken.clone()
            } else {
                intake.warehouse.version(number).await?.taken
            };
            let is_away = |file: &TakenFile| {
                let same = |other: &BackFile| (other.feed, &other.file_id) == (file.feed, &file.file_id);
                back.iter().any(|other| same(other) && other.version <= number)
                    || gone.iter().any(|gone| same(&gone.file) && gone.is_in(number))
            };
            let stays = taken.into_iter().filter(|file| feeds.contains(&file.feed) && !is_away(file));
            again.extend(stays.map(|file| (number, file)));
        }
        Ok(Self { base, again })
    }
}

/// What lies in the landing folders, by content.
struct Lying(HashMap<(Feed, String), Vec<Landed>>);

impl Lying {
    fn of(intake: &Intake<'_>, feeds: &[Feed]) -> Result<Self, IntakeError> {
        let mut found: HashMap<(Feed, String), Vec<Landed>> = HashMap::new();
        for feed in feeds {
            for file in landing::list(*feed, &intake.layout.landing(feed.name()))?.files {
                if file.fault.is_none() {
                    let file_id = intake.file_id(*feed, &file)?;
                    found.entry((*feed, file_id)).or_default().push(file);
                }
            }
        }
        Ok(Self(found))
    }

    /// A landed file with a taken one's bytes, under its name where there is one.
    fn find(&self, file: &TakenFile) -> Option<&Landed> {
        let same = self.0.get(&(file.feed, file.file_id.clone()))?;
        same.iter().find(|landed| landed.name == file.name).or_else(|| same.first())
    }
}

/// What a rebuild comes to.
enum Made {
    Version(Version, TakenBack),
    /// Nothing is changed, and why.
    Not(String),
    /// Somebody asked to end.
    Stopped,
}

struct Rebuild<'a> {
    intake: &'a Intake<'a>,
    version: &'a Version,
    kept: &'a Kept,
    feeds: &'a [Feed],
    tables: &'a [&'a str],
    files: &'a [BackFile],
}

/// A file that went through the gate once more.
struct Opened {
    file: TakenFile,
    folder: PathBuf,
    report: GateReport,
}

impl Rebuild<'_> {
    async fn make(&self) -> Result<Made, IntakeError> {
        let intake = self.intake;
        let history = History::of(intake, self.version, self.feeds, self.files).await?;
        let lying = Lying::of(intake, self.feeds)?;
        if let Some((_, file)) = history.again.iter().find(|(_, file)| lying.find(file).is_none()) {
            return Ok(Made::Not(format!(
                "{}/{} came after it and lies in landing no more; put it there again, byte for byte",
                file.feed, file.name
            )));
        }
        let base = intake.warehouse.version(history.base).await?;
        intake.warehouse.bring(&base).await?;
        let staging = intake.layout.staging().join("take-back");
        let mut version = self.version.with_tables_of(&self.regrouped(&base, &staging)?, self.tables);
        let mut again = Vec::new();
        let mut rest = history.again.as_slice();
        while let Some((number, first)) = rest.first() {
            if (intake.is_stopping)() {
                return Ok(Made::Stopped);
            }
            let (number, feed) = (*number, first.feed);
            let is_of_batch = |one: &(u64, TakenFile)| one.0 == number && one.1.feed == feed;
            let (batch, later) = rest.split_at(rest.iter().take_while(|one| is_of_batch(one)).count());
            rest = later;
            let mut opened = Vec::new();
            for (_, file) in batch {
                match self.open(file, &lying, &staging.join(format!("{number}-{}", opened.len())))? {
                    Ok(one) => opened.push(one),
                    Err(why) => return Ok(Made::Not(why)),
                }
            }
            match self.take(feed, &version, number, &opened)? {
                Ok((next, files)) => {
                    version = next;
                    again.extend(files);
                }
                Err(why) => return Ok(Made::Not(why)),
            }
            std::fs::remove_dir_all(&staging).at(&staging)?;
        }
        let next = version.next("take_back", Vec::new(), Vec::new());
        Ok(Made::Version(next, TakenBack { files: self.files.to_vec(), again }))
    }

    /// The tables of an earlier version, their rows under the documents under which people want them today.
    fn regrouped(&self, base: &Version, staging: &Path) -> Result<Version, IntakeError> {
        let intake = self.intake;
        let settled = linked_people(intake.warehouse, base)?.1;
        let settled = settled.iter().filter_map(|said| Some((said.kept, said.other, Verdict::parse(&said.verdict)?)));
        let (before, after) = (Kept::of(settled), self.kept);
        let own = Version { buckets: self.version.buckets, ..Version::default() }.with_tables_of(base, self.tables);
        let root = intake.warehouse.root();
        let entries = regroup(&Moving { root, version: &own, staging, before: &before, after })?;
        Ok(own.next("take_back", entries, Vec::new()))
    }

    fn open(&self, file: &TakenFile, lying: &Lying, folder: &Path) -> Result<Result<Opened, String>, IntakeError> {
        let place = format!("{}/{}", file.feed, file.name);
        let Some(landed) = lying.find(file) else { return Ok(Err(format!("{place} lies in landing no more"))) };
        std::fs::create_dir_all(folder).at(folder)?;
        let mut input = landed.path.clone();
        if landed.name != file.name {
            // its rows carry the name under which it came
            input = folder.join(&file.name);
            std::fs::copy(&landed.path, &input).at(&landed.path)?;
        }
        let output = folder.join("staged");
        let of = (file.feed, file.file_id.as_str());
        let job = self.intake.gate_job(of, (&input, output.clone()), self.kept, self.version.buckets);
        Ok(match run_gate(self.intake.program, &job)? {
            GateVerdict::Refused { reason } => Err(format!("{place} came after it and is refused today: {reason}")),
            GateVerdict::Staged(report) => Ok(Opened { file: file.clone(), folder: output, report: *report }),
        })
    }

    /// Takes the files of one batch in again.
    fn take(
        &self,
        feed: Feed,
        version: &Version,
        number: u64,
        opened: &[Opened],
    ) -> Result<Result<(Version, Vec<TakenFile>), String>, IntakeError> {
        let staged: Vec<PathBuf> = opened.iter().map(|one| one.folder.clone()).collect();
        let arrived: Vec<Arrived> =
            opened.iter().map(|one| Arrived::of(&one.file.file_id, &one.file.name, &one.report)).collect();
        let batch = Batch {
            feed,
            root: self.intake.warehouse.root(),
            version,
            taken_in: number,
            staged: &staged,
            arrived: &arrived,
            workers: self.intake.workers(),
            progress: self.intake.progress,
        };
        let change = match tables::take(&batch)? {
            Ok(change) => change,
            Err(disagreement) => return Ok(Err(disagreement.what)),
        };
        let mut files = Vec::new();
        for (one, resolved) in opened.iter().zip(&change.outcomes) {
            let spread = self.intake.within_area(one.report.spread.clone());
            let outcome = whole_outcome(feed, &one.report.outcome, resolved)?;
            files.push(TakenFile { outcome, spread, ..one.file.clone() });
        }
        let next = version.next("take_back", change.entries.clone(), Vec::new());
        check_tables(feed, version, &next, &change)?;
        // only the last of them is committed
        Ok(Ok((Version { number: version.number, ..next }, files)))
    }

    /// Remembers which landed files hold what is taken back, so that they are not taken in at once again.
    fn note_lying(&self) -> Result<(), IntakeError> {
        let lying = Lying::of(self.intake, self.feeds)?;
        for file in self.files {
            for landed in lying.0.get(&(file.feed, file.file_id.clone())).into_iter().flatten() {
                let landing::Stamp { bytes, modified_ns } = landed.stamp;
                self.intake.ledger.keep_back(file.feed, &landed.key, bytes, modified_ns, &file.file_id)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feed_with_a_table_belongs_to_one_group_and_every_table_is_there() {
        for feed in Feed::ALL.into_iter().filter(|feed| *feed != Feed::Receipts) {
            assert_eq!(GROUPS.iter().filter(|(feeds, _)| feeds.contains(&feed)).count(), 1, "{feed}");
            for table in [feed.name().to_owned(), format!("held_{feed}")] {
                let is_one = engine::table_schema(&table).is_some();
                assert_eq!(is_one, group_of(feed).unwrap().1.contains(&table.as_str()), "{table}");
            }
        }
        for table in GROUPS.iter().flat_map(|(_, tables)| *tables) {
            assert!(engine::table_schema(table).is_some(), "{table}");
        }
    }
}
