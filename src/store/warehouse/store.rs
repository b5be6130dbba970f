//! Reading and committing versions; where the files lie in a bucket, bringing them here and there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use law::config::WarehouseSettings;

use super::version::FORMAT;
use super::{FileEntry, Storage, Version, WarehouseError};
use crate::durable::{self, At as _};

/// A warehouse folder: data files, and `versions/<n>.json` naming those that count.
///
/// Where the warehouse is shared through a bucket, the bucket says what is committed, and the folder is a full copy of
/// the newest version: what reads files reads them here, and a commit sends there first what is new.
#[derive(Debug)]
pub struct Warehouse {
    root: PathBuf,
    storage: Storage,
    buckets: u16,
}

impl Warehouse {
    /// Opens the warehouse below `root`, which must exist; `buckets` is used until the first commit.
    pub fn open(root: &Path, buckets: u16) -> Result<Self, WarehouseError> {
        let storage = Storage::open(&root.to_string_lossy())?;
        Ok(Self { root: root.to_owned(), storage, buckets })
    }

    /// Opens the warehouse where the settings want it.
    pub fn of(root: &Path, settings: &WarehouseSettings) -> Result<Self, WarehouseError> {
        match settings.storage.as_str() {
            "" => Self::open(root, settings.buckets),
            location => Self::open_shared(root, settings.buckets, location),
        }
    }

    /// Opens a warehouse whose versions and files lie at `location` (`s3://bucket/prefix`), with a copy below `root`.
    pub fn open_shared(root: &Path, buckets: u16, location: &str) -> Result<Self, WarehouseError> {
        Ok(Self { root: root.to_owned(), storage: Storage::open(location)?, buckets })
    }

    /// The folder below which every path of a version lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the files lie for all machines.
    #[must_use]
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Where a file of a version lies on disk.
    #[must_use]
    pub fn path(&self, file: &FileEntry) -> PathBuf {
        self.root.join(&file.path)
    }

    /// The newest version, all its files at hand; number 0 and empty when nothing was ever committed.
    pub async fn current(&self) -> Result<Version, WarehouseError> {
        let mut number = 0;
        // Numbers have no gaps, so the newest is found without a listing, by doubling and halving.
        let mut step = 1;
        while self.exists(number + step).await? {
            number += step;
            step *= 2;
        }
        while step > 0 {
            if self.exists(number + step).await? {
                number += step;
            }
            step /= 2;
        }
        let version = self.version(number).await?;
        self.bring(&version).await?;
        Ok(version)
    }

    pub async fn version(&self, number: u64) -> Result<Version, WarehouseError> {
        if number == 0 {
            return Ok(Version { buckets: self.buckets, ..Version::default() });
        }
        let path = version_path(number);
        let damaged = |why: String| WarehouseError::Damaged { file: self.root.join(&path).display().to_string(), why };
        let bytes = self.storage.read(&path).await?.ok_or_else(|| damaged("it is missing".to_owned()))?;
        if bytes.is_empty() {
            return Err(damaged("it is empty".to_owned()));
        }
        if let Some(why) = crate::newer(crate::format_of(&bytes), FORMAT) {
            return Err(WarehouseError::Newer { file: path, why });
        }
        let version: Version = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if version.number == number { Ok(version) } else { Err(damaged("it carries another number".to_owned())) }
    }

    /// Commits the next version; from here on readers see it. The disk has every file of it before it has the version,
    /// and the version before this returns.
    ///
    /// # Errors
    /// [`WarehouseError::Conflict`] when another run was faster; nothing is changed then.
    pub async fn commit(&self, version: &Version) -> Result<(), WarehouseError> {
        let json = serde_json::to_vec_pretty(version)
            .map_err(|error| WarehouseError::Damaged { file: version_path(version.number), why: error.to_string() })?;
        let before = self.version(version.number.saturating_sub(1)).await?;
        let known: BTreeSet<&str> = before.files.iter().map(|file| file.path.as_str()).collect();
        let new = version.files.iter().filter(|file| !known.contains(file.path.as_str()));
        if self.storage.folder().is_some() {
            self.sync_folders(new)?;
        } else {
            self.send(new).await?;
        }
        if self.storage.create(&version_path(version.number), json).await? {
            Ok(())
        } else {
            Err(WarehouseError::Conflict(version.number))
        }
    }

    /// Puts the version files and everything that the newest of them names below another root as well, without
    /// copying bytes where the disk allows: no file of a version is ever written again.
    pub fn link_into(&self, root: &Path, version: &Version) -> Result<(), WarehouseError> {
        let versions = (1..=version.number).map(version_path);
        for path in versions.chain(version.files.iter().map(|file| file.path.clone())) {
            let (from, to) = (self.root.join(&path), root.join(&path));
            // Another version has put it there.
            if to.exists() {
                continue;
            }
            let put = to.parent().map_or(Ok(()), fs::create_dir_all);
            put.and_then(|()| fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(drop))).at(&from)?;
        }
        Ok(())
    }

    /// Waits until the disk has the names of new files; whoever wrote them has waited for their bytes.
    fn sync_folders<'a>(&self, new: impl Iterator<Item = &'a FileEntry>) -> Result<(), WarehouseError> {
        let paths: Vec<&Path> = new.map(|file| Path::new(&file.path)).collect();
        let folders: BTreeSet<&Path> = paths.iter().flat_map(|path| path.ancestors().skip(1)).collect();
        for folder in folders {
            durable::sync(&self.root.join(folder))?;
        }
        Ok(())
    }

    /// Sends new files to the bucket.
    async fn send(&self, new: impl Iterator<Item = &FileEntry>) -> Result<(), WarehouseError> {
        for file in new {
            if !self.storage.holds(&file.path, &file.sha256).await? {
                self.storage.adopt(&self.path(file), &file.path, &file.sha256).await?;
            }
        }
        Ok(())
    }

    /// Copies from the bucket the version files up to a version, and those of its own files that are not here.
    ///
    /// # Errors
    /// When storage fails, the disk is full, or a file is not the one that was committed.
    pub async fn bring(&self, version: &Version) -> Result<(), WarehouseError> {
        if self.storage.folder().is_some() {
            return Ok(());
        }
        for number in 1..=version.number {
            let path = self.root.join(version_path(number));
            if !path.exists() {
                self.storage.copy(&version_path(number), &path).await?;
            }
        }
        for file in &version.files {
            let path = self.path(file);
            if !fs::metadata(&path).is_ok_and(|here| here.len() == file.bytes) {
                self.storage.fetch(&file.path, &path, &file.sha256).await?;
            }
        }
        Ok(())
    }

    async fn exists(&self, number: u64) -> Result<bool, WarehouseError> {
        self.storage.exists(&version_path(number)).await
    }
}

fn version_path(number: u64) -> String {
    format!("versions/{number}.json")
}
