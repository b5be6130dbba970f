//! `contract`: print what a feed's files must look like.

use law::contracts::{Feed, to_json, to_text};

use super::arguments::Format;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The feed: claims, residents, rosters, income, adjustments, applications, aided or receipts.
    #[arg(value_parser = any_feed)]
    feed: Feed,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A feed by name, or the receipts, which do not land.
fn any_feed(name: &str) -> Result<Feed, String> {
    if name == Feed::Receipts.name() { Ok(Feed::Receipts) } else { feed_argument(name) }
}

/// A feed that lands, by name.
pub(super) fn feed_argument(name: &str) -> Result<Feed, String> {
    Feed::parse(name)
        .ok_or_else(|| format!("there is no such feed; there are {}", Feed::ALL.map(Feed::name).join(", ")))
}

pub(super) fn run(arguments: &Arguments) -> u8 {
    let contract = arguments.feed.contract();
    match arguments.format {
        Format::Text => print!("{}", to_text(contract)),
        Format::Json => println!("{:#}", to_json(contract)),
    }
    0
}
