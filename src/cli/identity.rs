//! `identity`: documents that may be one person's, and what named people say of them.

use desk::{Actor, Document, Link};
use law::domain::{PersonKey, Said};
use law::links::Verdict;
use watch::person_named;

use super::arguments::actor_argument;
use super::failure::{Failure, USAGE};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Show documents that came under one person number, and what was said of them.
    Show {
        /// Only those of which nobody has spoken.
        #[arg(long)]
        open: bool,
    },
    /// Say that a link's documents are one person's; their claims and tags go together with the next intake.
    Settle {
        /// The link, as `show` names it.
        link: String,
        /// The document under which the records are kept: a resident id, or the number of another document.
        #[arg(long)]
        keep: String,
        /// Kind of that document (`PSN_CERT_TYPE`), where it is no resident id.
        #[arg(long)]
        cert_type: Option<String>,
        #[command(flatten)]
        word: Word,
    },
    /// Say that two documents which share no number are one person's.
    Link {
        /// The document under which the records are kept.
        #[arg(long)]
        keep: String,
        /// Its kind, where it is no resident id.
        #[arg(long)]
        keep_type: Option<String>,
        /// The other document.
        #[arg(long)]
        other: String,
        /// Its kind, where it is no resident id.
        #[arg(long)]
        other_type: Option<String>,
        #[command(flatten)]
        word: Word,
    },
    /// Say that a link's documents are different persons'; takes an earlier word back.
    Separate {
        /// The link, as `show` names it.
        link: String,
        #[command(flatten)]
        word: Word,
    },
}

/// Who says so and why.
#[derive(Debug, clap::Args)]
struct Word {
    /// Who says so.
    #[arg(long, value_parser = actor_argument)]
    by: Actor,
    /// Why; no names or ids of persons.
    #[arg(long)]
    reason: Said,
}

const LATER: &str = "it holds from the next intake on; the opposite word takes it back";

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    match &arguments.act {
        Act::Show { open } => {
            let links = desk::links(&context).await?;
            let shown: Vec<&Link> = links.iter().filter(|link| !open || link.is_open()).collect();
            shown.iter().for_each(|link| show(link));
            println!("{} links, {} open", shown.len(), shown.iter().filter(|link| link.is_open()).count());
        }
        Act::Settle { link, keep, cert_type, word } => {
            let keep = document("--keep", keep, cert_type.as_deref())?;
            let said = desk::settle_link(&context, session.act(&word.by), link, Some(keep), &word.reason).await?;
            println!("link {link}: one person, {said} words; {LATER}");
        }
        Act::Link { keep, keep_type, other, other_type, word } => {
            let keep = document("--keep", keep, keep_type.as_deref())?;
            let other = document("--other", other, other_type.as_deref())?;
            let (act, pair) = (session.act(&word.by), (keep, other));
            let number = desk::say((&context).into(), act, pair, Verdict::Same, &word.reason)?;
            println!("identity {number}: one person; {LATER}");
        }
        Act::Separate { link, word } => {
            let said = desk::settle_link(&context, session.act(&word.by), link, None, &word.reason).await?;
            println!("link {link}: different persons, {said} words; {LATER}");
        }
    }
    Ok(0)
}

fn document(argument: &str, number: &str, kind: Option<&str>) -> Result<PersonKey, Failure> {
    person_named(number, kind).map_err(|error| Failure::new(USAGE, format!("{argument}: {error}")))
}

fn show(link: &Link) {
    let number = link.number.as_ref().map_or_else(
        || "人工关联 / linked by hand".to_owned(),
        |(issuer, number)| format!("人员编号 {number}（参保地 {issuer}）"),
    );
    let state = if link.is_open() { "待核实 / open" } else { "已处理 / settled" };
    println!("{}  {state}  {number}", link.mark);
    for Document { masked, upper, .. } in &link.documents {
        let masked = masked.as_deref().unwrap_or("其他证件");
        let upper = upper.map_or_else(|| "无费用".to_owned(), |fen| format!("费用至多 {fen} 元"));
        println!("    {masked}  {upper}");
    }
    for word in &link.words {
        let verdict = match word.verdict {
            Verdict::Same => "同一人 / one person",
            Verdict::Separate => "不同人 / different persons",
        };
        println!("    {verdict}: {} ({}) {}", word.signer, word.said_at, word.reason);
    }
}
