//! The command line. Everything it does lives in the crates below `src/`.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the entry reads clock and environment, and writes to the terminal"
)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(chrono::Utc::now())
}
