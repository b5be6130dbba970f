//! The command line. Everything it does lives in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [verb, flag, path] if verb == "gate" && flag == "--job" => {
            poverty_watch::intake::gate::child_main(std::path::Path::new(path))
        }
        _ => ExitCode::from(2),
    }
}
