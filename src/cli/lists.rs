//! `lists`: what is sealed and how far it is; signing; keeping persons off the next lists.

use chrono::NaiveDate;

use super::{Failure, Session, USAGE, date_argument, period_argument};
use crate::delivery::{DeliveryError, Desk, mail_key};
use crate::domain::{Fen, Period};
use crate::ledger::{Approval, Ledger, NewSuppression, Review, SealedList};
use crate::pipeline::person_named;
use crate::referrals::{Office, SuppressReason};
use crate::workspace;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Show sealed lists, who has signed them, and their letters.
    Show {
        /// Period; the last sealed one if left out.
        #[arg(long, value_parser = period_argument)]
        month: Option<Period>,
    },
    /// Sign lists as reviewed.
    Review {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        word: Word,
    },
    /// Sign reviewed lists as ready to be sent: another person than the reviewer, who types the totals of the files.
    Approve {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        word: Word,
        /// Rows of all these lists together, withdrawn persons included.
        #[arg(long)]
        rows: u64,
        /// Control total of all these lists together, yuan.
        #[arg(long, value_parser = yuan_argument, allow_negative_numbers = true)]
        control: Fen,
    },
    /// Keep a person off the lists that are sealed from now on.
    Suppress {
        /// Number of the person's document.
        #[arg(long)]
        person: String,
        /// Kind of the document, where it is no resident id card.
        #[arg(long, value_name = "CODE")]
        cert_type: Option<String>,
        /// Only for this rule.
        #[arg(long, default_value = "")]
        rule: String,
        /// Why: data_error, other_payer, already_aided, deceased, moved_away, refused, snoozed.
        #[arg(long, value_parser = reason_argument, required_unless_present = "lift")]
        reason: Option<SuppressReason>,
        /// Last day; snoozed needs one.
        #[arg(long, value_parser = date_argument)]
        until: Option<NaiveDate>,
        /// Take an earlier word back.
        #[arg(long, conflicts_with_all = ["reason", "until"])]
        lift: bool,
        /// Who decides.
        #[arg(long)]
        by: String,
    },
}

/// Which lists are meant.
#[derive(Debug, clap::Args)]
struct Which {
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
struct Word {
    /// Who signs.
    #[arg(long)]
    by: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

fn yuan_argument(text: &str) -> Result<Fen, String> {
    Fen::parse(text).map_err(|error| error.to_string())
}

fn reason_argument(text: &str) -> Result<SuppressReason, String> {
    let codes = SuppressReason::ALL.map(SuppressReason::code).join(", ");
    SuppressReason::parse(text).ok_or_else(|| format!("there is no such reason; there are {codes}"))
}

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let workspace = workspace::load(&session.workspace)?;
    let ledger = Ledger::open(&workspace.layout.ledger())?;
    let desk = |key| Desk::new(&workspace, &ledger, key, session.now);
    match &arguments.act {
        Act::Show { month } => show(&ledger, *month)?,
        Act::Review { which, word } => {
            let lists = which.of(&ledger)?;
            desk(&[])?.review(&Review { lists: &lists, signer: &word.by, reason: &word.reason })?;
            println!("{} lists reviewed by {}", lists.len(), word.by);
        }
        Act::Approve { which, word, rows, control } => {
            let lists = which.of(&ledger)?;
            let key = mail_key(&workspace.layout)?;
            let (signer, reason) = (word.by.as_str(), word.reason.as_str());
            let approval = Approval { lists: &lists, signer, reason, rows: *rows, control: *control };
            let letters = desk(&key)?.approve(&approval)?;
            println!("{} lists approved by {signer}, {letters} letters in the outbox", lists.len());
        }
        Act::Suppress { .. } => suppress(&arguments.act, &ledger, session)?,
    }
    Ok(0)
}

impl Which {
    fn of(&self, ledger: &Ledger) -> Result<Vec<String>, Failure> {
        let Some(month) = self.month else { return Ok(self.lists.clone()) };
        let lists = ledger.sealed_lists(month)?.into_iter().filter(|list| Office::is_referral_code(&list.office));
        let lists: Vec<String> = lists
            .filter(|list| self.county.as_ref().is_none_or(|county| *county == list.county))
            .map(|list| list.list_id)
            .collect();
        if lists.is_empty() {
            return Err(Failure::new(USAGE, format!("no list of {month} leaves the bureau, or none of that county")));
        }
        Ok(lists)
    }
}

fn show(ledger: &Ledger, month: Option<Period>) -> Result<(), Failure> {
    let Some(period) = month.map_or_else(|| ledger.last_sealed_period(), |month| Ok(Some(month)))? else {
        println!("no list is sealed yet");
        return Ok(());
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
    println!("{:<32} {:<9} {rows:>6} {control:>16}", format!("{count} lists"), "");
    Ok(())
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

fn suppress(act: &Act, ledger: &Ledger, session: &Session) -> Result<(), Failure> {
    let Act::Suppress { person, cert_type, rule, reason, until, by, .. } = act else { return Ok(()) };
    let wrong = |message: &str| Failure::new(USAGE, message);
    let key = person_named(person, cert_type.as_deref()).map_err(|error| wrong(&format!("--person: {error}")))?;
    if by.trim().is_empty() {
        return Err(wrong("--by needs a name"));
    }
    if reason.is_some_and(SuppressReason::needs_end) && until.is_none() {
        return Err(wrong("snoozed needs --until: the last day on which the person stays off"));
    }
    let code = reason.map_or("lifted", SuppressReason::code);
    let new = NewSuppression { person: key, rule, reason: code, until: *until, signer: by };
    let number = ledger.suppress(&new, session.now).map_err(DeliveryError::from)?;
    println!("suppression {number}: {code}; it holds for lists that are sealed from now on");
    Ok(())
}
