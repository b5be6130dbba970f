//! `explain`: one person's way from claims to the list, as a tree that an officer can read, or as JSON.

use law::domain::{Month, Period};
use watch::{explain, person_named};

use super::arguments::{Format, period_argument};
use super::failure::{Failure, USAGE};
use super::session::Session;
use super::tree::draw;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The person's id number.
    #[arg(long)]
    person: String,
    /// Kind of document (`PSN_CERT_TYPE`), where it is no resident id.
    #[arg(long)]
    cert_type: Option<String>,
    /// The period; this month if left out.
    #[arg(long, value_parser = period_argument)]
    month: Option<Period>,
    /// Show name and id in full; leave it out wherever somebody may look over your shoulder.
    #[arg(long)]
    unmask: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let person = person_named(&arguments.person, arguments.cert_type.as_deref())
        .map_err(|error| Failure::new(USAGE, format!("--person: {error}")))?;
    let context = session.open()?;
    let month = arguments.month.unwrap_or_else(|| Month::of(session.today()).into());
    let told = explain(&context, person, month, arguments.unmask).await?.tree;
    match arguments.format {
        Format::Json => println!("{told:#}"),
        Format::Text => print!("{}", draw(&desk::told(&told))),
    }
    Ok(0)
}
