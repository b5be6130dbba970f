//! Finding the whole files in `landing/<feed>/`: what is skipped, what is still arriving.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset};
use law::contracts::Feed;

use super::IntakeError;
use super::manifest::MANIFEST;
use store::durable::At as _;

/// Endings under which transfer programs and browsers keep a file that they are still writing.
const UNFINISHED: [&str; 5] = [".tmp", ".part", ".partial", ".filepart", ".crdownload"];
/// What Office, Windows and macOS leave in every folder that somebody looks at; no table, and no fault of a sender.
const JUNK: [&str; 4] = ["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\u{fffd}"];

/// Whoever may land files may not make this program read others.
const LINK: &str = "it is a link; land the file itself";
const FOLDER: &str = "it is a folder; land the files in it one by one, each under a name of its own";
const NOT_UTF8: &str = "its name is not UTF-8 (unpacked from a Windows archive?); rename it";

/// What lies in a feed's folder.
#[derive(Debug, Default)]
pub(super) struct Landing {
    /// Files to look at, in the order of their names' bytes.
    pub files: Vec<Landed>,
    /// Hidden files, side files of Office, Windows and macOS, unfinished transfers, plain folders and what vanished
    /// meanwhile.
    pub skipped: u64,
}

/// One landed file as the folder shows it.
#[derive(Debug, Clone)]
pub(super) struct Landed {
    pub path: PathBuf,
    /// Its name as messages show it: without control characters.
    pub name: String,
    /// Its name as the ledger's cache knows it: no two files of a folder share one.
    pub key: String,
    pub stamp: Stamp,
    /// Why it cannot be opened at all, whatever is in it: its format, a folder, a link.
    pub fault: Option<String>,
}

/// Size and modification time: as long as both stay, nobody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub bytes: u64,
    /// Nanoseconds since 1970.
    pub modified_ns: i64,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Result<Self, IntakeError> {
        let metadata = std::fs::symlink_metadata(path).at(path)?;
        Ok(Self::in_metadata(&metadata))
    }

    fn in_metadata(metadata: &std::fs::Metadata) -> Self {
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let since = modified.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { bytes: metadata.len(), modified_ns: i64::try_from(since.as_nanos()).unwrap_or(i64::MAX) }
    }
}

/// Lists a feed's folder; a folder that is not there is empty.
pub(super) fn list(feed: Feed, folder: &Path) -> Result<Landing, IntakeError> {
    let mut landing = Landing::default();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(landing),
        entries => entries.at(folder)?,
    };
    for entry in entries {
        let entry = entry.at(folder)?;
        let (path, raw) = (entry.path(), entry.file_name());
        let (name, key) = names(&raw);
        let lower = name.to_lowercase();
        if lower.ends_with(MANIFEST) {
            continue;
        }
        let metadata = match entry.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                landing.skipped += 1;
                continue;
            }
            metadata => metadata.at(&path)?,
        };
        let is_junk = JUNK.contains(&lower.as_str()) || ["~$", "."].iter().any(|start| name.starts_with(start));
        let is_unfinished = is_junk || UNFINISHED.iter().any(|end| lower.ends_with(end));
        let wrong = wrong_format(feed, &name);
        let is_table = wrong.is_none();
        let fault = match metadata.file_type() {
            _ if is_unfinished => None,
            kind if kind.is_file() && raw.to_str().is_none() => Some(Some(NOT_UTF8.to_owned())),
            kind if kind.is_file() => Some(wrong),
            kind if kind.is_symlink() && is_table => Some(Some(LINK.to_owned())),
            kind if kind.is_dir() && is_table => Some(Some(FOLDER.to_owned())),
            _ => None,
        };
        match fault {
            None => landing.skipped += 1,
            Some(fault) => {
                landing.files.push(Landed { path, name, key, stamp: Stamp::in_metadata(&metadata), fault });
            }
        }
    }
    landing.files.sort_by(|a, b| a.key.as_bytes().cmp(b.key.as_bytes()));
    Ok(landing)
}

/// A file's name for people and for the cache. Offices' names may hold line ends, terminal codes, other encodings.
fn names(raw: &OsStr) -> (String, String) {
    let lossy = raw.to_string_lossy();
    let shown: String = lossy.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    let is_plain = raw.to_str() == Some(&shown);
    let key = if is_plain { shown.clone() } else { raw.as_encoded_bytes().escape_ascii().to_string() };
    (shown, key)
}

/// Why a feed does not take files with this ending, if it does not.
fn wrong_format(feed: Feed, name: &str) -> Option<String> {
    let ending = Path::new(name).extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let formats = feed.contract().formats;
    let is_known = |ending: &str| formats.iter().any(|format| format.endings().contains(&ending));
    if ending.as_deref().is_some_and(is_known) {
        return None;
    }
    let usual = formats.iter().filter_map(|format| format.endings().first());
    let known: Vec<String> = usual.map(|ending| format!(".{ending}")).collect();
    let found = ending.map_or_else(|| "no ending".to_owned(), |ending| format!(".{ending}"));
    Some(format!("{feed} come as {}, this file has {found}", known.join(" or ")))
}

/// Why a file whose bytes no manifest names is too young to be whole, if it is. One from the future is as old as it will
/// ever be: its clock is wrong.
pub(super) fn too_young(stamp: Stamp, quiet_seconds: u64, now: DateTime<FixedOffset>) -> Option<String> {
    let age = now.timestamp_nanos_opt().unwrap_or(i64::MAX).saturating_sub(stamp.modified_ns);
    let quiet = i64::try_from(quiet_seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000_000);
    let is_young = age < quiet && age > quiet.saturating_neg();
    is_young.then(|| format!("changed less than {quiet_seconds} s ago"))
}
