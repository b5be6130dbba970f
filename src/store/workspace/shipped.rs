//! What the program shipped into a workspace, by hash, so that an upgrade knows what somebody edited.
//!
//! A model's statement and its contract belong together: where one of them is edited, both count as edited.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use law::domain::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::assets::{built_in, built_in_paths};
use super::{Assets, WorkspaceError};
use crate::durable::{self, At as _, Readers};
use crate::{format_of, newer};

/// The file of hashes, below the workspace's root.
const FILE: &str = ".shipped.json";
const FORMAT: u32 = 1;

/// The files that `init` of 6311a20 wrote; it kept no hashes. Made in a checkout of that commit: `sha256sum` of all
/// `.sql`, `.toml`, `.csv` and `.yaml` files below `sql/` and `pipelines/`, by path.
const OF_6311A20: &str = include_str!("shipped-6311a20.txt");

/// Hash by path, as shipped.
pub(super) type Shipped = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct Kept {
    format: u32,
    files: Shipped,
}

/// How a workspace's file differs from the one that this program ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// An older version shipped it, and nobody has edited it.
    Old,
    /// Somebody edited it, or nobody knows what was shipped.
    Edited,
}

/// SHA-256 of an asset's text, hex.
pub(super) fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// What was shipped into the workspace at `root`.
pub(super) fn read(root: &Path) -> Result<Shipped, WorkspaceError> {
    let path = root.join(FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let line = |line: &str| line.split_once("  ").map(|(hash, path)| (path.to_owned(), hash.to_owned()));
            return Ok(OF_6311A20.lines().filter_map(line).collect());
        }
        Err(error) => Err(error).at(&path)?,
    };
    let damaged = |why: String| WorkspaceError::Shipped { path: path.clone(), why };
    match newer(format_of(&bytes), FORMAT) {
        Some(why) => Err(damaged(why)),
        None => serde_json::from_slice::<Kept>(&bytes).map(|kept| kept.files).map_err(|e| damaged(e.to_string())),
    }
}

pub(super) fn write(root: &Path, files: Shipped) -> Result<(), WorkspaceError> {
    let text = serde_json::to_string_pretty(&Kept { format: FORMAT, files }).unwrap_or_default();
    Ok(durable::write(&root.join(FILE), (text + "\n").as_bytes(), Readers::Usual)?)
}

impl Assets {
    /// The workspace's files that differ from those that this program ships; also those that it ships no more.
    pub fn changes(&self) -> Result<BTreeMap<String, Change>, WorkspaceError> {
        let shipped = read(self.root())?;
        let paths: BTreeSet<String> = built_in_paths().into_iter().chain(shipped.keys().cloned()).collect();
        let mut changes = BTreeMap::new();
        let mut edited_models = BTreeSet::new();
        for path in paths {
            let Some(own) = self.own(&path)?.filter(|own| built_in(&path).as_ref() != Some(own)) else { continue };
            let is_old = shipped.get(&path) == Some(&hash(&own));
            if !is_old {
                edited_models.extend(model_of(&path).map(str::to_owned));
            }
            changes.insert(path, if is_old { Change::Old } else { Change::Edited });
        }
        for (path, change) in &mut changes {
            if model_of(path).is_some_and(|model| edited_models.contains(model)) {
                *change = Change::Edited;
            }
        }
        Ok(changes)
    }

    /// How many files an older version shipped and nobody edited: `upgrade` renews them.
    pub fn old(&self) -> Result<usize, WorkspaceError> {
        Ok(self.changes()?.into_values().filter(|change| *change == Change::Old).count())
    }
}

/// The model that a file below `sql/` belongs to: its path without the ending.
fn model_of(path: &str) -> Option<&str> {
    path.strip_prefix("sql/")?.rsplit_once('.').map(|(model, _)| model)
}
