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
        assert_eq!(TagAliases::new([("x", "y")]).unwrap_err().0, 1);
        assert_eq!(TagAliases::new([("甲", "subsistence"), ("甲", "lifted_out")]).unwrap_err().0, 2);
    }
}
