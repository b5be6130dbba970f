//! The order of sealing: write aside, read back, publish by renaming, then the ledger in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use engine::on_threads;
use law::arrivals::gaps_in_chinese;
use law::config::Layout;
use law::domain::{Fen, Period};
use law::referrals::{Cell, DeltaCounts, ListId, Lists, ReferralList, Rollup};
use store::ledger::{Ledger, LedgerError, SealedList, SealedPerson, SealedTexts};

use super::evidence::{Reading, Subject, read_csv, read_parquet, read_xlsx, write_manifest};
use super::{SealContext, SealError, sheet, summary, tables};
use store::durable::{self, At as _};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFolder {
    pub list_id: String,
    /// Its number at its office.
    pub seq: u64,
    pub folder: PathBuf,
    /// Rows by change; all zero for the roll-up.
    pub counts: DeltaCounts,
    /// Sum of the measured amounts, fen.
    pub control_fen: i128,
    /// SHA-256 of its manifest, hex.
    pub manifest_sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealSummary {
    /// All lists of the period by id, the roll-up last.
    pub folders: Vec<SealedFolder>,
    /// How many of them were not sealed before.
    pub sealed_now: u64,
}

/// Seals a month's lists: `lists/<month>/<list id>/` with XLSX, CSV, Parquet and manifest, and the ledger's entries.
///
/// Killed anywhere and run again it gives the same bytes, and one ledger entry per list.
///
/// # Errors
/// When a file cannot be written, says something else when read back, or a list of the period is sealed with other
/// content. The ledger has no entry then, and what lies in the lists folder is replaced by the next run.
pub fn seal(
    layout: &Layout,
    ledger: &Ledger,
    lists: &Lists,
    context: &SealContext<'_>,
) -> Result<SealSummary, SealError> {
    let staging = empty_staging(layout, lists.period)?;
    let mut numbers = Numbers::new(ledger);
    let mut written = write_lists(&staging, &mut numbers, &lists.lists, context)?;
    let seq = numbers.next(&lists.rollup.id)?;
    written.push(write_rollup(&staging, seq, (&lists.rollup, None), context)?);
    if context.is_rehearsal {
        let folders = written.into_iter().map(|(folder, _)| folder).collect();
        return rehearse(&staging, &layout.rehearsals(lists.period), folders);
    }
    refuse_changes(ledger, lists.period, &written)?;
    publish_all(layout, ledger, (lists.period, &staging), written, context)
}

/// The roll-up as it is now, and the last sealed one.
pub type Renewed<'a> = (&'a Rollup, &'a SealedList);

/// Seals lists that change what a period's sealed lists say, beside these; and the roll-up anew, where it says something
/// else than the last one.
///
/// # Errors
/// As [`seal`].
pub fn seal_corrections(
    layout: &Layout,
    ledger: &Ledger,
    (period, lists, rollup): (Period, &[ReferralList], Option<Renewed<'_>>),
    context: &SealContext<'_>,
) -> Result<SealSummary, SealError> {
    let staging = empty_staging(layout, period)?;
    let mut numbers = Numbers::new(ledger);
    let mut written = write_lists(&staging, &mut numbers, lists, context)?;
    if let Some((rollup, last)) = rollup {
        let seq = numbers.next(&rollup.id)?;
        let renewed = write_rollup(&staging, seq, (rollup, Some(last)), context)?;
        if says_the_same(layout, &renewed.0, last)? {
            fs::remove_dir_all(&renewed.0.folder).at(&renewed.0.folder)?;
        } else {
            written.push(renewed);
        }
    }
    publish_all(layout, ledger, (period, &staging), written, context)
}

/// Writes one list, or the roll-up, once more into a folder below `aside`, under the number that it has; nothing is
/// published. Answers the folder.
///
/// # Errors
/// As [`seal`].
pub fn rebuild(
    aside: &Path,
    seq: u64,
    lists: &Lists,
    list_id: &str,
    context: &SealContext<'_>,
) -> Result<Option<PathBuf>, SealError> {
    if lists.rollup.id.to_string() == list_id {
        return Ok(Some(write_rollup(aside, seq, (&lists.rollup, None), context)?.0.folder));
    }
    let Some(list) = lists.lists.iter().find(|list| list.id.to_string() == list_id) else { return Ok(None) };
    Ok(Some(write_list(aside, seq, list, context)?.0.folder))
}

/// Writes one list that corrects another once more; see [`rebuild`].
///
/// # Errors
/// As [`seal`].
pub fn rebuild_corrections(
    aside: &Path,
    seq: u64,
    list: &ReferralList,
    context: &SealContext<'_>,
) -> Result<PathBuf, SealError> {
    Ok(write_list(aside, seq, list, context)?.0.folder)
}

/// Writes a roll-up that was sealed anew once more; see [`rebuild`].
///
/// # Errors
/// As [`seal`].
pub fn rebuild_rollup(
    aside: &Path,
    seq: u64,
    (rollup, last): Renewed<'_>,
    context: &SealContext<'_>,
) -> Result<PathBuf, SealError> {
    Ok(write_rollup(aside, seq, (rollup, Some(last)), context)?.0.folder)
}

/// Whether a roll-up has the numbers of the last one.
fn says_the_same(layout: &Layout, renewed: &SealedFolder, last: &SealedList) -> Result<bool, SealError> {
    let numbers = |folder: &Path, list_id: &str| {
        let path = folder.join(format!("{list_id}.json"));
        fs::read(&path).at(&path)
    };
    let before = layout.lists(last.period).join(&last.list_id);
    Ok(numbers(&renewed.folder, &renewed.list_id)? == numbers(&before, &last.list_id)?)
}

/// A list's folder and what the ledger is to know of it.
type Written = (SealedFolder, (SealedList, Vec<SealedPerson>));

fn empty_staging(layout: &Layout, period: Period) -> Result<PathBuf, SealError> {
    let staging = layout.staging().join(format!("lists-{period}"));
    if staging.exists() {
        fs::remove_dir_all(&staging).at(&staging)?;
    }
    Ok(staging)
}

/// Writes lists aside, several at once, with the numbers that they get.
fn write_lists(
    staging: &Path,
    numbers: &mut Numbers<'_>,
    lists: &[ReferralList],
    context: &SealContext<'_>,
) -> Result<Vec<Written>, SealError> {
    let mut numbered = Vec::with_capacity(lists.len());
    for list in lists {
        numbered.push((list, numbers.next(&list.id)?));
    }
    let write = |(list, seq): &(&ReferralList, u64)| write_list(staging, *seq, list, context);
    on_threads(context.workers, &numbered, &|_| {}, write)
}

/// The numbers that lists get: several of one act and one office follow each other.
struct Numbers<'a> {
    ledger: &'a Ledger,
    given: BTreeMap<(String, String), u64>,
}

impl<'a> Numbers<'a> {
    const fn new(ledger: &'a Ledger) -> Self {
        Self { ledger, given: BTreeMap::new() }
    }

    fn next(&mut self, id: &ListId) -> Result<u64, SealError> {
        let list_id = id.to_string();
        if let Some(sealed) = self.ledger.sealed_list(&list_id)? {
            return Ok(sealed.seq);
        }
        let place = (id.county.to_string(), id.office.clone());
        let seq = match self.given.get(&place) {
            Some(last) => last + 1,
            None => self.ledger.sequence_for(&list_id, &place.0, &place.1)?,
        };
        self.given.insert(place, seq);
        Ok(seq)
    }
}

/// Publishes what was written, then tells the ledger.
fn publish_all(
    layout: &Layout,
    ledger: &Ledger,
    (period, staging): (Period, &Path),
    written: Vec<Written>,
    context: &SealContext<'_>,
) -> Result<SealSummary, SealError> {
    let sealed: BTreeSet<String> = ledger.sealed_lists(period)?.into_iter().map(|list| list.list_id).collect();
    let target = layout.lists(period);
    fs::create_dir_all(&target).at(&target)?;
    fs::create_dir_all(staging).at(staging)?;
    clear_strays(staging, &target, &period.compact(), &sealed)?;
    let (mut folders, entries): (Vec<SealedFolder>, Vec<_>) = written.into_iter().unzip();
    for folder in &mut folders {
        let is_sealed = sealed.contains(&folder.list_id);
        folder.folder = publish(staging, &target, &folder.list_id, is_sealed)?;
    }
    let made_from = SealedTexts { series: context.series.to_owned(), period, texts: context.texts.clone() };
    let sealed_now = ledger.seal_lists(&entries, &made_from, context.at)?;
    fs::remove_dir_all(staging).at(staging)?;
    Ok(SealSummary { folders, sealed_now })
}

/// Puts marked lists where the last rehearsal's lay; the ledger learns nothing.
fn rehearse(staging: &Path, target: &Path, mut written: Vec<SealedFolder>) -> Result<SealSummary, SealError> {
    if target.exists() {
        fs::remove_dir_all(target).at(target)?;
    }
    durable::publish(staging, target)?;
    for folder in &mut written {
        folder.folder = target.join(folder.folder.file_name().unwrap_or_default());
    }
    Ok(SealSummary { folders: written, sealed_now: 0 })
}

fn write_list(staging: &Path, seq: u64, list: &ReferralList, context: &SealContext<'_>) -> Result<Written, SealError> {
    let list_id = list.id.to_string();
    let name = context.file_name(&list.id);
    let folder = staging.join(&name);
    fs::create_dir_all(&folder).at(&folder)?;
    let names = ["xlsx", "csv", "parquet"].map(|kind| format!("{name}.{kind}"));
    let [xlsx, csv, parquet] = names.each_ref().map(|name| folder.join(name));
    sheet::write_list(&xlsx, list, seq, context)?;
    let shown = (list.office.profile, list.office.duty);
    tables::write_csv(&csv, &list.rows, shown, context.is_rehearsal)?;
    tables::write_parquet(&parquet, &list.rows, shown, context.is_rehearsal)?;

    let expected = Reading::of_list(&list.rows);
    let reading = read_xlsx(&xlsx)?;
    reading.check(&xlsx, &expected)?;
    read_csv(&csv)?.check(&csv, &expected)?;
    read_parquet(&parquet)?.check(&parquet, &expected)?;

    let gaps: Vec<String> = (!list.gaps.is_empty()).then(|| gaps_in_chinese(&list.gaps)).into_iter().collect();
    let subject = Subject {
        id: &list.id,
        seq,
        county_name: &list.county_name,
        office_name: &list.office.name,
        previous: list.previous.as_ref().map(|(id, hash)| (id.as_str(), hash.as_str())),
        took_over: &list.took_over,
        gaps: &gaps,
    };
    let manifest_sha256 = write_manifest(&folder, &subject, Some(&reading), &names, context)?;
    let persons = list.rows.iter().map(|row| SealedPerson {
        person: row.person,
        delta: row.delta.code().to_owned(),
        leading_rule: row.leading_rule.clone(),
        rules: row.rules.clone(),
        measured: row.measured,
        row_token: row.cells.get("row_token").and_then(Cell::as_text).unwrap_or_default().to_owned(),
    });
    let sealed = SealedFolder {
        list_id,
        seq,
        folder,
        counts: reading.counts,
        control_fen: reading.control_fen,
        manifest_sha256,
    };
    Ok((sealed.clone(), (entry(&list.id, &sealed, context)?, persons.collect())))
}

fn write_rollup(
    staging: &Path,
    seq: u64,
    (rollup, last): (&Rollup, Option<&SealedList>),
    context: &SealContext<'_>,
) -> Result<Written, SealError> {
    let list_id = rollup.id.to_string();
    let name = context.file_name(&rollup.id);
    let folder = staging.join(&name);
    fs::create_dir_all(&folder).at(&folder)?;
    let names = ["xlsx", "csv", "json"].map(|kind| format!("{name}.{kind}"));
    let [xlsx, csv, json] = names.each_ref().map(|name| folder.join(name));
    sheet::write_rollup(&xlsx, rollup, context)?;
    summary::write_csv(&csv, rollup, context)?;
    summary::write_json(&json, rollup, context)?;
    let gaps: Vec<String> = rollup.missing.iter().map(|(name, what)| format!("{name}：{what}")).collect();
    let subject = Subject {
        id: &rollup.id,
        seq,
        county_name: context.area_name,
        office_name: "医疗保障局",
        previous: last.map(|last| (last.list_id.as_str(), last.manifest_sha256.as_str())),
        took_over: &[],
        gaps: &gaps,
    };
    let manifest_sha256 = write_manifest(&folder, &subject, None, &names, context)?;
    let counts = DeltaCounts::default();
    let sealed = SealedFolder { list_id, seq, folder, counts, control_fen: 0, manifest_sha256 };
    Ok((sealed.clone(), (entry(&rollup.id, &sealed, context)?, Vec::new())))
}

fn entry(id: &ListId, sealed: &SealedFolder, context: &SealContext<'_>) -> Result<SealedList, SealError> {
    let control = i64::try_from(sealed.control_fen).map_err(SealError::write(&sealed.folder))?;
    Ok(SealedList {
        list_id: sealed.list_id.clone(),
        period: id.period,
        county: id.county.to_string(),
        office: id.office.clone(),
        kind: id.kind.code().to_owned(),
        seq: sealed.seq,
        version: context.version,
        rows: (sealed.counts.persons() + sealed.counts.withdrawn) as u64,
        persons: sealed.counts.persons() as u64,
        control: Fen(control),
        manifest_sha256: sealed.manifest_sha256.clone(),
    })
}

/// Refuses before anything is published when the period is sealed with other content, be it under another id (a NIL
/// list that would now have rows). What changed it since does not count.
fn refuse_changes(ledger: &Ledger, period: Period, written: &[Written]) -> Result<(), SealError> {
    let sealed = ledger.sealed_lists(period)?;
    let known: BTreeMap<(&str, &str), &SealedList> = sealed
        .iter()
        .filter(|list| list.is_first_whole())
        .map(|list| ((list.county.as_str(), list.office.as_str()), list))
        .collect();
    for (_, (entry, _)) in written {
        if let Some(list) = known.get(&(entry.county.as_str(), entry.office.as_str()))
            && (list.list_id != entry.list_id || list.manifest_sha256 != entry.manifest_sha256)
        {
            return Err(LedgerError::SealedDifferently { list_id: list.list_id.clone() }.into());
        }
    }
    Ok(())
}

/// Takes away the folders that a killed run published and the ledger never sealed; they may be lists of other data.
fn clear_strays(staging: &Path, target: &Path, prefix: &str, sealed: &BTreeSet<String>) -> Result<(), SealError> {
    for found in fs::read_dir(target).at(target)? {
        let path = found.at(target)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let is_list = name.starts_with(&format!("{prefix}-")) && path.join("manifest.json").exists();
        if is_list && !sealed.contains(name) {
            fs::rename(&path, staging.join(format!("{name}.old"))).at(&path)?;
        }
    }
    Ok(())
}

/// Renames a folder into place. A sealed folder that stands there stays: it has the same bytes, or somebody's notes.
fn publish(staging: &Path, target: &Path, list_id: &str, is_sealed: bool) -> Result<PathBuf, SealError> {
    let (from, to) = (staging.join(list_id), target.join(list_id));
    if !(is_sealed && to.join("manifest.json").exists()) {
        durable::publish(&from, &to)?;
    }
    Ok(to)
}
