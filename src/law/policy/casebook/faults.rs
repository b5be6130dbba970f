//! What is wrong in a case book, by line, and the words that a case may leave to its file.

use serde_saphyr::{Location, Spanned};

use super::file::DefaultsFile;
use super::scalar::Word;
use super::words::hint;
use crate::config::Problem;
use crate::policy::Policy;

pub(super) fn at_line(location: &Location) -> usize {
    usize::try_from(location.line()).unwrap_or_default()
}

/// The line of a cell; 0 where the reader does not know it.
pub(super) fn line_of<T>(cell: &Spanned<T>) -> usize {
    at_line(&cell.referenced)
}

/// The problems found so far, and the file that is read.
pub(super) struct Faults<'a> {
    pub(super) file: &'a str,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Faults<'_> {
    /// Notes a fault on a line.
    pub(super) fn at(&mut self, line: usize, message: String, hint: String) {
        self.problems.push(Problem::new(self.file, line, message, hint));
    }

    /// The value, or a fault in a cell that is not a word of its kind.
    pub(super) fn word<T>(&mut self, cell: &Spanned<Word>, kind: &str, found: Result<T, String>) -> Option<T> {
        found.map_err(|hint| self.at(line_of(cell), format!("`{}` is not a valid {kind}", cell.value.0), hint)).ok()
    }
}

pub(super) struct Defaults<'a> {
    pub(super) file: &'a DefaultsFile,
    pub(super) rule: Option<String>,
}

impl<'a> Defaults<'a> {
    pub(super) fn read(file: &'a DefaultsFile, policy: &Policy, faults: &mut Faults<'_>) -> Self {
        let only = match policy.rules.as_slice() {
            [first, others @ ..] if others.iter().all(|rule| rule.id == first.id) => Some(first.id.clone()),
            _ => None,
        };
        let stated = file
            .rule
            .as_ref()
            .and_then(|cell| faults.word(cell, "rule of this policy", rule_named(policy, &cell.value.0)));
        Self { file, rule: stated.or(only) }
    }
}

/// The id of a rule by its id or its name.
pub(super) fn rule_named(policy: &Policy, text: &str) -> Result<String, String> {
    let rules = &policy.rules;
    let found = rules.iter().find(|rule| rule.id == text).or_else(|| {
        let mut named = rules.iter().filter(|rule| rule.name == text);
        let first = named.next()?;
        named.all(|other| other.id == first.id).then_some(first)
    });
    found.map(|rule| rule.id.clone()).ok_or_else(|| {
        hint(text, rules.iter().map(|rule| rule.id.as_str()).chain(rules.iter().map(|rule| rule.name.as_str())))
    })
}
