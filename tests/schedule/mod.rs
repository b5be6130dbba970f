//! Jobs that run by the clock: decisions over years of a fake clock, units as their targets read them, the daemon, past
//! periods, alerts and metrics.

mod backfill;
mod daemon;
mod operators;
mod oracle;
mod simulation;
mod units;

use std::path::Path;
use std::process::Command;

/// Whether a tool is there; where it is not, its checks are named as not done.
fn has(tool: &str, checks: &str) -> bool {
    let found =
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(tool).exists()));
    if !found {
        println!("!! NOT CHECKED: {checks} ({tool} is missing)");
    }
    found
}

/// Runs a tool, expects it to be content, returns what it printed.
fn content(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} ended with {:?}\n{told}", output.status);
    told
}

/// The text of a file.
fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
