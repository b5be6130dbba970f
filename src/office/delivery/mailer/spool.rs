//! Into a folder: one `.eml` per letter, for whoever carries mail out of a closed network.
//!
//! Whoever carries a file on moves it into `taken/` and deletes it only later: a run that was killed while it wrote
//! looks for the file in both folders before it writes again.

use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use store::ledger::Letter;

use crate::delivery::{Attempt, DeliveryError, Outcome, Transport};

#[derive(Debug)]
pub struct SpoolTransport {
    folder: PathBuf,
}

impl SpoolTransport {
    /// Makes the folder where it is not there.
    pub fn open(folder: &Path) -> Result<Self, DeliveryError> {
        fs::create_dir_all(folder.join("taken")).map_err(DeliveryError::io(folder))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Names hold only the hash of a Message-ID.
    fn name(message_id: &str) -> Option<String> {
        let hash = message_id.split('@').next().filter(|hash| hash.bytes().all(|b| b.is_ascii_hexdigit()));
        hash.filter(|hash| !hash.is_empty()).map(|hash| format!("{hash}.eml"))
    }

    fn there(&self, name: &str) -> Option<PathBuf> {
        [self.folder.join(name), self.folder.join("taken").join(name)].into_iter().find(|path| path.exists())
    }

    /// Writes aside, forces it to disk, gives it its name, forces that to disk.
    fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        let aside = self.folder.join(format!(".{name}.part"));
        let mut file = File::create(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, self.folder.join(name))?;
        File::open(&self.folder)?.sync_all()
    }
}

impl Transport for SpoolTransport {
    async fn send(&self, letter: &Letter, bytes: &[u8]) -> Attempt {
        let Some(name) = Self::name(&letter.message_id) else {
            return Attempt::new(Outcome::Rejected, "the Message-ID is no hash");
        };
        if let Some(path) = self.there(&name) {
            return match fs::read(path) {
                Ok(known) if known == bytes => Attempt::new(Outcome::Accepted, format!("{name} was there")),
                _ => Attempt::new(Outcome::Rejected, format!("{name} is there with other bytes")),
            };
        }
        match self.write(&name, bytes) {
            Ok(()) => Attempt::new(Outcome::Accepted, name),
            // After a failed fsync nobody knows what is on disk; the next run looks.
            Err(error) => Attempt::new(Outcome::Unclear, format!("{name}: {error}")),
        }
    }

    async fn lookup(&self, message_id: &str) -> Option<bool> {
        Some(self.there(&Self::name(message_id)?).is_some())
    }
}
