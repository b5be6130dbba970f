//! The tables of codes: which code of the national tables a cell means, however its sender writes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Feed, Kind};
use crate::domain::{ParseError, fold_width, is_invisible};

/// One row of `pipelines/tables/codes.csv`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRow {
    /// A column of the feeds' contracts.
    pub column: String,
    pub code: String,
    /// Its official term.
    pub name: String,
    /// Other spellings, parted by `|`.
    pub aliases: String,
}

/// All tables of codes, by the column that they are for.
#[derive(Debug, Clone, Default)]
pub struct CodeTables(BTreeMap<String, CodeTable>);

/// The codes of one column.
#[derive(Debug, Clone, Default)]
pub struct CodeTable {
    codes: BTreeSet<String>,
    /// Comparable spelling to code.
    spellings: BTreeMap<String, String>,
    /// Code to official name, where it has one.
    names: BTreeMap<String, String>,
}

impl CodeTables {
    /// Reads the rows of the table.
    ///
    /// # Errors
    /// With the number of the first row (1 is the row below the header) whose column no feed has, or one of whose
    /// spellings means another code already.
    pub fn new<'a>(rows: impl IntoIterator<Item = &'a CodeRow>) -> Result<Self, (usize, ParseError)> {
        let mut tables = Self::default();
        for (at, row) in rows.into_iter().enumerate() {
            let wrong = |expected| (at + 1, ParseError::new(expected));
            if !is_code_column(&row.column) {
                return Err(wrong("the name of a column of codes, e.g. insurance_type"));
            }
            if row.code.trim().is_empty() {
                return Err(wrong("a code"));
            }
            let table = tables.0.entry(row.column.clone()).or_default();
            let code = row.code.trim();
            table.codes.insert(code.to_owned());
            if !row.name.is_empty() {
                table.names.insert(code.to_owned(), row.name.clone());
            }
            let others = row.aliases.split('|').chain([row.name.as_str()]);
            for spelling in others.chain([code]).map(comparable).filter(|spelling| !spelling.is_empty()) {
                if table.spellings.insert(spelling, code.to_owned()).is_some_and(|before| before != code) {
                    return Err(wrong("a spelling that means one code of its column only"));
                }
            }
        }
        Ok(tables)
    }

    /// The table of a column, where it has one.
    #[must_use]
    pub fn of(&self, column: &str) -> Option<&CodeTable> {
        self.0.get(column)
    }
}

impl CodeTable {
    /// The code that a cell means.
    #[must_use]
    pub fn find(&self, cell: &str) -> Option<&str> {
        if let Some(code) = self.codes.get(cell) {
            return Some(code);
        }
        let text = comparable(cell);
        let code = |text: &str| self.spellings.get(text).map(String::as_str);
        code(&text).or_else(|| {
            // `390-城乡居民`: both halves mean the same code.
            let (number, name) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
            let name = name.trim_matches(|c: char| "-_:.、()".contains(c));
            code(&plain_number(number)).filter(|found| code(name) == Some(found))
        })
    }
}

impl CodeTable {
    /// The code of which a text has a spelling in it (某区二次报销); `None` where it means none, or several.
    #[must_use]
    pub fn find_within(&self, text: &str) -> Option<&str> {
        if let Some(code) = self.find(text) {
            return Some(code);
        }
        let text = comparable(text);
        let within =
            self.spellings.iter().filter(|(spelling, _)| spelling.chars().count() > 1 && text.contains(*spelling));
        let codes: BTreeSet<&str> = within.map(|(_, code)| code.as_str()).collect();
        codes.first().copied().filter(|_| codes.len() == 1)
    }

    /// The official names of the codes that a word may mean, by the letters that they share; all of them where none is
    /// near.
    #[must_use]
    pub fn nearest(&self, word: &str) -> Vec<&str> {
        let wanted: BTreeSet<char> = comparable(word).chars().collect();
        let shared = |code: &str| {
            let spellings = self.spellings.iter().filter(|(_, other)| *other == code);
            spellings.map(|(spelling, _)| wanted.iter().filter(|letter| spelling.contains(**letter)).count()).max()
        };
        let ranked: Vec<(usize, &str)> =
            self.names.iter().map(|(code, name)| (shared(code).unwrap_or_default(), name.as_str())).collect();
        let most = ranked.iter().map(|(shared, _)| *shared).max().unwrap_or_default();
        ranked.into_iter().filter(|(shared, _)| most < 2 || *shared == most).map(|(_, name)| name).collect()
    }
}

/// Whether a row with a code that nobody knows cannot count: identity hangs on the kind of document, and every rule
/// asks for the insurance, and a policy for the kind of payer.
#[must_use]
pub fn must_be_known(feed: Feed, column: &str) -> bool {
    ["cert_type", "payer_kind"].contains(&column) || (feed == Feed::Claims && column == "insurance_type")
}

fn is_code_column(name: &str) -> bool {
    Feed::ALL.iter().any(|feed| feed.contract().columns.iter().any(|it| it.name == name && it.kind == Kind::Code))
}

/// A spelling without blanks, invisible marks, width and case; a number without leading zeros and `.0`.
fn comparable(text: &str) -> String {
    let folded = fold_width(text);
    let text: String =
        folded.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).flat_map(char::to_lowercase).collect();
    plain_number(&text)
}

fn plain_number(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number =
        !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) && fraction.bytes().all(|b| b == b'0');
    if !is_number {
        return text.to_owned();
    }
    let bare = whole.trim_start_matches('0');
    if bare.is_empty() { "0".to_owned() } else { bare.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(column: &str, code: &str, name: &str, aliases: &str) -> CodeRow {
        let [column, code, name, aliases] = [column, code, name, aliases].map(str::to_owned);
        CodeRow { column, code, name, aliases }
    }

    #[test]
    fn many_spellings_are_one_code() {
        let rows = [
            row("insurance_type", "390", "城乡居民基本医疗保险", "居民|居民医保"),
            row("insurance_type", "310", "职工基本医疗保险", ""),
            row("cert_type", "01", "居民身份证（户口簿）", "居民身份证"),
            row("cert_type", "09", "残疾人证", ""),
        ];
        let tables = CodeTables::new(&rows).unwrap();
        let insurance = tables.of("insurance_type").unwrap();
        for text in [
            "390",
            "390.0",
            "0390",
            "３９０",
            " 390\u{200e}",
            "居民医保",
            "居 民",
            "390-城乡居民基本医疗保险",
            "390居民",
        ] {
            assert_eq!(insurance.find(text), Some("390"), "{text}");
        }
        for text in ["391", "39", "390.5", "3900", "310-居民医保", "居", "", "-", "元.0"] {
            assert_eq!(insurance.find(text), None, "{text}");
        }
        let documents = tables.of("cert_type").unwrap();
        assert_eq!(
            ["1", "1.0", "01", "居民身份证", "居民身份证(户口簿)"].map(|text| documents.find(text)),
            [Some("01"); 5]
        );
        assert_eq!(documents.find("9.0"), Some("09"));
        assert!(tables.of("care_type").is_none());
    }

    #[test]
    fn a_payer_is_the_kind_whose_spelling_it_has_in_it() {
        let rows = [
            row("payer_kind", "second_reimbursement", "二次报销", ""),
            row("payer_kind", "medical_assistance", "医疗救助", ""),
            row("payer_kind", "charity", "慈善", "红十字会"),
        ];
        let tables = CodeTables::new(&rows).unwrap();
        let kinds = tables.of("payer_kind").unwrap();
        for (payer, kind) in [
            ("某区二次报销", Some("second_reimbursement")),
            ("市红十字会", Some("charity")),
            ("charity", Some("charity")),
            ("慈善医疗救助", None),
            ("某某公司", None),
        ] {
            assert_eq!(kinds.find_within(payer), kind, "{payer}");
        }
        assert_eq!(kinds.nearest("医疗补助"), ["医疗救助"]);
        assert_eq!(kinds.nearest("某某公司").len(), 3, "none is near");
    }

    #[test]
    fn a_spelling_means_one_code_of_a_real_column() {
        assert_eq!(CodeTables::new(&[row("insurance", "390", "", "")]).unwrap_err().0, 1);
        assert_eq!(CodeTables::new(&[row("person_name", "390", "", "")]).unwrap_err().0, 1);
        let rows = [row("sex", "1", "男", ""), row("sex", "2", "女", "男")];
        assert_eq!(CodeTables::new(&rows).unwrap_err().0, 2);
        assert_eq!(CodeTables::new(&[row("sex", "1", "", ""), row("sex", "01", "", "")]).unwrap_err().0, 2);
        assert_eq!(CodeTables::new(&[row("sex", "", "男", "")]).unwrap_err().0, 1);
    }
}
