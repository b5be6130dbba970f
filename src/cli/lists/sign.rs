//! What happens to sealed lists before they leave: showing how far they are, both signatures, and keeping persons off
//! the next ones.

use chrono::NaiveDate;
use desk::{Actor, Approved, Room};
use law::domain::{Fen, Period, Said};
use law::referrals::{Office, SuppressReason};
use store::ledger::{Ledger, SealedList};
use watch::person_named;

use crate::cli::arguments::{actor_argument, date_argument, period_argument};
use crate::cli::failure::{Failure, USAGE};
use crate::cli::session::Session;

/// Which lists are meant.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Ids of the lists.
    #[arg(value_name = "LIST_ID", required_unless_present = "month", conflicts_with_all = ["month", "county"])]
    lists: Vec<String>,
    /// All lists of this period that leave the bureau.
    #[arg(long, value_parser = period_argument)]
    month: Option<Period>,
    /// Only of this county.
    #[arg(long, requires = "month")]
    county: Option<String>,
}

/// Who says so and why.
#[derive(Debug, clap::Args)]
pub(super) struct Word {
    /// Who signs.
    #[arg(long, value_parser = actor_argument)]
    by: Actor,
    /// Why.
    #[arg(long)]
    reason: Said,
}

/// Who is kept off, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Suppress {
    /// Number of the person's document.
    #[arg(long, required_unless_present = "agree")]
    person: Option<String>,
    /// Kind of the document, where it is no resident id card.
    #[arg(long, value_name = "CODE")]
    cert_type: Option<String>,
    /// Only for this rule.
    #[arg(long)]
    rule: Option<String>,
    /// Why: data_error, other_payer, already_aided, deceased, moved_away, refused, snoozed.
    #[arg(long, value_parser = reason_argument, required_unless_present_any = ["lift", "agree"])]
    reason: Option<SuppressReason>,
    /// Last day; snoozed needs one.
    #[arg(long, value_parser = date_argument)]
    until: Option<NaiveDate>,
    /// Agree to a suppression as its second person, by its number: one person's word alone holds for 31 days.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["person", "rule", "reason", "until", "lift"])]
    agree: Option<i64>,
    /// Take an earlier word back.
    #[arg(long, conflicts_with_all = ["reason", "until"])]
    lift: bool,
    /// Who decides.
    #[arg(long, value_parser = actor_argument)]
    by: Actor,
}

fn reason_argument(text: &str) -> Result<SuppressReason, String> {
    let codes = SuppressReason::ALL.map(SuppressReason::code).join(", ");
    SuppressReason::parse(text).ok_or_else(|| format!("there is no such reason; there are {codes}"))
}

impl From<&Which> for desk::Which {
    fn from(which: &Which) -> Self {
        match which.month {
            Some(period) => Self::Of { period, county: which.county.clone() },
            None => Self::Named(which.lists.clone()),
        }
    }
}

pub(super) fn review(session: &Session, which: &Which, word: &Word) -> Result<u8, Failure> {
    let (workspace, ledger) = session.open_room()?;
    let room = Room { workspace: &workspace, ledger: &ledger };
    let lists = desk::review(room, session.act(&word.by), &which.into(), &word.reason)?;
    println!("{} lists reviewed by {}", lists.len(), word.by.name());
    Ok(0)
}

pub(super) fn approve(session: &Session, (which, word): (&Which, &Word), totals: (u64, Fen)) -> Result<u8, Failure> {
    let (workspace, ledger) = session.open_room()?;
    let room = Room { workspace: &workspace, ledger: &ledger };
    let Approved { lists, letters } = desk::approve(room, session.act(&word.by), &which.into(), &word.reason, totals)?;
    println!("{} lists approved by {}, {letters} letters in the outbox", lists.len(), word.by.name());
    Ok(0)
}

/// Shows a period's lists, who has signed them, and their letters.
pub(super) fn show(session: &Session, month: Option<Period>) -> Result<u8, Failure> {
    let ledger = &session.open_room()?.1;
    let Some(period) = month.map_or_else(|| ledger.last_sealed_period(), |month| Ok(Some(month)))? else {
        println!("no list is sealed yet");
        return Ok(0);
    };
    println!("{:<32} {:<9} {:>6} {:>16}  letters", period.to_string(), "stage", "rows", "control yuan");
    let (mut rows, mut control, mut count) = (0, 0_i128, 0);
    for list in ledger.sealed_lists(period)?.iter().filter(|list| Office::is_referral_code(&list.office)) {
        rows += list.rows;
        control += list.control.unscaled();
        count += 1;
        println!("{}", line(ledger, list)?);
    }
    let control = i64::try_from(control).map_or_else(|_| format!("{control} fen"), |fen| Fen(fen).to_string());
    let closed = ledger.closed_by(period)?.map_or_else(String::new, |by| format!("  closed by {by}"));
    println!("{:<32} {:<9} {rows:>6} {control:>16}{closed}", format!("{count} lists"), "");
    Ok(0)
}

fn line(ledger: &Ledger, list: &SealedList) -> Result<String, Failure> {
    let (stage, signatures) = ledger.signatures(&list.list_id)?;
    let stage = serde_json::to_value(stage).unwrap_or_default();
    let letters = ledger.letters_of(&list.list_id)?;
    let letters: Vec<&str> = letters.iter().map(|letter| letter.standing.state.code()).collect();
    let signers: Vec<&str> = signatures.iter().map(|one| one.signer.as_str()).collect();
    Ok(format!(
        "{:<32} {:<9} {:>6} {:>16}  {}{}",
        list.list_id,
        stage.as_str().unwrap_or_default(),
        list.rows,
        list.control.to_string(),
        letters.join(", "),
        if signers.is_empty() { String::new() } else { format!("  ({})", signers.join(", ")) }
    ))
}

pub(super) fn suppress(session: &Session, who: &Suppress) -> Result<u8, Failure> {
    let Suppress { person, cert_type, rule, reason, until, by, agree, .. } = who;
    let (workspace, ledger) = session.open_room()?;
    let room = Room { workspace: &workspace, ledger: &ledger };
    if let Some(number) = agree {
        let is_news = desk::agree(room, session.act(by), *number)?;
        println!("suppression {number}: {}", if is_news { "agreed" } else { "agreed before" });
        return Ok(0);
    }
    let person = person.as_deref().unwrap_or_default();
    let person = person_named(person, cert_type.as_deref())
        .map_err(|error| Failure::new(USAGE, format!("--person: {error}")))?;
    let word = desk::Suppress { person, rule: rule.as_deref(), reason: *reason, until: *until };
    let (number, code) = desk::suppress(room, session.act(by), &word)?;
    println!("suppression {number}: {code}; it holds for lists that are sealed from now on");
    Ok(0)
}
