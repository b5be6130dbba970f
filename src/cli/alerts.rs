//! `alerts`: what needs attention, as a list or as a text to be mailed by other means. What runs find is mailed by
//! itself.

use law::schedule::alert_mail;
use watch::{note_alerts, standing_alerts};

use super::arguments::Format;
use super::failure::{Failure, TEMPORARY};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print the mail to the operator: its headers and its text. Nothing is printed when all is well.
    #[arg(long, conflicts_with = "format")]
    mail: bool,
}

/// Looks now, keeps what it finds in the ledger, and ends with 75 while anything stands.
pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let found = standing_alerts(&context, session.now)?;
    if let Err(error) = note_alerts(&context, session.now) {
        // A broken chain takes no entry; what stands is told all the same.
        eprintln!("error: {error}");
    }
    if arguments.mail {
        let settings = &context.workspace.settings;
        let texts: Vec<(&str, &str)> =
            found.iter().map(|alert| (alert.chinese.as_str(), alert.english.as_str())).collect();
        let place = if settings.bureau.area_name.is_empty() { &settings.area } else { &settings.bureau.area_name };
        if let Some(mail) = alert_mail(&texts, &[], place, &session.today().to_string()) {
            println!("To: {}\nSubject: {}\n\n{}", settings.operators.address, mail.subject, mail.body.trim_end());
        }
    } else if arguments.format == Format::Json {
        let rows: Vec<_> = found
            .iter()
            .map(|alert| {
                serde_json::json!({ "key": alert.key(), "kind": alert.kind.word(), "chinese": alert.chinese,
                    "english": alert.english })
            })
            .collect();
        println!("{:#}", serde_json::Value::from(rows));
    } else {
        for alert in &found {
            println!("{}\n  {}\n  {}", alert.key(), alert.chinese, alert.english);
        }
        println!("alerts: {}", found.len());
    }
    Ok(if found.is_empty() { 0 } else { TEMPORARY })
}
