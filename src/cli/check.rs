//! `check`: every problem of the files that people write, and whether the case books come out as written.

use super::{CONFIG, Failure, Session};
use crate::pipeline::{self, CaseSelection};
use crate::workspace::{self, Assets};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Carry out the case books, without data: of all policies, or of those named by --policy.
    #[arg(long)]
    case_book: bool,
    /// Only this policy's case book; may stand more than once.
    #[arg(long, requires = "case_book", value_name = "NAME")]
    policy: Vec<String>,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    if arguments.case_book {
        return case_book(arguments, session).await;
    }
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

/// Needs no workspace: without one, the built-in policies, SQL and cases are taken.
async fn case_book(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let assets = Assets::of(&session.workspace);
    let selection = CaseSelection { policies: arguments.policy.clone(), ..CaseSelection::default() };
    let report = pipeline::run_case_books(&assets, &selection).await?;
    for failure in &report.failures {
        println!("{failure}");
    }
    println!("case book: {} cases, {} policies, {} failed", report.cases, report.policies, report.failures.len());
    Ok(if report.failures.is_empty() { 0 } else { CONFIG })
}
