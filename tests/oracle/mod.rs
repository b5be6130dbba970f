//! The product against a naive program on random small provinces: findings equal, rows accounted for.

mod generate;
mod identity;
mod landing;
mod naive;
mod people;
mod province;

use std::collections::BTreeSet;
use std::path::Path;

use fastrand::Rng;
use naive::{FeedTotals, Totals};
use serde_json::Value;

use crate::workspace::{Finding, Workspace, copy_tree, count_from_environment, in_parallel};

/// Prints few enough differences to be read.
const SHOWN: usize = 5;

#[test]
fn findings_equal_a_naive_programs() {
    let provinces = count_from_environment("ORACLE_PROVINCES", 100);
    let first = count_from_environment("ORACLE_FIRST_SEED", 1);
    let seeds: Vec<u64> = (first..first + provinces).map(|seed| seed as u64).collect();
    let results = in_parallel(&seeds, |seed| compare(*seed));
    let wrong: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    let right: Vec<&Compared> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    let sum = |of: fn(&Compared) -> usize| right.iter().map(|compared| of(compared)).sum::<usize>();
    println!(
        "oracle: {provinces} provinces, {} findings compared, {} undecided, {} rows accounted for",
        sum(|compared| compared.findings),
        sum(|compared| compared.undecided),
        sum(|compared| compared.rows),
    );
    assert!(
        wrong.is_empty(),
        "{} of {provinces} provinces differ, the first:\n{}",
        wrong.len(),
        wrong.iter().take(3).map(|text| text.as_str()).collect::<Vec<_>>().join("\n")
    );
}

struct Compared {
    findings: usize,
    undecided: usize,
    rows: usize,
}

/// Runs one province batch by batch through the binary and through the naive program.
fn compare(seed: u64) -> Result<Compared, String> {
    let province = generate::province(seed);
    let workspace = Workspace::new("fujian", "990000");
    let mut rng = Rng::with_seed(seed ^ 0x5eed);
    let settings = format!(
        "policy = \"fujian\"\narea = \"990000\"\n[warehouse]\nbuckets = {}\n[engine]\nworkers = 1\n",
        rng.usize(1..=count_from_environment("ORACLE_BUCKETS", 3))
    );
    workspace.write("poverty-watch.toml", settings.as_bytes());
    // the provinces are dirty on purpose, and what surprises is planted in `tests/worlds`
    workspace.hold_nothing();
    if province.lifted_out_ends {
        workspace.write("pipelines/tables/tags.csv", b"tag,ends\nlifted_out,absence\n");
    }
    let mut compared = Compared { findings: 0, undecided: 0, rows: 0 };
    for (at, batch) in province.batches.iter().enumerate() {
        landing::land(&workspace, batch, province.shape, &mut rng);
        let before = workspace.versions().len();
        let as_of = batch.month.last_day().to_string();
        let run = workspace.run(&["run", "nightly", "--as-of", &as_of]);
        // 4: a second roster of a month asks what it is
        if !matches!(run.status.code(), Some(0 | 4)) {
            return Err(format!("seed {seed}, batch {at}: {:?}\n{}", run.status, String::from_utf8_lossy(&run.stderr)));
        }
        if let Ok(kept) = std::env::var("ORACLE_KEEP") {
            copy_tree(workspace.root(), Path::new(&kept));
        }
        let known = naive::resolve(&province, at + 1);
        let expected = known.findings(batch.month);
        let found = workspace.findings(&batch.month.to_string());
        differences(&expected, &found).map_err(|text| format!("seed {seed}, {}: {text}", batch.month))?;
        let totals = landed_totals(&workspace.versions()[before..]);
        for (feed, expected) in &known.totals {
            let found = totals.get(feed).cloned().unwrap_or_default();
            let expected = &without_ties(feed, expected.clone());
            let found = without_ties(feed, found);
            if *expected != found {
                return Err(format!(
                    "seed {seed}, {}, {feed}:\n  expected {expected:?}\n  found    {found:?}",
                    batch.month
                ));
            }
            compared.rows += usize::try_from(found.read).unwrap();
        }
        compared.findings += expected.len();
        compared.undecided += expected.iter().filter(|finding| finding.status == "undecided").count();
    }
    Ok(compared)
}

/// Of two rows about one resident with the same update time the content's hash decides which is kept: the naive
/// program does not know it.
fn without_ties(feed: &str, mut totals: Totals) -> Totals {
    if feed == "residents" {
        totals.accepted += std::mem::take(&mut totals.superseded);
    }
    totals
}

fn differences(expected: &BTreeSet<Finding>, found: &BTreeSet<Finding>) -> Result<(), String> {
    let list = |set: BTreeSet<&Finding>| {
        set.iter().take(SHOWN).map(|finding| format!("    {finding:?}")).collect::<Vec<_>>().join("\n")
    };
    let missing: BTreeSet<&Finding> = expected.difference(found).collect();
    let unexpected: BTreeSet<&Finding> = found.difference(expected).collect();
    if missing.is_empty() && unexpected.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} of {} findings missing, {} of {} unexpected\n  missing\n{}\n  unexpected\n{}",
        missing.len(),
        expected.len(),
        unexpected.len(),
        found.len(),
        list(missing),
        list(unexpected)
    ))
}

/// What the versions of one run say became of the rows they took in, by feed.
fn landed_totals(versions: &[Value]) -> FeedTotals {
    let mut totals = FeedTotals::new();
    for file in versions.iter().flat_map(|version| version["taken"].as_array().unwrap()) {
        let feed = ["claims", "residents", "rosters", "income", "adjustments"]
            .into_iter()
            .find(|name| file["feed"] == *name)
            .unwrap();
        let sum: &mut Totals = totals.entry(feed).or_default();
        let rows = |part: &Value| part["rows"].as_u64().unwrap();
        let outcome = &file["outcome"];
        sum.read += rows(&outcome["read"]);
        sum.accepted += rows(&outcome["accepted"]);
        sum.superseded += rows(&outcome["superseded"]);
        sum.duplicate += rows(&outcome["duplicate"]);
        sum.held += rows(&outcome["held"]);
        for (code, tally) in outcome["rejected"].as_object().unwrap() {
            *sum.rejected.entry(code.clone()).or_default() += rows(tally);
        }
    }
    totals
}

#[test]
fn the_naive_program_sees_every_kind_of_dirt() {
    let mut reasons = BTreeSet::new();
    let mut codes = BTreeSet::new();
    let mut totals = Totals::default();
    let (mut on_the_line, mut statuses) = (0, BTreeSet::new());
    for seed in 1..=200 {
        let province = generate::province(seed);
        for at in 0..province.batches.len() {
            let known = naive::resolve(&province, at + 1);
            for part in known.totals.values() {
                let rejected: u64 = part.rejected.values().sum();
                assert_eq!(part.read, part.accepted + rejected + part.superseded + part.duplicate + part.held);
                codes.extend(part.rejected.keys().cloned());
                totals.superseded += part.superseded;
                totals.duplicate += part.duplicate;
                totals.held += part.held;
            }
            for finding in known.findings(province.batches[at].month) {
                on_the_line += usize::from(finding.measured_fen == generate::INCOME_2025);
                reasons.insert(finding.reason);
                statuses.insert(finding.status);
            }
        }
    }
    println!("oracle: {totals:?}, codes {codes:?}, reasons {reasons:?}, {on_the_line} exactly on the line");
    assert!(totals.superseded > 100 && totals.duplicate > 100 && totals.held > 100);
    assert_eq!(codes.len(), 16, "{codes:?}");
    assert_eq!(reasons.len(), 14, "{reasons:?}");
    assert_eq!(statuses.len(), 3);
    assert!(on_the_line > 10);
}

#[test]
fn the_oracles_check_character_is_the_standards() {
    // The example of GB 11643 itself.
    assert_eq!(identity::check_character("11010519491231002"), 'X');
    assert_eq!(identity::check_character("44052418800101001"), '4');
}
