//! Where a warehouse's files lie for all machines: a folder that all of them mount at a place of their own, or a
//! bucket of S3-compatible storage. Credentials come from the environment of the process and stand in no plan.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;
use law::domain::hex;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{
    Attribute, AttributeValue, Attributes, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
};
use sha2::{Digest, Sha256};

use super::WarehouseError;
use crate::durable::{self, At as _, Readers};

/// Files by their paths below the warehouse's root, with forward slashes.
#[derive(Debug, Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    /// Where it lies for this machine; a bucket has no such place.
    folder: Option<PathBuf>,
}

impl Storage {
    /// A folder, which must exist, or `s3://bucket/prefix`.
    pub fn open(location: &str) -> Result<Self, WarehouseError> {
        if location.contains("://") {
            return open_bucket(location.trim_end_matches('/'));
        }
        let folder = PathBuf::from(location);
        if !folder.is_dir() {
            return Err(WarehouseError::Unknown(location.to_owned()));
        }
        Ok(Self { store: Arc::new(LocalFileSystem::new_with_prefix(&folder)?), folder: Some(folder) })
    }

    /// The folder below which every path lies; a bucket has none.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// A small file; `None` where there is none.
    pub async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, WarehouseError> {
        match self.store.get(&ObjectPath::from(path)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(|error| self.failed(error))?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Whether there is such a file.
    pub async fn exists(&self, path: &str) -> Result<bool, WarehouseError> {
        match self.store.head(&ObjectPath::from(path)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Writes a small file that must not be there yet; `false` when it was. Once this returns, no power cut takes it
    /// back.
    pub async fn create(&self, path: &str, bytes: Vec<u8>) -> Result<bool, WarehouseError> {
        if let Some(folder) = self.folder() {
            let path = folder.join(path);
            durable::make_folder(path.parent().unwrap_or(folder))?;
            return Ok(durable::create_new(&path, &bytes, Readers::Usual)?);
        }
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&ObjectPath::from(path), PutPayload::from(bytes), create).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Takes over a finished file of this machine under its final name: moved within a folder (the commit that names
    /// it waits for the disk), copied to a bucket. There it keeps its hash beside it, so that [`Self::holds`] need not
    /// read it.
    pub async fn adopt(&self, finished: &Path, path: &str, sha256: &str) -> Result<(), WarehouseError> {
        if let Some(folder) = self.folder() {
            let to = folder.join(path);
            return Ok(fs::rename(finished, &to).at(&to)?);
        }
        let bytes = fs::read(finished).at(finished)?;
        let mut attributes = Attributes::new();
        attributes.insert(HASH, AttributeValue::from(sha256.to_owned()));
        let options = PutOptions { attributes, ..PutOptions::default() };
        let put = self.store.put_opts(&ObjectPath::from(path), PutPayload::from(bytes), options).await;
        put.map(drop).map_err(|error| self.failed(error))
    }

    /// Whether a bucket holds a file with that hash.
    pub async fn holds(&self, path: &str, sha256: &str) -> Result<bool, WarehouseError> {
        let head = GetOptions { head: true, ..GetOptions::default() };
        match self.store.get_opts(&ObjectPath::from(path), head).await {
            Ok(found) => Ok(found.attributes.get(&HASH).is_some_and(|hash| hash.as_ref() == sha256)),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Copies a file of a bucket to this machine; it appears under its name only when whole and as it should be.
    pub async fn fetch(&self, path: &str, to: &Path, sha256: &str) -> Result<(), WarehouseError> {
        let partial = to.with_extension("partial");
        if self.receive(path, &partial).await? != sha256 {
            return Err(changed(to));
        }
        Ok(durable::publish(&partial, to)?)
    }

    /// The same for a file whose hash is not known, but may stand beside it.
    pub async fn copy(&self, path: &str, to: &Path) -> Result<(), WarehouseError> {
        let partial = to.with_extension("partial");
        self.receive(path, &partial).await?;
        Ok(durable::publish(&partial, to)?)
    }

    /// Copies a file of the storage to this machine and returns its hash.
    async fn receive(&self, path: &str, to: &Path) -> Result<String, WarehouseError> {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).at(folder)?;
        }
        let found = self.store.get(&ObjectPath::from(path)).await.map_err(|error| self.failed(error))?;
        let stated = found.attributes.get(&HASH).cloned();
        let mut chunks = found.into_stream();
        let mut local = File::create(to).at(to)?;
        let mut hasher = Sha256::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.failed(error))?;
            hasher.update(&chunk);
            local.write_all(&chunk).at(to)?;
        }
        let sha256 = hex(&hasher.finalize());
        if stated.is_some_and(|stated| stated.as_ref() != sha256) {
            return Err(changed(to));
        }
        Ok(sha256)
    }

    /// A disk that fails is this machine's fault; a bucket may be back soon.
    fn failed(&self, error: object_store::Error) -> WarehouseError {
        use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
        match error {
            _ if self.folder.is_some() => WarehouseError::Storage(error),
            NotFound { .. } | PermissionDenied { .. } | Unauthenticated { .. } => {
                WarehouseError::Denied(error.to_string())
            }
            _ => WarehouseError::Away(error),
        }
    }
}

/// What the machines of a cluster do besides.
#[cfg(feature = "cluster")]
impl Storage {
    /// Writes a small file, whole or not at all.
    pub async fn write(&self, path: &str, bytes: Vec<u8>) -> Result<(), WarehouseError> {
        let put = self.store.put(&ObjectPath::from(path), PutPayload::from(bytes)).await;
        put.map(drop).map_err(|error| self.failed(error))
    }

    /// Deletes a file; one that is gone already is no fault.
    pub async fn remove(&self, path: &str) -> Result<(), WarehouseError> {
        match self.store.delete(&ObjectPath::from(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }
}

const HASH: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("sha256"));

fn changed(path: &Path) -> WarehouseError {
    let why = "the bytes in the bucket are not those that were written".to_owned();
    WarehouseError::Changed { path: path.to_owned(), why }
}

#[cfg(feature = "cluster")]
fn open_bucket(url: &str) -> Result<Storage, WarehouseError> {
    use object_store::aws::AmazonS3Builder;
    use object_store::aws::AmazonS3ConfigKey::{
        AccessKeyId, ContainerCredentialsRelativeUri, MetadataEndpoint, WebIdentityTokenFile,
    };
    use object_store::prefix::PrefixStore;
    let known = url.strip_prefix("s3://").ok_or_else(|| WarehouseError::Unknown(url.to_owned()))?;
    let (name, prefix) = known.split_once('/').unwrap_or((known, ""));
    let s3 = AmazonS3Builder::from_env().with_bucket_name(name);
    // Without any the library would look for them on the network, outside a cloud in vain.
    let sources = [AccessKeyId, WebIdentityTokenFile, ContainerCredentialsRelativeUri, MetadataEndpoint];
    if sources.iter().all(|key| s3.get_config_value(key).is_none()) {
        return Err(WarehouseError::Denied(format!("there are no credentials for {url}")));
    }
    Ok(Storage { store: Arc::new(PrefixStore::new(s3.build()?, prefix)), folder: None })
}

#[cfg(not(feature = "cluster"))]
fn open_bucket(url: &str) -> Result<Storage, WarehouseError> {
    Err(WarehouseError::Unknown(url.to_owned()))
}
