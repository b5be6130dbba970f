//! `check`: every problem of the files that people write, and whether the case books come out as written.

use engine::{PipelineError, left_old};
use store::ledger::Ledger;
use store::workspace;
use store::workspace::{Assets, Change};
use watch::{CaseSelection, Done};

use super::failure::{CONFIG, Failure, USAGE};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Carry out the case books, without data: of all policies, or of those named by --policy.
    #[arg(long)]
    case_book: bool,
    /// Show each clause of the governing documents with its rules, cases, runs and lists.
    #[arg(long, conflicts_with = "case_book")]
    coverage: bool,
    /// Show what somebody changed in the workspace's files, beside what this program ships.
    #[arg(long, conflicts_with_all = ["case_book", "coverage"])]
    diff: bool,
    /// Only this policy, with --case-book or --coverage; may stand more than once.
    #[arg(long, value_name = "NAME")]
    policy: Vec<String>,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    if arguments.case_book {
        return case_book(arguments, session).await;
    }
    if arguments.coverage {
        return coverage(arguments, session);
    }
    if !arguments.policy.is_empty() {
        return Err(Failure::new(USAGE, "--policy goes with --case-book or --coverage"));
    }
    let workspace = workspace::load(&session.workspace)?;
    let mut problems = watch::check(&workspace).await;
    let (mut wrong, missing) = watch::check_case_books(&workspace.assets, &workspace.settings.policy);
    problems.append(&mut wrong);
    for problem in &problems {
        println!("{problem}");
    }
    for warning in &missing {
        println!("warning: {warning}");
    }
    for (path, change) in workspace.assets.changes()? {
        if change == Change::Old {
            continue;
        }
        println!("note: {path} is edited");
        if arguments.diff {
            let own = workspace.assets.read(&path)?.text;
            print!("{}", workspace::unified(&path, &Assets::shipped(&path).unwrap_or_default(), &own));
        }
    }
    if let Some(old) = left_old(&workspace.assets) {
        println!("warning: {}; {}", old.message, old.hint);
    }
    if let Some(layers) = watch::policy_layers(&workspace) {
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
    let report = watch::run_case_books(&assets, &selection).await?;
    for failure in &report.failures {
        println!("{failure}");
    }
    println!("case book: {} cases, {} policies, {} failed", report.cases, report.policies, report.failures.len());
    Ok(if report.failures.is_empty() { 0 } else { CONFIG })
}

/// Of the policy in use, with what was run and sealed; of policies named, also without a workspace.
fn coverage(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let workspace = workspace::load(&session.workspace);
    let (mut policies, mut done) = (arguments.policy.clone(), None);
    match &workspace {
        Ok(workspace) => {
            let ledger = workspace.layout.ledger();
            if ledger.exists() {
                done =
                    Some(Done::of(&Ledger::open(&ledger).map_err(PipelineError::from)?).map_err(PipelineError::from)?);
            }
            if policies.is_empty() {
                policies.push(workspace.settings.policy.clone());
            }
        }
        Err(error) if policies.is_empty() => return Err(Failure::new(CONFIG, error.to_string())),
        Err(_) => {}
    }
    let assets = Assets::of(&session.workspace);
    let in_use = workspace.as_ref().ok().map(|workspace| workspace.settings.policy.as_str());
    let mut count = 0;
    for policy in &policies {
        let done = done.as_ref().filter(|_| in_use == Some(policy.as_str()));
        let coverage = watch::coverage(&assets, policy, done).map_err(PipelineError::Config)?;
        print!("{}", coverage.text);
        for problem in &coverage.problems {
            println!("problem: {problem}");
        }
        count += coverage.problems.len();
    }
    Ok(if count == 0 { 0 } else { CONFIG })
}
