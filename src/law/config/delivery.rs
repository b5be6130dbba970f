//! What `[delivery]` may say: whether mail really leaves, by which way, from whom, to which domains.

use serde::Deserialize;

use super::Problem;
use crate::domain::MailAddress;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// Into a folder of `.eml` files, for networks that may not reach the internet.
    #[default]
    Spool,
    Smtp,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Plain first, then TLS, or nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None: only to this machine itself.
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliverySettings {
    /// Whether `deliver` sends; until then it only says what it would send.
    pub live: bool,
    pub transport: TransportKind,
    /// Sender of all mail; its domain also ends the Message-IDs.
    pub from: String,
    /// Domains that mail may go to.
    pub allow_domains: Vec<String>,
    /// Where an office collects its lists, as the mail says it.
    pub collect: String,
    /// Encrypted lists that are larger together do not go with the letter, MiB; the office collects them.
    pub attach_mib: u32,
    pub smtp: SmtpSettings,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            live: false,
            transport: TransportKind::default(),
            from: String::new(),
            allow_domains: Vec::new(),
            collect: "政务数据交换平台本单位目录".to_owned(),
            attach_mib: 8,
            smtp: SmtpSettings::default(),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpSettings {
    /// Its name, as its certificate says it.
    pub host: String,
    /// Its port: 25 or 587 with STARTTLS, 465 with TLS.
    pub port: u16,
    /// How the way to it is protected.
    pub security: Security,
    pub username: String,
    /// File with the password, below the workspace; readable by its owner alone.
    pub password_file: String,
    /// PEM file of the authority that signed the server's certificate; empty: the system's authorities.
    pub ca_file: String,
    /// Name by which this machine greets.
    pub hello: String,
    /// Longest wait for a connection and its greeting, seconds.
    pub connect_seconds: u64,
    /// Longest wait for the answer to one command, seconds.
    pub command_seconds: u64,
    /// Longest wait for the answer after the final dot, seconds.
    pub accept_seconds: u64,
    pub letters_per_connection: u32,
}

impl Default for SmtpSettings {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 25,
            security: Security::default(),
            username: String::new(),
            password_file: String::new(),
            ca_file: String::new(),
            hello: "localhost".to_owned(),
            connect_seconds: 30,
            command_seconds: 300,
            accept_seconds: 600,
            letters_per_connection: 100,
        }
    }
}

impl SmtpSettings {
    /// Whether the host is this machine itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1")
    }
}

impl DeliverySettings {
    #[must_use]
    pub fn sender(&self) -> Option<MailAddress> {
        MailAddress::parse(&self.from).ok()
    }

    /// Whether mail may go to an address.
    #[must_use]
    pub fn allows(&self, address: &MailAddress) -> bool {
        self.allow_domains.iter().any(|domain| domain.eq_ignore_ascii_case(address.domain()))
    }

    /// What is wrong with the section; `file` and `text` are those of the settings.
    #[must_use]
    pub fn problems(&self, file: &str, text: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut fault = |key: &str, message: String, hint: &str| {
            problems.push(Problem::at_key(file, text, key, message, hint));
        };
        if self.sender().is_none() && (self.live || !self.from.is_empty()) {
            let hint = "from = \"lists@bureau.example\"; letters need a sender before live = true";
            fault("from", "[delivery] from is not a mail address".to_owned(), hint);
        }
        if self.live && self.allow_domains.is_empty() {
            let message = "[delivery] live = true, and no domain that mail may go to".to_owned();
            fault("live", message, "allow_domains = [\"county.example\"]");
        }
        for domain in self.allow_domains.iter().filter(|domain| MailAddress::parse(&format!("a@{domain}")).is_err()) {
            fault(
                "allow_domains",
                format!("`{domain}` is not a valid domain"),
                "such as county.example, without @ and *",
            );
        }
        if self.collect.chars().any(char::is_control) {
            fault("collect", "collect holds a control character".to_owned(), "one line of text");
        }
        if self.attach_mib > 100 {
            fault("attach_mib", "attach_mib lies between 0 and 100".to_owned(), "8 is the default; 0 attaches nothing");
        }
        let smtp = &self.smtp;
        if self.transport == TransportKind::Smtp && smtp.security == Security::None && !smtp.is_loopback() {
            let message = format!("security = \"none\" sends in clear text to {}", smtp.host);
            fault("security", message, "\"starttls\" or \"tls\"; clear text is for 127.0.0.1 and localhost only");
        }
        if smtp.username.is_empty() != smtp.password_file.is_empty() {
            fault("username", "username and password_file go together".to_owned(), "name both or neither");
        }
        if !smtp.username.is_empty() && smtp.security == Security::None {
            fault("username", "a password would go out in clear text".to_owned(), "security = \"starttls\" or \"tls\"");
        }
        let waits = [smtp.connect_seconds, smtp.command_seconds, smtp.accept_seconds];
        if waits.iter().any(|seconds| !(1..=3600).contains(seconds)) || smtp.letters_per_connection == 0 {
            let message =
                "[delivery.smtp] waits lie between 1 and 3600 seconds, letters_per_connection above 0".to_owned();
            fault("accept_seconds", message, "the defaults are 30, 300, 600 and 100");
        }
        problems
    }
}
