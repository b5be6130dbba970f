//! Bringing a workspace's files to what this program ships, as dpkg does with those of `/etc`: what nobody edited is
//! renewed; what somebody edited stays, and what is new lies beside it as `FILE.new`.

use std::path::Path;

use law::config::Layout;

use super::assets::{built_in, built_in_paths};
use super::shipped::{self, Change};
use super::{Assets, WorkspaceError, hold_lock};
use crate::durable::{self, At as _, Readers};

/// What `upgrade` did; paths relative to the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upgraded {
    pub renewed: Vec<String>,
    /// Files that were not there.
    pub added: Vec<String>,
    /// Files that the program ships no more and nobody had edited: taken away.
    pub removed: Vec<String>,
    /// Edited files, and whether what is new lies beside them.
    pub kept: Vec<(String, bool)>,
    /// Files that were as shipped now.
    pub current: usize,
}

/// Renews the files of the workspace at `dir`. Killed anywhere and run again, it ends the same.
pub fn upgrade(dir: &Path) -> Result<Upgraded, WorkspaceError> {
    let layout = Layout::new(dir);
    if !layout.settings().exists() {
        return Err(WorkspaceError::Missing { dir: dir.to_owned() });
    }
    let lock = layout.lock();
    let Some(_held) = hold_lock(&lock).at(&lock)? else {
        return Err(WorkspaceError::Locked { path: lock });
    };
    let (mut known, changes) = (shipped::read(dir)?, Assets::of(dir).changes()?);
    let mut done = Upgraded::default();
    for path in built_in_paths() {
        let Some(text) = built_in(&path) else { continue };
        let (own, beside) = (dir.join(&path), format!("{path}.new"));
        match changes.get(&path) {
            Some(Change::Edited) => {
                let is_new = known.get(&path) != Some(&shipped::hash(&text));
                if is_new {
                    put(dir, &beside, &text)?;
                }
                let lies_beside = is_new || dir.join(beside).exists();
                done.kept.push((path.clone(), lies_beside));
            }
            Some(Change::Old) => {
                put(dir, &path, &text)?;
                done.renewed.push(path.clone());
            }
            None if own.exists() => {
                remove(&dir.join(beside))?;
                done.current += 1;
            }
            None => {
                put(dir, &path, &text)?;
                done.added.push(path.clone());
            }
        }
        known.insert(path, shipped::hash(&text));
    }
    for (path, change) in changes.into_iter().filter(|(path, _)| built_in(path).is_none()) {
        known.remove(&path);
        if change == Change::Old {
            remove(&dir.join(&path))?;
            done.removed.push(path);
        } else {
            done.kept.push((path, false));
        }
    }
    shipped::write(dir, known)?;
    Ok(done)
}

/// Writes a file, whole or not at all: half a file would count as edited.
fn put(dir: &Path, path: &str, text: &str) -> Result<(), WorkspaceError> {
    let path = dir.join(path);
    durable::make_folder(path.parent().unwrap_or(dir))?;
    Ok(durable::write(&path, text.as_bytes(), Readers::Usual)?)
}

fn remove(path: &Path) -> Result<(), WorkspaceError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Ok(Err(error).at(path)?),
        _ => Ok(()),
    }
}
