//! Mail addresses, in the narrow form that can do no harm in a header or an SMTP command.

use std::fmt;

use super::ParseError;

/// An address such as `mz990101@county.example`: ASCII, one `@`, no quotes, comments, spaces or line ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailAddress(String);

impl MailAddress {
    /// Reads an address; the domain is folded to lower case.
    ///
    /// # Errors
    /// For anything that is not plain: other letters than ASCII, a line end, quotes, a domain without a dot.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: ParseError = ParseError::new("a plain ASCII mail address such as mz990101@county.example");
        let (local, domain) = text.split_once('@').ok_or(EXPECTED)?;
        let is_word = |part: &str, extra: &[u8]| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
        };
        let local_fits = local.len() <= 64 && local.split('.').all(|part| is_word(part, b"_+-"));
        let label =
            |part: &str| part.len() <= 63 && is_word(part, b"-") && !part.starts_with('-') && !part.ends_with('-');
        let domain_fits = domain.len() <= 190 && domain.contains('.') && domain.split('.').all(label);
        if local_fits && domain_fits {
            Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
        } else {
            Err(EXPECTED)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_pass() {
        for text in ["mz990101@county.example", "a.b+c_d-e@A-b.Example"] {
            assert!(MailAddress::parse(text).is_ok(), "{text}");
        }
        assert_eq!(MailAddress::parse("A@B.Example").unwrap().as_str(), "A@b.example");
        let bad = [
            "",
            "@",
            "a@",
            "@b.example",
            "a@b",
            "a@b@c.example",
            "a b@c.example",
            " a@c.example",
            "a@c.example ",
            "a@c.example\r\nBcc: x@y.example",
            "a@c.example\n",
            "a\0@c.example",
            "民政@c.example",
            "a@民政.example",
            "\"a\"@c.example",
            "<a@c.example>",
            "a,b@c.example",
            "a..b@c.example",
            ".a@c.example",
            "a@.example",
            "a@-c.example",
            "a@c-.example",
            "a(x)@c.example",
            "a@[127.0.0.1]",
            "a;b@c.example",
            "a@c.example,d@e.example",
        ];
        for text in bad {
            assert!(MailAddress::parse(text).is_err(), "{text:?}");
        }
        assert!(MailAddress::parse(&format!("{}@c.example", "a".repeat(65))).is_err());
        println!("mail addresses: {} cases", bad.len() + 4);
    }
}
