//! `keys init`: make what is missing of a workspace's keys.

use super::{Failure, Session};
use crate::config::Layout;
use crate::keys::{Keys, PUBLIC_KEY};
use crate::workspace;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Make the keys of a workspace that has none yet; keys that are there stay.
    Init,
}

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let Act::Init = arguments.act;
    let workspace = workspace::load(&session.workspace)?;
    let made = make(&workspace.layout)?;
    let public = workspace.layout.keys().join(PUBLIC_KEY);
    println!("{}; hand out {}", if made { "keys made" } else { "the keys are there" }, public.display());
    Ok(0)
}

/// Makes what is missing.
pub(super) fn make(layout: &Layout) -> Result<bool, Failure> {
    Ok(Keys::create(layout).map_err(crate::pipeline::PipelineError::from)?)
}
