//! `explain`: one person's way from claims to the list, as a tree that an officer can read, or as JSON.

mod person;
mod rule;
mod tree;

use law::domain::{Month, Period};
use serde_json::Value;
use watch::{explain, person_named};

use super::run::today;
use super::{Failure, Format, Session, USAGE, period_argument};

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
    let month = arguments.month.unwrap_or_else(|| Month::of(today(session)).into());
    let told = explain(&context, person, month, arguments.unmask).await?.tree;
    match arguments.format {
        Format::Json => println!("{told:#}"),
        Format::Text => print!("{}", described(&told)),
    }
    Ok(0)
}

/// The whole tree as text.
fn described(told: &Value) -> String {
    let mut root = person::root(told);
    rows(told, "rules").iter().for_each(|rule| root.add(rule::branch(rule)));
    root.draw()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("-")
}

/// An amount with its unit, or that there is none.
fn yuan(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).map_or_else(|| "未申报".to_owned(), |amount| format!("{amount} 元"))
}

fn yes_no(value: &Value, key: &str) -> &'static str {
    match value.get(key).and_then(Value::as_bool) {
        Some(true) => "是",
        Some(false) => "否",
        None => "不明",
    }
}

fn rows<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
