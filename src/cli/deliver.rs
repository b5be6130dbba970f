//! `deliver`: send what is due; resolve, repeat, and note what came back.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::courier::described;
use super::lists::{hand_over, hand_over_rest};
use super::{DATA, Failure, Format, INTERNAL, Session};
use crate::delivery::{
    Clearance, DeliveryError, Desk, DispatchReport, Mailer, Resolution, ToOperators, dispatch, may_go_to_operators,
    record_bounces, tell_operators,
};
use crate::ledger::{Ledger, Letter, MailState, OPERATORS};
use crate::pipeline::{Delivered, Stop};
use crate::workspace::{self, Workspace, hold_lock};

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
    /// Say of a letter what nobody else can know.
    Resolve {
        /// Its Message-ID, as `deliver show` prints it.
        message_id: String,
        /// It has arrived.
        #[arg(long, required_unless_present_any = ["not_sent", "take_out"])]
        sent: bool,
        /// It has provably not arrived: the same letter goes again.
        #[arg(long, conflicts_with_all = ["sent", "take_out"])]
        not_sent: bool,
        /// It is not to be sent any more.
        #[arg(long, conflicts_with = "sent")]
        take_out: bool,
        /// Who says so.
        #[arg(long)]
        by: String,
        /// How it is known.
        #[arg(long)]
        reason: String,
    },
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

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let workspace = workspace::load(&session.workspace)?;
    let ledger = Ledger::open(&workspace.layout.ledger())?;
    match &arguments.act {
        None => send(arguments.dry_run, &workspace, &ledger, session).await,
        Some(Act::Show { all, format }) => show(&ledger, *all, *format),
        Some(Act::Resolve { message_id, sent, not_sent, by, reason, .. }) => {
            let word = match (sent, not_sent) {
                (true, _) => Resolution::Sent,
                (_, true) => Resolution::NotSent,
                _ => Resolution::TakenOut,
            };
            let _lock = lock(&workspace)?;
            let desk = Desk::new(&workspace, &ledger, session.now)?;
            let letter = desk.resolve(message_id, word, by, reason)?;
            println!("letter {} is now {}", letter.message_id, letter.standing.state.code());
            Ok(0)
        }
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

fn lock(workspace: &Workspace) -> Result<std::fs::File, Failure> {
    let path = workspace.layout.deliver_lock();
    let io = |source| DeliveryError::Io { path: path.clone(), source };
    let held = hold_lock(&path).map_err(io)?;
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
