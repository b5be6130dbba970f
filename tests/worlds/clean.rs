//! Clean worlds: everything that a good year brings, without a question.

use fastrand::Rng;

use super::faults::Planted;
use super::judge::{Judged, judge};
use super::province::{Events, world};
use super::run::Bench;
use crate::workspace::{count_from_environment, in_parallel};

fn events(seed: u64) -> Events {
    let mut rng = Rng::with_seed(seed ^ 0xc1ea);
    Events {
        surge: rng.u8(0..3) == 0,
        exits: rng.u8(0..3) == 0,
        moves: rng.u8(0..3) == 0,
        late_claims: rng.bool(),
        payments: rng.bool(),
        is_large: rng.u8(0..4) == 0,
        merger: rng.u8(0..3) == 0,
        split: rng.u8(0..3) == 0,
        upgrade: rng.u8(0..3) == 0,
    }
}

#[test]
fn a_clean_world_is_asked_nothing() {
    let began = std::time::Instant::now();
    let only = std::env::var("WORLDS_SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    let count = count_from_environment("WORLDS_CLEAN", 3) as u64;
    let seeds: Vec<u64> = only.map_or_else(|| (10_000..10_000 + count).collect(), |seed| vec![seed]);
    let bench = Bench::new();
    let results = in_parallel(&seeds, |seed| {
        let world = world(*seed, events(*seed));
        (*seed, judge(&world, &Planted::default(), &bench.run(&world, 0, 4)))
    });
    let mut sum = Judged::default();
    for (seed, judged) in &results {
        sum.add(judged);
        for text in judged.faults().into_iter().take(4) {
            println!("clean, WORLDS_SEED={seed} {:?}: {text}", events(*seed));
        }
    }
    let (needless, months) = (sum.needless, sum.county_months);
    println!(
        "worlds, clean: {} worlds, {months} county-months, {needless} needless questions, {:.1} minutes",
        results.len(),
        super::minutes(began)
    );
    assert!(sum.faults().is_empty(), "{} faults in clean worlds", sum.faults().len());
    assert!(needless * 100 <= months, "{needless} needless questions in {months} county-months");
}
