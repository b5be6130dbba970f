//! Rosters: cut, left out, doubled, late, taken back.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::{Planted, county, covers, flagged, rows_of, sheet_of, some, untagged};
use crate::worlds::province::World;
use crate::worlds::sheets::{self, Row, Sheet};
use crate::worlds::truth::{MONTHS, TAGS};

/// Takes rows out of a file and answers whose they were.
fn remove(sheet: &mut Sheet, rows: &[usize]) -> BTreeSet<usize> {
    let gone: BTreeSet<usize> = rows.iter().copied().collect();
    let people = rows.iter().map(|row| sheet.rows[*row].who).collect();
    let mut at = 0;
    sheet.rows.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
    people
}

pub(super) fn truncated(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "rosters", at, county).unwrap();
    let rows = rows_of(world, &world.nights[at][sheet], at, county);
    let (all, rows) = (rows.len(), some(rng, rows, &flagged(world, at)));
    let rows = if rows.len() == all { rows[1..].to_vec() } else { rows };
    let people = remove(&mut world.nights[at][sheet], &rows);
    let facts = untagged(&world.facts, &people);
    Planted::of([county], format!("{} of {all} rows gone in {}", people.len(), MONTHS[at])).or(at..at + 1, facts)
}

pub(super) fn county_missing(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "rosters", at, county).unwrap();
    let rows: Vec<usize> =
        rows_of(world, &world.nights[at][sheet], at, county).into_iter().map(|(row, _)| row).collect();
    if world.style.rosters_together {
        remove(&mut world.nights[at][sheet], &rows);
    } else {
        world.nights[at].remove(sheet);
    }
    Planted::of([county], format!("county {} not on the roster of {}", county + 1, MONTHS[at]))
}

pub(super) fn category_left_out(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "rosters", at, county).unwrap();
    let rows = rows_of(world, &world.nights[at][sheet], at, county);
    let tag = TAGS[rng.usize(0..4)];
    let of_tag = |(row, who): (usize, usize)| (world.facts.people[who].tag == Some(tag)).then_some(row);
    let rows: Vec<usize> = rows.into_iter().filter_map(of_tag).collect();
    let gone = remove(&mut world.nights[at][sheet], &rows);
    Planted::of([county], format!("no row of {tag} of {} in {}", gone.len(), MONTHS[at]))
}

pub(super) fn header_only(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "rosters", at, county).unwrap();
    let touched = covers(world, &world.nights[at][sheet]);
    world.nights[at][sheet].rows.clear();
    Planted::of(touched, format!("a header only in {}", MONTHS[at]))
}

/// The month's first file names people who are on no roster; a second one of the same month is right.
pub(super) fn corrected_same_month(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "rosters", at, county).unwrap();
    let right = world.nights[at][sheet].clone();
    let people = world.facts.people.iter().enumerate();
    let untagged: Vec<(usize, usize)> = people
        .filter(|(_, person)| person.tag.is_none() && person.county[at] == county)
        .map(|(who, _)| (who, who))
        .collect();
    let spent = world.facts.spent(at);
    let line = world.facts.line(at);
    let over: BTreeSet<usize> = spent.iter().filter(|(_, fen)| **fen > line).map(|(who, _)| *who).collect();
    let extra = some(rng, untagged, &over);
    let mut facts = world.facts.clone();
    let template = right.rows.iter().find(|row| world.facts.people[row.who].county[at] == county).cloned();
    let Some(template) = template else { return Planted::of([county], "nobody on the roster".to_owned()) };
    for who in &extra {
        let mut row = Row { who: *who, ..template.clone() };
        row.cells[right.at("id_number")].clone_from(&world.facts.people[*who].id);
        row.cells[right.at("person_name")].clone_from(&world.facts.people[*who].name);
        TAGS[0].clone_into(&mut row.cells[right.at("tag")]);
        world.nights[at][sheet].rows.push(row);
        facts.people[*who].tag = Some(TAGS[0]);
    }
    let mut second = right;
    // Said to be whole it replaces the first; else it only adds until somebody answers.
    let is_said = rng.bool();
    second.name = second.name.replace(".csv", if is_said { "-整份.csv" } else { "-v2.csv" });
    let touched = covers(world, &second);
    world.nights[at].push(second);
    let note = format!("{} people too many, then corrected, whole {is_said}, in {}", extra.len(), MONTHS[at]);
    Planted::of(touched, note).or(at..4, facts)
}

pub(super) fn offices_of_one_name(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    world.style.offices_share_a_name = true;
    world.style.rosters_together = false;
    world.nights = sheets::nights(&world.facts, world.counties, world.style);
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "rosters", at, county).unwrap();
    let late = world.nights[at].remove(sheet);
    if at < 3 {
        world.nights[at + 1].insert(0, late);
    }
    Planted::of([county], format!("the roster of {} late, offices of one name", MONTHS[at]))
}

pub(super) fn exit_taken_back(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "rosters", at, county).unwrap();
    let rows = rows_of(world, &world.nights[at][sheet], at, county);
    let rows = some(rng, rows, &flagged(world, at));
    let mut facts = world.facts.clone();
    for row in &rows {
        world.nights[at][sheet].set(*row, "to_date", &format!("{}-10", MONTHS[at]));
        facts.people[world.nights[at][sheet].rows[*row].who].tag = None;
    }
    let planted = Planted::of([county], format!("{} exits in {}, listed again later", rows.len(), MONTHS[at]));
    Planted { stated: Some(at), ..planted.or(at..at + 1, facts) }
}

/// Broken ids; name and household still say who is meant.
pub(super) fn rows_rejected(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "rosters", at, county).unwrap();
    let rows = rows_of(world, &world.nights[at][sheet], at, county);
    let rows = some(rng, rows, &flagged(world, at));
    for row in &rows {
        let id = world.nights[at][sheet].get(*row, "id_number").to_owned();
        let wrong = if id.ends_with('0') { '1' } else { '0' };
        let id: String = id.chars().take(17).chain([wrong]).collect();
        world.nights[at][sheet].set(*row, "id_number", &id);
    }
    Planted::of([county], format!("{} rows with a mistyped id in {}", rows.len(), MONTHS[at]))
}

pub(super) fn stop(world: &mut World, _: &mut Rng, at: usize) -> Planted {
    for night in &mut world.nights[at..] {
        night.retain(|sheet| sheet.feed != "rosters");
    }
    Planted::of(0..world.counties, format!("no roster from {} on", MONTHS[at]))
}

pub(super) fn last_years_month(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "rosters", at, county).unwrap();
    let touched = covers(world, &world.nights[at][sheet]);
    let year = if MONTHS[at].starts_with("2026") { "2025" } else { "2024" };
    let month = MONTHS[at].replace("2026", year).replace("2025", year);
    for row in 0..world.nights[at][sheet].rows.len() {
        world.nights[at][sheet].set(row, "roster_month", &month);
    }
    Planted::of(touched, format!("the roster of {} says {month}", MONTHS[at]))
}
