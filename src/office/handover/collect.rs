//! `collect/<office>/<county>/<list id>/`: complete lists only, published by one rename; emptied when a list is taken
//! back. The folder is what an exchange platform or an SFTP server shows the office.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use law::config::Layout;
use law::domain::hex;
use sha2::{Digest, Sha256};
use store::ledger::{Ledger, ListEvent, ListEventKind, ListStage, SealedList};

use super::HandoverError;
use store::durable::{self, At as _};

/// Puts a sealed list where its office fetches it, and notes that it was handed over by `by` on `day`. Again it changes
/// nothing.
///
/// # Errors
/// When the list was taken back, is not READY or not as it was sealed, or cannot be written.
pub fn publish(
    layout: &Layout,
    ledger: &Ledger,
    list: &SealedList,
    (by, day): (&str, NaiveDate),
    at: DateTime<Utc>,
) -> Result<PathBuf, HandoverError> {
    let list_id = &list.list_id;
    let events = ledger.list_events(list_id)?;
    if ledger.is_retracted(list_id)? {
        return Err(HandoverError::Retracted { list_id: list_id.clone() });
    }
    if ledger.signatures(list_id)?.0 != ListStage::Ready {
        return Err(HandoverError::NotReady { list_id: list_id.clone() });
    }
    let sealed = layout.lists(list.period).join(list_id);
    check_manifest(&sealed, list)?;
    let shelf = layout.collect(&list.office, &list.county);
    let target = shelf.join(list_id);
    if target.exists() {
        check_manifest(&target, list).map_err(|_| HandoverError::Occupied { path: target.clone() })?;
    } else {
        let partial = shelf.join(format!(".{list_id}.partial"));
        copy_list(&sealed, &partial)?;
        durable::publish(&partial, &target)?;
    }
    if events.iter().all(|event| event.kind != ListEventKind::Published) {
        let event = ListEvent { kind: ListEventKind::Published, day, by: by.to_owned(), detail: "collect".to_owned() };
        ledger.note_list(list_id, &event, at)?;
    }
    Ok(target)
}

/// Empties a list's folder at its office; returns whether anything lay there. What the office fetched before must be
/// deleted by the office, which says so.
pub fn withdraw(layout: &Layout, list: &SealedList) -> Result<bool, HandoverError> {
    let shelf = layout.collect(&list.office, &list.county);
    let target = shelf.join(&list.list_id);
    let gone = shelf.join(format!(".{}.gone", list.list_id));
    if target.exists() {
        // Out of sight at once, whatever happens while the files are removed.
        durable::rename(&target, &gone)?;
    }
    let was_there = gone.exists();
    if was_there {
        fs::remove_dir_all(&gone).at(&gone)?;
    }
    Ok(was_there)
}

/// Fails unless the folder's manifest is the one that the ledger knows.
fn check_manifest(folder: &Path, list: &SealedList) -> Result<(), HandoverError> {
    let path = folder.join("manifest.json");
    let bytes = fs::read(&path).at(&path)?;
    if hex(&Sha256::digest(bytes)) == list.manifest_sha256 { Ok(()) } else { Err(HandoverError::Changed { path }) }
}

/// Copies a list's files.
fn copy_list(from: &Path, to: &Path) -> Result<(), HandoverError> {
    if to.exists() {
        fs::remove_dir_all(to).at(to)?;
    }
    fs::create_dir_all(to).at(to)?;
    for entry in fs::read_dir(from).at(from)? {
        let entry = entry.at(from)?;
        let target = to.join(entry.file_name());
        fs::copy(entry.path(), &target).at(&target)?;
    }
    Ok(())
}
