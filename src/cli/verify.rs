//! `verify`: whether a list is the one that the bureau sealed; for its receiver, without a workspace.

use std::path::PathBuf;

use law::config::Layout;
use office::seal;
use store::keys::{PUBLIC_KEY, PublicKey};

use super::failure::{DATA, Failure, USAGE};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder of a list, or one of its files with the manifest beside it.
    path: PathBuf,
    /// The bureau's public key; in a workspace its own if left out.
    #[arg(long, value_name = "PEM")]
    key: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let wrong = |message: String| Failure::new(USAGE, message);
    let key = match &arguments.key {
        Some(path) => Some(PublicKey::read(path).map_err(|error| wrong(error.to_string()))?),
        None => PublicKey::read(&Layout::new(&session.workspace).keys().join(PUBLIC_KEY)).ok(),
    };
    if !arguments.path.exists() {
        return Err(wrong(format!("{} is not there", arguments.path.display())));
    }
    let checked = seal::verify(&arguments.path, key.as_ref());
    for finding in &checked.findings {
        let mark = if finding.is_right { "✓" } else { "✗" };
        println!("{mark} {} / {}", finding.chinese, finding.english);
    }
    if checked.is_right() {
        println!("名单完好 / the list is in order");
        Ok(0)
    } else {
        println!("请勿使用，并与发送单位联系 / do not use it, and ask the sender");
        Ok(DATA)
    }
}
