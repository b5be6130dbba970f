//! Files that lie in the landing folders and are not taken: which counties and which month they may be about.

use chrono::NaiveDate;

use super::{ArrivalState, Part, Sender};
use crate::contracts::Feed;
use crate::domain::{CountyCode, Month};

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

/// What a file's name says of it: the name without its digits, and its ending.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape(String);

impl Shape {
    fn of(name: &str) -> Self {
        Self(stem(name).chars().filter(|c| !c.is_ascii_digit()).collect())
    }
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Runs of digits in a text.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty())
}

/// The month that a name states: 2026-10, 202610, 20261031, 2026年10月.
fn month_in(name: &str) -> Option<Month> {
    let runs: Vec<&str> = numbers(name).collect();
    let whole = runs.iter().find_map(|run| match run.len() {
        6 | 8 => run.get(..6).filter(|start| start.starts_with("20")).and_then(|start| Month::parse(start).ok()),
        _ => None,
    });
    whole.or_else(|| {
        runs.windows(2).find_map(|pair| match pair {
            [year, month] if year.len() == 4 && month.len() <= 2 => {
                Month::new(year.parse().ok().filter(|year| (2000..2100).contains(year))?, month.parse().ok()?)
            }
            _ => None,
        })
    })
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
        let shape = Shape::of(&self.name);
        let alike: Vec<&Part> =
            parts.iter().filter(|part| part.feed == self.feed && Shape::of(&part.file) == shape).collect();
        let known = by(&|code, _| alike.iter().any(|part| part.county.as_ref() == Some(code)));
        if known.is_empty() { by(&|_, _| true) } else { known }
    }

    /// The month that it is about: the one in its name, or `latest`.
    #[must_use]
    pub fn month(&self, latest: Month) -> Month {
        month_in(stem(&self.name)).unwrap_or(latest)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_month() {
        for (name, month) in [
            ("claims-990102-2026-10", Some("2026-10")),
            ("claims-202610", Some("2026-10")),
            ("结算20261031", Some("2026-10")),
            ("望川区2026年9月结算", Some("2026-09")),
            ("claims-990102", None),
            ("2026-13", None),
            ("a-1999-10", None),
            ("第3批", None),
        ] {
            assert_eq!(month_in(name).map(|month| month.to_string()).as_deref(), month, "{name}");
        }
    }
}
