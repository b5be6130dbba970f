//! Pipelines, policies, tables and SQL models: the workspace's copy if there is one, else the built-in one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;

use super::WorkspaceError;
use crate::durable::At as _;

// Release builds carry the files; debug builds read them from the checkout that they were built in.
#[derive(RustEmbed)]
#[folder = "../../sql/"]
#[prefix = "sql/"]
struct Models;

#[derive(RustEmbed)]
#[folder = "../../pipelines/"]
#[prefix = "pipelines/"]
struct Pipelines;

/// Where an asset's text came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A file in the workspace.
    Workspace,
    BuiltIn,
}

/// One file that people may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its text; a byte-order mark and carriage returns are taken off.
    pub text: String,
    pub origin: Origin,
}

/// The assets of one workspace.
#[derive(Debug, Clone)]
pub struct Assets {
    root: PathBuf,
    /// Texts that were kept, in place of the workspace's files.
    kept: Option<BTreeMap<String, String>>,
}

impl Assets {
    /// The assets of the workspace at `root`; a folder that does not exist has the built-in ones only.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), kept: None }
    }

    /// Texts by path in place of a workspace's files.
    pub(super) fn kept(root: &Path, texts: BTreeMap<String, String>) -> Self {
        Self { root: root.to_owned(), kept: Some(texts) }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The workspace's own text, where it has one.
    pub(super) fn own(&self, path: &str) -> Result<Option<String>, WorkspaceError> {
        if let Some(kept) = &self.kept {
            return Ok(kept.get(path).cloned());
        }
        let own = self.root.join(path);
        match std::fs::read_to_string(&own) {
            Ok(text) => Ok(Some(normalised(&text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Ok(Err(error).at(&own)?),
        }
    }

    /// The text that this program ships under a path.
    #[must_use]
    pub fn shipped(path: &str) -> Option<String> {
        built_in(path)
    }

    /// Reads an asset by its path below the workspace, e.g. `sql/marts/referral_rows.sql`.
    pub fn read(&self, path: &str) -> Result<Asset, WorkspaceError> {
        let own = self.own(path)?.map(|text| Asset { text, origin: Origin::Workspace });
        own.or_else(|| built_in(path).map(|text| Asset { text, origin: Origin::BuiltIn }))
            .ok_or_else(|| WorkspaceError::NoAsset { path: path.to_owned() })
    }

    /// The paths of all assets below a folder such as `sql/rules/`, built in or not, sorted.
    #[must_use]
    pub fn list(&self, folder: &str) -> Vec<String> {
        let mut paths: BTreeSet<String> = built_in_paths().into_iter().filter(|p| p.starts_with(folder)).collect();
        match &self.kept {
            Some(kept) => paths.extend(kept.keys().cloned()),
            None => ["sql", "pipelines"].into_iter().for_each(|top| collect(&self.root, top, &mut paths)),
        }
        paths.into_iter().filter(|path| path.starts_with(folder)).collect()
    }

    /// The names of all policies.
    #[must_use]
    pub fn policies(&self) -> Vec<String> {
        let paths = self.list("pipelines/policies/");
        let stem = |path: &String| path.strip_prefix("pipelines/policies/")?.strip_suffix(".toml").map(str::to_owned);
        paths.iter().filter_map(stem).collect()
    }
}

/// Reads a file of the same kind that lies anywhere, e.g. a draft of a policy.
pub fn read_outside(path: &Path) -> Result<String, WorkspaceError> {
    Ok(normalised(&std::fs::read_to_string(path).at(path)?))
}

/// All built-in paths, sorted.
pub(super) fn built_in_paths() -> Vec<String> {
    let paths: BTreeSet<String> = Models::iter().chain(Pipelines::iter()).map(Cow::into_owned).collect();
    paths.into_iter().filter(|path| is_asset(path)).collect()
}

/// The text of a built-in asset.
pub(super) fn built_in(path: &str) -> Option<String> {
    let file = Models::get(path).or_else(|| Pipelines::get(path))?;
    std::str::from_utf8(&file.data).ok().map(normalised)
}

/// Editors on Windows add marks and carriage returns; hashes and line numbers must not depend on them.
pub(super) fn normalised(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n")
}

/// Whether a file is one that the program reads; notes and editors' leftovers are not.
fn is_asset(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !name.starts_with('.') && [".sql", ".toml", ".csv", ".yaml"].iter().any(|kind| name.ends_with(kind))
}

fn collect(root: &Path, folder: &str, paths: &mut BTreeSet<String>) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() {
            collect(root, &path, paths);
        } else if is_asset(&path) {
            paths.insert(path);
        }
    }
}
