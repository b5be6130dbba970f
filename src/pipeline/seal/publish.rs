//! The order of sealing: write aside, read back, publish by renaming, then the ledger in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::manifest::{Subject, write_manifest};
use super::readback::{Reading, read_csv, read_parquet, read_xlsx};
use super::{SealContext, SealError, sheet, summary, tables};
use crate::config::Layout;
use crate::domain::Fen;
use crate::ledger::{Ledger, LedgerError, SealedList, SealedPerson, SealedTexts};
use crate::referrals::{DeltaCounts, ListId, Lists, ReferralList, Rollup};

/// One sealed folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFolder {
    /// The list.
    pub list_id: String,
    /// Its number at its office.
    pub seq: u64,
    /// Where it lies.
    pub folder: PathBuf,
    /// Rows by change; all zero for the roll-up.
    pub counts: DeltaCounts,
    /// Sum of the measured amounts, fen.
    pub control_fen: i128,
    /// SHA-256 of its manifest, hex.
    pub manifest_sha256: String,
}

/// What was sealed.
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
    let staging = layout.staging().join(format!("lists-{}", lists.period));
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(SealError::io(&staging))?;
    }
    let mut written = Vec::with_capacity(lists.lists.len() + 1);
    let mut entries = Vec::with_capacity(lists.lists.len() + 1);
    for list in &lists.lists {
        let (folder, entry) = write_list(&staging, ledger, list, context)?;
        written.push(folder);
        entries.push(entry);
    }
    let (folder, entry) = write_rollup(&staging, ledger, &lists.rollup, context)?;
    written.push(folder);
    entries.push(entry);

    if context.is_rehearsal {
        return rehearse(&staging, &layout.rehearsals(lists.period), written);
    }
    let sealed = refuse_changes(ledger, lists, &entries)?;
    let target = layout.lists(lists.period);
    fs::create_dir_all(&target).map_err(SealError::io(&target))?;
    clear_strays(&staging, &target, &lists.period.compact(), &sealed)?;
    for folder in &mut written {
        let is_sealed = sealed.contains(&folder.list_id);
        folder.folder = publish(&staging, &target, &folder.list_id, is_sealed)?;
    }
    sync_folder(&target)?;
    let made_from =
        SealedTexts { series: context.series.to_owned(), period: lists.period, texts: context.texts.clone() };
    let sealed_now = ledger.seal_lists(&entries, &made_from, context.at)?;
    fs::remove_dir_all(&staging).map_err(SealError::io(&staging))?;
    Ok(SealSummary { folders: written, sealed_now })
}

/// Puts marked lists where the last rehearsal's lay; the ledger learns nothing.
fn rehearse(staging: &Path, target: &Path, mut written: Vec<SealedFolder>) -> Result<SealSummary, SealError> {
    if target.exists() {
        fs::remove_dir_all(target).map_err(SealError::io(target))?;
    }
    let parent = target.parent().unwrap_or(target);
    fs::create_dir_all(parent).map_err(SealError::io(parent))?;
    fs::rename(staging, target).map_err(SealError::io(target))?;
    for folder in &mut written {
        folder.folder = target.join(folder.folder.file_name().unwrap_or_default());
    }
    Ok(SealSummary { folders: written, sealed_now: 0 })
}

fn write_list(
    staging: &Path,
    ledger: &Ledger,
    list: &ReferralList,
    context: &SealContext<'_>,
) -> Result<(SealedFolder, (SealedList, Vec<SealedPerson>)), SealError> {
    let list_id = list.id.to_string();
    let name = context.file_name(&list.id);
    let folder = staging.join(&name);
    fs::create_dir_all(&folder).map_err(SealError::io(&folder))?;
    let seq = ledger.sequence_for(&list_id, list.id.county.as_str(), &list.id.office)?;
    let names = ["xlsx", "csv", "parquet"].map(|kind| format!("{name}.{kind}"));
    let [xlsx, csv, parquet] = names.each_ref().map(|name| folder.join(name));
    sheet::write_list(&xlsx, list, seq, context)?;
    let shown = (context.profile, list.office.duty);
    tables::write_csv(&csv, &list.rows, shown, context.is_rehearsal)?;
    tables::write_parquet(&parquet, &list.rows, shown, context.is_rehearsal)?;

    let expected = Reading::of_list(&list.rows);
    let reading = read_xlsx(&xlsx)?;
    reading.check(&xlsx, &expected)?;
    read_csv(&csv)?.check(&csv, &expected)?;
    read_parquet(&parquet)?.check(&parquet, &expected)?;

    let subject = Subject {
        id: &list.id,
        seq,
        county_name: &list.county_name,
        office_name: &list.office.name,
        previous: list.previous.as_ref().map(|(id, hash)| (id.as_str(), hash.as_str())),
        took_over: &list.took_over,
    };
    let manifest_sha256 = write_manifest(&folder, &subject, Some(&reading), &names, context)?;
    let persons = list.rows.iter().map(|row| SealedPerson {
        person: row.person,
        delta: row.delta.code().to_owned(),
        leading_rule: row.leading_rule.clone(),
        rules: row.rules.clone(),
        measured: row.measured,
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
    ledger: &Ledger,
    rollup: &Rollup,
    context: &SealContext<'_>,
) -> Result<(SealedFolder, (SealedList, Vec<SealedPerson>)), SealError> {
    let list_id = rollup.id.to_string();
    let name = context.file_name(&rollup.id);
    let folder = staging.join(&name);
    fs::create_dir_all(&folder).map_err(SealError::io(&folder))?;
    let seq = ledger.sequence_for(&list_id, rollup.id.county.as_str(), &rollup.id.office)?;
    let names = ["xlsx", "csv", "json"].map(|kind| format!("{name}.{kind}"));
    let [xlsx, csv, json] = names.each_ref().map(|name| folder.join(name));
    sheet::write_rollup(&xlsx, rollup, context)?;
    summary::write_csv(&csv, rollup, context)?;
    summary::write_json(&json, rollup, context)?;
    let subject = Subject {
        id: &rollup.id,
        seq,
        county_name: context.area_name,
        office_name: "医疗保障局",
        previous: None,
        took_over: &[],
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

/// The ids that are sealed already. Refuses before anything is published when the period is sealed with other
/// content, be it under another id (a NIL list that would now have rows).
fn refuse_changes(
    ledger: &Ledger,
    lists: &Lists,
    entries: &[(SealedList, Vec<SealedPerson>)],
) -> Result<BTreeSet<String>, SealError> {
    let sealed = ledger.sealed_lists(lists.period)?;
    let known: BTreeMap<(&str, &str), &SealedList> =
        sealed.iter().map(|list| ((list.county.as_str(), list.office.as_str()), list)).collect();
    for (entry, _) in entries {
        if let Some(list) = known.get(&(entry.county.as_str(), entry.office.as_str()))
            && (list.list_id != entry.list_id || list.manifest_sha256 != entry.manifest_sha256)
        {
            return Err(LedgerError::SealedDifferently { list_id: list.list_id.clone() }.into());
        }
    }
    Ok(sealed.iter().map(|list| list.list_id.clone()).collect())
}

/// Takes away the folders that a killed run published and the ledger never sealed; they may be lists of other data.
fn clear_strays(staging: &Path, target: &Path, prefix: &str, sealed: &BTreeSet<String>) -> Result<(), SealError> {
    for found in fs::read_dir(target).map_err(SealError::io(target))? {
        let path = found.map_err(SealError::io(target))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let is_list = name.starts_with(&format!("{prefix}-")) && path.join("manifest.json").exists();
        if is_list && !sealed.contains(name) {
            fs::rename(&path, staging.join(format!("{name}.old"))).map_err(SealError::io(&path))?;
        }
    }
    Ok(())
}

/// Renames a folder into place. A sealed folder that stands there stays: it has the same bytes, or somebody's notes.
fn publish(staging: &Path, target: &Path, list_id: &str, is_sealed: bool) -> Result<PathBuf, SealError> {
    let (from, to) = (staging.join(list_id), target.join(list_id));
    if !(is_sealed && to.join("manifest.json").exists()) {
        sync_folder(&from)?;
        fs::rename(&from, &to).map_err(SealError::io(&to))?;
    }
    Ok(to)
}

fn sync_folder(folder: &Path) -> Result<(), SealError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(SealError::io(folder))
}
