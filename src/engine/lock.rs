//! One run or plan at a time in a workspace, and nothing left of the one before it.

use std::fs::File;
use std::io::{ErrorKind, Write as _};

use store::durable::At as _;
use store::workspace::hold_lock;

use super::{Context, PipelineError};

/// Holds the workspace for one run or plan; the system lets go when the process ends, however it ends.
pub fn take_lock(context: &Context) -> Result<File, PipelineError> {
    let path = context.workspace.layout.lock();
    hold_lock(&path).at(&path)?.ok_or_else(|| PipelineError::Locked(path.display().to_string()))
}

/// Says in the lock which process holds it.
pub fn sign_lock(context: &Context, mut lock: &File) -> Result<(), PipelineError> {
    let signed = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
    Ok(signed.at(&context.workspace.layout.lock())?)
}

/// Takes away what a killed run or plan left in `staging/`.
pub fn clear_staging(context: &Context) -> Result<(), PipelineError> {
    let staging = context.workspace.layout.staging();
    match std::fs::remove_dir_all(&staging) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => Ok(removed.at(&staging)?),
    }
}
