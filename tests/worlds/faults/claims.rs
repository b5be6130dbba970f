//! Claims: not taken, not whole, void, or under somebody else's number.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::{Planted, county, covers, flagged, rows_of, send_again, sheet_of, some, without};
use crate::worlds::province::World;
use crate::worlds::sheets::{self, Row, Sheet};
use crate::worlds::truth::{FIRST, MONTHS};

/// The claims that a file's rows are about.
fn claims_in(sheet: &Sheet) -> BTreeSet<usize> {
    sheet.rows.iter().map(|row| row.what).collect()
}

/// The county's claims of the month, with the file that brings them.
fn file(world: &World, rng: &mut Rng, at: usize) -> (usize, usize) {
    let mut county = county(world, rng, at);
    // A county without a claim in the month has no file of its own.
    for _ in 0..world.counties {
        if let Some(sheet) = sheet_of(world, "claims", at, county) {
            return (county, sheet);
        }
        county = (county + 1) % world.counties;
    }
    panic!("no claims in {}", MONTHS[at]);
}

pub(super) fn refused(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let (_, sheet) = file(world, rng, at);
    let right = world.nights[at][sheet].clone();
    let facts = without(&world.facts, &claims_in(&right));
    let touched = covers(world, &right);
    let wrong = &mut world.nights[at][sheet];
    if rng.bool() {
        wrong.raw = Some(b"\x00\x01\x02 not a table\n".to_vec());
    } else {
        wrong.without_column("settled_at");
    }
    send_again(world, at, right);
    Planted::of(touched, format!("refused in {}", MONTHS[at])).blind(at..at + 1, facts)
}

pub(super) fn waiting(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let (_, sheet) = file(world, rng, at);
    let right = world.nights[at][sheet].clone();
    let facts = without(&world.facts, &claims_in(&right));
    let touched = covers(world, &right);
    world.nights[at][sheet].manifest = Some("{\"rows\": ".to_owned());
    send_again(world, at, right);
    Planted::of(touched, format!("a manifest that is not whole in {}", MONTHS[at])).blind(at..at + 1, facts)
}

pub(super) fn county_missing(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    world.style.claims_together = true;
    world.nights = sheets::nights(&world.facts, world.counties, world.style);
    let (county, sheet) = file(world, rng, at);
    let mut late = world.nights[at][sheet].clone();
    let is_theirs = |row: &Row| world.facts.people[row.who].county[0] == county;
    late.rows.retain(is_theirs);
    world.nights[at][sheet].rows.retain(|row| !is_theirs(row));
    let facts = without(&world.facts, &claims_in(&late));
    send_again(world, at, late);
    Planted::of([county], format!("county {} not in the area's claims of {}", county + 1, MONTHS[at]))
        .blind(at..at + 1, facts)
}

/// No row's total is right; person and burden can be read.
pub(super) fn all_rejected(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let (_, sheet) = file(world, rng, at);
    let right = world.nights[at][sheet].clone();
    let touched = covers(world, &right);
    for row in 0..right.rows.len() {
        world.nights[at][sheet].set(row, "total_amount", "99999999.00");
    }
    let facts = without(&world.facts, &claims_in(&right));
    send_again(world, at, right);
    Planted::of(touched, format!("no total is right in {}", MONTHS[at])).or(at..at + 1, facts)
}

pub(super) fn rows_rejected(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let (county, sheet) = file(world, rng, at);
    let mut right = world.nights[at][sheet].clone();
    let rows = some(rng, rows_of(world, &right, 0, county), &flagged(world, at));
    for row in &rows {
        world.nights[at][sheet].set(*row, "total_amount", "1.00");
    }
    let bad: BTreeSet<usize> = rows.iter().map(|row| right.rows[*row].what).collect();
    let facts = without(&world.facts, &bad);
    right.rows.retain(|row| bad.contains(&row.what));
    send_again(world, at, right);
    Planted::of([county], format!("{} rows with a wrong total in {}", rows.len(), MONTHS[at])).or(at..at + 1, facts)
}

/// Rows lost on the way; the sender's manifest says how many there were.
pub(super) fn rows_lost(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let (county, sheet) = file(world, rng, at);
    let right = world.nights[at][sheet].clone();
    let touched = covers(world, &right);
    let rows = some(rng, rows_of(world, &right, 0, county), &flagged(world, at));
    let lost: BTreeSet<usize> = rows.iter().map(|row| right.rows[*row].what).collect();
    let wrong = &mut world.nights[at][sheet];
    wrong.rows.retain(|row| !lost.contains(&row.what));
    wrong.manifest = Some(format!("{{\"rows\": {}}}", right.rows.len()));
    let facts = without(&world.facts, &claims_in(&right));
    send_again(world, at, right);
    Planted::of(touched, format!("{} rows lost in {}, the manifest says so", lost.len(), MONTHS[at]))
        .blind(at..at + 1, facts)
}

/// Four rows of five are gone, and no manifest says so: the number of rows does.
pub(super) fn cut(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let (_, sheet) = file(world, rng, at);
    let right = world.nights[at][sheet].clone();
    let touched = covers(world, &right);
    let mut rows: Vec<usize> = (0..right.rows.len()).collect();
    rng.shuffle(&mut rows);
    let lost: BTreeSet<usize> = rows[..rows.len() * 4 / 5].iter().map(|row| right.rows[*row].what).collect();
    world.nights[at][sheet].rows.retain(|row| !lost.contains(&row.what));
    let facts = without(&world.facts, &claims_in(&right));
    send_again(world, at, right);
    Planted::of(touched, format!("{} of {} rows gone in {}", lost.len(), rows.len(), MONTHS[at]))
        .blind(at..at + 1, facts)
}

/// Sends claims that landed before once more, valid or void, each time with a later update.
fn resend(world: &mut World, at: usize, claims: &BTreeSet<usize>, valid: bool, name: &str) {
    if at >= MONTHS.len() {
        return;
    }
    let rows = claims.iter().map(|claim| sheets::claim_row(&world.facts, *claim)).collect();
    let mut sheet = Sheet {
        feed: "claims",
        name: format!("claims-{}-{name}.csv", MONTHS[at]),
        columns: sheets::CLAIMS.to_vec(),
        rows,
        county: None,
        manifest: None,
        raw: None,
    };
    for row in 0..sheet.rows.len() {
        sheet.set(row, "is_valid", if valid { "1" } else { "0" });
        sheet.set(row, "updated_at", &format!("{}-26 0{}:00:00", MONTHS[at], 1 + usize::from(valid)));
    }
    world.nights[at].push(sheet);
}

/// Claims of some people that landed before the month.
fn before(world: &World, at: usize, is_meant: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let claims = world.facts.claims.iter().enumerate();
    claims
        .filter(|(what, claim)| claim.arrives < at && claim.month / 12 == (FIRST + at) / 12 && is_meant(*what))
        .map(|(what, claim)| (what, claim.person))
        .collect()
}

fn void(world: &mut World, rng: &mut Rng, at: usize, county: usize, meant: Vec<(usize, usize)>, all: bool) -> Planted {
    let count = meant.len();
    if count == 0 {
        return Planted::of([county], "nothing to void".to_owned());
    }
    let chosen: BTreeSet<usize> = if all {
        meant.into_iter().map(|(what, _)| what).collect()
    } else {
        some(rng, meant, &flagged(world, at)).into_iter().collect()
    };
    resend(world, at, &chosen, false, "void");
    resend(world, at + 1, &chosen, true, "valid");
    let facts = without(&world.facts, &chosen);
    let touched: BTreeSet<usize> =
        chosen.iter().map(|what| world.facts.people[world.facts.claims[*what].person].county[at]).collect();
    Planted::of(touched, format!("{} of {count} claims void in {}", chosen.len(), MONTHS[at])).or(at..at + 1, facts)
}

pub(super) fn all_void(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let meant = before(world, at, |what| world.facts.people[world.facts.claims[what].person].county[0] == county);
    void(world, rng, at, county, meant, true)
}

pub(super) fn institution_void(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let institution = [90, 91, 0][rng.usize(0..3)];
    let meant = before(world, at, |what| world.facts.claims[what].institution == institution);
    void(world, rng, at, 0, meant, false)
}

/// A hospital voids settlements and makes new ones, which come a month later under new numbers.
pub(super) fn voided_and_sent_again(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let meant = before(world, at, |what| world.facts.people[world.facts.claims[what].person].county[0] == county);
    if meant.is_empty() {
        return Planted::of([county], "nothing to void".to_owned());
    }
    let chosen: BTreeSet<usize> = some(rng, meant, &flagged(world, at)).into_iter().collect();
    resend(world, at, &chosen, false, "void");
    let facts = without(&world.facts, &chosen);
    resend(world, at + 1, &chosen, true, "new");
    if let Some(sheet) = world.nights.get_mut(at + 1).and_then(|night| night.last_mut()) {
        for row in 0..sheet.rows.len() {
            let number = format!("{}R", sheet.get(row, "claim_id"));
            sheet.set(row, "claim_id", &number);
        }
    }
    Planted::of([county], format!("{} claims void in {}, settled anew later", chosen.len(), MONTHS[at]))
        .or(at..at + 1, facts)
}

/// Two counties count their claims from one; each sends its own file.
pub(super) fn number_of_two_counties(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let one = county(world, rng, at);
    let other = (one + 1) % world.counties;
    for claim in &mut world.facts.claims {
        let county = world.facts.people[claim.person].county[0];
        if claim.month == FIRST + at && (county == one || county == other) {
            claim.number = String::new();
        }
    }
    for county in [one, other] {
        let theirs = world.facts.claims.iter_mut().filter(|claim| claim.number.is_empty());
        let people = &world.facts.people;
        for (n, claim) in theirs.filter(|claim| people[claim.person].county[0] == county).enumerate() {
            claim.number = format!("{}{:06}", MONTHS[at].replace('-', ""), n + 1);
        }
    }
    world.style.claims_together = false;
    world.nights = sheets::nights(&world.facts, world.counties, world.style);
    Planted::of([one, other], format!("counties {} and {} number alike in {}", one + 1, other + 1, MONTHS[at]))
}

/// One sender gives a number twice, to two people.
pub(super) fn number_of_another_person(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let (county, sheet) = file(world, rng, at);
    let old: Vec<usize> = before(world, at, |what| {
        world.facts.people[world.facts.claims[what].person].county[0] == county
            && world.facts.claims[what].fen > 400_000
    })
    .into_iter()
    .map(|(what, _)| what)
    .collect();
    let right = world.nights[at][sheet].clone();
    let mut rows = rows_of(world, &right, 0, county);
    rng.shuffle(&mut rows);
    let mut facts = world.facts.clone();
    let mut count = 0;
    for ((row, who), what) in rows.into_iter().zip(old).take(1 + rng.usize(0..6)) {
        if world.facts.claims[what].person == who {
            continue;
        }
        let number = world.facts.claims[what].number.clone();
        world.nights[at][sheet].set(row, "claim_id", &number);
        // Read as a correction the old claim is gone, read as a slip the new one may be.
        facts.claims[what].fen = 0;
        facts.claims[right.rows[row].what].fen = 0;
        count += 1;
    }
    Planted::of([county], format!("{count} numbers of others in {}", MONTHS[at])).or(at..4, facts)
}

/// Without update times a later file's row is the correction: first too little, then what is right.
pub(super) fn no_update_times(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    world.style.has_update_times = false;
    world.nights = sheets::nights(&world.facts, world.counties, world.style);
    let (county, sheet) = file(world, rng, at);
    let mut right = world.nights[at][sheet].clone();
    let rows = some(rng, rows_of(world, &right, 0, county), &flagged(world, at));
    let bad: BTreeSet<usize> = rows.iter().map(|row| right.rows[*row].what).collect();
    for row in &rows {
        for (column, fen) in sheets::MONEY.iter().zip(sheets::money(100)) {
            world.nights[at][sheet].set(*row, column, &sheets::yuan(fen));
        }
    }
    right.rows.retain(|row| bad.contains(&row.what));
    right.name = right.name.replace(".csv", "-v2.csv");
    world.nights[at].push(right);
    Planted::of([county], format!("{} rows corrected without update times in {}", rows.len(), MONTHS[at]))
}

/// December's claims that come in January and bring somebody over December's line.
pub(super) fn late_over_december(world: &mut World, _: &mut Rng, at: usize) -> Planted {
    let line = world.facts.line(1);
    let spent = world.facts.spent(1);
    let mut late = BTreeSet::new();
    for (what, claim) in world.facts.claims.iter_mut().enumerate() {
        let is_over = spent.get(&claim.person).is_some_and(|fen| *fen > line);
        if claim.month == FIRST + 1 && claim.fen > 400_000 && is_over {
            late.insert(what);
        }
    }
    let facts = without(&world.facts, &late);
    let mut landed = world.facts.clone();
    for claim in &late {
        landed.claims[*claim].arrives = at;
    }
    world.nights = sheets::nights(&landed, world.counties, world.style);
    let touched: BTreeSet<usize> =
        late.iter().map(|what| world.facts.people[world.facts.claims[*what].person].county[0]).collect();
    let planted = Planted::of(touched, format!("{} claims of December come in January", late.len()));
    Planted { unseen: true, ..planted.blind(at - 1..at, facts) }
}
