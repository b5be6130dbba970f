//! Who a record is about: the identity document, the key that joins a person's records, the bucket.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::text::{fold_width, is_invisible};

/// Weights of the first 17 digits and the check characters by remainder (GB 11643, ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: [u8; 11] = *b"10X98765432";

/// The key that joins all records of one person.
///
/// Positive: the first 17 digits of a valid resident id (the check character is derived from them).
/// Negative: a stable hash of another document's type and number, or of the insurance person number
/// where there is no document yet (newborns).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonKey(pub i64);

impl PersonKey {
    /// The key of a person who is known by something other than a resident id.
    #[must_use]
    pub fn of_document(kind: &str, number: &str) -> Self {
        let hash = stable_hash(&format!("{kind}|{number}")) >> 2;
        Self(-1 - i64::try_from(hash).unwrap_or(i64::MAX - 1))
    }
}

impl PersonKey {
    /// The birth date that a resident id states, as the number yyyymmdd; `None` for other documents.
    #[must_use]
    pub const fn born(self) -> Option<i64> {
        if self.0 > 0 { Some(self.0 / 1000 % 100_000_000) } else { None }
    }
}

/// The bucket, out of `count`, in which all records of a person lie.
#[must_use]
pub fn bucket_of(person: PersonKey, count: u16) -> u16 {
    // splitmix64's finaliser: ids of one county and year differ in a few low digits only.
    let mut mixed = person.0.cast_unsigned().wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    u16::try_from(mixed % u64::from(count.max(1))).unwrap_or(0)
}

/// A 64-bit hash that is the same on every machine and in every version (XXH3, seed 0).
#[must_use]
pub fn stable_hash(text: &str) -> u64 {
    XxHash3_64::oneshot(text.as_bytes())
}

/// Kind of identity document (`PSN_CERT_TYPE`), as far as it decides how a number is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertType {
    /// 01 resident id card or household register, 90 social-security card: an 18-digit resident id.
    ResidentId,
    /// 09 disability card: the resident id and two more digits.
    DisabilityCard,
    /// Any other document: its number has no check digit that we know.
    Other(String),
}

impl CertType {
    /// Reads the code; an absent code means a resident id, which is what almost every row carries.
    #[must_use]
    pub fn parse(code: &str) -> Self {
        match code.trim() {
            "" | "01" | "1" | "90" => Self::ResidentId,
            "09" => Self::DisabilityCard,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A resident id number (公民身份号码, GB 11643): 18 characters, valid date, valid check character.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdNumber([u8; 18]);

/// Why a text is not a resident id. The reject code is the stable name that senders see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing but blanks, or a word such as 无.
    #[error("the id is missing")]
    Missing,
    /// A spreadsheet turned the id into a number and lost its last digits.
    #[error("the id was turned into a rounded number by a spreadsheet; export the column as text")]
    LostDigits,
    /// Neither 15 nor 18 characters, or a character that no id has.
    #[error("the id does not have 18 characters (17 digits and a digit or X)")]
    Malformed,
    /// The birth date inside does not exist.
    #[error("the birth date inside the id does not exist")]
    BirthDate,
    /// The last character does not follow from the others: a digit is wrong.
    #[error("the id's check character is wrong: at least one digit was mistyped")]
    CheckDigit,
}

impl IdNumber {
    /// Reads an id as it comes from people and spreadsheets: full-width digits, lower-case x, spaces,
    /// tabs, a leading G at length 19, and the 15-digit form, which is brought to 18.
    pub fn parse(raw: &str) -> Result<Self, IdError> {
        let mut text: String = fold_width(raw)
            .chars()
            .filter(|c| !c.is_whitespace() && !is_invisible(*c) && !matches!(c, '\'' | '-'))
            .collect::<String>()
            .to_uppercase();
        if text.is_empty() || matches!(text.as_str(), "无" | "NULL" | "NA" | "N/A" | "不详") {
            return Err(IdError::Missing);
        }
        if text.contains("E+") || (text.contains('.') && text.contains('E')) {
            return Err(IdError::LostDigits);
        }
        if text.len() == 19 && text.starts_with('G') {
            text.remove(0);
        }
        if text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit()) {
            text.insert_str(6, "19");
            let check = check_character(text.as_bytes()).ok_or(IdError::Malformed)?;
            text.push(char::from(check));
        }
        Self::from_canonical(&text)
    }

    fn from_canonical(text: &str) -> Result<Self, IdError> {
        let bytes: [u8; 18] = text.as_bytes().try_into().map_err(|_| IdError::Malformed)?;
        let (digits, check) = (&bytes[..17], bytes[17]);
        if !digits.iter().all(u8::is_ascii_digit) || digits[0] == b'0' || !(check.is_ascii_digit() || check == b'X') {
            return Err(IdError::Malformed);
        }
        let id = Self(bytes);
        id.birth_date().ok_or(IdError::BirthDate)?;
        match check_character(&bytes) == Some(check) {
            true => Ok(id),
            // A number has room for 15 digits: a spreadsheet leaves zeros for the last three.
            false if bytes.ends_with(b"000") => Err(IdError::LostDigits),
            false => Err(IdError::CheckDigit),
        }
    }

    /// The id whose first 17 digits a positive key holds; `None` for other documents.
    #[must_use]
    pub fn from_key(key: PersonKey) -> Option<Self> {
        let digits = u64::try_from(key.0).ok().map(|digits| format!("{digits:017}"))?;
        let check = check_character(digits.as_bytes())?;
        Self::from_canonical(&format!("{digits}{}", char::from(check))).ok()
    }

    /// The key that joins this person's records.
    #[must_use]
    pub fn key(&self) -> PersonKey {
        PersonKey(self.0[..17].iter().fold(0, |key, digit| key * 10 + i64::from(digit - b'0')))
    }

    /// The birth date that the id states.
    #[must_use]
    pub fn birth_date(&self) -> Option<NaiveDate> {
        let number = |from: usize, to: usize| self.as_str().get(from..to)?.parse::<u32>().ok();
        let year = i32::try_from(number(6, 10)?).ok()?;
        let date = NaiveDate::from_ymd_opt(year, number(10, 12)?, number(12, 14)?)?;
        (1850..=2100).contains(&date.year()).then_some(date)
    }

    /// Whether its last three digits are zeros, as a spreadsheet leaves them: right for one id in a thousand.
    #[must_use]
    pub fn ends_rounded(&self) -> bool {
        self.0.ends_with(b"000")
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Debug shows the masked form, so that an id cannot slip into a log by accident.
impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::mask_id(self.as_str()))
    }
}

/// The check character that the first 17 digits call for (ISO 7064 MOD 11-2).
fn check_character(digits: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (digit, weight) in digits.iter().zip(WEIGHTS) {
        sum += u32::from(digit.checked_sub(b'0').filter(|d| *d <= 9)?) * weight;
    }
    (digits.len() >= 17).then(|| CHECK_CHARACTERS[(sum % 11) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_spellings_are_one_id() {
        let id = IdNumber::parse("11010519491231002X").unwrap();
        for raw in [
            "11010519491231002x",
            " 110105 19491231 002X\t",
            "１１０１０５１９４９１２３１００２Ｘ",
            "G11010519491231002X",
            "110105491231002",
            "\u{202d}11010519491231002X\u{202c}",
            "\u{200e}110105\u{a0}19491231\u{2060}002X",
        ] {
            assert_eq!(IdNumber::parse(raw).as_ref(), Ok(&id), "{raw}");
        }
        assert_eq!(id.key(), PersonKey(11_010_519_491_231_002));
        assert_eq!(id.key().born(), Some(19_491_231));
        assert_eq!(PersonKey::of_document("08", "P1").born(), None);
        assert_eq!(IdNumber::from_key(id.key()), Some(id));
    }

    #[test]
    fn each_fault_has_its_name() {
        for (raw, error) in [
            ("", IdError::Missing),
            ("无", IdError::Missing),
            ("1.10105E+17", IdError::LostDigits),
            ("1101051949123100", IdError::Malformed),
            ("01010519491231002X", IdError::Malformed),
            ("110105194913310021", IdError::BirthDate),
            ("110105194912310021", IdError::CheckDigit),
            ("110105194912310000", IdError::LostDigits),
        ] {
            assert_eq!(IdNumber::parse(raw), Err(error), "{raw}");
        }
    }

    #[test]
    fn other_documents_have_stable_negative_keys() {
        let key = PersonKey::of_document("99", "125024");
        assert!(key.0 < 0);
        assert_eq!(key, PersonKey::of_document("99", "125024"));
        assert_ne!(key, PersonKey::of_document("08", "125024"));
    }

    #[test]
    fn buckets_are_even() {
        let mut counts = [0u32; 16];
        for n in 0..16_000 {
            counts[usize::from(bucket_of(PersonKey(99_010_219_900_101_000 + n), 16))] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }

    #[test]
    fn debug_never_shows_an_id() {
        let id = IdNumber::parse("11010519491231002X").unwrap();
        assert_eq!(format!("{id:?}"), "1101**********002X");
    }
}
