//! The command line. Everything it does lives in the crates below `src/`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(chrono::Utc::now())
}
