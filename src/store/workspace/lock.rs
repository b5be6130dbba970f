//! A file that one process at a time may hold.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Holds the file until the answer is dropped; the system lets go when the process ends, however it ends. `None`
/// while another process holds it.
pub fn hold_lock(path: &Path) -> std::io::Result<Option<File>> {
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
