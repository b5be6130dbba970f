//! `init`: make a workspace.

use std::path::PathBuf;

use law::config::Layout;
use store::ledger::Ledger;
use store::workspace;

use super::failure::{Failure, INTERNAL};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder to make.
    dir: PathBuf,
    /// Policy that decides, by its name below pipelines/policies/.
    #[arg(long)]
    policy: String,
    /// Six-digit code of the province or prefecture that the workspace serves.
    #[arg(long, default_value = "350000")]
    area: String,
}

pub(super) fn run(arguments: &Arguments, _session: &Session) -> Result<u8, Failure> {
    let summary = workspace::init(&arguments.dir, &arguments.policy, &arguments.area)?;
    Ledger::open(&Layout::new(&arguments.dir).ledger()).map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
    super::keys::make(&Layout::new(&arguments.dir))?;
    let dir = arguments.dir.display();
    println!("{dir}: {} files written, {} kept as they are", summary.written.len(), summary.kept.len());
    for file in &summary.kept {
        println!("  kept {file}: it differs from the shipped one");
    }
    println!("Next: name your counties in {dir}/pipelines/tables/counties.csv, land files below {dir}/landing/,");
    println!("then: poverty-watch -C {dir} check && poverty-watch -C {dir} run nightly");
    Ok(0)
}
