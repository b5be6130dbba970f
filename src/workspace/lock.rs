//! A file that one process at a time may hold.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::Path;

/// Holds the file until the answer is dropped; the system lets go when the process ends, however it ends. `None`
/// while another process holds it.
///
/// # Errors
/// When the file cannot be written.
pub fn hold_lock(path: &Path) -> std::io::Result<Option<File>> {
    let mut lock = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    lock.set_len(0)?;
    writeln!(lock, "{}", std::process::id())?;
    Ok(Some(lock))
}
