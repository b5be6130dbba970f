//! `contract`: print what a feed's files must look like, or propose a profile for one that looks otherwise.

use std::path::{Path, PathBuf};

use ::intake::{Looked, Proposed};
use engine::{PipelineError, code_rows};
use law::contracts::{CodeRow, Feed, Language, to_json, to_text};
use office::template::template;
use store::workspace::Assets;
use watch::look_at_file;

use super::arguments::Format;
use super::failure::{DATA, Failure, INTERNAL, USAGE};
use super::outcome::counts;
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The feed: claims, residents, rosters, income, adjustments, applications, aided or receipts.
    #[arg(value_parser = any_feed)]
    feed: Feed,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The language of the text: en or zh.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    lang: Lang,
    /// Write an empty workbook with these columns instead, with lists to choose codes from.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "from"])]
    xlsx: Option<PathBuf>,
    /// Look at this file instead, and propose a profile for files like it.
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    from: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Lang {
    En,
    Zh,
}

/// The bureau's table of codes; in a folder that is no workspace, the one that the program ships.
fn codes(session: &Session) -> Result<Vec<CodeRow>, Failure> {
    let mut problems = Vec::new();
    let codes = code_rows(&Assets::of(&session.workspace), &mut problems);
    if problems.is_empty() { Ok(codes) } else { Err(PipelineError::Config(problems).into()) }
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

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    if let Some(file) = &arguments.from {
        return look(arguments.feed, file, session);
    }
    let contract = arguments.feed.contract();
    if let Some(file) = &arguments.xlsx {
        let bytes = template(contract, &codes(session)?).map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
        std::fs::write(file, bytes).map_err(|error| Failure::new(USAGE, format!("{}: {error}", file.display())))?;
        return Ok(0);
    }
    match arguments.format {
        Format::Text => {
            let language = if arguments.lang == Lang::Zh { Language::Chinese } else { Language::English };
            print!("{}", to_text(contract, &codes(session)?, language));
        }
        Format::Json => println!("{:#}", to_json(contract)),
    }
    Ok(0)
}

/// 0 where the file reads as it is or by the proposal, else 4.
fn look(feed: Feed, file: &Path, session: &Session) -> Result<u8, Failure> {
    let looked = look_at_file(&session.open()?, feed, file)?;
    print!("{}", described(feed, file, &looked));
    let reads = looked.now.is_ok() || looked.proposal.is_some_and(|proposed| proposed.then.is_ok());
    Ok(if reads { 0 } else { DATA })
}

fn described(feed: Feed, file: &Path, looked: &Looked) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let _ = match &looked.now {
        Ok(report) => writeln!(text, "{} reads as it is: {}", file.display(), counts(&report.outcome)),
        Err(reason) => writeln!(text, "{} does not read as it is: {reason}", file.display()),
    };
    for note in looked.now.iter().flat_map(|report| &report.notes) {
        let _ = writeln!(text, "  {note}");
    }
    let Some(Proposed { profile, then }) = &looked.proposal else { return text };
    let _ = writeln!(text, "\nA profile for pipelines/feeds/{feed}.toml, to look over first:\n\n{}", profile.toml);
    if !profile.unplaced.is_empty() {
        let _ = writeln!(text, "Not placed: {}", profile.unplaced.join(", "));
    }
    if !profile.wanting.is_empty() {
        let columns = profile.wanting.join(", ");
        let _ = writeln!(text, "Wanting: {columns}. State them by a key of the profile, e.g. source_office = \"...\"");
    }
    let _ = match then {
        Ok(report) => writeln!(text, "By it the file reads: {}", counts(&report.outcome)),
        Err(reason) => writeln!(text, "By it the file does not read yet: {reason}"),
    };
    text
}
