//! The table that maps offices' many spellings of a category to its tag.

use std::collections::BTreeMap;

use crate::domain::{ParseError, Tag, fold_width, is_invisible};

/// Spelling to tag, from `pipelines/tables/tag_aliases.csv` (columns: alias, tag).
#[derive(Debug, Clone, Default)]
pub struct TagAliases(BTreeMap<String, Tag>);

impl TagAliases {
    /// Reads the table's rows; each tag's code and official term are spellings of it already.
    ///
    /// # Errors
    /// With the number of the first row (1 is the row below the header) whose tag does not exist or whose
    /// spelling already means another tag.
    pub fn new<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, (usize, ParseError)> {
        let mut aliases = Self::default();
        for tag in Tag::ALL {
            aliases.0.insert(comparable(tag.code()), tag);
            aliases.0.insert(comparable(tag.chinese()), tag);
        }
        for (at, (alias, code)) in rows.into_iter().enumerate() {
            let tag = Tag::parse(code.trim()).map_err(|error| (at + 1, error))?;
            if aliases.0.insert(comparable(alias), tag).is_some_and(|before| before != tag) {
                return Err((at + 1, ParseError::new("a spelling that means one tag only")));
            }
        }
        Ok(aliases)
    }

    /// The tag that a cell names.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Tag> {
        self.0.get(&comparable(text)).copied()
    }

    /// The official terms whose spellings share the most letters with an unknown word, at most two; a third of the
    /// word's letters at least.
    #[must_use]
    pub fn nearest(&self, word: &str) -> Vec<&'static str> {
        let wanted: Vec<char> = comparable(word).chars().collect();
        let shared = |spelling: &str| wanted.iter().filter(|letter| spelling.contains(**letter)).count();
        let close = self.0.iter().map(|(spelling, tag)| (shared(spelling), spelling.chars().count(), *tag));
        let mut close: Vec<_> = close.filter(|(shared, ..)| *shared >= 2 && shared * 3 >= wanted.len()).collect();
        close.sort_by_key(|(shared, letters, tag)| (std::cmp::Reverse(*shared), *letters, *tag));
        let mut terms: Vec<&'static str> = Vec::new();
        for (.., tag) in close {
            if terms.len() < 2 && !terms.contains(&tag.chinese()) {
                terms.push(tag.chinese());
            }
        }
        terms
    }

    /// All spellings, in the form in which they are compared.
    pub fn words(&self) -> impl Iterator<Item = (&str, Tag)> {
        self.0.iter().map(|(word, tag)| (word.as_str(), *tag))
    }
}

fn comparable(text: &str) -> String {
    fold_width(text).to_lowercase().replace(|c: char| c.is_whitespace() || is_invisible(c), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_find_their_tag() {
        let aliases = TagAliases::new([("低保户", "subsistence")]).unwrap();
        assert_eq!(aliases.find(" 低保户\t"), Some(Tag::Subsistence));
        assert_eq!(aliases.find("脱贫人口"), Some(Tag::LiftedOut));
        assert_eq!(aliases.find("富人"), None);
        assert_eq!(aliases.nearest("农村低保重残户"), ["低保对象"]);
        assert_eq!(aliases.nearest("脱贫不稳定边缘户")[0], "脱贫不稳定户");
        assert!(aliases.nearest("富人").is_empty());
        assert_eq!(TagAliases::new([("x", "y")]).unwrap_err().0, 1);
        assert_eq!(TagAliases::new([("甲", "subsistence"), ("甲", "lifted_out")]).unwrap_err().0, 2);
    }
}
