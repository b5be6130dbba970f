//! Finding the whole files in `landing/<feed>/`: what is skipped, what is still arriving, what a manifest promises.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset};
use law::contracts::{Feed, Format, Tally};
use law::domain::Fen;
use serde::Deserialize;

use super::IntakeError;
use store::durable::At as _;

/// Endings under which transfer programs and browsers keep a file that they are still writing.
const UNFINISHED: [&str; 5] = [".tmp", ".part", ".partial", ".filepart", ".crdownload"];
const MANIFEST: &str = ".manifest.json";
/// A manifest is read by the run itself, so it must be small.
const MANIFEST_BYTES: u64 = 64 << 10;

/// Whoever may land files may not make this program read others.
const LINK: &str = "it is a link; land the file itself";
const FOLDER: &str = "it is a folder; land the files in it one by one, each under a name of its own";
const NOT_UTF8: &str = "its name is not UTF-8 (unpacked from a Windows archive?); rename it";

/// What lies in a feed's folder.
#[derive(Debug, Default)]
pub(super) struct Landing {
    /// Files to look at, in the order of their names' bytes.
    pub files: Vec<Landed>,
    /// Hidden files, macOS twins, unfinished transfers, plain folders and what vanished meanwhile.
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
        let is_unfinished = name.starts_with('.') || UNFINISHED.iter().any(|end| lower.ends_with(end));
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
    let endings = formats.iter().map(|format| match format {
        Format::Parquet => "parquet",
        Format::Csv => "csv",
        Format::Xlsx => "xlsx",
    });
    if ending.as_deref().is_some_and(|ending| endings.clone().any(|known| known == ending)) {
        return None;
    }
    let known: Vec<String> = endings.map(|ending| format!(".{ending}")).collect();
    let found = ending.map_or_else(|| "no ending".to_owned(), |ending| format!(".{ending}"));
    Some(format!("{feed} come as {}, this file has {found}", known.join(" or ")))
}

/// What a sender promises about a file, in `<file>.manifest.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    rows: Option<u64>,
    bytes: Option<u64>,
    control_fen: Option<i128>,
    control_yuan: Option<String>,
    sha256: Option<String>,
}

impl Manifest {
    /// The file's manifest; the error text says why it cannot be used yet.
    pub(super) fn of(file: &Landed) -> Result<Option<Self>, String> {
        let mut path = file.path.clone().into_os_string();
        path.push(MANIFEST);
        let mut bytes = Vec::new();
        let read = File::open(Path::new(&path)).and_then(|file| file.take(MANIFEST_BYTES + 1).read_to_end(&mut bytes));
        match read {
            // A file whose name leaves no room for a manifest's has none.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename) => Ok(None),
            Err(error) => Err(format!("its manifest cannot be read ({error})")),
            Ok(read) if read as u64 > MANIFEST_BYTES => Err("its manifest is larger than 64 KiB".to_owned()),
            Ok(_) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| format!("its manifest is not whole, or not JSON as agreed ({error})")),
        }
    }

    /// What differs between the promise and the bytes.
    pub(super) fn differs_in_bytes(&self, bytes: u64, sha256: &str) -> Option<String> {
        if let Some(promised) = self.bytes.filter(|promised| *promised != bytes) {
            return Some(format!("its manifest says {promised} bytes, {bytes} are here"));
        }
        let other = self.sha256.as_ref().is_some_and(|promised| !promised.eq_ignore_ascii_case(sha256));
        other.then(|| "its bytes do not have the SHA-256 of its manifest".to_owned())
    }

    /// What differs between the promise and the rows.
    pub(super) fn differs_in_rows(&self, read: Tally) -> Option<String> {
        if let Some(promised) = self.rows.filter(|promised| *promised != read.rows) {
            return Some(format!("its manifest says {promised} rows, {} are here", read.rows));
        }
        let yuan = self.control_yuan.as_ref().map(|yuan| Fen::parse(yuan).map(Fen::unscaled));
        let promised = match (self.control_fen, yuan) {
            (Some(fen), _) | (None, Some(Ok(fen))) => fen,
            (None, Some(Err(error))) => return Some(format!("control_yuan in its manifest: {error}")),
            (None, None) => return None,
        };
        (promised != read.fen).then(|| format!("its manifest says {promised} fen in all, {} are here", read.fen))
    }
}

/// Why a file without a manifest is too young to be whole, if it is.
pub(super) fn too_young(stamp: Stamp, quiet_seconds: u64, now: DateTime<FixedOffset>) -> Option<String> {
    let age = now.timestamp_nanos_opt().unwrap_or(i64::MAX).saturating_sub(stamp.modified_ns);
    let quiet = i64::try_from(quiet_seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000_000);
    (quiet > 0 && age < quiet).then(|| format!("changed less than {quiet_seconds} s ago"))
}
