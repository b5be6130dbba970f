//! `reproduce`: make sealed lists once more from their versions, and say equal or what differs.

use engine::PipelineError;
use office::lists::Reproducer;

use super::failure::{DATA, Failure, USAGE};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The list.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    list_id: Option<String>,
    /// Every sealed list.
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let lists = match &arguments.list_id {
        None => context.ledger.all_lists().map_err(PipelineError::from)?,
        Some(id) => {
            let found = context.ledger.sealed_list(id).map_err(PipelineError::from)?;
            vec![found.ok_or_else(|| Failure::new(USAGE, format!("there is no sealed list {id}")))?]
        }
    };
    let mut other = 0;
    let mut reproducer = Reproducer::new(&context);
    for list in &lists {
        let made = reproducer.reproduce(list).await?;
        match &made.difference {
            None => println!("{}: equal, {} files ({})", made.list_id, made.files, made.comparison),
            Some(difference) => {
                other += 1;
                println!("{}: {difference}", made.list_id);
            }
        }
    }
    println!("{} lists: {} equal, {other} not", lists.len(), lists.len() - other);
    Ok(if other == 0 { 0 } else { DATA })
}
