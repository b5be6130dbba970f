//! What a person says to the program, and the program keeps: a name, a reason.

use std::fmt;
use std::str::FromStr;

use crate::domain::ParseError;

/// A name or a reason: one line of 1 to 200 characters, without spaces around it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said(String);

impl Said {
    const LONGEST: usize = 200;

    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        let fits = (1..=Self::LONGEST).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned())).ok_or(ParseError::new("one line of 1 to 200 characters"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Said {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_line_that_says_something() {
        let longest = "名".repeat(200);
        assert_eq!(Said::parse(&longest).unwrap().as_str(), longest);
        assert_eq!(Said::parse("  张科长 ").unwrap().as_str(), "张科长");
        for wrong in ["", " \u{3000}", "a\nb", "a\u{1b}[2J", &"名".repeat(201)] {
            assert!(Said::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
