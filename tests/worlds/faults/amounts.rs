//! Money: wrong units, wrong signs, wrong marks, payments and the line itself.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::{Planted, county, covers, flagged, is_held_by_rows, rows_of, send_again, sheet_of, some, times, without};
use crate::worlds::province::World;
use crate::worlds::sheets::{self, MONEY, money, yuan};
use crate::worlds::truth::{MONTHS, Payment};

/// The page's floor for a median: so many rows of one kind of care in a file.
const MEDIAN_ROWS: usize = 200;

pub(super) fn in_fen(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let Some(sheet) = sheet_of(world, "claims", at, county) else { return Planted::of([county], String::new()) };
    let right = world.nights[at][sheet].clone();
    let is_all = rng.bool();
    let rows = if is_all {
        (0..right.rows.len()).collect()
    } else {
        some(rng, rows_of(world, &right, 0, county), &flagged(world, at))
    };
    let touched = if is_all { covers(world, &right) } else { vec![county] };
    let bad: BTreeSet<usize> = rows.iter().map(|row| right.rows[*row].what).collect();
    for row in &rows {
        for column in MONEY {
            let fen: i64 = right.get(*row, column).replace('.', "").parse().unwrap();
            world.nights[at][sheet].set(*row, column, &fen.to_string());
        }
    }
    let outpatient = rows.iter().filter(|row| right.get(**row, "care_type") == "11").count();
    let is_held = outpatient >= MEDIAN_ROWS;
    let open = if is_held { right.rows.iter().map(|row| row.what).collect() } else { bad.clone() };
    let (with, without) = (times(&world.facts, &bad, 100), without(&world.facts, &open));
    let note = format!("{} of {} rows in fen in {}", rows.len(), right.rows.len(), MONTHS[at]);
    let mut mended = right;
    for row in 0..mended.rows.len() {
        if mended.columns.contains(&"updated_at") {
            mended.set(row, "updated_at", &format!("{}-27 08:00:00", MONTHS[at]));
        }
    }
    send_again(world, at, mended);
    let planted = Planted::of(touched, note).or(at..at + 1, with).or(at..at + 1, without);
    Planted { below_floor: !is_held, ..planted }
}

pub(super) fn decimal_comma(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let Some(sheet) = sheet_of(world, "claims", at, county) else { return Planted::of([county], String::new()) };
    let mut right = world.nights[at][sheet].clone();
    let rows = some(rng, rows_of(world, &right, 0, county), &flagged(world, at));
    for row in &rows {
        for column in MONEY {
            let text = right.get(*row, column).replace('.', ",");
            world.nights[at][sheet].set(*row, column, &text);
        }
    }
    let bad: BTreeSet<usize> = rows.iter().map(|row| right.rows[*row].what).collect();
    let facts = without(&world.facts, &bad);
    right.rows.retain(|row| bad.contains(&row.what));
    send_again(world, at, right);
    Planted::of([county], format!("{} rows with a decimal comma in {}", rows.len(), MONTHS[at])).or(at..at + 1, facts)
}

/// Refunds of claims of the same file: as the page has them, in the truth the claim counts nothing.
fn refunds(world: &mut World, rng: &mut Rng, at: usize, sign: i64, names_original: bool) -> (BTreeSet<usize>, usize) {
    let county = county(world, rng, at);
    let Some(sheet) = sheet_of(world, "claims", at, county) else { return (BTreeSet::new(), county) };
    let right = world.nights[at][sheet].clone();
    let rows = some(rng, rows_of(world, &right, 0, county), &flagged(world, at));
    let mut refunded = BTreeSet::new();
    for row in rows {
        let what = right.rows[row].what;
        let fen = world.facts.claims[what].fen;
        let mut refund = right.rows[row].clone();
        let number = refund.cells[right.at("claim_id")].clone();
        refund.cells[right.at("claim_id")] = format!("{number}T");
        if names_original {
            refund.cells[right.at("original_claim_id")] = number;
        }
        "1".clone_into(&mut refund.cells[right.at("is_refunded")]);
        for (column, fen) in MONEY.iter().zip(money(fen)) {
            refund.cells[right.at(column)] = yuan(sign * fen);
        }
        world.nights[at][sheet].rows.push(refund);
        refunded.insert(what);
    }
    (refunded, county)
}

/// A file that its refunds have made twice as long as usual is held, and one in which they take back a fifth of an
/// institution's month: its claims may be in or not.
fn or_held(world: &World, at: usize, county: usize, planted: Planted) -> Planted {
    let Some(sheet) = sheet_of(world, "claims", at, county) else { return planted };
    let sheet = &world.nights[at][sheet];
    let mut by_institution: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in 0..sheet.rows.len() {
        let counts = by_institution.entry(sheet.get(row, "fixmedins_code")).or_default();
        counts.0 += 1;
        counts.1 += usize::from(sheet.get(row, "is_refunded") == "1");
    }
    let is_much = by_institution.values().any(|(all, refunds)| *refunds >= 30 && refunds * 5 > *all);
    if !is_much && !is_held_by_rows(world, at, sheet) {
        return planted;
    }
    let claims = sheet.rows.iter().map(|row| row.what).collect();
    let mut planted = planted.or(at..4, without(&world.facts, &claims));
    planted.touched.extend(covers(world, sheet));
    planted
}

pub(super) fn positive_refunds(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let (refunded, county) = refunds(world, rng, at, 1, true);
    let (twice, stands) = (times(&world.facts, &refunded, 2), world.facts.clone());
    world.facts = without(&world.facts, &refunded);
    let note = format!("{} refunds with positive amounts in {}", refunded.len(), MONTHS[at]);
    or_held(world, at, county, Planted::of([county], note).or(at..4, twice).or(at..4, stands))
}

/// One claim of the person has the refund's institution and amount: it is the one.
pub(super) fn refund_without_original(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let (refunded, county) = refunds(world, rng, at, -1, false);
    world.facts = without(&world.facts, &refunded);
    let note = format!("{} refunds without an original in {}", refunded.len(), MONTHS[at]);
    or_held(world, at, county, Planted::of([county], note))
}

/// Two payers both number their payments from one; each payment alone takes somebody below the line.
pub(super) fn payment_number_reused(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let mut hits: Vec<usize> = flagged(world, at).into_iter().collect();
    rng.shuffle(&mut hits);
    let spent = world.facts.spent(at);
    let mut touched = BTreeSet::new();
    for (n, who) in hits.into_iter().take(2 + 2 * rng.usize(0..3)).enumerate() {
        let own = world.facts.claims.iter().enumerate();
        let largest = own
            .filter(|(_, claim)| claim.person == who && claim.arrives <= at && claim.month / 12 == (10 + at) / 12)
            .max_by_key(|(_, claim)| claim.fen);
        let Some((claim, largest)) = largest else { continue };
        let line = world.facts.line(at);
        let fen = (spent[&who] - line + 100).min(largest.fen);
        let number = format!("{:04}", n / 2 + 1);
        let payer = ["临江区二次报销", "望川区二次报销"][n % 2];
        world.facts.payments.push(Payment { number, claim, fen, arrives: at, payer });
        touched.insert(world.facts.people[who].county[at]);
    }
    world.nights = sheets::nights(&world.facts, world.counties, world.style);
    Planted::of(touched, format!("payments of two payers under one number in {}", MONTHS[at]))
}

/// Payments a hundredfold: more than their claims cost.
pub(super) fn payments_in_fen(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let mut hits: Vec<usize> = flagged(world, at).into_iter().collect();
    rng.shuffle(&mut hits);
    let mut touched = BTreeSet::new();
    let from = world.facts.payments.len();
    for who in hits.into_iter().take(1 + rng.usize(0..8)) {
        let own = world.facts.claims.iter().enumerate();
        let largest = own
            .filter(|(_, claim)| claim.person == who && claim.arrives <= at && claim.month / 12 == (10 + at) / 12)
            .max_by_key(|(_, claim)| claim.fen);
        let Some((claim, largest)) = largest else { continue };
        // Little enough that the true payment changes nobody.
        let (number, fen) = (format!("F{claim:05}"), largest.fen / 2_000 + 1);
        world.facts.payments.push(Payment { number, claim, fen, arrives: at, payer: "二次报销" });
        touched.insert(world.facts.people[who].county[at]);
    }
    let mut facts = world.facts.clone();
    for payment in &mut facts.payments[from..] {
        payment.fen = world.facts.claims[payment.claim].fen;
    }
    world.nights = sheets::nights(&world.facts, world.counties, world.style);
    for sheet in world.nights[at].iter_mut().filter(|sheet| sheet.feed == "adjustments") {
        for row in 0..sheet.rows.len() {
            if sheet.rows[row].what >= from {
                let claim = world.facts.payments[sheet.rows[row].what].claim;
                sheet.set(row, "amount", &yuan(world.facts.claims[claim].fen * 5));
            }
        }
    }
    Planted::of(touched, format!("payments of more than their claims in {}", MONTHS[at])).or(at..4, facts)
}

pub(super) fn income_in_wan(world: &mut World, _: &mut Rng, at: usize) -> Planted {
    let sheet = world.nights[at].iter().position(|sheet| sheet.feed == "income").unwrap();
    world.nights[at][sheet].set(0, "amount", "2.11");
    let mut missing = world.facts.clone();
    missing.figures.pop();
    let mut tiny = world.facts.clone();
    tiny.figures.last_mut().unwrap().fen = 211;
    Planted::of(0..world.counties, "the figure of 2025 in 10,000 yuan".to_owned()).or(at..4, missing).or(at..4, tiny)
}

/// A correction of the figure that is in force, in the wrong unit.
pub(super) fn income_corrected_in_wan(world: &mut World, _: &mut Rng, at: usize) -> Planted {
    let mut sheet = world.nights[0].iter().find(|sheet| sheet.feed == "income").unwrap().clone();
    "income-2024-r2.csv".clone_into(&mut sheet.name);
    sheet.set(0, "amount", "2.00");
    sheet.set(0, "release", "2");
    sheet.set(0, "published_date", &format!("{}-05", MONTHS[at]));
    world.nights[at].push(sheet);
    let mut tiny = world.facts.clone();
    tiny.figures[0].fen = 200;
    Planted::of(0..world.counties, format!("a correction in 10,000 yuan in {}", MONTHS[at])).or(at..4, tiny)
}

pub(super) fn income_missing(world: &mut World, _: &mut Rng, at: usize) -> Planted {
    world.nights[at].retain(|sheet| sheet.feed != "income");
    let mut missing = world.facts.clone();
    missing.figures.pop();
    let planted = Planted::of(0..world.counties, "the figure of 2025 does not come".to_owned());
    // It may come late: nothing is wrong yet, and the lists say that the line stands in.
    Planted { unseen: true, ..planted.blind(at..4, missing) }
}
