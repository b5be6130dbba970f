//! What happens to sealed lists before they leave: showing how far they are, both signatures, and keeping persons off
//! the next ones.

use chrono::{DateTime, NaiveDate, Utc};
use law::domain::{Fen, Period, official_day};
use law::referrals::{Office, SuppressReason};
use office::delivery::{DeliveryError, Desk};
use office::handover::publish;
use store::ledger::{Approval, Ledger, ListEventKind, ListStage, NewSuppression, Review, SealedList};
use store::workspace;
use store::workspace::Workspace;
use watch::person_named;

use crate::cli::{DATA, Failure, Session, USAGE, date_argument, period_argument};

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
    #[arg(long)]
    by: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

/// Who is kept off, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Suppress {
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
}

pub(super) fn yuan_argument(text: &str) -> Result<Fen, String> {
    Fen::parse(text).map_err(|error| error.to_string())
}

fn reason_argument(text: &str) -> Result<SuppressReason, String> {
    let codes = SuppressReason::ALL.map(SuppressReason::code).join(", ");
    SuppressReason::parse(text).ok_or_else(|| format!("there is no such reason; there are {codes}"))
}

/// Signs lists as reviewed.
pub(super) fn review(session: &Session, which: &Which, word: &Word) -> Result<u8, Failure> {
    let (workspace, ledger) = open(session)?;
    let lists = which.of(&ledger)?;
    let review = Review { lists: &lists, signer: &word.by, reason: &word.reason };
    Desk::new(&workspace, &ledger, session.now)?.review(&review)?;
    println!("{} lists reviewed by {}", lists.len(), word.by);
    Ok(0)
}

/// Signs lists as ready, writes their letters, and puts them where their offices fetch them.
pub(super) fn approve(
    session: &Session,
    (which, word): (&Which, &Word),
    (rows, control): (u64, Fen),
) -> Result<u8, Failure> {
    let (workspace, ledger) = open(session)?;
    let lists = which.of(&ledger)?;
    let (signer, reason) = (word.by.as_str(), word.reason.as_str());
    for list_id in &lists {
        refuse_retracted(&ledger, list_id)?;
    }
    let approval = Approval { lists: &lists, signer, reason, rows, control };
    let letters = Desk::new(&workspace, &ledger, session.now)?.approve(&approval)?;
    for list in ledger.lists_named(&lists)? {
        hand_over(&workspace, &ledger, &list, session.now)?;
    }
    println!("{} lists approved by {signer}, {letters} letters in the outbox", lists.len());
    Ok(0)
}

/// Puts a list that is READY where its office fetches it, unless its period is quiet; again it changes nothing.
pub(in crate::cli) fn hand_over(
    workspace: &Workspace,
    ledger: &Ledger,
    list: &SealedList,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if ledger.is_quiet(&list.list_id)? {
        return Ok(());
    }
    let (_, signatures) = ledger.signatures(&list.list_id)?;
    let signer = signatures.last().map_or("", |last| last.signer.as_str());
    publish(&workspace.layout, ledger, list, (signer, official_day(now)), now)
        .map_err(|error| Failure::new(DATA, error.to_string()))?;
    Ok(())
}

/// Hands over what is READY and does not lie at its office yet: the command that approved it was ended early, or its
/// period was quiet then.
pub(in crate::cli) fn hand_over_rest(
    workspace: &Workspace,
    ledger: &Ledger,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    for list in ledger.all_lists()? {
        let is_ready = ledger.signatures(&list.list_id)?.0 == ListStage::Ready;
        if !is_ready || ledger.is_retracted(&list.list_id)? {
            continue;
        }
        let events = ledger.list_events(&list.list_id)?;
        if events.iter().all(|event| event.kind != ListEventKind::Published) {
            hand_over(workspace, ledger, &list, now)?;
        }
    }
    Ok(())
}

/// Fails for a list that was taken back.
pub(super) fn refuse_retracted(ledger: &Ledger, list_id: &str) -> Result<(), Failure> {
    if ledger.is_retracted(list_id)? {
        return Err(Failure::new(DATA, format!("{list_id} was taken back")));
    }
    Ok(())
}

/// Fails for a list that is not signed as ready: nothing of it leaves the bureau.
pub(super) fn refuse_unready(ledger: &Ledger, list_id: &str) -> Result<(), Failure> {
    if ledger.signatures(list_id)?.0 != ListStage::Ready {
        let why = format!("{list_id} is not READY; it needs `lists review` and `lists approve` first");
        return Err(Failure::new(DATA, why));
    }
    Ok(())
}

fn open(session: &Session) -> Result<(Workspace, Ledger), Failure> {
    let workspace = workspace::load(&session.workspace)?;
    let ledger = Ledger::open(&workspace.layout.ledger())?;
    Ok((workspace, ledger))
}

impl Which {
    fn of(&self, ledger: &Ledger) -> Result<Vec<String>, Failure> {
        let Some(month) = self.month else { return Ok(self.lists.clone()) };
        let lists = ledger.sealed_lists(month)?.into_iter().filter(|list| Office::is_referral_code(&list.office));
        let of_county = lists.filter(|list| self.county.as_ref().is_none_or(|county| *county == list.county));
        let mut lists = Vec::new();
        for list in of_county {
            // What was taken back goes nowhere; its notice does.
            if !ledger.is_retracted(&list.list_id)? {
                lists.push(list.list_id);
            }
        }
        if lists.is_empty() {
            return Err(Failure::new(USAGE, format!("no list of {month} leaves the bureau, or none of that county")));
        }
        Ok(lists)
    }
}

/// Shows a period's lists, who has signed them, and their letters.
pub(super) fn show(session: &Session, month: Option<Period>) -> Result<u8, Failure> {
    let ledger = &open(session)?.1;
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
    println!("{:<32} {:<9} {rows:>6} {control:>16}", format!("{count} lists"), "");
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

/// Keeps a person off the lists that are sealed from now on.
pub(super) fn suppress(session: &Session, who: &Suppress) -> Result<u8, Failure> {
    let Suppress { person, cert_type, rule, reason, until, by, .. } = who;
    let (_, ledger) = open(session)?;
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
    Ok(0)
}
