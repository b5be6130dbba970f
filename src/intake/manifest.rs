//! What a sender promises about a file, in `<file>.manifest.json`.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use law::arrivals::Sender;
use law::contracts::{Feed, Tally};
use law::domain::Fen;
use serde::Deserialize;

/// The ending of a manifest's name, behind the whole name of its file.
pub(super) const MANIFEST: &str = ".manifest.json";
/// A manifest is read by the run itself, so it must be small.
const MANIFEST_BYTES: u64 = 64 << 10;

/// The promise about one file.
#[derive(Debug, Clone, Default)]
pub(super) struct Manifest {
    promise: Promise,
    /// Why no file could keep the promise, if none could: waiting will not mend it.
    pub fault: Option<String>,
}

/// The manifest's text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Promise {
    rows: Option<u64>,
    bytes: Option<u64>,
    control_fen: Option<i128>,
    control_yuan: Option<String>,
    sha256: Option<String>,
}

/// Why a file waits for the manifest that its sender has agreed to, if it does.
pub(super) fn lacking(senders: &[Sender], feed: Feed, name: &str, manifest: Option<&Manifest>) -> Option<String> {
    if manifest.is_some_and(|manifest| manifest.promise.sha256.is_some()) {
        return None;
    }
    let sender = &Sender::requiring_manifest(senders, feed, name)?.name;
    let (lacks, in_chinese) = match manifest {
        Some(_) => ("its manifest states no sha256", "清单文件未写明sha256"),
        None => ("it has no manifest", "缺少清单文件"),
    };
    Some(format!(
        "{lacks}; by pipelines/tables/senders.csv each file of {sender} comes with {name}{MANIFEST}, which states its \
         sha256（{in_chinese}，请随文件报送{name}{MANIFEST}，其中写明该文件的sha256）"
    ))
}

impl Manifest {
    /// The manifest of a landed file; the error text says why it cannot be used yet.
    pub(super) fn of(file: &Path) -> Result<Option<Self>, String> {
        let mut path = file.as_os_str().to_owned();
        path.push(MANIFEST);
        let path = Path::new(&path);
        let is_plain = match std::fs::symlink_metadata(path) {
            // A file whose name leaves no room for a manifest's has none.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename) => return Ok(None),
            metadata => metadata.map(|metadata| metadata.is_file()),
        };
        let unreadable = |error: std::io::Error| format!("its manifest cannot be read ({error})");
        if !is_plain.map_err(unreadable)? {
            return Ok(Some(Self::wrong("its manifest is a link, a folder or a pipe; land a plain file".to_owned())));
        }
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MANIFEST_BYTES + 1).read_to_end(&mut bytes));
        if read.map_err(unreadable)? as u64 > MANIFEST_BYTES {
            return Err("its manifest is larger than 64 KiB".to_owned());
        }
        match serde_json::from_slice::<Promise>(&bytes) {
            Ok(promise) => Ok(Some(Self::checked(promise))),
            // Whole JSON that says something else than agreed is no half-written file.
            Err(error) if error.is_data() => {
                Ok(Some(Self::wrong(format!("its manifest does not say what was agreed ({error})"))))
            }
            Err(error) => Err(format!("its manifest is not whole, or not JSON ({error})")),
        }
    }

    fn wrong(fault: String) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    fn checked(promise: Promise) -> Self {
        let yuan = promise.control_yuan.as_ref().map(|yuan| Fen::parse(yuan));
        let fault = match yuan {
            Some(Err(error)) => Some(format!("control_yuan in its manifest: {error}; write e.g. \"60000.00\"")),
            _ => None,
        };
        Self { promise, fault }
    }

    /// Whether it names the bytes, so that they need no time to be known as whole.
    pub(super) fn names_bytes(&self) -> bool {
        self.promise.bytes.is_some() && self.promise.sha256.is_some()
    }

    /// What differs between the promise and the bytes.
    pub(super) fn differs_in_bytes(&self, bytes: u64, sha256: &str) -> Option<String> {
        if let Some(promised) = self.promise.bytes.filter(|promised| *promised != bytes) {
            return Some(format!("its manifest says {promised} bytes, {bytes} are here"));
        }
        let other = self.promise.sha256.as_ref().is_some_and(|promised| !promised.eq_ignore_ascii_case(sha256));
        other.then(|| "its bytes do not have the SHA-256 of its manifest".to_owned())
    }

    /// What differs between the promise and the rows.
    pub(super) fn differs_in_rows(&self, read: Tally) -> Option<String> {
        if let Some(promised) = self.promise.rows.filter(|promised| *promised != read.rows) {
            return Some(format!("its manifest says {promised} rows, {} are here", read.rows));
        }
        let yuan = self.promise.control_yuan.as_ref().and_then(|yuan| Fen::parse(yuan).ok());
        let promised = self.promise.control_fen.or(yuan.map(Fen::unscaled))?;
        (promised != read.fen).then(|| format!("its manifest says {promised} fen in all, {} are here", read.fen))
    }
}
