//! Files that lie in the landing folders and are not taken: which counties and which month they may be about.

use chrono::NaiveDate;

use super::{ArrivalState, Part, Sender};
use crate::contracts::Feed;
use crate::domain::{CountyCode, Month};
use crate::holds::FileKind;
use crate::profiles::month_in;

/// A landed file that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    pub feed: Feed,
    pub name: String,
    /// Held, refused or waiting.
    pub state: ArrivalState,
    /// What is wrong with it, or for what it waits.
    pub why: String,
    /// The day on which a run first saw it so.
    pub since: NaiveDate,
    /// Whether it was no table at all (another ending, a folder, a link): it explains a gap and makes none.
    pub is_stray: bool,
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Runs of digits in a text.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty())
}

impl Lying {
    /// The counties that the file may be about, as far as its name, the table of senders or earlier files of that shape
    /// tell; all of them where nothing does.
    #[must_use]
    pub fn counties<'a>(
        &self,
        counties: &'a [(CountyCode, String)],
        senders: &[Sender],
        parts: &[Part],
    ) -> Vec<&'a CountyCode> {
        let by = |is_meant: &dyn Fn(&CountyCode, &str) -> bool| -> Vec<&'a CountyCode> {
            counties.iter().filter(|(code, name)| is_meant(code, name)).map(|(code, _)| code).collect()
        };
        let named = by(&|code, name| {
            numbers(&self.name).any(|run| run == code.as_str()) || (!name.is_empty() && self.name.contains(name))
        });
        if !named.is_empty() {
            return named;
        }
        let of_sender: Vec<&Sender> =
            senders.iter().filter(|sender| sender.feed == self.feed && self.name.contains(&sender.name)).collect();
        if !of_sender.is_empty() {
            return by(&|code, _| of_sender.iter().any(|sender| sender.covers(code)));
        }
        let kind = FileKind::of(&self.name);
        let alike: Vec<&Part> =
            parts.iter().filter(|part| part.feed == self.feed && FileKind::of(&part.file) == kind).collect();
        let known = by(&|code, _| alike.iter().any(|part| part.county.as_ref() == Some(code)));
        if known.is_empty() { by(&|_, _| true) } else { known }
    }

    /// The month that it is about: the one in its name, or `latest`.
    #[must_use]
    pub fn month(&self, latest: Month) -> Month {
        month_in(stem(&self.name)).ok().flatten().unwrap_or(latest)
    }

    /// Whether a file that was taken later stands in for it: one of that name with something added, or the reverse.
    #[must_use]
    pub fn is_mended(&self, parts: &[Part]) -> bool {
        let own = stem(&self.name);
        parts.iter().any(|part| {
            let other = stem(&part.file);
            part.feed == self.feed && part.day >= self.since && (other.starts_with(own) || own.starts_with(other))
        })
    }
}
