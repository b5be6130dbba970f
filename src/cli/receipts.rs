//! `receipts`: what offices send back about lists and persons.

use std::path::{Path, PathBuf};

use engine::{Context, PipelineError};
use law::domain::{Fen, clean_token};
use office::receipts::{Imported, ReceiptDesk, ReceiptError, import};
use store::ledger::FileReceipt;

use super::run::today;
use super::{DATA, Failure, INTERNAL, Session, TEMPORARY, USAGE};

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
        #[arg(long, value_parser = yuan)]
        control: Fen,
        /// Who states it.
        #[arg(long)]
        by: String,
    },
    /// Show answers that differ from those that stand, for an officer to decide.
    Conflicts,
    /// Decide a conflict: the answer with that number stands from now on.
    Settle {
        /// Number of the answer, as `conflicts` shows it.
        answer: i64,
        /// Who decides.
        #[arg(long)]
        by: String,
        /// Why; no names or ids of persons.
        #[arg(long)]
        reason: String,
    },
    /// Send a person whom an office gave back on to another office.
    Reroute {
        /// Token of the row on which the person stood.
        token: String,
        /// Code of the office, such as NC.
        #[arg(long)]
        to: String,
        /// Who decides.
        #[arg(long)]
        by: String,
    },
}

fn yuan(text: &str) -> Result<Fen, String> {
    Fen::parse(text).map_err(|error| error.to_string())
}

/// What a receipt's failure means to a scheduler.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(super) fn failure(error: ReceiptError) -> Failure {
    let code = match &error {
        ReceiptError::Refused { .. } => DATA,
        ReceiptError::NotReady(_) => TEMPORARY,
        ReceiptError::File(_) => USAGE,
        ReceiptError::Intake(_) | ReceiptError::Ledger(_) => INTERNAL,
    };
    Failure::new(code, error.to_string())
}

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    match &arguments.act {
        Act::Import { file } => import_file(&context, session, file),
        Act::File { list_id, rows, control, by } => {
            file(&context, session, list_id, FileReceipt { rows: *rows, control: *control }, by)
        }
        Act::Conflicts => conflicts(&context),
        Act::Settle { answer, by, reason } => settle(&context, session, *answer, (by, reason)),
        Act::Reroute { token, to, by } => reroute(&context, token, to, by),
    }
}

fn import_file(context: &Context, session: &Session, path: &Path) -> Result<u8, Failure> {
    let desk = ReceiptDesk {
        layout: &context.workspace.layout,
        settings: &context.workspace.settings,
        ledger: &context.ledger,
        program: &context.gate_program,
        today: today(session),
        now: context.now,
    };
    let imported = import(&desk, path).map_err(failure)?;
    print!("{}", describe(&imported));
    Ok(if imported.is_clean() { 0 } else { DATA })
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

fn file(context: &Context, session: &Session, list_id: &str, stated: FileReceipt, by: &str) -> Result<u8, Failure> {
    let by = by.trim();
    if by.is_empty() {
        return Err(Failure::new(USAGE, "--by: who states it"));
    }
    let list = context.ledger.sealed_list(list_id).map_err(PipelineError::from)?;
    let list = list.ok_or_else(|| Failure::new(USAGE, format!("there is no sealed list {list_id}")))?;
    let day = today(session);
    let is_right = context.ledger.receive_file(&list, stated, (by, day), context.now).map_err(PipelineError::from)?;
    if is_right {
        println!("{list_id}: confirmed");
        return Ok(0);
    }
    println!(
        "{list_id}: DISPUTED: the office has {} rows and {} yuan, the list {} rows and {} yuan; ask the office to run \
         `verify` on what it has",
        stated.rows, stated.control, list.rows, list.control
    );
    Ok(DATA)
}

fn conflicts(context: &Context) -> Result<u8, Failure> {
    let open = context.ledger.open_conflicts().map_err(PipelineError::from)?;
    for later in &open {
        let standing = context.ledger.standing_answer(&later.list_id, later.person).map_err(PipelineError::from)?;
        let was = standing.map_or_else(String::new, |standing| {
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

fn settle(context: &Context, session: &Session, answer: i64, (by, reason): (&str, &str)) -> Result<u8, Failure> {
    if by.trim().is_empty() || reason.trim().is_empty() {
        return Err(Failure::new(USAGE, "--by and --reason: who decides, and why"));
    }
    let ledger = &context.ledger;
    let settled = ledger
        .settle(answer, (by.trim(), reason.trim()), "YBU", today(session), context.now)
        .map_err(PipelineError::from)?;
    if settled {
        println!("answer {answer} stands");
        Ok(0)
    } else {
        Err(Failure::new(USAGE, format!("there is no answer {answer}")))
    }
}

fn reroute(context: &Context, token: &str, to: &str, by: &str) -> Result<u8, Failure> {
    let row = context.ledger.row_with_token(&clean_token(token)).map_err(PipelineError::from)?;
    let row = row.ok_or_else(|| Failure::new(USAGE, "no list has this token"))?;
    let day = row.period.last_day();
    let letters = to.trim_end_matches(|c: char| c.is_ascii_digit());
    let words: Vec<&str> = context.offices.recipients().collect();
    let known = words.iter().filter_map(|word| context.offices.in_force(word, day)).any(|term| term.code == letters);
    if !known || to == row.office || by.trim().is_empty() {
        return Err(Failure::new(USAGE, format!("--to {to}: no other office in force; --by: who decides")));
    }
    context.ledger.reroute(&row, to, by.trim(), context.now).map_err(PipelineError::from)?;
    println!("one person of {} goes to {to} with the next lists", row.list_id);
    Ok(0)
}
