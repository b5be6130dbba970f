//! `receipts`: what offices send back about lists and persons.

use std::path::PathBuf;

use desk::{Actor, Conflict, Stated};
use engine::Context;
use law::Fault as _;
use law::domain::{Fen, Said};
use office::receipts::{Imported, RowFault};
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
    /// Take in lists' workbooks with their feedback block filled in, or the same as CSV.
    Import {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Code of the office that sent them, such as MZ: rows of other offices' lists are not taken. Without it each
        /// file is of the office of most of its rows.
        #[arg(long, value_name = "CODE")]
        from: Option<String>,
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
        Act::Import { files, from } => import(&context, session, files, from.as_deref()),
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

/// Each file by itself: one that is refused does not stop the others.
fn import(context: &Context, session: &Session, files: &[PathBuf], from: Option<&str>) -> Result<u8, Failure> {
    let mut code = 0;
    for file in files {
        let imported = desk::import(context, session.now, file, from);
        if files.len() > 1 {
            println!("{}:", file.display());
        }
        match imported {
            Ok(imported) => {
                print!("{}", describe(&imported));
                code = code.max(if imported.is_clean() { 0 } else { DATA });
            }
            Err(error) if files.len() > 1 && error.blame() == law::Cause::Data => {
                println!("{error}");
                code = DATA;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(code)
}

fn describe(imported: &Imported) -> String {
    use std::fmt::Write as _;
    if imported.is_known {
        return "imported before: nothing to do\n".to_owned();
    }
    let mut text = String::new();
    for (written, read_as) in &imported.headings {
        let _ = match read_as {
            Some(heading) => writeln!(text, "表头“{written}”按“{heading}”读取 / heading read as {heading}"),
            None => writeln!(text, "表头“{written}”不是名单的列，未读取 / heading of no column of the list: not read"),
        };
    }
    for RowFault { row, why, .. } in &imported.faults {
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
    for question in &imported.questions {
        let _ = writeln!(
            text,
            "“不属本单位”过多，确认前不转出 / so many are given back that they stay where they are: question {question}"
        );
    }
    if let Some(book) = &imported.book {
        let _ = writeln!(text, "须更正的行 / rows to mend: {}", book.display());
    }
    let Imported { rows, news, same, blank, rerouted, held, .. } = imported;
    let held = if *held > 0 { format!(", {held} held") } else { String::new() };
    let _ = writeln!(
        text,
        "{rows} rows: {news} answers, {same} known, {blank} blank, {} unmatched, {} conflicts, {} faults; {rerouted} \
         persons back to the bureau's desk{held}",
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
