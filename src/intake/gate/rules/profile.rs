//! What is counted about a page, for the comparison with earlier files: counts and sizes, never a person.

use std::collections::BTreeMap;

use law::contracts::Feed;
use law::domain::{Fen, Month};
use law::holds::{Amounts, AmountsBy, FigureSeen, FileProfile};

use super::cells::days::date_of;
use super::faults::Faults;
use super::sheet::{Sheet, text};

/// How an id ends that a spreadsheet has rounded.
const ROUNDED: &str = "000";

/// Income figures that are kept of a file at most: a table of all counties over many years has fewer.
const FIGURES: usize = 20_000;

const DAY: i64 = 86_400_000;

/// The counts of a judged page; `control` are the fen of its control column, `kinds` those of claims.
pub(super) fn of_page(
    feed: Feed,
    (sheet, faults): (&Sheet, &Faults),
    control: Option<&[Option<i64>]>,
    kinds: Option<&[&'static str]>,
) -> FileProfile {
    let mut profile = FileProfile { rows: sheet.rows as u64, ..FileProfile::default() };
    if feed.has_persons() {
        profile.damaged_ids = damaged_ids(sheet, faults);
    }
    profile.counties = counties(feed, sheet);
    match feed {
        Feed::Claims => {
            profile.amounts = amounts(sheet, faults, control.unwrap_or_default(), kinds);
            profile.settled = settled(sheet, faults, kinds.unwrap_or_default());
        }
        Feed::Adjustments | Feed::Aided => {
            profile.amounts = amounts(sheet, faults, control.unwrap_or_default(), None);
        }
        Feed::Residents => {
            let dead = sheet.numbers("is_alive").iter().filter(|alive| **alive == Some(0)).count();
            profile.dead = dead as u64;
        }
        Feed::Income => profile.figures = figures(sheet, faults),
        Feed::Applications | Feed::Rosters | Feed::Receipts => {}
    }
    profile
}

fn damaged_ids(sheet: &Sheet, faults: &Faults) -> u64 {
    let column = sheet.index("id_number");
    let ids = sheet.texts("id_number");
    let is_damaged = |row: &usize| match faults.of(*row) {
        Some(fault) if fault.column == column => true,
        _ => text(ids, *row).is_some_and(|id| id.len() == 18 && id.ends_with(ROUNDED)),
    };
    (0..sheet.rows).filter(is_damaged).count() as u64
}

fn counties(feed: Feed, sheet: &Sheet) -> BTreeMap<String, u64> {
    let column = sheet.texts(if feed == Feed::Claims { "insured_area" } else { "county_code" });
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in 0..sheet.rows {
        if let Some(code) = text(column, row) {
            *counts.entry(code).or_default() += 1;
        }
    }
    counts.into_iter().map(|(code, count)| (code.to_owned(), count)).collect()
}

/// Whether a row is a settlement that counts: reversals and voids say nothing about what care costs.
fn settles(sheet: &Sheet, kinds: Option<&[&'static str]>, row: usize) -> bool {
    let is_valid = sheet.numbers("is_valid").get(row).copied().flatten() != Some(0);
    is_valid && kinds.is_none_or(|kinds| kinds.get(row).is_none_or(|kind| *kind == "settlement"))
}

fn amounts(sheet: &Sheet, faults: &Faults, control: &[Option<i64>], kinds: Option<&[&'static str]>) -> AmountsBy {
    let (care, institutions) = (sheet.texts("care_type"), sheet.texts("institution_code"));
    let mut groups: BTreeMap<(&str, &str), Amounts> = BTreeMap::new();
    for (row, fen) in control.iter().enumerate() {
        let Some(fen) = fen.filter(|_| faults.of(row).is_none() && settles(sheet, kinds, row)) else { continue };
        let care_type = text(care, row).unwrap_or_default();
        groups.entry((care_type, "")).or_default().add(Fen(fen));
        if let Some(institution) = text(institutions, row) {
            groups.entry((care_type, institution)).or_default().add(Fen(fen));
        }
    }
    let mut found = AmountsBy::new();
    for ((care_type, institution), amounts) in groups {
        found.entry(care_type.to_owned()).or_default().insert(institution.to_owned(), amounts);
    }
    found
}

/// Settlements by institution and month, and how many of them are voided.
fn settled(sheet: &Sheet, faults: &Faults, kinds: &[&'static str]) -> BTreeMap<String, BTreeMap<String, (u64, u64)>> {
    let Some(institutions) = sheet.texts("institution_code") else { return BTreeMap::new() };
    let mut counts: BTreeMap<(&str, Month), (u64, u64)> = BTreeMap::new();
    let moments = sheet.numbers("settled_at");
    for row in (0..sheet.rows).filter(|row| faults.of(*row).is_none()) {
        let month = moments.get(row).copied().flatten().and_then(|moment| date_of(moment.div_euclid(DAY)));
        let (Some(institution), Some(day)) = (text(Some(institutions), row), month) else { continue };
        let is_void = sheet.numbers("is_valid").get(row).copied().flatten() == Some(0);
        let is_back = kinds.get(row).is_some_and(|kind| *kind == "reversal");
        let sums = counts.entry((institution, Month::of(day))).or_default();
        sums.0 += u64::from(!is_back);
        sums.1 += u64::from(is_void || is_back);
    }
    let mut found: BTreeMap<String, BTreeMap<String, (u64, u64)>> = BTreeMap::new();
    for ((institution, month), sums) in counts {
        found.entry(institution.to_owned()).or_default().insert(month.to_string(), sums);
    }
    found
}

fn figures(sheet: &Sheet, faults: &Faults) -> Vec<FigureSeen> {
    let (indicators, places) = (sheet.texts("indicator"), sheet.texts("geography"));
    let number = |name: &str, row: usize| sheet.numbers(name).get(row).copied().flatten();
    let sound = (0..sheet.rows).filter(|row| faults.of(*row).is_none());
    let figure = |row: usize| {
        Some(FigureSeen {
            indicator: text(indicators, row)?.to_owned(),
            geography: text(places, row)?.to_owned(),
            year: i32::try_from(number("year", row)?).ok()?,
            release: i32::try_from(number("release", row)?).ok()?,
            fen: number("amount", row)?,
        })
    };
    sound.filter_map(figure).take(FIGURES).collect()
}
