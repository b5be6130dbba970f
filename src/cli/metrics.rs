//! `metrics`: the figures for Prometheus, printed or left in a file.

use std::path::PathBuf;

use watch::{metrics, write_metrics};

use super::failure::{Failure, INTERNAL};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Write them there in one step instead of printing them; the name ends in .prom.
    #[arg(long, value_name = "FILE.prom")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let text = metrics(&context, session.now)?;
    match &arguments.out {
        None => print!("{text}"),
        Some(path) => write_metrics(path, &text)
            .map_err(|error| Failure::new(INTERNAL, format!("the metrics could not be written: {error}")))?,
    }
    Ok(0)
}
