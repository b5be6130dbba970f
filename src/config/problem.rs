//! A fault in a file that people write: where it stands, what is wrong, how to mend it.

use std::fmt;

/// One fault, as `check` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File, relative to the workspace.
    pub file: String,
    /// Line, from 1; `None` when the fault is the whole file's.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
}

impl Problem {
    /// A fault at a byte offset of `text`.
    #[must_use]
    pub fn at(file: &str, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        Self { file: file.to_owned(), line: Some(line), message: message.into(), hint: None }
    }

    /// A fault of the whole file.
    #[must_use]
    pub fn of(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, message: message.into(), hint: None }
    }

    /// The same fault with a way to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The fault that the TOML reader found, with the nearest valid spelling of an unknown key.
    #[must_use]
    pub fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let offset = error.span().map_or(0, |span| span.start);
        let message = error.message().trim().to_owned();
        let hint = nearest_in_message(&message);
        let problem = Self::at(file, text, offset, message);
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message)?,
            None => write!(f, "{}: {}", self.file, self.message)?,
        }
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n  hint: {hint}"))
    }
}

/// Serde names an unknown key and the valid ones; the nearest of these is what was meant.
fn nearest_in_message(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    let (wrong, rest) = rest.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2);
    nearest(wrong, known).map(|name| format!("did you mean `{name}`?"))
}

/// The word nearest to `wrong`, if any is near enough to be a slip of the pen.
#[must_use]
pub fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (edit_distance(wrong, name), name))
        .min()
        .filter(|(distance, name)| *distance <= 2.max(name.chars().count() / 3))
        .map(|(_, name)| name)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (j, right) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let cost = diagonal + usize::from(left != *right);
            if let Some(slot) = row.get_mut(j) {
                *slot = before;
            }
            diagonal = above;
            before = cost.min(above + 1).min(before + 1);
        }
        if let Some(last) = row.last_mut() {
            *last = before;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_the_line_and_the_nearest_word() {
        let text = "a = 1\nmutliple = 2\n";
        let problem = Problem::at("x.toml", text, 6, "unknown").hint("mend");
        assert_eq!(problem.to_string(), "x.toml:2: unknown\n  hint: mend");
        assert_eq!(nearest("mutliple", ["operator", "multiple"].into_iter()), Some("multiple"));
        assert_eq!(nearest("zzzzzzzz", ["operator", "multiple"].into_iter()), None);
    }
}
