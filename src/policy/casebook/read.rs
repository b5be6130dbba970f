//! Reading case books: every fault is named with file and line and the nearest valid spelling.

use std::collections::BTreeMap;

use serde_saphyr::{Location, Options, Spanned};

use super::book::Case;
use super::case::CaseReader;
use super::file::{BookFile, DefaultsFile};
use super::scalar::Word;
use super::words::hint;
use crate::config::{Problem, nearest};
use crate::policy::Policy;

/// Reads all case books of a policy from (file name, text).
///
/// # Errors
/// All faults of all files: broken YAML, unknown keys, floats, numbers used twice, rules that the policy lacks.
pub fn parse_case_book(files: &[(String, String)], policy: &Policy) -> Result<Vec<Case>, Vec<Problem>> {
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    let mut ids: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (file, text) in files {
        let book = match parse(text) {
            Ok(book) => book,
            Err(error) => {
                problems.push(in_yaml(file, text, &error));
                continue;
            }
        };
        let mut faults = Faults { file, problems: &mut problems };
        let defaults = Defaults::read(&book.defaults, policy, &mut faults);
        for case in &book.cases {
            let (id, line) = (case.value.id.value.0.clone(), line_of(&case.value.id));
            if let Some((other, at)) = ids.insert(id.clone(), (file.clone(), line)) {
                let message = format!("编号 `{id}` stands in {other}:{at} already");
                faults.at(line, message, "every case of a policy has a number of its own".to_owned());
            }
            let reader = CaseReader { defaults: &defaults, policy, line, file, case: &case.value };
            cases.extend(reader.read(&mut faults));
        }
    }
    if problems.is_empty() { Ok(cases) } else { Err(problems) }
}

fn parse(text: &str) -> Result<BookFile, serde_saphyr::Error> {
    let options: Options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options)
}

/// What the YAML reader said, with its line and, for an unknown key, the nearest valid one.
fn in_yaml(file: &str, text: &str, error: &serde_saphyr::Error) -> Problem {
    let said = error.to_string();
    let message = said.rsplit_once(" at line ").map_or(said.as_str(), |(message, _)| message);
    let message = message.lines().collect::<Vec<_>>().join(" ");
    let hint = match message.split_once("`, expected ") {
        Some((unknown, valid)) if unknown.starts_with("unknown field `") => {
            let word = unknown.trim_start_matches("unknown field `");
            let valid: Vec<&str> =
                valid.trim_start_matches("one of ").split(", ").map(|key| key.trim_matches('`')).collect();
            nearest(word, valid.iter().copied())
                .map_or_else(|| format!("valid here: {}", valid.join(", ")), |near| format!("did you mean `{near}`?"))
        }
        _ if message.contains("floating point") => "put the amount in quotes: a float would lose fen".to_owned(),
        _ if message.contains("duplicate mapping key") => "each key stands once".to_owned(),
        _ if message.contains("missing field") => "add it, or see the other cases of the book".to_owned(),
        _ => String::new(),
    };
    let line = error.location().map_or(1, |at| at_line(&at)).min(text.lines().count().max(1));
    Problem::new(file, line, message, hint)
}

fn at_line(location: &Location) -> usize {
    usize::try_from(location.line()).unwrap_or_default()
}

/// The line of a cell; 0 where the reader does not know it.
pub(super) fn line_of<T>(cell: &Spanned<T>) -> usize {
    at_line(&cell.referenced)
}

/// The problems found so far, and the file that is read.
pub(super) struct Faults<'a> {
    file: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Faults<'_> {
    /// Notes a fault on a line.
    pub(super) fn at(&mut self, line: usize, message: String, hint: String) {
        self.problems.push(Problem::new(self.file, line, message, hint));
    }

    /// The value, or a fault in a cell that is no word of its kind.
    pub(super) fn word<T>(&mut self, cell: &Spanned<Word>, kind: &str, found: Result<T, String>) -> Option<T> {
        found.map_err(|hint| self.at(line_of(cell), format!("`{}` is no {kind}", cell.value.0), hint)).ok()
    }
}

/// The file's defaults, checked.
pub(super) struct Defaults<'a> {
    pub(super) file: &'a DefaultsFile,
    pub(super) rule: Option<String>,
}

impl<'a> Defaults<'a> {
    fn read(file: &'a DefaultsFile, policy: &Policy, faults: &mut Faults<'_>) -> Self {
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
