//! `deliver`: send what is due; resolve, repeat, and note what came back.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use engine::{Delivered, Stop};
use office::delivery::{
    Clearance, DeliveryError, Desk, DispatchReport, Mailer, Resolution, ToOperators, Trace, dispatch,
    may_go_to_operators, record_bounces, remembered, tell_operators, trace_of,
};
use store::durable::At as _;
use store::ledger::{Ledger, Letter, MailState, OPERATORS};
use store::workspace;
use store::workspace::{Workspace, hold_lock};

use super::courier::described;
use super::lists::{hand_over, hand_over_rest};
use super::{DATA, Failure, Format, INTERNAL, Session, USAGE};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// Only say what would be sent, also where [delivery] live = true.
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
        #[arg(long)]
        by: String,
        /// Why.
        #[arg(long)]
        reason: String,
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
    #[arg(long)]
    by: String,
    /// How it is known.
    #[arg(long)]
    reason: String,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let workspace = workspace::load(&session.workspace)?;
    let ledger = Ledger::open(&workspace.layout.ledger())?;
    match &arguments.act {
        None => send(arguments.dry_run, &workspace, &ledger, session).await,
        Some(Act::Show { all, format }) => show(&ledger, *all, *format),
        Some(Act::Unknown { files }) => unknown(&ledger, files),
        Some(Act::Resolve(word)) => resolve(word, &workspace, &ledger, session),
        Some(Act::Resend { list_id, by, reason }) => {
            let message_id = Desk::new(&workspace, &ledger, session.now)?.resend(list_id, by, reason)?;
            for list in ledger.lists_named(std::slice::from_ref(list_id))? {
                hand_over(&workspace, &ledger, &list, session.now)?;
            }
            println!("letter {message_id} is in the outbox");
            Ok(0)
        }
        Some(Act::Bounces { files }) => bounces(&ledger, files, session.now),
    }
}

fn resolve(word: &Resolve, workspace: &Workspace, ledger: &Ledger, session: &Session) -> Result<u8, Failure> {
    let Resolve { message_id, sent, not_sent, resend, evidence, by, .. } = word;
    let _lock = lock(workspace)?;
    let reason = match evidence {
        Some(path) => proven(ledger, word, path)?,
        None => word.reason.clone(),
    };
    let desk = Desk::new(workspace, ledger, session.now)?;
    if *resend {
        let again = desk.resend_instead(message_id, by, &reason)?;
        println!("letter {message_id} is taken out, letter {again} is in the outbox");
        return Ok(0);
    }
    let word = match (sent, not_sent) {
        (true, _) => Resolution::Sent,
        (_, true) => Resolution::NotSent,
        _ => Resolution::TakenOut,
    };
    let letter = desk.resolve(message_id, word, by, &reason)?;
    println!("letter {} is now {}", letter.message_id, letter.standing.state.code());
    Ok(0)
}

/// The reason with the file that shows it; a file that says nothing of the letter, or the contrary, is refused.
fn proven(ledger: &Ledger, word: &Resolve, path: &Path) -> Result<String, Failure> {
    let told = |why: &str| Failure::new(DATA, format!("{}: {why}", path.display()));
    let file = std::fs::read(path).map_err(|error| Failure::new(USAGE, format!("{}: {error}", path.display())))?;
    let letter = ledger.letter_named(&word.message_id)?;
    match letter.map(|letter| trace_of(&letter, &file)) {
        Some(Trace::CameBack) if word.sent || word.not_sent => {
            Err(told("it says that the letter came back: poverty-watch deliver bounces"))
        }
        Some(Trace::None) | None => Err(told("it does not name the letter")),
        Some(_) if word.reason.trim().is_empty() => Ok(String::new()),
        Some(_) => Ok(format!("{}: {}", remembered(&file), word.reason)),
    }
}

/// The unclear letters, the server's last words about each, and the files that name it.
fn unknown(ledger: &Ledger, files: &[PathBuf]) -> Result<u8, Failure> {
    let mut read = Vec::with_capacity(files.len());
    for path in files {
        let bytes = std::fs::read(path);
        read.push((path, bytes.map_err(|error| Failure::new(USAGE, format!("{}: {error}", path.display())))?));
    }
    let letters = ledger.letters(&[MailState::Unknown])?;
    for letter in &letters {
        println!("{}", line(ledger, letter)?);
        for (path, bytes) in &read {
            match trace_of(letter, bytes) {
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

fn lock(workspace: &Workspace) -> Result<std::fs::File, Failure> {
    let path = workspace.layout.deliver_lock();
    let held = hold_lock(&path).at(&path).map_err(DeliveryError::from)?;
    Ok(held.ok_or_else(|| DeliveryError::Locked(path.display().to_string()))?)
}

async fn send(dry_run: bool, workspace: &Workspace, ledger: &Ledger, session: &Session) -> Result<u8, Failure> {
    let is_live = workspace.settings.delivery.live && !dry_run;
    if !is_live {
        let desk = Desk::new(workspace, ledger, session.now)?;
        for letter in ledger.letters_due(session.now)? {
            let word = match desk.clearance(&letter)? {
                Clearance::Go | Clearance::NotNow => format!("would go to {}", letter.recipient),
                Clearance::Misrouted(why) | Clearance::Withdrawn(why) => format!("would be refused: {why}"),
            };
            println!("{} {} {}: {word}", letter.county, letter.office, letter.lists.join(" "));
        }
    }
    let delivered = send_due(workspace, ledger, session.now, is_live, &Stop::default()).await?;
    println!("{}", described(&delivered));
    Ok(if delivered.rejected + delivered.unknown > 0 { DATA } else { 0 })
}

/// Hands over what is signed and sends the letters that are due; where `is_live` is not set, only counts them.
pub(super) async fn send_due(
    workspace: &Workspace,
    ledger: &Ledger,
    now: DateTime<Utc>,
    is_live: bool,
    stop: &Stop,
) -> Result<Delivered, Failure> {
    let desk = Desk::new(workspace, ledger, now)?;
    if !is_live {
        let due = ledger.letters_due(now)?.len() as u64;
        return Ok(Delivered { is_rehearsed: true, due, ..Delivered::default() });
    }
    let _lock = lock(workspace)?;
    // No letter says that a list lies ready before it does.
    hand_over_rest(workspace, ledger, now)?;
    desk.rewrite_withdrawn()?;
    let mailer = Mailer::open(&workspace.settings.delivery, &workspace.layout)?;
    let report =
        dispatch(
            ledger,
            &mailer,
            Utc::now,
            |letter| {
                if stop.is_set() { Ok(Clearance::NotNow) } else { desk.clearance(letter) }
            },
        )
        .await;
    mailer.close().await;
    let DispatchReport { accepted, deferred, rejected, unknown, withdrawn } = report?;
    Ok(Delivered { is_rehearsed: false, due: 0, accepted, deferred, rejected, unknown, withdrawn })
}

/// Writes to the operators about what they do not know yet, and sends what waits for them.
pub(super) async fn tell(workspace: &Workspace, ledger: &Ledger, now: DateTime<Utc>) -> Result<(), Failure> {
    tell_operators(workspace, ledger, now)?;
    let is_due = ledger.letters_due(now)?.iter().any(|letter| letter.office == OPERATORS);
    if !(is_due && workspace.settings.delivery.live) {
        return Ok(());
    }
    // Whoever sends just now is followed by the next run, which takes it along.
    let Ok(_lock) = lock(workspace) else { return Ok(()) };
    let mailer = Mailer::open(&workspace.settings.delivery, &workspace.layout)?;
    let sent = dispatch(&ToOperators(ledger), &mailer, Utc::now, |letter| {
        Ok(may_go_to_operators(letter, workspace).map_or_else(Clearance::Misrouted, |()| Clearance::Go))
    })
    .await;
    mailer.close().await;
    sent?;
    Ok(())
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
        let bytes = std::fs::read(path);
        reports.push(bytes.map_err(|error| Failure::new(INTERNAL, format!("{}: {error}", path.display())))?);
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
