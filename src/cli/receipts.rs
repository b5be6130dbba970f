//! `receipts`: what offices send back about lists and persons.

use std::path::PathBuf;

use desk::{Actor, Conflict, Stated};
use engine::Context;
use law::domain::{Fen, Said};
use office::receipts::Imported;
use store::ledger::{FileReceipt, SealedList};

use super::arguments::{actor_argument, yuan_argument};
use super::failure::{DATA, Failure};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Take in a list's workbook with its feedback block filled in, or the same as CSV.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Note what an office states about a list as a whole.
    File {
        /// The list.
        list_id: String,
        /// Rows that it counted.
        #[arg(long)]
        rows: u64,
        /// The control total that it read off, in yuan.
        #[arg(long, value_parser = yuan_argument)]
        control: Fen,
        /// Who states it.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
    },
    /// Show answers that differ from those that stand, for an officer to decide.
    Conflicts,
    /// Decide a conflict: the answer with that number stands from now on.
    Settle {
        /// Number of the answer, as `conflicts` shows it.
        answer: i64,
        /// Who decides.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
        /// Why; no names or ids of persons.
        #[arg(long)]
        reason: Said,
    },
    /// Send a person whom an office gave back on to another office.
    Reroute {
        /// Token of the row on which the person stood.
        token: String,
        /// Code of the office, such as NC.
        #[arg(long)]
        to: String,
        /// Who decides.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
    },
}

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    match &arguments.act {
        Act::Import { file } => {
            let imported = desk::import(&context, session.now, file)?;
            print!("{}", describe(&imported));
            Ok(if imported.is_clean() { 0 } else { DATA })
        }
        Act::File { list_id, rows, control, by } => {
            let stated = FileReceipt { rows: *rows, control: *control };
            let Stated { list, is_right } = desk::receive((&context).into(), session.act(by), list_id, stated)?;
            Ok(told(&list, stated, is_right))
        }
        Act::Conflicts => conflicts(&context),
        Act::Settle { answer, by, reason } => {
            desk::settle((&context).into(), session.act(by), *answer, reason)?;
            println!("answer {answer} stands");
            Ok(0)
        }
        Act::Reroute { token, to, by } => {
            let list_id = desk::reroute(&context, session.act(by), token, to)?;
            println!("one person of {list_id} goes to {to} with the next lists");
            Ok(0)
        }
    }
}

fn describe(imported: &Imported) -> String {
    use std::fmt::Write as _;
    if imported.is_known {
        return "imported before: nothing to do\n".to_owned();
    }
    let mut text = String::new();
    for (row, why) in &imported.faults {
        let _ = writeln!(text, "第 {row} 行：{why} / row {row}: not taken");
    }
    for row in &imported.unmatched {
        let _ = writeln!(text, "第 {row} 行：行标识不属于任何名单 / row {row}: no list has this token");
    }
    for (list_id, row) in &imported.conflicts {
        let _ = writeln!(
            text,
            "第 {row} 行：与此前反馈不一致（{list_id}） / row {row}: differs from the answer that stands; see `receipts conflicts`"
        );
    }
    let Imported { rows, news, same, blank, rerouted, .. } = imported;
    let _ = writeln!(
        text,
        "{rows} rows: {news} answers, {same} known, {blank} blank, {} unmatched, {} conflicts, {} faults; {rerouted} \
         persons back to the bureau's desk",
        imported.unmatched.len(),
        imported.conflicts.len(),
        imported.faults.len()
    );
    text
}

fn told(list: &SealedList, stated: FileReceipt, is_right: bool) -> u8 {
    let list_id = &list.list_id;
    if is_right {
        println!("{list_id}: confirmed");
        return 0;
    }
    println!(
        "{list_id}: DISPUTED: the office has {} rows and {} yuan, the list {} rows and {} yuan; ask the office to run \
         `verify` on what it has",
        stated.rows, stated.control, list.rows, list.control
    );
    DATA
}

fn conflicts(context: &Context) -> Result<u8, Failure> {
    let open = desk::conflicts(&context.ledger)?;
    for Conflict { later, standing } in &open {
        let was = standing.as_ref().map_or_else(String::new, |standing| {
            format!("{} {} (answer {})", standing.answer.verdict.code(), standing.answer.reason, standing.answer_id)
        });
        println!(
            "answer {}: {}, row {} of its file: {} {}; stands: {was}",
            later.answer_id,
            later.list_id,
            later.source.1,
            later.answer.verdict.code(),
            later.answer.reason
        );
    }
    println!("{} conflicts to decide", open.len());
    Ok(0)
}
