//! Administrative codes (GB/T 2260 and the insurance system's own 市本级/省本级 codes).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ParseError;

/// A county-level code (县级行政区划代码): six digits, so it is safe in file names.
///
/// The insurance system also issues `xx99` (市本级) and `139900`-like (省本级) codes;
/// they are valid here and may have no office of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CountyCode(String);

impl CountyCode {
    /// Reads a code of exactly six digits that does not start with 0.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        let valid = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        if valid { Ok(Self(text.to_owned())) } else { Err(ParseError::new("a county code of six digits")) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a code lies within this one: `350102` in `350100` and in `350000`.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        let significant = self.0.trim_end_matches("00");
        let significant = if significant.len().is_multiple_of(2) { significant.len() } else { significant.len() + 1 };
        other.0.get(..significant) == self.0.get(..significant)
    }

    /// The province's code, e.g. `350000` for `350102`.
    #[must_use]
    pub fn province(&self) -> String {
        format!("{}0000", &self.0[..2])
    }

    /// The prefecture's code, e.g. `350100` for `350102`.
    #[must_use]
    pub fn prefecture(&self) -> String {
        format!("{}00", &self.0[..4])
    }
}

impl fmt::Display for CountyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CountyCode {
    type Error = ParseError;
    fn try_from(text: String) -> Result<Self, ParseError> {
        Self::parse(&text)
    }
}

impl From<CountyCode> for String {
    fn from(code: CountyCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_digits_are_a_county() {
        assert_eq!(CountyCode::parse(" 990102 ").unwrap().province(), "990000");
        assert_eq!(CountyCode::parse("990102").unwrap().prefecture(), "990100");
        let code = |text: &str| CountyCode::parse(text).unwrap();
        assert!(code("350000").contains(&code("350102")) && code("350100").contains(&code("350102")));
        assert!(code("100000").contains(&code("100102")) && !code("350100").contains(&code("350202")));
        for text in ["../102", "99010", "9901021", "99010a", "099999", ""] {
            assert!(CountyCode::parse(text).is_err(), "{text}");
        }
    }
}
