//! A question in words: templates of `texts` with what was counted.

use super::{Bound, Surprise};
use crate::texts::{Table, Text, text};

/// The short name of a bound, in Chinese and English.
#[must_use]
pub fn bound_name(bound: Bound) -> (&'static str, &'static str) {
    text(Table::Bound, bound.code()).map_or((bound.code(), bound.code()), |text| (&text.zh, &text.en))
}

/// What was found beside what is usual, in Chinese and English.
#[must_use]
pub fn said(surprise: &Surprise) -> (String, String) {
    let Some(Text { zh, en }) = text(Table::Surprise, surprise.bound.code()) else {
        return (surprise.bound.code().to_owned(), surprise.bound.code().to_owned());
    };
    let fill = |template: &str| {
        surprise
            .figures
            .iter()
            .fold(template.to_owned(), |text, (name, figure)| text.replace(&format!("{{{name}}}"), figure))
    };
    (fill(zh), fill(en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bound_has_words_with_the_same_figures_in_both_languages() {
        let figures = |text: &str| {
            let mut names: Vec<String> =
                text.split('{').skip(1).filter_map(|part| part.split('}').next()).map(str::to_owned).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        for bound in Bound::ALL {
            let Text { zh, en } = text(Table::Surprise, bound.code()).unwrap();
            assert_eq!(figures(zh), figures(en), "{}", bound.code());
        }
        let surprise = Surprise::new(Bound::RowsLimit, [("found", "65536".to_owned())]);
        let (zh, en) = said(&surprise);
        assert!(zh.contains("65536") && en.contains("65536") && !zh.contains('{'), "{zh} {en}");
    }
}
