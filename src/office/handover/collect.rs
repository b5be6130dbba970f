//! `collect/<office>/<county>/<list id>/`: complete lists only, published by one rename; emptied when a list is taken
//! back. The folder is what an exchange platform or an SFTP server shows the office.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use law::config::Layout;
use law::domain::official_day;
use store::durable::{self, At as _};
use store::ledger::{Ledger, ListEvent, ListEventKind, ListStage, SealedList};

use super::error::HandoverError;
use super::sealed::Sealed;

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
    let refuse_retracted = || {
        let is_retracted = ledger.is_retracted(list_id)?;
        if is_retracted { Err(HandoverError::Retracted { list_id: list_id.clone() }) } else { Ok(()) }
    };
    refuse_retracted()?;
    if ledger.signatures(list_id)?.0 != ListStage::Ready {
        return Err(HandoverError::NotReady { list_id: list_id.clone() });
    }
    let sealed = Sealed::open(&layout.lists(list.period).join(list_id), list)?;
    let shelf = layout.collect(&list.office, &list.county);
    let target = shelf.join(list_id);
    if target.exists() {
        Sealed::open(&target, list).map_err(|_| HandoverError::Occupied { path: target.clone() })?;
    } else {
        let partial = shelf.join(format!(".{list_id}.partial"));
        copy(&sealed, &partial)?;
        durable::publish(&partial, &target)?;
        // Somebody may have taken it back while it was copied, and then found nothing to empty.
        if let Err(retracted) = refuse_retracted() {
            withdraw(layout, list)?;
            return Err(retracted);
        }
    }
    if ledger.list_events(list_id)?.iter().all(|event| event.kind != ListEventKind::Published) {
        let event = ListEvent { kind: ListEventKind::Published, day, by: by.to_owned(), detail: "collect".to_owned() };
        ledger.note_list(list_id, &event, at)?;
    }
    Ok(target)
}

/// Puts a list that is READY where its office fetches it, unless its period is quiet; again it changes nothing.
pub fn hand_over(layout: &Layout, ledger: &Ledger, list: &SealedList, now: DateTime<Utc>) -> Result<(), HandoverError> {
    if ledger.is_quiet(&list.list_id)? {
        return Ok(());
    }
    let (_, signatures) = ledger.signatures(&list.list_id)?;
    let signer = signatures.last().map_or("", |last| last.signer.as_str());
    publish(layout, ledger, list, (signer, official_day(now)), now).map(|_| ())
}

/// Hands over what is READY and does not lie at its office yet: the command that approved it was ended early, or its
/// period was quiet then. Takes away what lies there and was taken back: that command was ended early.
pub fn hand_over_rest(layout: &Layout, ledger: &Ledger, now: DateTime<Utc>) -> Result<(), HandoverError> {
    for list in ledger.all_lists()? {
        let events = ledger.list_events(&list.list_id)?;
        let has = |kind| events.iter().any(|event| event.kind == kind);
        if has(ListEventKind::Retracted) {
            withdraw(layout, &list)?;
        } else if !has(ListEventKind::Published) && ledger.signatures(&list.list_id)?.0 == ListStage::Ready {
            hand_over(layout, ledger, &list, now)?;
        }
    }
    Ok(())
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

/// Copies a list's files, each compared with what was sealed.
fn copy(from: &Sealed, to: &Path) -> Result<(), HandoverError> {
    if to.exists() {
        fs::remove_dir_all(to).at(to)?;
    }
    durable::make_folder(to)?;
    from.each(|name, bytes| {
        let path = to.join(name);
        Ok(fs::write(&path, bytes).at(&path)?)
    })
}
