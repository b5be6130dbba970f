//! Results to stdout and messages to stderr: whoever reads them may have seen enough (`| head -n 1`), which is no fault of
//! the program. Its `print!` and its kin take the place of the language's, which end the program there.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

/// Why results could not be written (a full disk); the first time only.
static FAILURE: OnceLock<String> = OnceLock::new();

pub(super) fn out(text: Arguments<'_>) {
    noted(std::io::stdout().write_fmt(text));
}

/// Nobody is left to tell that stderr takes nothing.
pub(super) fn err(text: Arguments<'_>) {
    let _ = std::io::stderr().write_fmt(text);
}

/// Writes what is not written yet; why results are missing, if they are.
pub(super) fn finish() -> Option<&'static str> {
    noted(std::io::stdout().flush());
    FAILURE.get().map(String::as_str)
}

fn noted(written: std::io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = FAILURE.set(error.to_string());
    }
}

macro_rules! print {
    ($($part:tt)*) => { $crate::cli::print::out(format_args!($($part)*)) };
}

macro_rules! println {
    () => { $crate::cli::print::out(format_args!("\n")) };
    ($($part:tt)*) => { $crate::cli::print::out(format_args!("{}\n", format_args!($($part)*))) };
}

macro_rules! eprintln {
    ($($part:tt)*) => { $crate::cli::print::err(format_args!("{}\n", format_args!($($part)*))) };
}
