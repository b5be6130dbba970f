//! To which row of which list an answer belongs, and whether it may be answered at all.

use std::collections::BTreeMap;

use intake::ReceiptRow;
use law::domain::clean_token;
use law::referrals::Office;
use store::ledger::{Ledger, ListStage, ListedRow};

use super::ReceiptError;

/// What keeps a row from being answered, in Chinese.
const REPEATED: &str = "“行标识”重复出现";
const UNKNOWN: &str = "行标识不属于任何名单";
const UNSIGNED: &str = "该名单尚未签发，不能反馈";
const TAKEN_BACK: &str = "该名单已撤回，请按新名单反馈";
const OTHER_OFFICE: &str = "该行属于其他单位的名单，不由本单位反馈";

/// Where a row of a file belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Row(ListedRow),
    /// No list knows the token.
    Unknown,
    /// It may not be answered, for this reason.
    Closed(&'static str),
}

impl Place {
    /// Why it is not taken, in Chinese.
    pub(super) const fn why(&self) -> Option<&'static str> {
        match self {
            Self::Row(_) => None,
            Self::Unknown => Some(UNKNOWN),
            Self::Closed(why) => Some(why),
        }
    }
}

/// The county's office that a list went to, without the mark of its series.
fn office_of(row: &ListedRow) -> (&str, &str) {
    (row.county.as_str(), Office::letters_of(&row.office))
}

/// The place of each row, in the file's order. `from`: code of the office that sent the file; without it the office of
/// most of its rows, as one office answers in one file.
pub(super) fn places(ledger: &Ledger, rows: &[ReceiptRow], from: Option<&str>) -> Result<Vec<Place>, ReceiptError> {
    let mut times = BTreeMap::<String, u32>::new();
    for row in rows {
        *times.entry(clean_token(&row.token)).or_default() += 1;
    }
    let mut open = BTreeMap::new();
    let mut places = Vec::with_capacity(rows.len());
    for row in rows {
        let token = clean_token(&row.token);
        // Nobody knows which of two rows with one token counts.
        if times.get(&token).is_some_and(|times| *times > 1) {
            places.push(Place::Closed(REPEATED));
            continue;
        }
        let listed = ledger.row_with_token(&token)?.filter(|row| Office::is_referral_code(&row.office));
        let Some(listed) = listed else {
            places.push(Place::Unknown);
            continue;
        };
        let why = match open.get(&listed.list_id) {
            Some(why) => *why,
            None => *open.entry(listed.list_id.clone()).or_insert(closed(ledger, &listed.list_id)?),
        };
        places.push(why.map_or(Place::Row(listed), Place::Closed));
    }
    let sender = match from {
        Some(code) => Some((None, code.to_owned())),
        None => main_office(&places),
    };
    for place in &mut places {
        if let (Place::Row(row), Some((county, letters))) = (&*place, &sender)
            && (office_of(row).1 != letters || county.as_ref().is_some_and(|county| *county != row.county))
        {
            *place = Place::Closed(OTHER_OFFICE);
        }
    }
    Ok(places)
}

/// The county and office of the most rows; of equally many the first by its codes.
fn main_office(places: &[Place]) -> Option<(Option<String>, String)> {
    let mut counts = BTreeMap::<(&str, &str), usize>::new();
    for place in places {
        if let Place::Row(row) = place {
            *counts.entry(office_of(row)).or_default() += 1;
        }
    }
    let ((county, letters), _) = counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    Some((Some(county.to_owned()), letters.to_owned()))
}

/// Why a list takes no answers.
fn closed(ledger: &Ledger, list_id: &str) -> Result<Option<&'static str>, ReceiptError> {
    if ledger.is_retracted(list_id)? {
        return Ok(Some(TAKEN_BACK));
    }
    let is_signed = ledger.signatures(list_id)?.0 == ListStage::Ready;
    Ok((!is_signed).then_some(UNSIGNED))
}
