//! The register, names and ids of people.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::{Planted, county, flagged, rows_of, sheet_of, some};
use crate::worlds::province::{World, code};
use crate::worlds::sheets::{self, Row, Sheet};
use crate::worlds::truth::{FIRST, MONTHS, with_check};

/// The register's first file with other people and cells, for a later month.
fn register(world: &World, at: usize, people: &[usize], name: &str) -> Sheet {
    let mut sheet = world.nights[0].iter().find(|sheet| sheet.feed == "residents").unwrap().clone();
    let rows: Vec<Row> = people.iter().map(|who| sheet.rows[*who].clone()).collect();
    sheet.rows = rows;
    sheet.name = format!("residents-{}-{name}.csv", MONTHS[at]);
    if sheet.columns.contains(&"updated_at") {
        for row in 0..sheet.rows.len() {
            sheet.set(row, "updated_at", &format!("{}-2{} 08:00:00", MONTHS[at], 1 + row % 7));
        }
    }
    sheet
}

pub(super) fn dead(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let people = world.facts.people.iter().enumerate();
    let theirs = people.filter(|(_, person)| person.county[at] == county).map(|(who, _)| (who, who)).collect();
    let dead = some(rng, theirs, &flagged(world, at));
    let mut sheet = register(world, at, &dead, "deaths");
    for row in 0..sheet.rows.len() {
        sheet.set(row, "is_alive", "0");
    }
    world.nights[at].push(sheet);
    if at + 1 < MONTHS.len() {
        let alive = register(world, at + 1, &dead, "alive");
        world.nights[at + 1].push(alive);
    }
    let mut facts = world.facts.clone();
    for who in &dead {
        facts.people[*who].dead_from = Some(at);
    }
    Planted::of([county], format!("{} people dead in {}", dead.len(), MONTHS[at])).or(at..at + 1, facts)
}

/// People have moved; neither register says when it was written.
pub(super) fn register_without_time(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let from = county(world, rng, at);
    let to = (from + 1) % world.counties;
    let people = world.facts.people.iter().enumerate();
    let theirs = people.filter(|(_, person)| person.county[at] == from).map(|(who, _)| (who, who)).collect();
    let movers = some(rng, theirs, &flagged(world, at));
    for night in &mut world.nights {
        for sheet in night.iter_mut().filter(|sheet| sheet.feed == "residents") {
            sheet.without_column("updated_at");
        }
    }
    let mut sheet = register(world, at, &movers, "moved");
    for row in 0..sheet.rows.len() {
        sheet.set(row, "county_code", &code(to));
    }
    world.nights[at].push(sheet);
    for who in &movers {
        world.facts.people[*who].county[at..].fill(to);
    }
    // Their rosters follow them, in their new county's file.
    let nights = sheets::nights(&world.facts, world.counties, world.style);
    for (night, right) in world.nights.iter_mut().zip(nights).skip(at) {
        night.retain(|sheet| sheet.feed != "rosters");
        night.extend(right.into_iter().filter(|sheet| sheet.feed == "rosters"));
    }
    Planted::of([from, to], format!("{} people moved in {}, no update time", movers.len(), MONTHS[at]))
}

/// A pharmacy writes ? for a rare character.
pub(super) fn name_unprintable(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let Some(sheet) = sheet_of(world, "claims", at, county) else { return Planted::default() };
    let rows = some(rng, rows_of(world, &world.nights[at][sheet], 0, county), &flagged(world, at));
    for row in &rows {
        let name = world.nights[at][sheet].get(*row, "person_name").to_owned();
        let mark = ["?", "？", "〓"][rng.usize(0..3)];
        let name: String = name.chars().take(1).chain(mark.chars()).chain(name.chars().skip(2)).collect();
        world.nights[at][sheet].set(*row, "person_name", &name);
    }
    Planted::of([county], format!("{} names with a placeholder in {}", rows.len(), MONTHS[at]))
}

/// The register says that some live in a county of another province; a later file says where they do.
pub(super) fn wrong_county_code(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let people = world.facts.people.iter().enumerate();
    let theirs = people.filter(|(_, person)| person.county[at] == county).map(|(who, _)| (who, who)).collect();
    let wrong = some(rng, theirs, &flagged(world, at));
    let mut sheet = register(world, at, &wrong, "codes");
    for row in 0..sheet.rows.len() {
        sheet.set(row, "county_code", "350102");
    }
    world.nights[at].push(sheet);
    if at + 1 < MONTHS.len() {
        let right = register(world, at + 1, &wrong, "right");
        world.nights[at + 1].push(right);
    }
    let mut facts = world.facts.clone();
    for who in &wrong {
        facts.people[*who].is_rural = false;
        facts.people[*who].tag = None;
    }
    // Their place is open, whatever they bear.
    Planted::of([county], format!("{} people of county 350102 in {}", wrong.len(), MONTHS[at])).or(at..at + 1, facts)
}

/// The police give somebody a new number: claims from then on carry it; the person number stays.
pub(super) fn id_changed(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let new = |old: &str, who: usize| {
        let head: String = old.chars().take(14).collect();
        ("01", with_check(&format!("{head}{}", 900 + who % 100)))
    };
    two_documents(world, rng, at, true, new)
}

/// Claims before the month name a passport, later ones the id; the person number stays.
pub(super) fn passport_and_id(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    two_documents(world, rng, at, false, |_, who| ("03", format!("E{who:08}")))
}

/// A newborn's claims stand under its person number and the mother's id, until it has an id of its own.
pub(super) fn newborns_own_id(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    for night in &mut world.nights {
        for sheet in night.iter_mut().filter(|sheet| sheet.feed == "claims") {
            *sheet = sheet.clone().with_column("is_newborn", "0");
        }
    }
    two_documents(world, rng, at, false, |_, who| ("", with_check(&format!("99010119880808{:03}", who % 1000))))
}

/// Some flagged people's claims from the month on, or those before it, stand under another document.
fn two_documents(
    world: &mut World,
    rng: &mut Rng,
    at: usize,
    later: bool,
    document: impl Fn(&str, usize) -> (&'static str, String),
) -> Planted {
    let county = county(world, rng, at);
    let here = flagged(world, at).into_iter().filter(|who| world.facts.people[*who].county[at] == county);
    let mut hits: Vec<usize> = here.collect();
    rng.shuffle(&mut hits);
    hits.truncate(1 + rng.usize(0..4));
    let mut facts = world.facts.clone();
    let mut documents = BTreeMap::new();
    for who in &hits {
        documents.insert(*who, document(&world.facts.people[*who].id, *who));
        // Read as another person the other number has no tag and its own half of the cost.
        let mut person = world.facts.people[*who].clone();
        person.tag = None;
        facts.people.push(person);
        let second = facts.people.len() - 1;
        for claim in facts.claims.iter_mut().filter(|claim| claim.person == *who) {
            if (claim.month >= FIRST + at) == later {
                claim.person = second;
            }
        }
    }
    for sheet in world.nights.iter_mut().flatten().filter(|sheet| sheet.feed == "claims") {
        for row in 0..sheet.rows.len() {
            let is_later = world.facts.claims[sheet.rows[row].what].month >= FIRST + at;
            let Some((kind, number)) = documents.get(&sheet.rows[row].who).filter(|_| is_later == later) else {
                continue;
            };
            sheet.set(row, "id_number", number);
            if kind.is_empty() {
                sheet.set(row, "is_newborn", "1");
            } else {
                sheet.set(row, "cert_type", kind);
            }
        }
    }
    let planted = Planted::of([county], format!("{} people with two documents around {}", hits.len(), MONTHS[at]));
    let other_ids = documents.into_iter().map(|(who, (_, number))| (who, number)).collect();
    Planted { other_ids, ..planted.or(if later { at..4 } else { 0..4 }, facts) }
}
