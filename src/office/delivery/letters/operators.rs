//! Letters to the operators: what has gone wrong and what is well again, in one letter, through the same outbox and
//! under the same rules as the letters to offices. Nothing in them is about a person.

use chrono::{DateTime, Duration, Utc};
use law::domain::{MailAddress, official_day};
use law::schedule::{AlertMail, alert_mail, digest_mail};
use store::keys::Keys;
use store::ledger::{AlertNews, Ledger, LedgerError, Letter, LetterStep, NewLetter, OPERATORS, RaisedAlert};
use store::workspace::Workspace;

use super::{Draft, compose, message_id};
use crate::delivery::dispatch::Store;
use crate::delivery::error::DeliveryError;

/// So long after one letter the next one waits: what comes and goes meanwhile is told together, or not at all.
const PAUSE: Duration = Duration::minutes(30);

/// Writes the letter about all alerts that the operators do not know of, where mail is live and they have an address.
/// Answers its Message-ID; `None`: there is nothing to tell, or nobody to tell it to.
pub fn tell_operators(
    workspace: &Workspace,
    ledger: &Ledger,
    now: DateTime<Utc>,
) -> Result<Option<String>, DeliveryError> {
    let settings = &workspace.settings;
    let (Some(to), Some(from), true) = (operators(workspace), settings.delivery.sender(), settings.delivery.live)
    else {
        return Ok(None);
    };
    let news = ledger.alert_news()?;
    let keys = Keys::open(&workspace.layout)?.tokens;
    // the digest says nothing of alerts, and keeps none of them waiting
    let digest = message_id(&keys, &[of_day(now)], &to, 0, from.domain());
    let recent = ledger.letters_to(&settings.area, OPERATORS, now - PAUSE)?;
    if news.is_empty() || recent.iter().any(|letter| letter.message_id != digest) {
        return Ok(None);
    }
    let day = official_day(now).to_string();
    let Some(mail) = alert_mail(&texts(&news.raised), &texts(&news.cleared), place(workspace), &day) else {
        return Ok(None);
    };
    let message_id = message_id(&keys, &named(&news), &to, 0, from.domain());
    let letter = letter(workspace, (message_id, &from, &to), &mail, now)?;
    ledger.tell_alerts(&letter, &news, now)?;
    Ok(Some(letter.message_id))
}

/// Writes the letter with a day's digest, one for each day, where mail is live and the operators have an address.
pub fn tell_day(
    workspace: &Workspace,
    ledger: &Ledger,
    lines: &[(String, String)],
    now: DateTime<Utc>,
) -> Result<(), DeliveryError> {
    let settings = &workspace.settings;
    let (Some(to), Some(from), true) = (operators(workspace), settings.delivery.sender(), settings.delivery.live)
    else {
        return Ok(());
    };
    let message_id = message_id(&Keys::open(&workspace.layout)?.tokens, &[of_day(now)], &to, 0, from.domain());
    let recent = ledger.letters_to(&settings.area, OPERATORS, now - Duration::days(2))?;
    if recent.iter().any(|letter| letter.message_id == message_id) {
        return Ok(());
    }
    let mail = digest_mail(lines, place(workspace), &official_day(now).to_string());
    let letter = letter(workspace, (message_id, &from, &to), &mail, now)?;
    ledger.tell_alerts(&letter, &AlertNews::default(), now)?;
    Ok(())
}

/// What the Message-ID of a day's digest is made of.
fn of_day(now: DateTime<Utc>) -> String {
    format!("digest {}", official_day(now))
}

fn place(workspace: &Workspace) -> &str {
    let settings = &workspace.settings;
    if settings.bureau.area_name.is_empty() { &settings.area } else { &settings.bureau.area_name }
}

fn letter(
    workspace: &Workspace,
    (message_id, from, to): (String, &MailAddress, &MailAddress),
    mail: &AlertMail,
    now: DateTime<Utc>,
) -> Result<NewLetter, DeliveryError> {
    let (subject, text) = (mail.subject.as_str(), mail.body.as_str());
    let draft = Draft { message_id: &message_id, from, to, date: now, subject, text, attachments: &[] };
    Ok(NewLetter {
        bytes: compose(&draft)?,
        message_id,
        county: workspace.settings.area.clone(),
        office: OPERATORS.to_owned(),
        recipient: to.to_string(),
        resend_no: 0,
        lists: Vec::new(),
        due_at: now,
        replaces: None,
    })
}

/// Why a letter to the operators may not go, where it may not: only to the address that the settings name now.
pub fn may_go_to_operators(letter: &Letter, workspace: &Workspace) -> Result<(), String> {
    match operators(workspace) {
        Some(address) if address.as_str() == letter.recipient => Ok(()),
        Some(_) => Err("its address is not the one in [operators]".to_owned()),
        None => Err("[operators] has no address that mail may go to".to_owned()),
    }
}

/// The operators' address, where mail may go to its domain.
fn operators(workspace: &Workspace) -> Option<MailAddress> {
    let address = MailAddress::parse(&workspace.settings.operators.address).ok()?;
    workspace.settings.delivery.allows(&address).then_some(address)
}

fn texts(alerts: &[RaisedAlert]) -> Vec<(&str, &str)> {
    alerts.iter().map(|alert| (alert.chinese.as_str(), alert.english.as_str())).collect()
}

/// What the letter tells, as its Message-ID is made of it.
fn named(news: &AlertNews) -> Vec<String> {
    let of = |word: &'static str, alerts: &[RaisedAlert]| -> Vec<String> {
        alerts.iter().map(|alert| format!("{word} {} {}", alert.alert_id, alert.key)).collect()
    };
    [of("raised", &news.raised), of("cleared", &news.cleared)].concat()
}

/// The outbox as far as it is the operators': after a failed run their letter goes at once, and no office's with it.
#[derive(Debug)]
pub struct ToOperators<'a>(pub &'a Ledger);

impl Store for ToOperators<'_> {
    async fn unsettled(&self) -> Result<Vec<Letter>, LedgerError> {
        Ok(own(self.0.unsettled().await?))
    }

    async fn due(&self, now: DateTime<Utc>) -> Result<Vec<Letter>, LedgerError> {
        Ok(own(self.0.due(now).await?))
    }

    async fn bytes(&self, letter: &Letter) -> Result<Vec<u8>, LedgerError> {
        self.0.bytes(letter).await
    }

    async fn note(&self, letter: &Letter, step: &LetterStep, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.0.note(letter, step, at).await
    }
}

fn own(letters: Vec<Letter>) -> Vec<Letter> {
    letters.into_iter().filter(|letter| letter.office == OPERATORS).collect()
}
