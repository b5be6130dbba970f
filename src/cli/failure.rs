//! How a command may end without having done what was asked.

use law::{Cause, Fault};

/// Why a command ends without having done what was asked; the code tells schedulers what to do.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    pub(super) message: String,
}

/// 1: our fault. 3: a file that people write is wrong. 4: data was refused. 75: try again later.
pub(super) const INTERNAL: u8 = Cause::Program.exit_code();
pub(super) const USAGE: u8 = Cause::Usage.exit_code();
pub(super) const CONFIG: u8 = Cause::Settings.exit_code();
pub(super) const DATA: u8 = Cause::Data.exit_code();
pub(super) const TEMPORARY: u8 = Cause::Later.exit_code();
/// Nothing to do, where it was asked to say so by a code: Airflow's for a skipped task.
pub(super) const NOTHING: u8 = 99;

impl Failure {
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl<E: Fault> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.blame().exit_code(), error.to_string())
    }
}
