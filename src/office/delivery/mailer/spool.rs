//! Into a folder: one `.eml` per letter, for whoever carries mail out of a closed network.
//!
//! Whoever carries a file on moves it into `taken/` and deletes it only later: a run that was killed while it wrote
//! looks for the file in both folders before it writes again.

use std::fs;
use std::path::{Path, PathBuf};

use store::durable::{self, At as _, Readers};
use store::ledger::Letter;

use crate::delivery::dispatch::{Attempt, Transport};
use crate::delivery::error::DeliveryError;
use crate::delivery::machine::Outcome;

#[derive(Debug)]
pub struct SpoolTransport {
    folder: PathBuf,
}

impl SpoolTransport {
    /// Makes the folder where it is not there.
    pub fn open(folder: &Path) -> Result<Self, DeliveryError> {
        fs::create_dir_all(folder.join("taken")).at(folder)?;
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
        match durable::write(&self.folder.join(&name), bytes, Readers::Usual) {
            Ok(()) => Attempt::new(Outcome::Accepted, name),
            // After a failed fsync nobody knows what is on disk; the next run looks.
            Err(error) => Attempt::new(Outcome::Unclear, format!("{name}: {}", error.source)),
        }
    }

    async fn lookup(&self, message_id: &str) -> Option<bool> {
        Some(self.there(&Self::name(message_id)?).is_some())
    }
}
