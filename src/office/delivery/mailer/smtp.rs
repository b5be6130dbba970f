//! To a mail server, by lettre's connection: each step under a time-out of its own, one recipient per envelope.
//!
//! What fails before the final dot was provably not taken; what fails after it may have been (RFC 1047) and is unclear.

use std::future::Future;
use std::time::Duration;

use law::config::{DeliverySettings, Layout, Security, SmtpSettings};
use law::domain::MailAddress;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use store::durable::At as _;
use store::ledger::Letter;
use tokio::sync::Mutex;

use crate::delivery::dispatch::{Attempt, Transport};
use crate::delivery::error::DeliveryError;
use crate::delivery::machine::Outcome;

struct Fault {
    /// The server's or the system's words.
    reply: String,
    /// Whether the server said 5xx.
    is_permanent: bool,
    /// Whether the connection can no longer be trusted: a late answer would be taken for the next one.
    is_broken: bool,
}

impl Fault {
    fn broken(reply: impl Into<String>) -> Self {
        Self { reply: reply.into(), is_permanent: false, is_broken: true }
    }
}

/// A connection that is kept for the next letter.
struct Kept {
    connection: AsyncSmtpConnection,
    letters: u32,
}

pub struct SmtpTransport {
    settings: SmtpSettings,
    sender: Address,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    kept: Mutex<Option<Kept>>,
}

impl std::fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpTransport").field("host", &self.settings.host).finish_non_exhaustive()
    }
}

impl SmtpTransport {
    /// Reads certificate and password; opens no connection.
    pub fn new(delivery: &DeliverySettings, layout: &Layout) -> Result<Self, DeliveryError> {
        let settings = delivery.smtp.clone();
        if settings.security == Security::None && !(settings.is_loopback() && settings.username.is_empty()) {
            return Err(DeliveryError::message("clear text is for a server on this machine only"));
        }
        let read = |name: &str| {
            let path = layout.root().join(name);
            std::fs::read_to_string(&path).at(&path)
        };
        let tls = match settings.security {
            Security::None => None,
            Security::Starttls | Security::Tls => {
                let mut builder = TlsParametersBuilder::new(settings.host.clone());
                if !settings.ca_file.is_empty() {
                    let certificate = Certificate::from_pem(read(&settings.ca_file)?.as_bytes());
                    builder = builder.add_root_certificate(certificate.map_err(DeliveryError::message)?);
                }
                Some(builder.build().map_err(DeliveryError::message)?)
            }
        };
        let credentials = match settings.username.as_str() {
            "" => None,
            name => Some(Credentials::new(name.to_owned(), read(&settings.password_file)?.trim_end().to_owned())),
        };
        let sender = delivery.sender().as_ref().and_then(address);
        let sender = sender.ok_or_else(|| DeliveryError::message("[delivery] from is no mail address"))?;
        Ok(Self { settings, sender, tls, credentials, kept: Mutex::new(None) })
    }

    pub async fn close(&self) {
        if let Some(mut kept) = self.kept.lock().await.take() {
            let _ = self.within(self.settings.command_seconds, kept.connection.quit()).await;
        }
    }

    /// A step under its time-out.
    async fn within<T>(
        &self,
        seconds: u64,
        step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
    ) -> Result<T, Fault> {
        match tokio::time::timeout(Duration::from_secs(seconds), step).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                let is_answer = error.is_permanent() || error.is_transient();
                Err(Fault { reply: told(&error), is_permanent: error.is_permanent(), is_broken: !is_answer })
            }
            Err(_) => Err(Fault::broken(format!("no answer within {seconds} s"))),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Fault> {
        let settings = &self.settings;
        let (hello, wait) = (ClientId::Domain(settings.hello.clone()), settings.connect_seconds);
        let implicit = self.tls.clone().filter(|_| settings.security == Security::Tls);
        let server = (settings.host.as_str(), settings.port);
        let limit = Some(Duration::from_secs(wait));
        let connecting = AsyncSmtpConnection::connect_tokio1(server, limit, &hello, implicit, None);
        let mut connection = self.within(wait, connecting).await?;
        if let Some(tls) = self.tls.clone().filter(|_| settings.security == Security::Starttls) {
            if !connection.can_starttls() {
                return Err(Fault::broken("the server offers no STARTTLS; nothing goes out in clear text"));
            }
            self.within(settings.command_seconds, connection.starttls(tls, &hello)).await?;
        }
        if let Some(credentials) = &self.credentials {
            self.within(settings.command_seconds, connection.auth(DEFAULT_MECHANISMS, credentials)).await?;
        }
        Ok(connection)
    }

    /// A kept connection that still answers, or a new one.
    async fn connection(&self) -> Result<Kept, Fault> {
        if let Some(mut kept) = self.kept.lock().await.take()
            && kept.letters < self.settings.letters_per_connection
            && self.within(self.settings.connect_seconds, kept.connection.command(Rset)).await.is_ok()
        {
            return Ok(kept);
        }
        Ok(Kept { connection: self.connect().await?, letters: 0 })
    }

    /// Everything up to the server's word that it waits for the letter.
    async fn envelope(&self, connection: &mut AsyncSmtpConnection, to: Address) -> Result<(), Fault> {
        let wait = self.settings.command_seconds;
        let mail = connection.command(Mail::new(Some(self.sender.clone()), vec![]));
        expect(&self.within(wait, mail).await?, Severity::PositiveCompletion)?;
        let rcpt = connection.command(Rcpt::new(to, vec![]));
        expect(&self.within(wait, rcpt).await?, Severity::PositiveCompletion)?;
        let data = connection.command(Data);
        expect(&self.within(wait, data).await?, Severity::PositiveIntermediate)
    }
}

impl Transport for SmtpTransport {
    async fn send(&self, letter: &Letter, bytes: &[u8]) -> Attempt {
        let to = MailAddress::parse(&letter.recipient).ok().as_ref().and_then(address);
        let Some(to) = to else { return Attempt::new(Outcome::Rejected, "the recipient is no plain address") };
        let mut kept = match self.connection().await {
            Ok(kept) => kept,
            // Whatever the server says before it knows the letter is no word about the letter.
            Err(Fault { reply, .. }) => return Attempt { outcome: Outcome::Deferred, is_down: true, reply },
        };
        if let Err(fault) = self.envelope(&mut kept.connection, to).await {
            if !fault.is_broken {
                *self.kept.lock().await = Some(kept);
            }
            let outcome = if fault.is_permanent { Outcome::Rejected } else { Outcome::Deferred };
            return Attempt::new(outcome, fault.reply);
        }
        let handing =
            tokio::time::timeout(Duration::from_secs(self.settings.accept_seconds), kept.connection.message(bytes));
        let attempt = match handing.await {
            Err(_) => Attempt::new(Outcome::Unclear, format!("no answer within {} s", self.settings.accept_seconds)),
            Ok(Ok(response)) if response.code().severity == Severity::PositiveCompletion => {
                Attempt::new(Outcome::Accepted, words(&response))
            }
            Ok(Ok(response)) => Attempt::new(Outcome::Unclear, words(&response)),
            Ok(Err(error)) if error.is_permanent() => Attempt::new(Outcome::Rejected, told(&error)),
            Ok(Err(error)) if error.is_transient() => Attempt::new(Outcome::Deferred, told(&error)),
            Ok(Err(error)) => Attempt::new(Outcome::Unclear, told(&error)),
        };
        if attempt.outcome != Outcome::Unclear {
            kept.letters += 1;
            *self.kept.lock().await = Some(kept);
        }
        attempt
    }

    /// Nobody can ask a mail server what it has taken.
    async fn lookup(&self, _: &str) -> Option<bool> {
        None
    }
}

fn expect(response: &Response, severity: Severity) -> Result<(), Fault> {
    if response.code().severity == severity { Ok(()) } else { Err(Fault::broken(words(response))) }
}

fn address(address: &MailAddress) -> Option<Address> {
    address.as_str().parse().ok()
}

fn words(response: &Response) -> String {
    format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" "))
}

/// The error with its causes.
fn told(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    text
}
