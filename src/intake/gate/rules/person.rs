//! Who a row is about: the id normalised, the person's key, or why there is none.

use std::collections::BTreeMap;

use arrow::array::StringBuilder;
use law::contracts::RejectCode;
use law::domain::{CertType, IdError, IdNumber, PersonKey, fold_width};

use super::faults::{Faults, Stage};
use super::sheet::{Sheet, text};

/// Class of insured (`PSN_TYPE`) of newborns.
const NEWBORN: &str = "1401";

/// One key per row (`None` where the row has a fault); the ids are put into their stored form. `kept`: documents whose
/// rows go under another's key.
pub(super) fn keys(sheet: &mut Sheet, faults: &mut Faults, kept: &BTreeMap<i64, i64>) -> Vec<Option<i64>> {
    let column = sheet.index("id_number");
    let mut keys = Vec::with_capacity(sheet.rows);
    let mut stored = StringBuilder::with_capacity(sheet.rows, sheet.rows * 18);
    {
        let numbers = sheet.texts("id_number");
        let kinds = sheet.texts("cert_type");
        let person_numbers = sheet.texts("person_no");
        let classes = sheet.texts("person_type");
        let newborns = sheet.numbers("is_newborn");
        for row in 0..sheet.rows {
            let number = text(numbers, row).unwrap_or_default();
            let newborn =
                newborns.get(row).copied().flatten() == Some(1) || text(classes, row).is_some_and(|c| c == NEWBORN);
            let kind = text(kinds, row).unwrap_or_default();
            let known = if newborn { of_newborn(text(person_numbers, row)) } else { of_document(kind, number) };
            match known {
                Ok((key, number)) => {
                    keys.push(Some(kept.get(&key.0).copied().unwrap_or(key.0)));
                    stored.append_option(number.as_ref().map(Stored::as_str).filter(|number| !number.is_empty()));
                }
                Err(code) => {
                    faults.note(row, Stage::Person, column, code);
                    keys.push(None);
                    stored.append_null();
                }
            }
        }
    }
    sheet.replace("id_number", stored.finish());
    keys
}

/// The key of the document that an accepted row names itself, whatever key it is kept under.
pub(crate) fn own_key(kind: &str, number: Option<&str>, person_no: Option<&str>) -> Option<PersonKey> {
    match number {
        Some(number) => of_document(kind, number).ok().map(|(key, _)| key),
        None => of_newborn(person_no).ok().map(|(key, _)| key),
    }
}

/// A number in its stored form.
#[derive(Debug, PartialEq, Eq)]
enum Stored {
    Id(IdNumber),
    Other(String),
}

impl Stored {
    fn as_str(&self) -> &str {
        match self {
            Self::Id(id) => id.as_str(),
            Self::Other(text) => text,
        }
    }
}

type Known = Result<(PersonKey, Option<Stored>), RejectCode>;

/// A newborn may be settled under the mother's id: only its own person number tells who it is, and the
/// number that was sent is not kept, so that no list shows the mother's.
fn of_newborn(person_no: Option<&str>) -> Known {
    let person_no = person_no.ok_or(RejectCode::IdMissing)?;
    Ok((PersonKey::of_document("psn", person_no), None))
}

fn of_document(kind: &str, number: &str) -> Known {
    let resident = |number: &str| {
        let id = IdNumber::parse(number).map_err(code_of)?;
        Ok((id.key(), Some(Stored::Id(id))))
    };
    match CertType::parse(kind) {
        CertType::ResidentId => resident(number),
        CertType::DisabilityCard => {
            let bare = bare(number);
            resident(bare.get(..18).unwrap_or(&bare))
        }
        CertType::Other(kind) => {
            let number = bare(number);
            if number.is_empty() || number == "无" {
                return Err(RejectCode::IdMissing);
            }
            if kind == "17"
                && let Ok(id) = IdNumber::parse(&number)
            {
                return Ok((id.key(), Some(Stored::Id(id))));
            }
            Ok((PersonKey::of_document(&kind, &number), Some(Stored::Other(number))))
        }
    }
}

/// A document number without blanks, in upper-case ASCII forms.
fn bare(number: &str) -> String {
    let skipped = |c: &char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}' | '\u{200b}');
    fold_width(number).chars().filter(|c| !skipped(c)).collect::<String>().to_uppercase()
}

const fn code_of(error: IdError) -> RejectCode {
    match error {
        IdError::Missing => RejectCode::IdMissing,
        IdError::LostDigits => RejectCode::IdLostDigits,
        IdError::Malformed | IdError::BirthDate => RejectCode::IdMalformed,
        IdError::CheckDigit => RejectCode::IdCheckDigit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11010519491231002X";

    #[test]
    fn resident_ids_in_all_their_documents() {
        let key = IdNumber::parse(ID).unwrap().key();
        for (kind, number) in
            [("", ID), ("01", " 11010519491231002x"), ("90", ID), ("09", "11010519491231002X42"), ("17", ID)]
        {
            let (found, stored) = of_document(kind, number).unwrap();
            assert_eq!((found, stored.unwrap().as_str()), (key, ID), "{kind}");
        }
    }

    #[test]
    fn other_documents_are_folded_before_they_are_keyed() {
        let (key, stored) = of_document("08", "ｐ 1234").unwrap();
        assert_eq!(key, PersonKey::of_document("08", "P1234"));
        assert_eq!(stored.unwrap().as_str(), "P1234");
        assert_eq!(of_document("99", " "), Err(RejectCode::IdMissing));
        assert_ne!(of_document("04", "P1234").unwrap().0, key);
    }

    #[test]
    fn a_newborn_is_not_its_mother() {
        let (key, _) = of_newborn(Some("35000001")).unwrap();
        assert_eq!(key, PersonKey::of_document("psn", "35000001"));
        assert_eq!(of_newborn(None), Err(RejectCode::IdMissing));
    }

    #[test]
    fn every_fault_has_its_code() {
        for (number, code) in [
            ("", RejectCode::IdMissing),
            ("无", RejectCode::IdMissing),
            ("1.10105E+17", RejectCode::IdLostDigits),
            ("110105", RejectCode::IdMalformed),
            ("110105194912310021", RejectCode::IdCheckDigit),
        ] {
            assert_eq!(of_document("01", number), Err(code), "{number}");
        }
    }
}
