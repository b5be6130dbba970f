//! The oracle: from logical rows to findings by the plainest means, in whole fen, no engine.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use law::domain::{Fen, Month, clean_text};

use super::identity::person_key;
use super::province::{Adjustment, Batch, Claim, Document, Income, Province, Resident, Roster, Shape};
use crate::workspace::Finding;

/// What becomes of the rows of one batch, all files together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) read: u64,
    pub(crate) accepted: u64,
    pub(crate) rejected: BTreeMap<String, u64>,
    pub(crate) superseded: u64,
    pub(crate) duplicate: u64,
    pub(crate) held: u64,
}

/// Feed name to totals.
pub(crate) type FeedTotals = BTreeMap<&'static str, Totals>;

/// An accepted claim as it counts.
struct Booked<'a> {
    person: i64,
    month: Month,
    row: &'a Claim,
    /// In-catalogue self-pay, fen.
    measured: i128,
}

/// An accepted adjustment as it counts.
struct Paid<'a> {
    person: i64,
    month: Month,
    claim: &'a str,
    fen: i128,
    insurance_type: &'static str,
    /// What the claim counts: a payment lowers no other.
    claim_fen: i128,
}

/// Where an accepted, valid claim stands: person, month, insurance, what it counts, what the person bore of it.
type Place = (i64, Month, &'static str, i128, i128);

/// Something that is not settled, and what it could add (or take, where negative), fen.
struct Open {
    person: i64,
    reason: &'static str,
    fen: i128,
    when: When,
    /// Where it is known.
    insurance_type: Option<&'static str>,
    /// The first day on which it is open no more.
    until: Option<NaiveDate>,
}

/// When an open item would count.
enum When {
    On(NaiveDate),
    /// With an earlier settlement that nobody knows.
    Before(NaiveDate),
    Unknown,
}

/// Everything landed up to and with one batch, resolved.
pub(crate) struct Known<'a> {
    claims: Vec<Booked<'a>>,
    adjustments: Vec<Paid<'a>>,
    open: Vec<Open>,
    residents: BTreeMap<i64, (&'a Resident, bool)>,
    rosters: Rosters<'a>,
    income: Vec<&'a Income>,
    /// Totals of the last batch.
    pub(crate) totals: FeedTotals,
}

/// One of the policy's rules, as the clause has it.
struct Rule {
    id: &'static str,
    tags: &'static [&'static str],
    needs_rural: bool,
    multiple: i128,
}

const RULES: [Rule; 2] = [
    Rule { id: "fujian-relapse", tags: &["lifted_out"], needs_rural: false, multiple: 1 },
    Rule { id: "fujian-into-poverty", tags: &[], needs_rural: true, multiple: 2 },
];
const INSURANCES: [&str; 2] = ["390", "310"];
/// A county of the province; all have the province's figure.
const ANYWHERE: &str = "990101";
const RURAL_TAGS: [&str; 6] =
    ["lifted_out", "unstable_lifted_out", "vulnerable", "sudden_hardship", "prevention_target", "returned_to_poverty"];

/// Resolves what `batches` (the oldest first) have brought.
pub(crate) fn resolve(province: &Province, batches: usize) -> Known<'_> {
    let seen = &province.batches[..batches];
    let mut totals = FeedTotals::new();
    let mut open = Vec::new();
    let accepted_claims = claims(seen, province.shape, &mut totals, &mut open);
    open.extend(voids(&accepted_claims));
    let places: BTreeMap<&str, Place> = accepted_claims
        .iter()
        .filter(|booked| booked.row.is_valid)
        .map(|booked| {
            let Booked { person, month, row, measured } = booked;
            (row.claim_id.as_str(), (*person, *month, row.insurance_type, *measured, row.money.personal.into()))
        })
        .collect();
    Known {
        adjustments: adjustments(seen, &places, &mut totals, &mut open),
        open,
        residents: residents(seen, &mut totals),
        rosters: rosters(province, seen, &mut totals),
        income: income(seen, &mut totals),
        claims: accepted_claims,
        totals,
    }
}

/// One row with the number of its batch.
type Dated<'a, T> = (usize, &'a T);

fn rows<'a, T>(seen: &'a [Batch], of: impl Fn(&'a Batch) -> &'a [T]) -> Vec<Dated<'a, T>> {
    seen.iter().enumerate().flat_map(|(at, batch)| of(batch).iter().map(move |row| (at, row))).collect()
}

/// Splits rows into those that can be read and a count of the others, for the last batch.
fn readable<'a, T>(
    all: Vec<Dated<'a, T>>,
    last: usize,
    check: impl Fn(&T) -> Result<i64, String>,
    totals: &mut Totals,
) -> Vec<(usize, i64, &'a T)> {
    let mut good = Vec::new();
    for (at, row) in all {
        totals.read += u64::from(at == last);
        match check(row) {
            Ok(person) => good.push((at, person, row)),
            Err(code) if at == last => *totals.rejected.entry(code).or_default() += 1,
            Err(_) => {}
        }
    }
    good
}

/// The latest version of each thing; the others are counted as duplicate or superseded.
fn latest<'a, T, K: Ord, A: Ord>(
    rows: Vec<(usize, i64, &'a T)>,
    last: usize,
    key: impl Fn(i64, &'a T) -> K,
    age: impl Fn(&'a T) -> A,
    same: impl Fn(&T, &T) -> bool,
    totals: &mut Totals,
) -> Vec<(usize, i64, &'a T)> {
    let mut groups: BTreeMap<K, Vec<(usize, i64, &'a T)>> = BTreeMap::new();
    for row in rows {
        groups.entry(key(row.1, row.2)).or_default().push(row);
    }
    let mut winners = Vec::new();
    for mut group in groups.into_values() {
        // The later update counts; of equal ones the one of the later night, unless it says the same.
        group.sort_by_key(|row| (age(row.2), row.0));
        let mut winner = 0;
        for at in 1..group.len() {
            let (old, new) = (&group[winner], &group[at]);
            if age(new.2) != age(old.2) || new.1 != old.1 || !same(new.2, old.2) {
                winner = at;
            }
        }
        for (_, row) in group.iter().enumerate().filter(|(at, row)| *at != winner && row.0 == last) {
            let duplicate = row.1 == group[winner].1 && same(row.2, group[winner].2);
            *(if duplicate { &mut totals.duplicate } else { &mut totals.superseded }) += 1;
        }
        winners.push(group[winner]);
    }
    winners
}

/// The document with the number as `like` spells it: two spellings of one number say the same.
fn respelt(document: &Document, like: &Document) -> Document {
    Document { number: like.number.clone(), ..document.clone() }
}

/// What a row counts on the rules' basis, fen.
fn counts(row: &Claim) -> i128 {
    match kind_of(row) {
        Kind::Supplement => -i128::from(row.money.fund),
        Kind::Settlement | Kind::Reversal => i128::from(row.money.personal - row.money.outside - row.money.over),
    }
}

/// Rejected rows whose person and amount can be read, unless a good row with their number came since: what the person
/// may have borne. Of several with one number the one that could change most.
fn rejected(seen: &[Batch], shape: Shape) -> Vec<Open> {
    let all = rows(seen, |batch| &batch.claims);
    let is_mended = |night: usize, row: &Claim| {
        all.iter().any(|(later, other)| {
            let areas = [&row.insured_area, &other.insured_area];
            let same_area = areas.iter().any(|area| area.is_empty()) || areas[0] == areas[1];
            *later >= night && other.claim_id == row.claim_id && same_area && check_claim(other, shape).is_ok()
        })
    };
    let mut open: BTreeMap<(i64, String), (u128, Option<Month>, Open)> = BTreeMap::new();
    for (at, (night, row)) in all.iter().enumerate() {
        let (Err(code), Ok(person)) = (check_claim(row, shape), person_key(&row.document)) else { continue };
        let spoiled = |column: &str| row.spoiled.as_ref().is_some_and(|(known, _)| *known == column);
        let stated = |column: &str, fen: i64| (!spoiled(column)).then_some(i128::from(fen));
        let money = &row.money;
        let personal = stated("personal_amount", money.personal);
        let hospital = if shape.hospital { i128::from(money.hospital) } else { 0 };
        let fund = stated("fund_amount", money.fund).unwrap_or(0);
        let unpaid = stated("total_amount", money.total).map(|total| total - fund - hospital);
        let fen = match (personal, unpaid) {
            (Some(personal), Some(unpaid)) if code == "identity_personal" && unpaid.abs() >= personal.abs() => unpaid,
            (Some(fen), _) | (None, Some(fen)) => fen,
            (None, None) => continue,
        };
        let number = if spoiled("claim_id") { format!("row {at}") } else { row.claim_id.clone() };
        if !row.is_valid || (!spoiled("claim_id") && is_mended(*night, row)) {
            continue;
        }
        let day = (!spoiled("settled_at")).then_some(row.settled_at.date());
        let when = day.map_or(When::Unknown, When::On);
        let item = Open { person, reason: "row_waits", fen, when, insurance_type: None, until: None };
        let weight = (fen.unsigned_abs(), day.map(Month::of));
        let known = open.entry((person, number)).or_insert((0, None, item));
        if (known.0, known.1) < weight {
            let item = Open {
                person,
                reason: "row_waits",
                fen,
                when: day.map_or(When::Unknown, When::On),
                insurance_type: None,
                until: None,
            };
            *known = (weight.0, weight.1, item);
        }
    }
    open.into_values().map(|(_, _, item)| item).collect()
}

/// Voided settlements for which no new one came; each is open for a month.
fn voids(accepted: &[Booked<'_>]) -> Vec<Open> {
    let is_void =
        |claim: &&Booked| !claim.row.is_valid && kind_of(claim.row) == Kind::Settlement && claim.row.money.total > 0;
    let is_alike = |void: &Booked, other: &Booked| {
        other.person == void.person
            && kind_of(other.row) == Kind::Settlement
            && other.row.claim_id != void.row.claim_id
            && other.row.money.total == void.row.money.total
    };
    let is_settled = |void: &Booked| {
        let alike: Vec<_> = accepted.iter().filter(|other| is_alike(void, other)).collect();
        let [other] = alike.as_slice() else { return false };
        other.row.is_valid
            && other.row.settled_at.date() >= void.row.settled_at.date()
            && other.row.updated_at >= void.row.updated_at
    };
    let unsettled = accepted.iter().filter(is_void).filter(|void| !is_settled(void));
    let item = |void: &Booked<'_>| Open {
        person: void.person,
        reason: "void_unsettled",
        fen: counts(void.row),
        when: When::On(void.row.settled_at.date()),
        insurance_type: Some(void.row.insurance_type),
        until: None,
    };
    let until = |void: &Booked<'_>| void.row.updated_at.date() + chrono::Months::new(1);
    unsettled.map(|void| Open { until: Some(until(void)), ..item(void) }).collect()
}

fn claims<'a>(seen: &'a [Batch], shape: Shape, totals: &mut FeedTotals, open: &mut Vec<Open>) -> Vec<Booked<'a>> {
    let totals = totals.entry("claims").or_default();
    let last = seen.len() - 1;
    open.extend(rejected(seen, shape));
    let good = readable(rows(seen, |batch| &batch.claims), last, |row| check_claim(row, shape), totals);
    let same = |a: &Claim, b: &Claim| {
        Claim { updated_at: b.updated_at, document: respelt(&a.document, &b.document), ..a.clone() } == *b
    };
    let winners = latest(good, last, |_, row| &row.claim_id, |row| row.updated_at, same, totals);
    let by_id: BTreeMap<&str, (i64, &Claim)> =
        winners.iter().map(|(_, person, row)| (row.claim_id.as_str(), (*person, *row))).collect();
    let mut booked = Vec::new();
    let mut reversals = Vec::new();
    let undone: BTreeSet<(i64, &str)> = winners
        .iter()
        .filter(|(_, _, row)| kind_of(row) == Kind::Reversal && row.is_valid)
        .map(|(_, person, row)| (*person, row.original.as_str()))
        .collect();
    for (batch, person, row) in winners {
        // Marked as refunded, and no refund came: it counts, or it does not.
        let is_alone = kind_of(row) == Kind::Settlement
            && row.is_valid
            && row.is_refunded
            && row.money.total > 0
            && !undone.contains(&(person, row.claim_id.as_str()));
        if kind_of(row) == Kind::Reversal && row.is_valid {
            reversals.push((batch, person, row));
        } else if is_alone {
            totals.held += u64::from(batch == last);
            open.push(Open {
                person,
                reason: "version_conflict",
                fen: counts(row),
                when: When::On(row.settled_at.date()),
                insurance_type: Some(row.insurance_type),
                until: None,
            });
        } else {
            totals.accepted += u64::from(batch == last);
            booked.push(book(person, Month::of(row.settled_at.date()), row));
        }
    }
    // In order of their updates, each reversal takes from what its original still has, or waits.
    reversals.sort_by_key(|(_, _, row)| (row.updated_at, &row.claim_id));
    let mut left: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (batch, person, row) in reversals {
        let original = by_id
            .get(row.original.as_str())
            .filter(|(owner, original)| *owner == person && original.is_valid && kind_of(original) == Kind::Settlement)
            .map(|(_, original)| *original);
        let fits = original.is_some_and(|original| {
            let left = left.entry(&original.claim_id).or_insert((original.money.total, original.money.personal));
            let fits = -row.money.total <= left.0 && -row.money.personal <= left.1;
            if fits {
                *left = (left.0 + row.money.total, left.1 + row.money.personal);
            }
            fits
        });
        let count = if fits { &mut totals.accepted } else { &mut totals.held };
        *count += u64::from(batch == last);
        match original.filter(|_| fits) {
            Some(original) => booked.push(book(person, Month::of(original.settled_at.date()), row)),
            None => open.push(Open {
                person,
                reason: "refund_waits",
                fen: counts(row),
                when: When::Before(row.settled_at.date()),
                insurance_type: Some(row.insurance_type),
                until: None,
            }),
        }
    }
    booked
}

fn book(person: i64, month: Month, row: &Claim) -> Booked<'_> {
    let measured = if row.is_valid { counts(row) } else { 0 };
    Booked { person, month, row, measured }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Settlement,
    Reversal,
    Supplement,
}

fn kind_of(row: &Claim) -> Kind {
    if ["06", "08", "09", "10"].contains(&row.manual_reason) {
        Kind::Supplement
    } else if row.money.total < 0 || (row.is_refunded && row.money.total <= 0 && !row.original.is_empty()) {
        Kind::Reversal
    } else {
        Kind::Settlement
    }
}

/// The person, or the code of the first rule that the row breaks.
fn check_claim(row: &Claim, shape: Shape) -> Result<i64, String> {
    if let Some((column, text)) = &row.spoiled {
        return Err(spoiled_code(column, text).to_owned());
    }
    let person = person_key(&row.document)?;
    if !row.is_valid {
        // It counts nothing, so its sums need not be right.
        return Ok(person);
    }
    let kind = kind_of(row);
    let m = row.money;
    let (hospital, account, cash) = (if shape.hospital { m.hospital } else { 0 }, m.account, m.cash);
    let off = |a: i64, b: i64| (a - b).abs() > 1;
    if kind == Kind::Supplement {
        return if shape.fund_parts && off(m.fund, m.pooled + m.major + m.assistance) {
            Err("identity_funds".to_owned())
        } else {
            Ok(person)
        };
    }
    let code = if off(m.total, m.outside + m.over + m.first + m.scope) {
        "identity_total"
    } else if shape.fund_parts && off(m.fund, m.pooled + m.major + m.assistance) {
        "identity_funds"
    } else if off(m.personal, m.total - m.fund - hospital) {
        "identity_personal"
    } else if shape.cash && off(m.personal, account + cash) {
        "identity_cash"
    } else if m.deductible.abs() > m.scope.abs() + 1 {
        "identity_deductible"
    } else {
        return Ok(person);
    };
    Err(code.to_owned())
}

fn spoiled_code(column: &str, text: &str) -> &'static str {
    if text.is_empty() {
        "missing"
    } else if text.chars().count() > 400 {
        "too_long"
    } else if !column.ends_with("_amount") {
        "malformed"
    } else if text.len() > 12 {
        "out_of_range"
    } else {
        "not_money"
    }
}

fn adjustments<'a>(
    seen: &'a [Batch],
    places: &BTreeMap<&str, Place>,
    totals: &mut FeedTotals,
    open: &mut Vec<Open>,
) -> Vec<Paid<'a>> {
    let totals = totals.entry("adjustments").or_default();
    let last = seen.len() - 1;
    let check = |row: &Adjustment| person_key(&row.document).map_err(str::to_owned);
    let good = readable(rows(seen, |batch| &batch.adjustments), last, check, totals);
    let same = |a: &Adjustment, b: &Adjustment| {
        Adjustment { updated_at: b.updated_at, document: respelt(&a.document, &b.document), ..a.clone() } == *b
    };
    let mut winners =
        latest(good, last, |person, row| (&row.adjustment_id, person), |row| row.updated_at, same, totals);
    winners.sort_by_key(|(_, _, row)| (row.fen < 0, row.updated_at, &row.adjustment_id));
    let mut booked = Vec::new();
    let mut paid: BTreeMap<&str, i128> = BTreeMap::new();
    for (batch, person, row) in winners {
        let place = places.get(row.claim_id.as_str()).filter(|place| place.0 == person);
        let fen = i128::from(row.fen);
        let before = paid.entry(&row.claim_id).or_default();
        // more than the person bore of the claim cannot have been paid for it
        let excess = place.filter(|place| fen > 0 && *before + fen > place.4);
        let place = place.filter(|_| excess.is_none());
        *before += place.map_or(0, |_| fen);
        let count = if place.is_some() { &mut totals.accepted } else { &mut totals.held };
        *count += u64::from(batch == last);
        match place {
            Some((_, month, insurance_type, claim_fen, _)) => booked.push(Paid {
                person,
                month: *month,
                claim: &row.claim_id,
                fen,
                insurance_type,
                claim_fen: *claim_fen,
            }),
            None => open.push(Open {
                person,
                reason: "payment_waits",
                fen: excess.map_or(-fen, |place| -fen.min(place.4)),
                when: When::Before(row.paid),
                insurance_type: None,
                until: None,
            }),
        }
    }
    booked
}

fn residents<'a>(seen: &'a [Batch], totals: &mut FeedTotals) -> BTreeMap<i64, (&'a Resident, bool)> {
    let totals = totals.entry("residents").or_default();
    let last = seen.len() - 1;
    let check = |row: &Resident| person_key(&row.document).map_err(str::to_owned);
    let good = readable(rows(seen, |batch| &batch.residents), last, check, totals);
    let all = good.clone();
    let same = |a: &Resident, b: &Resident| {
        Resident { updated_at: b.updated_at, document: respelt(&a.document, &b.document), ..a.clone() } == *b
    };
    let winners = latest(good, last, |person, _| person, |row| row.updated_at, same, totals);
    // All rows of a night come in one file here: nothing tells the later of two of one file.
    let conflict = |night: usize, person: i64, row: &Resident| {
        all.iter().any(|(batch, other, twin)| {
            *other == person
                && *batch == night
                && twin.updated_at == row.updated_at
                && !may_be_one_name(&twin.name, &row.name)
        })
    };
    totals.accepted += winners.iter().filter(|(batch, _, _)| *batch == last).count() as u64;
    winners.into_iter().map(|(night, person, row)| (person, (row, conflict(night, person, row)))).collect()
}

/// A batch's rosters come in one file: what it says of a month's roster holds for all its rows of it.
fn rosters<'a>(province: &Province, seen: &'a [Batch], totals: &mut FeedTotals) -> Rosters<'a> {
    let totals = totals.entry("rosters").or_default();
    let last = seen.len() - 1;
    let check = |row: &Roster| {
        let person = person_key(&row.document)?;
        match (row.from, row.to) {
            (Some(from), Some(to)) if to < from => Err("period_reversed".to_owned()),
            _ if row.tag == "富人" => Err("unknown_code".to_owned()),
            _ => Ok(person),
        }
    };
    let good = readable(rows(seen, |batch| &batch.rosters), last, check, totals);
    let mut distinct: Vec<Listed<'_>> = Vec::new();
    for (batch, person, row) in good {
        // sent again in another file it is said again
        if distinct.iter().any(|other| other.batch == batch && other.row == row) {
            totals.duplicate += u64::from(batch == last);
        } else {
            totals.accepted += u64::from(batch == last);
            distinct.push(Listed { batch, person, row });
        }
    }
    // Of a file with more than one illegible row in a hundred nobody knows who is missing.
    let legible = seen.iter().map(|batch| {
        let rejected = batch.rosters.iter().filter(|row| check(row).is_err()).count();
        rejected * 100 <= batch.rosters.len()
    });
    let legible = legible.collect();
    Rosters { rows: distinct, legible, lifted_out_ends: province.lifted_out_ends }
}

fn income<'a>(seen: &'a [Batch], totals: &mut FeedTotals) -> Vec<&'a Income> {
    let totals = totals.entry("income").or_default();
    let last = seen.len() - 1;
    let mut distinct: Vec<&Income> = Vec::new();
    for (batch, row) in rows(seen, |batch| &batch.income) {
        totals.read += u64::from(batch == last);
        if distinct.contains(&row) {
            totals.duplicate += u64::from(batch == last);
        } else {
            totals.accepted += u64::from(batch == last);
            distinct.push(row);
        }
    }
    distinct
}

impl Open {
    /// Whether it can lie in the year up to the month, under an insurance that counts.
    fn is_in(&self, month: Month) -> bool {
        let first = NaiveDate::from_ymd_opt(month.year(), 1, 1).unwrap();
        let is_in = match self.when {
            When::On(day) => day >= first && day <= month.last_day(),
            When::Before(day) => day >= first,
            When::Unknown => true,
        };
        is_in
            && self.insurance_type.is_none_or(|insurance| INSURANCES.contains(&insurance))
            && self.until.is_none_or(|until| month.last_day() < until)
    }
}

impl Known<'_> {
    /// Everybody whom a rule notices in the month.
    pub(crate) fn findings(&self, month: Month) -> BTreeSet<Finding> {
        let people = self.claims.iter().map(|claim| claim.person).chain(self.open.iter().map(|item| item.person));
        let people: BTreeSet<i64> = people.collect();
        let each = |rule: &'static Rule| people.iter().filter_map(move |person| self.finding(rule, *person, month));
        RULES.iter().flat_map(each).collect()
    }

    fn window(&self, person: i64, month: Month) -> impl Iterator<Item = &Booked<'_>> {
        self.claims.iter().filter(move |claim| {
            claim.person == person
                && claim.month.year() == month.year()
                && claim.month <= month
                && claim.row.is_valid
                && INSURANCES.contains(&claim.row.insurance_type)
        })
    }

    fn finding(&self, rule: &'static Rule, person: i64, month: Month) -> Option<Finding> {
        let open: Vec<&Open> = self.open.iter().filter(|item| item.person == person && item.is_in(month)).collect();
        let up: i128 = open.iter().map(|item| item.fen.max(0)).sum();
        let down: i128 = open.iter().map(|item| (-item.fen).max(0)).sum();
        if self.window(person, month).next().is_none() && up == 0 {
            return None;
        }
        let measured = self.spent(person, month, 12);

        let has_roster = rule.tags.is_empty() || self.rosters.rows.iter().any(|row| rule.tags.contains(&row.row.tag));
        let holds = rule.tags.iter().map(|tag| self.rosters.holds(person, tag, month)).max();
        if has_roster && holds == Some(Holds::No) {
            return None;
        }
        let rural = self.rural(person, month);
        if rule.needs_rural && rural == Some(false) {
            return None;
        }
        let county = self.county(person, month);
        let line = county.as_deref().and_then(|county| self.line(county, month)).map(|fen| fen * rule.multiple);
        let resident = self.residents.get(&person);
        // Whoever's place is not clear is below when below everywhere; all places here have one line.
        let lowest = if county.is_none() { self.line(ANYWHERE, month).map(|fen| fen * rule.multiple) } else { line };
        let (is_over, may_be_over) =
            (line.is_some_and(|line| measured > line), line.is_some_and(|line| measured + up > line));
        let looked_at = if line.is_some() { measured } else { measured + up };
        if looked_at * 10 <= lowest.unwrap_or(0) * 8 && !may_be_over {
            return None;
        }
        let first = |is_wanted: fn(&Open) -> bool| {
            open.iter().filter(|item| is_wanted(item)).map(|item| item.reason).min().unwrap_or_default()
        };
        let (ups, downs) = (first(|item| item.fen > 0), first(|item| item.fen < 0));
        let reason = if self.names_differ(person, month) || resident.is_some_and(|(_, conflict)| *conflict) {
            "id_conflict"
        } else if county.is_none() {
            "county_unclear"
        } else if line.is_none() {
            "no_income_figure"
        } else if !has_roster {
            "no_roster"
        } else if holds == Some(Holds::Absent) {
            "tag_absent"
        } else if holds == Some(Holds::Stale) {
            "roster_stale"
        } else if rule.needs_rural && rural.is_none() {
            "rural_unknown"
        } else if resident.is_some_and(|(row, _)| row.is_alive == Some(false)) {
            "deceased"
        } else if is_over && line.is_some_and(|line| measured - down <= line) {
            downs
        } else if !is_over && may_be_over {
            ups
        } else {
            ""
        };
        let status = match is_over {
            _ if !reason.is_empty() => "undecided",
            true => "flagged",
            false => "near",
        };
        // Whoever is over the line in every reading is on the list, and what is asked stands beside them.
        let reason = match status {
            "flagged" if !downs.is_empty() => downs,
            "flagged" => ups,
            _ => reason,
        };
        Some(Finding {
            person_key: person,
            rule: rule.id.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            measured_fen: i64::try_from(measured).unwrap(),
            outlook: match line.filter(|_| status == "near") {
                Some(line) => self.outlook(person, month, measured, line),
                None => "||".to_owned(),
            },
        })
    }

    /// What was spent in the last so many months of the year, less what others paid later, fen.
    fn spent(&self, person: i64, month: Month, months: u32) -> i128 {
        let is_in = |booked: Month| booked.year() == month.year() && booked <= month;
        let is_late = |booked: Month| booked.number() + months > month.number();
        let claims = self.window(person, month).filter(|claim| is_late(claim.month)).map(|claim| claim.measured);
        let paid = self.adjustments.iter().filter(|paid| paid.person == person && is_in(paid.month));
        let paid = paid.filter(|paid| INSURANCES.contains(&paid.insurance_type) && is_late(paid.month));
        let mut lowered: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
        for paid in paid {
            lowered.entry(paid.claim).or_insert((0, paid.claim_fen)).0 += paid.fen;
        }
        // A payment lowers its own claim by no more than that counts.
        claims.sum::<i128>() - lowered.values().map(|(paid, counts)| *paid.min(&(*counts).max(0))).sum::<i128>()
    }

    /// Margin, mean of the last three months, and the month in which adding that mean again and again is over.
    fn outlook(&self, person: i64, month: Month, measured: i128, line: i128) -> String {
        let months = month.number().min(3);
        let recent = self.spent(person, month, months);
        let months = i128::from(months);
        let mut ahead = (1..=12 - month.number()).map(|n| (month.number() + n, i128::from(n)));
        let crossing = ahead.find(|(_, n)| measured * months + recent * n > line * months);
        let crossing = crossing.map_or(String::new(), |(number, _)| format!("{}-{number:02}", month.year()));
        let fen = |fen: i128| Fen(i64::try_from(fen).unwrap()).to_string();
        format!("{}|{}|{crossing}", fen(line - measured), fen(recent.div_euclid(months)))
    }

    fn names_differ(&self, person: i64, month: Month) -> bool {
        let names: BTreeSet<&str> = self
            .window(person, month)
            .map(|claim| clean_text(&claim.row.name))
            .filter(|name| !name.is_empty())
            .collect();
        person > 0 && names.iter().any(|one| names.iter().any(|other| !may_be_one_name(one, other)))
    }

    fn county(&self, person: i64, month: Month) -> Option<String> {
        if let Some((resident, _)) = self.residents.get(&person) {
            return Some(resident.county.clone());
        }
        let areas: BTreeSet<&str> = self
            .window(person, month)
            .map(|claim| claim.row.insured_area.as_str())
            .filter(|area| !area.is_empty())
            .collect();
        (areas.len() == 1).then(|| areas.into_iter().next().unwrap().to_owned())
    }

    fn line(&self, county: &str, month: Month) -> Option<i128> {
        let province = format!("{}0000", &county[..2]);
        let known = |year: i32| {
            let rows = self.income.iter().filter(|row| row.geography == province && row.year == year);
            let rows = rows.filter(|row| row.published.is_none_or(|day| day <= month.last_day()));
            rows.max_by_key(|row| row.release).map(|row| i128::from(row.fen))
        };
        // Until last year's figure is out, the year before stands in.
        known(month.year() - 1).or_else(|| known(month.year() - 2))
    }

    fn rural(&self, person: i64, month: Month) -> Option<bool> {
        let resident = self.residents.get(&person).map(|(row, _)| *row);
        if let Some(said) = resident.and_then(|row| row.is_rural) {
            return Some(said);
        }
        if RURAL_TAGS.iter().any(|tag| self.rosters.holds(person, tag, month) != Holds::No) {
            return Some(true);
        }
        let resident = resident?;
        let village = match resident.village_class.chars().next() {
            Some('1') => Some(false),
            Some('2') => Some(true),
            _ => None,
        };
        let household = match resident.household_type {
            "20" | "21" | "22" => Some(true),
            "10" | "11" | "12" => Some(false),
            _ => None,
        };
        // where the two contradict each other the person is listed, and marked
        if village.is_some() && household.is_some() && village != household {
            Some(true)
        } else {
            village.or(household)
        }
    }
}

/// One row of a roster, and the batch that it came in.
#[derive(Clone, Copy)]
struct Listed<'a> {
    batch: usize,
    person: i64,
    row: &'a Roster,
}

impl Listed<'_> {
    /// Office, county and tag: only rosters of the same ones say anything about the row.
    fn place(&self) -> (&str, &str, &str) {
        (self.row.office, self.row.county, self.row.tag)
    }

    fn start(&self) -> NaiveDate {
        self.row.from.or(self.row.roster_month.map(Month::first_day)).unwrap()
    }
}

/// Whether somebody has a tag, the better the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    No,
    /// One complete roster lacks the person.
    Absent,
    /// Only by a roster of more than six months ago.
    Stale,
    Yes,
}

/// All rows of rosters that were accepted, and what is known of their files.
struct Rosters<'a> {
    rows: Vec<Listed<'a>>,
    /// Per batch.
    legible: Vec<bool>,
    lifted_out_ends: bool,
}

impl Rosters<'_> {
    /// Whether the person has the tag on the month's last day.
    fn holds(&self, person: i64, tag: &str, month: Month) -> Holds {
        let own = self.rows.iter().filter(|row| row.person == person && row.row.tag == tag);
        own.map(|row| self.holds_by(row, month)).max().unwrap_or(Holds::No)
    }

    fn holds_by(&self, row: &Listed<'_>, month: Month) -> Holds {
        let day = month.last_day();
        let is_hidden = row.start() > day || row.row.roster_month.is_some_and(|own| own > month);
        if is_hidden || self.is_replaced(row) || self.is_said_anew(row) {
            return Holds::No;
        }
        let ended = row.row.to.is_some_and(|to| to < day) || self.exits(row, month).any(|exit| exit < day);
        if ended {
            return Holds::No;
        }
        let ends_by_absence = row.row.tag != "lifted_out" || self.lifted_out_ends;
        let lacking = self.complete_months(row.place(), month).into_iter().filter(|(complete, base)| {
            let own = row.row.roster_month.unwrap_or_else(|| Month::of(row.start()));
            *complete > own && (row.row.roster_month.is_some() || *base > row.batch)
        });
        match lacking.count() {
            _ if !ends_by_absence => Holds::Yes,
            0 if self.is_stale(row.place(), month) => Holds::Stale,
            0 => Holds::Yes,
            1 => Holds::Absent,
            _ => Holds::No,
        }
    }

    /// The batch of the last file that is a month's whole roster: the first one, or one that says so.
    fn base(&self, place: (&str, &str, &str), month: Month) -> Option<usize> {
        let of_month = || self.rows.iter().filter(|row| row.place() == place && row.row.roster_month == Some(month));
        let first = of_month().map(|row| row.batch).min()?;
        let whole = of_month().filter(|row| row.batch == first || row.row.is_whole);
        whole.filter(|row| self.legible[row.batch]).map(|row| row.batch).max()
    }

    /// The months up to one that have a complete roster, with its batch.
    fn complete_months(&self, place: (&str, &str, &str), month: Month) -> BTreeMap<Month, usize> {
        let months = self.rows.iter().filter(|row| row.place() == place).filter_map(|row| row.row.roster_month);
        months.filter(|own| *own <= month).filter_map(|own| Some((own, self.base(place, own)?))).collect()
    }

    fn is_stale(&self, place: (&str, &str, &str), month: Month) -> bool {
        let months = self.rows.iter().filter(|row| row.place() == place).filter_map(|row| row.row.roster_month);
        let last = months.filter(|own| *own <= month).max();
        let number = |month: Month| i64::from(month.year()) * 12 + i64::from(month.number());
        last.is_some_and(|last| number(month) - number(last) > 6)
    }

    /// Whether a later whole roster of its month took the place of the row's.
    fn is_replaced(&self, row: &Listed<'_>) -> bool {
        let base = row.row.roster_month.and_then(|month| self.base(row.place(), month));
        base.is_some_and(|base| row.batch < base)
    }

    /// Whether a later row says the same thing anew: the same month, or the same spell.
    fn is_said_anew(&self, row: &Listed<'_>) -> bool {
        let same_thing = |other: &&Listed<'_>| {
            let is_same = match (row.row.roster_month, other.row.roster_month) {
                (Some(own), Some(other)) => own == other,
                (None, None) => row.row.from == other.row.from,
                _ => false,
            };
            is_same && other.person == row.person && other.place() == row.place() && !self.is_replaced(other)
        };
        let later = |other: &Listed<'_>| {
            let ends = |row: &Roster| match (row.roster_month, row.to) {
                // of two rows in one file, a month's open one counts, and of two changes the one with a last day
                (Some(_), None) => NaiveDate::MAX,
                (_, to) => to.unwrap_or(NaiveDate::MIN),
            };
            (other.batch, ends(other.row)) > (row.batch, ends(row.row))
        };
        self.rows.iter().filter(same_thing).any(later)
    }

    /// Last days that the same office has stated for the person after the row, or another one after whose last word the
    /// office sent a complete roster without the person.
    fn exits(&self, row: &Listed<'_>, month: Month) -> impl Iterator<Item = NaiveDate> {
        let said_on = |other: &Listed<'_>| other.row.roster_month.unwrap_or_else(|| Month::of(other.start()));
        let is_of_person = |other: &&Listed<'_>| other.person == row.person && other.row.tag == row.row.tag;
        let own = || self.rows.iter().filter(|other| is_of_person(other) && other.place() == row.place());
        let own = || own().filter(|other| said_on(other) <= month);
        let last_month = own().map(&said_on).max();
        let counted = |other: &Listed<'_>| {
            let base = other.row.roster_month.and_then(|own| self.base(other.place(), own));
            base.filter(|base| other.batch < *base).unwrap_or(other.batch)
        };
        let last_batch = own().map(counted).max();
        let has_left = self.complete_months(row.place(), month).keys().max().copied() > last_month;
        let is_heard = move |other: &&Listed<'_>| {
            let is_after = other.row.roster_month.map_or(Some(other.batch) > last_batch, |at| Some(at) > last_month);
            other.place() == row.place() || (has_left && is_after)
        };
        let others = self.rows.iter().filter(is_of_person).filter(is_heard);
        let known = move |other: &Listed<'_>| match other.row.roster_month {
            Some(own) => own <= month,
            None => other.start() <= month.last_day(),
        };
        let exit = |other: &Listed<'_>| {
            let own = row.row.roster_month;
            if let Some(later) = other.row.roster_month {
                let base = self.base(other.place(), later);
                let is_removed = self.is_replaced(other) && !self.is_on(other.person, other.place(), later);
                let (at, last) = match base {
                    Some(base) if is_removed => (base, later.first_day().pred_opt()?),
                    _ if self.is_replaced(other) || self.is_said_anew(other) => return None,
                    _ => (other.batch, other.row.to?),
                };
                let is_later = own.map_or(at > row.batch, |own| later > own);
                return is_later.then_some(last);
            }
            let last = other.row.to.filter(|_| !self.is_said_anew(other) && other.batch > row.batch)?;
            let is_meant = own.is_some_and(|own| last >= own.first_day() || other.row.from == row.row.from);
            is_meant.then_some(last)
        };
        others.filter(move |other| known(other)).filter_map(exit).collect::<Vec<_>>().into_iter()
    }

    /// Whether what counts of a month's roster has the person.
    fn is_on(&self, person: i64, place: (&str, &str, &str), month: Month) -> bool {
        let of_month = self.rows.iter().filter(|row| row.place() == place && row.row.roster_month == Some(month));
        of_month.filter(|row| row.person == person).any(|row| !self.is_replaced(row))
    }
}

/// Whether two spellings can be one person's name: a sign for what could not be printed stands for any character, and
/// traditional characters for the simple ones.
fn may_be_one_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> Vec<char> {
        let simple = |c: char| match c {
            '張' => '张',
            '陳' => '陈',
            '黃' => '黄',
            '吳' => '吴',
            '？' | '〓' | '□' => '?',
            _ => c,
        };
        name.chars().filter(|c| !c.is_whitespace()).map(simple).collect()
    };
    let (one, other) = (plain(one), plain(other));
    let is_same = |(a, b): (&char, &char)| a == b || *a == '?' || *b == '?';
    one.len() == other.len() && one.iter().zip(&other).all(is_same)
}
