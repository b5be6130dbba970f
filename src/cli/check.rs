//! `check`: every problem of the files that people write.

use super::{CONFIG, Failure, Session};
use crate::{pipeline, workspace};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) async fn run(_arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let workspace = workspace::load(&session.workspace)?;
    let problems = pipeline::check(&workspace).await;
    for problem in &problems {
        println!("{problem}");
    }
    for path in workspace.assets.overrides() {
        println!("note: {path} is the workspace's own");
    }
    if let Some(layers) = pipeline::policy_layers(&workspace) {
        print!("policy {}:\n{layers}", workspace.settings.policy);
    }
    if problems.is_empty() {
        println!("settings, policies, pipelines, tables and SQL are in order");
        return Ok(0);
    }
    println!("problems: {}", problems.len());
    Ok(CONFIG)
}
