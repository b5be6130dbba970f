//! A fault in a file that people write (settings, policies, pipelines, models): where it is and how to mend it.
//! Knows TOML's error positions; reads no files.

use std::fmt;

/// One fault, printed as `file:line: message` and a hint below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as its author names it, e.g. `pipelines/policies/fujian.toml`.
    pub file: String,
    /// Line, counted from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// How to mend it, in one line; empty when the message says it already.
    pub hint: String,
}

impl Problem {
    /// A fault on a line (0: the whole file).
    #[must_use]
    pub fn new(file: &str, line: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into(), hint: hint.into() }
    }

    /// A fault at a byte offset of the file's text, as `toml::Spanned::span().start` gives it.
    #[must_use]
    pub fn at(file: &str, text: &str, offset: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(file, line_of(text, offset), message, hint)
    }

    /// A fault in the value of a key, found by the key's first line in the text.
    #[must_use]
    pub fn at_key(file: &str, text: &str, key: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let is_key = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|r| r.trim_start().starts_with('='));
        let line = text.lines().position(is_key).map_or(0, |at| at + 1);
        Self::new(file, line, message, hint)
    }

    /// What the TOML reader said, with the line and, for an unknown key, the nearest valid spelling.
    #[must_use]
    pub fn in_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().trim().lines().collect::<Vec<_>>().join(" ");
        let hint = hint_for(&message);
        let line = error.span().map_or(0, |span| line_of(text, span.start));
        Self::new(file, line, message, hint)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
        } else {
            write!(f, "{}:{}: {}", self.file, self.line, self.message)?;
        }
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\n  hint: {}", self.hint) }
    }
}

/// The candidate that differs from `word` in the fewest letters, if it is close enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let ranked = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate));
    ranked.min().filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3)).map(|(_, c)| c)
}

/// Line number, from 1, of a byte offset.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Serde's messages quote the unknown word first and the valid ones after it.
fn hint_for(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let known_shape = message.contains("unknown field") || message.contains("unknown variant");
    match quoted.next() {
        Some(word) if known_shape => {
            let valid: Vec<&str> = quoted.collect();
            nearest(word, valid.iter().copied())
                .map_or_else(|| format!("valid here: {}", valid.join(", ")), |close| format!("did you mean `{close}`?"))
        }
        Some(word) if message.contains("missing field") => format!("add a line `{word} = ...`"),
        _ if message.contains("expected a string") => "write it as text, in quotes".to_owned(),
        _ => String::new(),
    }
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, c) in left.chars().enumerate() {
        let mut next = vec![at + 1];
        for (column, other) in right.iter().enumerate() {
            let replaced = row[column] + usize::from(c != *other);
            next.push(replaced.min(row[column + 1] + 1).min(next[column] + 1));
        }
        row = next;
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn an_unknown_key_gets_its_line_and_the_nearest_spelling() {
        let text = "policy = \"fujian\"\narea = \"990100\"\n\n[engine]\nmemory_mb = 512\n";
        let error = toml::from_str::<Settings>(text).unwrap_err();
        let problem = Problem::in_toml("poverty-watch.toml", text, &error);
        assert_eq!(problem.line, 5);
        assert_eq!(problem.hint, "did you mean `memory_mib`?");
        assert!(problem.to_string().starts_with("poverty-watch.toml:5: unknown field `memory_mb`"), "{problem}");
    }

    #[test]
    fn a_missing_key_and_a_broken_line_are_named() {
        let missing = toml::from_str::<Settings>("area = \"990100\"\n").unwrap_err();
        assert_eq!(Problem::in_toml("f", "area = \"990100\"\n", &missing).hint, "add a line `policy = ...`");
        let text = "policy = \"a\"\narea = \n";
        assert_eq!(Problem::in_toml("f", text, &toml::from_str::<Settings>(text).unwrap_err()).line, 2);
        assert_eq!(Problem::at_key("f", text, "area", "m", "").line, 2);
        assert_eq!(nearest("zzz", ["workers", "buckets"]), None);
    }
}
