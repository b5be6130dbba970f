//! The command line. Everything it does lives in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    poverty_watch::cli::main(chrono::Utc::now())
}
