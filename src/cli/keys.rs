//! `keys init`: make what is missing of a workspace's keys.

use law::config::Layout;
use store::keys::{Keys, PUBLIC_KEY};
use store::workspace;

use super::failure::Failure;
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Make the keys of a workspace that has none yet; keys that are there stay.
    Init {
        /// Sign with SM2 instead of Ed25519; receivers need a build with it to verify lists.
        #[cfg(feature = "sm2")]
        #[arg(long)]
        sm2: bool,
    },
}

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let workspace = workspace::load(&session.workspace)?;
    let made = match &arguments.act {
        #[cfg(feature = "sm2")]
        Act::Init { sm2: true } => Keys::create_sm2(&workspace.layout).map_err(engine::PipelineError::from)?,
        Act::Init { .. } => make(&workspace.layout)?,
    };
    let public = workspace.layout.keys().join(PUBLIC_KEY);
    println!("{}; hand out {}", if made { "keys made" } else { "the keys are there" }, public.display());
    Ok(0)
}

/// Makes what is missing.
pub(super) fn make(layout: &Layout) -> Result<bool, Failure> {
    Ok(Keys::create(layout).map_err(engine::PipelineError::from)?)
}
