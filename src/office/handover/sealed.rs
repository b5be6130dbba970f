//! A sealed list's folder, read as its manifest says. The manifest must be the one that the ledger knows, and a file is
//! given out only if the manifest names it and its bytes are the ones that were sealed. Whatever else lies in the folder
//! goes nowhere.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use law::domain::hex;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::durable::At as _;
use store::keys::Signature;
use store::ledger::SealedList;

use super::error::HandoverError;

const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.sig";

#[derive(Debug, Deserialize)]
struct Stated {
    files: Vec<StatedFile>,
}

#[derive(Debug, Deserialize)]
struct StatedFile {
    name: String,
    sha256: String,
}

/// A list's folder whose manifest is the sealed one.
#[derive(Debug)]
pub(crate) struct Sealed {
    folder: PathBuf,
    manifest: Vec<u8>,
    stated: Stated,
}

impl Sealed {
    pub(crate) fn open(folder: &Path, list: &SealedList) -> Result<Self, HandoverError> {
        let path = folder.join(MANIFEST);
        let manifest = read(&path)?;
        let is_sealed = hex(&Sha256::digest(&manifest)) == list.manifest_sha256;
        let stated = serde_json::from_slice(&manifest).ok().filter(|_| is_sealed);
        let stated = stated.ok_or(HandoverError::Changed { path })?;
        Ok(Self { folder: folder.to_owned(), manifest, stated })
    }

    /// The manifest's bytes.
    pub(crate) fn manifest(&self) -> &[u8] {
        &self.manifest
    }

    /// The bytes of one file that the manifest names.
    pub(crate) fn file(&self, name: &str) -> Result<Vec<u8>, HandoverError> {
        let path = self.folder.join(name);
        let stated = self.stated.files.iter().find(|file| file.name == name);
        let bytes = read(&path)?;
        match stated {
            Some(stated) if hex(&Sha256::digest(&bytes)) == stated.sha256 => Ok(bytes),
            _ => Err(HandoverError::Changed { path }),
        }
    }

    /// Compares every file with what was sealed.
    pub(crate) fn check(&self) -> Result<(), HandoverError> {
        self.stated.files.iter().try_for_each(|file| self.file(&file.name).map(|_| ()))
    }

    /// Gives every file of the list by name, the manifest and its signature with them, in the names' order. One file's
    /// bytes are in memory at a time, and they are those that were compared.
    pub(crate) fn each(
        &self,
        mut take: impl FnMut(&str, &[u8]) -> Result<(), HandoverError>,
    ) -> Result<(), HandoverError> {
        let mut names: Vec<&str> = self.stated.files.iter().map(|file| file.name.as_str()).collect();
        names.extend([MANIFEST, SIGNATURE]);
        names.sort_unstable();
        for name in names {
            match name {
                MANIFEST => take(name, &self.manifest)?,
                SIGNATURE => take(name, &self.signature()?)?,
                _ => take(name, &self.file(name)?)?,
            }
        }
        Ok(())
    }

    /// No hash of it was kept, so it must at least be a signature and nothing else. Whose it is, `verify` tells the office.
    fn signature(&self) -> Result<Vec<u8>, HandoverError> {
        let path = self.folder.join(SIGNATURE);
        let bytes = read(&path)?;
        if serde_json::from_slice::<Signature>(&bytes).is_ok() {
            Ok(bytes)
        } else {
            Err(HandoverError::Changed { path })
        }
    }
}

/// A sealed file that is gone was changed, too.
fn read(path: &Path) -> Result<Vec<u8>, HandoverError> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(HandoverError::Changed { path: path.to_owned() }),
        read => Ok(read.at(path)?),
    }
}
