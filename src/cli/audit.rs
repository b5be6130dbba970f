//! `audit`: proves that the audit chain is whole, and prints its head for keeping elsewhere.

use engine::PipelineError;
use store::ledger::{AuditHead, Ledger, LedgerError};
use store::workspace;

use super::failure::{DATA, Failure};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Walk the whole chain; exit with 4 and name the first entry at which it does not hold.
    Verify {
        /// A head that was kept elsewhere: proves that nothing up to it was changed or cut off since.
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<AuditHead>,
    },
    /// Print the head: keep it on another machine, or on paper.
    Head,
}

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let workspace = workspace::load(&session.workspace)?;
    let ledger = Ledger::open(&workspace.layout.ledger()).map_err(told)?;
    match &arguments.verb {
        Verb::Head => println!("{}", ledger.audit_head().map_err(told)?),
        Verb::Verify { head: None } => {
            let count = ledger.verify_audit().map_err(told)?;
            println!("audit chain: {count} entries, whole; its end is proven only against a head kept elsewhere");
        }
        Verb::Verify { head: Some(head) } => {
            let count = ledger.verify_audit_against(head).map_err(told)?;
            println!("audit chain: {count} entries, whole, and the same as when entry {} was kept", head.seq);
        }
    }
    Ok(0)
}

fn told(error: LedgerError) -> Failure {
    match error {
        LedgerError::AuditBroken { .. } | LedgerError::AuditCut { .. } => Failure::new(DATA, error.to_string()),
        other => PipelineError::from(other).into(),
    }
}
