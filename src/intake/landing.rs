//! Finding the whole files in `landing/<feed>/`: what is skipped, what is still arriving, what a manifest promises.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset};
use serde::Deserialize;

use super::IntakeError;
use crate::contracts::{Feed, Format, Tally};
use crate::domain::Fen;

/// Endings under which transfer programs and browsers keep a file that they are still writing.
const UNFINISHED: [&str; 5] = [".tmp", ".part", ".partial", ".filepart", ".crdownload"];
const MANIFEST: &str = ".manifest.json";

/// What lies in a feed's folder.
#[derive(Debug, Default)]
pub(super) struct Landing {
    /// Files to look at, in the order of their names' bytes.
    pub files: Vec<Landed>,
    /// Hidden files, macOS twins, unfinished transfers and folders.
    pub skipped: u64,
}

/// One landed file as the folder shows it.
#[derive(Debug, Clone)]
pub(super) struct Landed {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// Size and modification time.
    pub stamp: Stamp,
}

/// Size and modification time: as long as both stay, nobody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Size in bytes.
    pub bytes: u64,
    /// Nanoseconds since 1970.
    pub modified_ns: i64,
}

impl Stamp {
    /// The file's stamp now.
    pub(super) fn of(path: &Path) -> Result<Self, IntakeError> {
        let metadata = std::fs::metadata(path).map_err(IntakeError::io(path))?;
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let since = modified.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Ok(Self { bytes: metadata.len(), modified_ns: i64::try_from(since.as_nanos()).unwrap_or(i64::MAX) })
    }
}

/// Lists a feed's folder; a folder that is not there is empty.
pub(super) fn list(folder: &Path) -> Result<Landing, IntakeError> {
    let mut landing = Landing::default();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(landing),
        entries => entries.map_err(IntakeError::io(folder))?,
    };
    for entry in entries {
        let entry = entry.map_err(IntakeError::io(folder))?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let lower = name.to_lowercase();
        if lower.ends_with(MANIFEST) {
            continue;
        }
        if name.starts_with('.') || UNFINISHED.iter().any(|end| lower.ends_with(end)) || !path.is_file() {
            landing.skipped += 1;
            continue;
        }
        let stamp = Stamp::of(&path)?;
        landing.files.push(Landed { path, name, stamp });
    }
    landing.files.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
    Ok(landing)
}

/// Why a feed does not take files with this ending, if it does not.
pub(super) fn wrong_format(feed: Feed, name: &str) -> Option<String> {
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
        match std::fs::read(Path::new(&path)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("its manifest cannot be read ({error})")),
            Ok(bytes) => serde_json::from_slice(&bytes)
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
