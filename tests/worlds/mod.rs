//! Plausible wrong worlds: what senders do wrong, planted into small random prefectures, and who is lost by it.
//!
//! `WORLDS_WRONG` and `WORLDS_CLEAN` say how many worlds (unsaid: one of each kind of fault, for its month only),
//! `WORLDS_SEED` runs one alone, `WORLDS_KIND` one kind of fault, `WORLDS_QUICK` runs the month of the fault only,
//! `WORLDS_PEOPLE` makes its prefecture smaller, `WORLDS_DUMP` names a folder that gets its files, night by night.

mod clean;
mod faults;
mod judge;
mod province;
mod run;
mod sheets;
mod truth;

use std::collections::BTreeMap;
use std::time::Instant;

use fastrand::Rng;

use self::faults::{KINDS, Kind, Planted};
use self::judge::Judged;
use self::province::Events;
use crate::workspace::{count_from_environment, in_parallel};

/// How many texts of one kind are printed.
const SHOWN: usize = 4;

/// The kinds to run: all, or those whose name `WORLDS_KIND` begins.
fn kinds() -> Vec<&'static Kind> {
    let wanted = std::env::var("WORLDS_KIND").unwrap_or_default();
    KINDS.iter().filter(|kind| kind.name.starts_with(&wanted)).collect()
}

/// So many wrong worlds begin as the same prefecture: its first months run once.
const BRANCHES: u64 = 13;

/// A wrong world by its seed, the first month that is its own, and the last that is run.
fn wrong(kind: &Kind, seed: u64) -> (province::World, Planted, std::ops::Range<usize>) {
    let is_said = |name: &str| std::env::var(name).is_ok();
    let is_quick = is_said("WORLDS_QUICK") || !(is_said("WORLDS_WRONG") || is_said("WORLDS_SEED"));
    let base = if is_quick { seed / KINDS.len() as u64 } else { seed / BRANCHES };
    let mut rng = Rng::with_seed(base ^ 0xba5e);
    let events = Events { is_large: rng.u8(0..4) == 0, payments: rng.bool(), ..Events::default() };
    let mut world = province::world(base, events);
    let mut rng = Rng::with_seed(seed ^ 0xfa17);
    let at = if is_quick { kind.months.start } else { rng.usize(kind.months.clone()) };
    let planted = (kind.plant)(&mut world, &mut rng, at);
    // Some are followed to the end, the others for the month in which the fault is mended.
    let until = if rng.u8(0..4) == 0 && !is_quick { 4 } else { (at + 2 - usize::from(is_quick)).min(4) };
    (world, planted, at..until)
}

#[test]
fn nobody_is_lost_in_a_wrong_world() {
    let began = Instant::now();
    let kinds = kinds();
    let only = std::env::var("WORLDS_SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    let count = count_from_environment("WORLDS_WRONG", kinds.len());
    let seeds: Vec<u64> = only.map_or_else(|| (0..count as u64).collect(), |seed| vec![seed]);
    let bench = run::Bench::new();
    let results = in_parallel(&seeds, |seed| {
        let kind = kinds[(*seed as usize) % kinds.len()];
        let (world, planted, months) = wrong(kind, *seed);
        if let Ok(folder) = std::env::var("WORLDS_DUMP") {
            dump(&world, std::path::Path::new(&folder));
        }
        let judged = judge::judge(&world, &planted, &bench.run(&world, months.start, months.end));
        for text in judged.faults().into_iter().take(SHOWN) {
            println!("{}, WORLDS_KIND=\"{}\" WORLDS_SEED={seed}: {text}", kind.name, kind.name);
        }
        (kind.name, judged)
    });
    let mut by_kind: BTreeMap<&str, (usize, Judged)> = BTreeMap::new();
    for (kind, judged) in &results {
        let entry = by_kind.entry(kind).or_default();
        entry.0 += 1;
        entry.1.add(judged);
    }
    table(&by_kind);
    let (count, kinds) = (results.len(), by_kind.len());
    println!("worlds, wrong: {count} worlds, {kinds} kinds, {:.1} minutes", minutes(began));
    verdict(&by_kind);
}

/// Writes a world's files as they land, a folder for each night.
fn dump(world: &province::World, folder: &std::path::Path) {
    for (at, night) in world.nights.iter().enumerate() {
        for sheet in night {
            let folder = folder.join(format!("night-{}", at + 1)).join(sheet.feed);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(&sheet.name), sheet.text()).unwrap();
            if let Some(manifest) = &sheet.manifest {
                std::fs::write(folder.join(format!("{}.manifest.json", sheet.name)), manifest).unwrap();
            }
        }
    }
}

fn minutes(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() / 60.0
}

/// One line per kind.
fn table(by_kind: &BTreeMap<&str, (usize, Judged)>) {
    println!(
        "{:<32} {:>6} {:>7} {:>8} {:>9} {:>9} {:>7} {:>6} {:>6} {:>6} {:>8} {:>6}",
        "kind",
        "worlds",
        "silent",
        "delayed",
        "unmarked",
        "untouched",
        "untold",
        "owner",
        "open",
        "floor",
        "needless",
        "days"
    );
    for (kind, (worlds, sum)) in by_kind {
        println!(
            "{kind:<32} {worlds:>6} {:>7} {:>8} {:>9} {:>9} {:>7} {:>6} {:>6} {:>6} {:>8} {:>6}",
            sum.silent.len(),
            sum.delayed.len(),
            sum.unmarked.len(),
            sum.untouched.len(),
            sum.untold.len(),
            sum.ownerless.len(),
            sum.open,
            sum.below_floor,
            sum.needless,
            sum.days,
        );
    }
}

/// No kind has a fault.
fn verdict(by_kind: &BTreeMap<&str, (usize, Judged)>) {
    let faulty = by_kind.iter().filter(|(_, (_, sum))| !sum.faults().is_empty());
    let wrong: Vec<String> = faulty
        .map(|(kind, (worlds, sum))| format!("{kind}: {} faults in {worlds} worlds", sum.faults().len()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
