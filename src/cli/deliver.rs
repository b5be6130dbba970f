//! `deliver`: send what is due; resolve, repeat, and note what came back.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use desk::{Actor, Resolved, Room, Trace, WordOf};
use law::domain::Said;
use office::delivery::{Clearance, Resolution, record_bounces};
use store::ledger::{Ledger, Letter, MailState};

use super::arguments::{Format, actor_argument};
use super::failure::{DATA, Failure, USAGE};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// Only say what would be sent, also where mail is live (`live = true` in the settings).
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Show letters and where they stand.
    Show {
        /// Also those that have arrived.
        #[arg(long)]
        all: bool,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Show the letters of which nobody knows whether they arrived, and which of these files name them: the relay's log,
    /// a mail saved from the office's mailbox, a delivery report.
    Unknown {
        /// The files.
        files: Vec<PathBuf>,
    },
    /// Say of a letter what nobody else can know.
    Resolve(Resolve),
    /// Send a list's letter again on purpose: a new letter, marked 重发.
    Resend {
        /// The list.
        list_id: String,
        /// Who decides.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
        /// Why.
        #[arg(long)]
        reason: Said,
    },
    /// Note letters that came back: delivery reports as .eml files.
    Bounces {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// A word about a letter, by a named person.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("word").args(["sent", "not_sent", "resend", "take_out"]).required(true))]
#[expect(clippy::struct_excessive_bools, reason = "one switch per word, as people type them")]
struct Resolve {
    /// Its Message-ID, as `deliver show` prints it.
    message_id: String,
    /// It has arrived.
    #[arg(long)]
    sent: bool,
    /// It has provably not arrived: the same letter goes again.
    #[arg(long)]
    not_sent: bool,
    /// Nobody can find out: a new letter, marked 重发, goes in its place.
    #[arg(long)]
    resend: bool,
    /// It is not to be sent any more.
    #[arg(long)]
    take_out: bool,
    /// A file that shows it: it must name the letter, and the audit chain keeps its SHA-256.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Who says so.
    #[arg(long, value_parser = actor_argument)]
    by: Actor,
    /// How it is known.
    #[arg(long)]
    reason: Said,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let (workspace, ledger) = session.open_room()?;
    let room = Room { workspace: &workspace, ledger: &ledger };
    match &arguments.act {
        None => send(arguments.dry_run, room, session).await,
        Some(Act::Show { all, format }) => show(&ledger, *all, *format),
        Some(Act::Unknown { files }) => unknown(&ledger, files),
        Some(Act::Resolve(word)) => resolve(word, room, session),
        Some(Act::Resend { list_id, by, reason }) => {
            let message_id = desk::resend(room, session.act(by), list_id, reason)?;
            println!("letter {message_id} is in the outbox");
            Ok(0)
        }
        Some(Act::Bounces { files }) => bounces(&ledger, files, session.now),
    }
}

fn resolve(word: &Resolve, room: Room<'_>, session: &Session) -> Result<u8, Failure> {
    let Resolve { message_id, sent, not_sent, resend, evidence, by, reason, .. } = word;
    let said = match (sent, not_sent, resend) {
        (true, _, _) => WordOf::Letter(Resolution::Sent),
        (_, true, _) => WordOf::Letter(Resolution::NotSent),
        (_, _, true) => WordOf::SendAgain,
        _ => WordOf::Letter(Resolution::TakenOut),
    };
    let evidence = evidence.as_deref().map(read).transpose()?;
    match desk::resolve(room, session.act(by), message_id, (said, reason), evidence.as_deref())? {
        Resolved::Now(state) => println!("letter {message_id} is now {}", state.code()),
        Resolved::Replaced(again) => println!("letter {message_id} is taken out, letter {again} is in the outbox"),
    }
    Ok(0)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::new(USAGE, format!("{}: {error}", path.display())))
}

/// The unclear letters, the server's last words about each, and the files that name it.
fn unknown(ledger: &Ledger, files: &[PathBuf]) -> Result<u8, Failure> {
    let mut known = Vec::with_capacity(files.len());
    for path in files {
        known.push((path, read(path)?));
    }
    let letters = ledger.letters(&[MailState::Unknown])?;
    for letter in &letters {
        println!("{}", line(ledger, letter)?);
        for (path, bytes) in &known {
            match desk::evidence_in(letter, bytes) {
                Trace::None => {}
                Trace::Named => println!("  {} names it", path.display()),
                Trace::CameBack => println!("  {} says that it came back: deliver bounces", path.display()),
            }
        }
    }
    println!("{} letters are unclear", letters.len());
    if !letters.is_empty() {
        println!(
            "look for the Message-ID in the relay's log or ask the office, then: poverty-watch deliver resolve \
             MESSAGE_ID --sent | --not-sent | --resend | --take-out --by NAME --reason TEXT [--evidence FILE]"
        );
    }
    Ok(if letters.is_empty() { 0 } else { DATA })
}

async fn send(dry_run: bool, room: Room<'_>, session: &Session) -> Result<u8, Failure> {
    let is_live = room.workspace.settings.delivery.live && !dry_run;
    if !is_live {
        for (letter, word) in desk::due(room, session.now)? {
            let word = match word {
                Clearance::Go | Clearance::NotNow => format!("would go to {}", letter.recipient),
                Clearance::Misrouted(why) | Clearance::Withdrawn(why) => format!("would be refused: {why}"),
            };
            println!("{} {} {}: {word}", letter.county, letter.office, letter.lists.join(" "));
        }
    }
    let delivered = desk::send(room, session.now, is_live).await?;
    println!("{delivered}");
    Ok(if delivered.report.rejected + delivered.report.unknown > 0 { DATA } else { 0 })
}

fn show(ledger: &Ledger, all: bool, format: Format) -> Result<u8, Failure> {
    let states = MailState::ALL
        .into_iter()
        .filter(|state| all || !matches!(state, MailState::Accepted | MailState::Replaced | MailState::Withdrawn));
    let letters = ledger.letters(&states.collect::<Vec<_>>())?;
    match format {
        Format::Json => println!("{:#}", serde_json::to_value(&letters).unwrap_or_default()),
        Format::Text => {
            for letter in &letters {
                println!("{}", line(ledger, letter)?);
            }
            println!("{} letters", letters.len());
        }
    }
    Ok(0)
}

fn line(ledger: &Ledger, letter: &Letter) -> Result<String, Failure> {
    let last = ledger.letter_history(letter.letter_id)?.pop();
    let said = last.map(|event| format!("{} {}", event.at, event.detail)).unwrap_or_default();
    let Letter { message_id, county, office, lists, standing, .. } = letter;
    let (state, attempts) = (standing.state.code(), standing.attempts);
    Ok(format!("{message_id} {county} {office} {} {state}, attempts {attempts}: {said}", lists.join(" ")))
}

fn bounces(ledger: &Ledger, files: &[PathBuf], now: DateTime<Utc>) -> Result<u8, Failure> {
    let mut reports = Vec::with_capacity(files.len());
    for path in files {
        reports.push(read(path)?);
    }
    let mut code = 0;
    for (path, told) in files.iter().zip(record_bounces(ledger, &reports, now)?) {
        match told {
            Ok(message_id) => println!("{}: letter {message_id} came back", path.display()),
            Err(why) => {
                code = DATA;
                println!("{}: not noted: {why}", path.display());
            }
        }
    }
    Ok(code)
}
