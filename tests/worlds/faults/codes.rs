//! Codes, days and ids that no table knows.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::{Planted, county, covers, flagged, rows_of, send_again, sheet_of, some, without};
use crate::worlds::province::World;
use crate::worlds::truth::MONTHS;

/// What was done to a claims file.
struct Spoilt {
    /// The county whose rows it was done to, and all that the file covers.
    county: usize,
    touched: Vec<usize>,
    /// Claims with a wrong cell, and all of the file.
    bad: BTreeSet<usize>,
    all: BTreeSet<usize>,
}

impl Spoilt {
    /// Whether so many rows are wrong that the page has the whole file held.
    fn holds_file(&self, least: usize) -> bool {
        self.bad.len() >= least && self.bad.len() * 50 >= self.all.len()
    }
}

/// Writes something else into a column of some claims of a county; the file comes right a month later.
fn spoil(world: &mut World, rng: &mut Rng, at: usize, column: &str, change: impl Fn(&str) -> String) -> Option<Spoilt> {
    let county = county(world, rng, at);
    let sheet = sheet_of(world, "claims", at, county)?;
    let right = world.nights[at][sheet].clone();
    let rows = some(rng, rows_of(world, &right, 0, county), &flagged(world, at));
    for row in &rows {
        let text = change(right.get(*row, column));
        world.nights[at][sheet].set(*row, column, &text);
    }
    let bad: BTreeSet<usize> = rows.iter().map(|row| right.rows[*row].what).collect();
    let all = right.rows.iter().map(|row| row.what).collect();
    let touched = covers(world, &right);
    send_again(world, at, right);
    Some(Spoilt { county, touched, bad, all })
}

pub(super) fn settled_in_future(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let future = |text: &str| text.replace("2025-", "2062-").replace("2026-", "2062-");
    let Some(spoilt) = spoil(world, rng, at, "settled_at", future) else { return Planted::default() };
    let facts = without(&world.facts, &spoilt.bad);
    let note = format!("{} rows settled in 2062 in {}", spoilt.bad.len(), MONTHS[at]);
    Planted::of(spoilt.touched, note).or(at..at + 1, facts)
}

/// Rejected by name; beyond the page's bound the whole file waits for an answer.
pub(super) fn unknown_insurance(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let unknown = |_: &str| "新农合大病".to_owned();
    let Some(spoilt) = spoil(world, rng, at, "insurance_type", unknown) else { return Planted::default() };
    let open = if spoilt.holds_file(20) { &spoilt.all } else { &spoilt.bad };
    let facts = without(&world.facts, open);
    let note = format!("{} rows of an unknown insurance in {}", spoilt.bad.len(), MONTHS[at]);
    Planted::of(spoilt.touched, note).or(at..at + 1, facts)
}

/// Other spellings of the code; everybody can tell what is meant, so nothing comes later.
pub(super) fn insurance_in_words(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let county = county(world, rng, at);
    let Some(sheet) = sheet_of(world, "claims", at, county) else { return Planted::default() };
    let word = ["390.0", "0390", "城乡居民基本医疗保险"][rng.usize(0..3)];
    let touched = covers(world, &world.nights[at][sheet]);
    for row in 0..world.nights[at][sheet].rows.len() {
        world.nights[at][sheet].set(row, "insurance_type", word);
    }
    Planted::of(touched, format!("insurance as {word} in {}", MONTHS[at]))
}

/// Excel has rounded the ids: nobody can tell whose the rows are.
pub(super) fn ids_rounded(world: &mut World, rng: &mut Rng, at: usize) -> Planted {
    let rounded = |id: &str| id.chars().take(15).chain("000".chars()).collect();
    let Some(spoilt) = spoil(world, rng, at, "id_number", rounded) else { return Planted::default() };
    let facts = without(&world.facts, &spoilt.bad);
    let note = format!("{} ids end in 000 in {}", spoilt.bad.len(), MONTHS[at]);
    if spoilt.holds_file(5) {
        let held = without(&world.facts, &spoilt.all);
        return Planted::of(spoilt.touched, note).blind(at..at + 1, facts).or(at..at + 1, held);
    }
    Planted::of([spoilt.county], note).blind(at..at + 1, facts)
}
