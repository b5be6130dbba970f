//! Reading the values of a policy file: every fault is named with its line and a way to mend it.

mod file;
mod layers;
mod line;

use std::ops::Range;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Basis;
use crate::config::{Problem, nearest};
use crate::domain::{Fen, Tag, parse_date};
pub(super) use file::Word;

pub use layers::{NATIONAL, parse_policy};

/// The file that is read, and what is wrong with it so far.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, problems: Vec::new() }
    }

    pub(super) fn fault(&mut self, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::at(self.file, self.text, span.start, message, hint));
    }

    /// One of the words of a key, by the table of its enum.
    pub(super) fn word<T: Copy>(&mut self, value: &Word, known: &[(&str, T)], key: &str) -> Option<T> {
        let found = known.iter().find(|(word, _)| *word == value.get_ref());
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            self.unknown(value, &words, key);
        }
        found.map(|(_, meaning)| *meaning)
    }

    pub(super) fn unknown(&mut self, value: &Word, known: &[&str], key: &str) {
        let hint = nearest(value.get_ref(), known.iter().copied()).map_or_else(
            || format!("it may be one of: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        self.fault(&value.span(), format!("`{}` is not a valid {key}", value.get_ref()), hint);
    }

    pub(super) fn id(&mut self, id: &Word) -> Option<String> {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = !id.get_ref().is_empty() && id.get_ref().bytes().all(known);
        if !fits {
            self.fault(&id.span(), "a rule's id has only a-z, 0-9 and -", "e.g. fujian-relapse");
        }
        fits.then(|| id.get_ref().clone())
    }

    pub(super) fn tags(&mut self, tags: &[Word]) -> Option<Vec<Tag>> {
        let known: Vec<Option<Tag>> = tags
            .iter()
            .map(|tag| {
                let found = Tag::parse(tag.get_ref()).ok();
                if found.is_none() {
                    self.unknown_tag(tag);
                }
                found
            })
            .collect();
        self.once(tags, "tag");
        known.into_iter().collect()
    }

    /// A tag that no roster can state: their spellings all mean one of [`Tag::ALL`].
    fn unknown_tag(&mut self, tag: &Word) {
        match Tag::ALL.into_iter().find(|known| known.chinese() == tag.get_ref()) {
            Some(known) => {
                let message = format!("`{}` is not a valid tag", tag.get_ref());
                self.fault(&tag.span(), message, format!("did you mean its code, `{known}`?"));
            }
            None => self.unknown(tag, &Tag::ALL.map(Tag::code), "tag"),
        }
    }

    /// A value that stands twice in a list is a slip.
    pub(super) fn once(&mut self, words: &[Word], what: &str) {
        for (at, word) in words.iter().enumerate() {
            if words[..at].iter().any(|earlier| earlier.get_ref() == word.get_ref()) {
                self.fault(&word.span(), format!("{what} `{}` stands twice", word.get_ref()), "keep one of them");
            }
        }
    }

    /// Codes of `low` to `high` digits and letters.
    pub(super) fn codes(&mut self, codes: &[Word], what: &str, digits: (usize, usize), hint: &str) -> Vec<String> {
        for code in codes {
            let fits = (digits.0..=digits.1).contains(&code.get_ref().len())
                && code.get_ref().bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !fits {
                self.fault(&code.span(), format!("`{}` is not a valid {what}", code.get_ref()), hint);
            }
        }
        self.once(codes, what);
        codes.iter().map(|code| code.get_ref().clone()).collect()
    }

    pub(super) fn basis(&mut self, basis: &Word) -> Option<Basis> {
        let known = Basis::ALL.map(|basis| (basis.name(), basis));
        self.word(basis, &known, "basis")
    }

    pub(super) fn decimal(&mut self, value: &Word, key: &str, (low, high): (Decimal, Decimal)) -> Option<Decimal> {
        let number = value.get_ref().parse::<Decimal>().ok();
        let fits = number.filter(|number| *number >= low && *number <= high);
        if fits.is_none() {
            let message = format!("{key} is not a number from {low} to {high}");
            self.fault(&value.span(), message, "write it as text with a point, e.g. \"1.0\"");
        }
        fits
    }

    /// Yuan from 1.00 to ten million: what a line for one household can be.
    pub(super) fn yuan(&mut self, value: &Word, key: &str) -> Option<Fen> {
        let amount = Fen::parse(value.get_ref()).ok();
        let fits = amount.filter(|amount| (Fen(1_00)..=Fen(10_000_000_00)).contains(amount));
        if fits.is_none() {
            let message = format!("{key} is not an amount from 1.00 to 10000000.00 yuan");
            self.fault(&value.span(), message, "write yuan as text, e.g. \"10000\" or \"10000.00\"");
        }
        fits
    }

    pub(super) fn date(&mut self, value: &Word) -> Option<NaiveDate> {
        let date = parse_date(value.get_ref()).ok();
        if date.is_none() {
            self.fault(&value.span(), "this is not a date", "write it as \"2022-01-01\"");
        }
        date
    }

    /// What a rule states, else the default; a fault where there is neither.
    pub(super) fn stated<'w, T>(
        &mut self,
        own: Option<&'w T>,
        default: Option<&'w T>,
        key: &str,
        place: &Range<usize>,
    ) -> Option<&'w T> {
        let found = own.or(default);
        if found.is_none() {
            let hint = format!("add {key} = ..., or extends = \"national\" at the head of the file");
            self.fault(place, format!("missing field `{key}`, which has no default here"), hint);
        }
        found
    }
}
