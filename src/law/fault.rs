//! What an error asks of whoever ran the command. Each room has its own errors; all of them say their cause, and the
//! exit code follows from nothing else.

use std::error::Error;

/// What has to happen before the same command can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// This program or the machine failed; somebody must look.
    Program,
    /// The command was not called right.
    Usage,
    /// A file that people write is wrong.
    Settings,
    /// Data were refused, or a person must decide about them.
    Data,
    /// It may succeed later by itself: another run works, storage is away, the run was asked to end.
    Later,
}

impl Cause {
    /// The exit code by which schedulers know it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Program => 1,
            Self::Usage => 2,
            Self::Settings => 3,
            Self::Data => 4,
            Self::Later => 75,
        }
    }
}

/// An error that knows its cause.
pub trait Fault: Error + Send + Sync + 'static {
    /// What has to happen before the same command can succeed.
    fn blame(&self) -> Cause;
}
