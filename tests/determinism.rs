//! The same input gives the same bytes: twice, with other workers, batches, time zones and orders.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fastrand::Rng;

use crate::workspace::{Workspace, check, in_parallel};

/// One way of running the job that must not matter.
struct Variant {
    name: &'static str,
    settings: &'static str,
    environment: &'static [(&'static str, &'static str)],
    /// Seed for the order of files and rows; `None` leaves them as they are.
    shuffled: Option<u64>,
    /// Whether the warehouse's own files must be the same too (they name their source rows and buckets).
    is_same_warehouse: bool,
}

const fn variant(name: &'static str, settings: &'static str) -> Variant {
    Variant { name, settings, environment: &[], shuffled: None, is_same_warehouse: true }
}

const PLAIN: &str = "[warehouse]\nbuckets = 4\n[engine]\nworkers = 2\n";
const OTHER_BUCKETS: &str = "[warehouse]\nbuckets = 7\n[engine]\nworkers = 2\n";
const FAR_WEST: &[(&str, &str)] = &[("TZ", "Pacific/Honolulu"), ("LC_ALL", "C"), ("LANG", "C")];
const FAR_EAST: &[(&str, &str)] = &[("TZ", "Pacific/Kiritimati"), ("LC_ALL", "tr_TR.UTF-8")];

const VARIANTS: &[Variant] = &[
    variant("again", PLAIN),
    variant("one worker", "[warehouse]\nbuckets = 4\n[engine]\nworkers = 1\n"),
    variant("four workers", "[warehouse]\nbuckets = 4\n[engine]\nworkers = 4\n"),
    variant("small batches", "[warehouse]\nbuckets = 4\n[engine]\nworkers = 2\nbatch_rows = 1000\n"),
    variant("little memory", "[warehouse]\nbuckets = 4\n[engine]\nworkers = 2\nmemory_mib = 96\n"),
    Variant { environment: FAR_WEST, ..variant("another time zone and locale", PLAIN) },
    Variant { environment: FAR_EAST, ..variant("tomorrow's time zone", PLAIN) },
    Variant { is_same_warehouse: false, ..variant("other buckets", OTHER_BUCKETS) },
    Variant { shuffled: Some(1), is_same_warehouse: false, ..variant("files and rows in another order", PLAIN) },
    Variant { shuffled: Some(2), is_same_warehouse: false, ..variant("files and rows in a third order", PLAIN) },
];

const MONTHS: [&str; 2] = ["2026-09", "2026-10"];

/// What one run leaves behind.
struct Result {
    published: BTreeMap<String, String>,
    lists: BTreeMap<String, String>,
    findings: Vec<String>,
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let expected = run(&variant("first", PLAIN));
    assert!(expected.lists.len() > 20 && !expected.findings.iter().all(String::is_empty));
    let results = in_parallel(VARIANTS, run);
    let mut compared = 0;
    for (variant, result) in VARIANTS.iter().zip(results) {
        assert_eq!(result.findings, expected.findings, "findings: {}", variant.name);
        same(variant.name, &expected.lists, &result.lists);
        if variant.is_same_warehouse {
            same(variant.name, &expected.published, &result.published);
        }
        compared += result.published.len();
    }
    println!("determinism: {} variants, {compared} files compared", VARIANTS.len());
}

fn same(name: &str, expected: &BTreeMap<String, String>, found: &BTreeMap<String, String>) {
    let files = expected.keys().chain(found.keys());
    let other: Vec<&String> = files.filter(|file| expected.get(*file) != found.get(*file)).collect();
    assert!(other.is_empty(), "{name}: {} files differ: {:?}", other.len(), other.iter().take(6).collect::<Vec<_>>());
}

fn run(variant: &Variant) -> Result {
    let workspace = Workspace::new("fujian", "990000");
    let settings = format!("policy = \"fujian\"\narea = \"990000\"\n{}", variant.settings);
    workspace.write("poverty-watch.toml", settings.as_bytes());
    land_fixtures(&workspace, variant.shuffled.map(Rng::with_seed));
    let run = |args: &[&str]| {
        let output = workspace.command(args).envs(variant.environment.iter().copied()).output().unwrap();
        check(args, &output);
    };
    run(&["run", "nightly", "--as-of", "2026-10-31"]);
    for month in MONTHS {
        run(&["run", "monthly", "--month", month]);
    }
    let findings = MONTHS.map(|month| format!("{:?}", workspace.findings(month))).to_vec();
    let published = workspace.published();
    // A second time nothing is new.
    run(&["run", "nightly", "--as-of", "2026-10-31"]);
    for month in MONTHS {
        run(&["run", "monthly", "--month", month]);
    }
    same(&format!("{}, run twice", variant.name), &published, &workspace.published());
    Result { published, lists: workspace.lists(), findings }
}

/// The small fixtures in the landing folders; with `order`, under other names and with their rows shuffled.
pub(crate) fn land_fixtures(workspace: &Workspace, mut order: Option<Rng>) {
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/small/landing");
    for feed in fs::read_dir(small).unwrap() {
        let feed = feed.unwrap();
        for file in fs::read_dir(feed.path()).unwrap() {
            let file = file.unwrap();
            let (mut name, mut content) = (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap());
            if let Some(rng) = order.as_mut().filter(|_| name.ends_with(".csv")) {
                name = format!("{:04}-{name}", rng.u16(0..10_000));
                content = shuffled(&content, rng);
            }
            workspace.land(feed.file_name().to_str().unwrap(), &name, &content);
        }
    }
}

fn shuffled(content: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content);
    let mut rows: Vec<csv::ByteRecord> = reader.byte_records().map(std::result::Result::unwrap).collect();
    rng.shuffle(&mut rows[1..]);
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows {
        writer.write_byte_record(&row).unwrap();
    }
    writer.into_inner().unwrap()
}
