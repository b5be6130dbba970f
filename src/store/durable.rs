//! Files that a power cut cannot take back, and the error of a file that could not be read or written.
//!
//! Everything here works in one way: what is written lies under another name beside its own until the disk has it, then
//! it gets its name, then the disk has the name too. Until then nobody may be told of it.

use std::fs::{self, File, Permissions};
use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// What the system said about a file or folder.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}", path = .path.display())]
pub struct FileError {
    pub path: PathBuf,
    pub source: io::Error,
}

/// Names the file in the system's error: `fs::read(path).at(path)?`.
pub trait At<T> {
    fn at(self, path: &Path) -> Result<T, FileError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, FileError> {
        self.map_err(|source| FileError { path: path.to_owned(), source })
    }
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// The account that wrote it, from the first byte on.
    Owner,
    /// Whom the umask of the process lets.
    Usual,
    /// Every account, whatever the umask says: programs of other accounts read it.
    All,
}

/// Writes a file; what stood there before is replaced in one step.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FileError> {
    aside(path, bytes, readers)?.persist(path).map_err(|error| error.error).at(path)?;
    sync(parent(path))
}

/// Writes a file that must not be there yet; `false`, and nothing changed, when it is.
pub fn create_new(path: &Path, bytes: &[u8], readers: Readers) -> Result<bool, FileError> {
    match aside(path, bytes, readers)?.persist_noclobber(path) {
        Ok(_) => sync(parent(path)).map(|()| true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error).at(path),
    }
}

/// Gives a finished file, or a folder of finished files, its name once the disk has all of it.
pub fn publish(from: &Path, to: &Path) -> Result<(), FileError> {
    sync_tree(from)?;
    make_folder(parent(to))?;
    rename(from, to)
}

/// Gives another name, in a folder that exists.
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).at(to)?;
    sync(parent(to))
}

/// Makes a folder and those above it where they are missing.
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    make_folder(parent(path))?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error).at(path),
        _ => sync(parent(path)),
    }
}

/// Waits until the disk has a file's bytes, or a folder's names.
pub fn sync(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|file| file.sync_all()).at(path)
}

fn sync_tree(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        for entry in fs::read_dir(path).at(path)? {
            sync_tree(&entry.at(path)?.path())?;
        }
    }
    sync(path)
}

/// The bytes on disk, under a name that no other process uses; gone again unless it is given its own.
fn aside(path: &Path, bytes: &[u8], readers: Readers) -> Result<NamedTempFile, FileError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".partial");
    if readers == Readers::Usual {
        builder.permissions(mode(0o666));
    }
    let mut file = builder.tempfile_in(parent(path)).at(path)?;
    if readers == Readers::All {
        fs::set_permissions(file.path(), mode(0o644)).at(path)?;
    }
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).at(path)?;
    Ok(file)
}

#[cfg(unix)]
fn mode(bits: u32) -> Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(bits)
}

/// The folder that a path lies in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_replaced_or_kept_and_nothing_else_is_left() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/file");
        make_folder(path.parent().unwrap()).unwrap();
        assert!(create_new(&path, b"one", Readers::Usual).unwrap());
        assert!(!create_new(&path, b"two", Readers::Usual).unwrap(), "a file that is there is not replaced");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write(&path, b"three", Readers::Usual).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        let below = fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(below.count(), 1, "nothing unfinished is left");
        publish(&root.path().join("a"), &root.path().join("c/d")).unwrap();
        assert_eq!(fs::read(root.path().join("c/d/b/file")).unwrap(), b"three");
        let error = write(&root.path().join("c/d/b/file/x"), b"", Readers::Usual).unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_read_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        for (readers, wanted) in [(Readers::Owner, 0o600), (Readers::All, 0o644)] {
            let path = root.path().join("file");
            write(&path, b"x", readers).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, wanted, "{readers:?}");
        }
    }
}
