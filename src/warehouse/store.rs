//! Reading and committing versions through `object_store`.

use std::path::{Path, PathBuf};

use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use super::{FileEntry, Version, WarehouseError};

/// A warehouse folder: data files, and `versions/<n>.json` naming those that count.
#[derive(Debug)]
pub struct Warehouse {
    root: PathBuf,
    store: LocalFileSystem,
    buckets: u16,
}

impl Warehouse {
    /// Opens the warehouse below `root`, which must exist; `buckets` is used until the first commit.
    ///
    /// # Errors
    /// When the folder cannot be reached.
    pub fn open(root: &Path, buckets: u16) -> Result<Self, WarehouseError> {
        let store = LocalFileSystem::new_with_prefix(root)?;
        Ok(Self { root: root.to_owned(), store, buckets })
    }

    /// The folder below which every path of a version lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file of a version lies on disk.
    #[must_use]
    pub fn path(&self, file: &FileEntry) -> PathBuf {
        self.root.join(&file.path)
    }

    /// The newest version; number 0 and empty when nothing was ever committed.
    ///
    /// # Errors
    /// When a version file is damaged or storage fails.
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
        self.version(number).await
    }

    /// One version by number.
    ///
    /// # Errors
    /// When it does not exist or is damaged.
    pub async fn version(&self, number: u64) -> Result<Version, WarehouseError> {
        if number == 0 {
            return Ok(Version { buckets: self.buckets, ..Version::default() });
        }
        let bytes = self.store.get(&version_path(number)).await?.bytes().await?;
        let damaged = |why: String| WarehouseError::Damaged { file: version_path(number).to_string(), why };
        let version: Version = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if version.number == number { Ok(version) } else { Err(damaged("it carries another number".to_owned())) }
    }

    /// Commits the next version; from here on readers see it.
    ///
    /// # Errors
    /// [`WarehouseError::Conflict`] when another run was faster; nothing is changed then.
    pub async fn commit(&self, version: &Version) -> Result<(), WarehouseError> {
        let json = serde_json::to_vec_pretty(version).map_err(|error| WarehouseError::Damaged {
            file: version_path(version.number).to_string(),
            why: error.to_string(),
        })?;
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&version_path(version.number), PutPayload::from(json), create).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => Err(WarehouseError::Conflict(version.number)),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts the version files and everything that the newest of them names below another root as well, without
    /// copying bytes where the disk allows: no file of a version is ever written again.
    ///
    /// # Errors
    /// When a file cannot be put there.
    pub fn link_into(&self, root: &Path, version: &Version) -> Result<(), WarehouseError> {
        let versions = (1..=version.number).map(|number| version_path(number).to_string());
        for path in versions.chain(version.files.iter().map(|file| file.path.clone())) {
            let (from, to) = (self.root.join(&path), root.join(&path));
            let put = to.parent().map_or(Ok(()), std::fs::create_dir_all);
            let put =
                put.and_then(|()| std::fs::hard_link(&from, &to).or_else(|_| std::fs::copy(&from, &to).map(drop)));
            put.map_err(|source| WarehouseError::Link { path: from, source })?;
        }
        Ok(())
    }

    async fn exists(&self, number: u64) -> Result<bool, WarehouseError> {
        match self.store.head(&version_path(number)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn version_path(number: u64) -> ObjectPath {
    ObjectPath::from(format!("versions/{number}.json"))
}
