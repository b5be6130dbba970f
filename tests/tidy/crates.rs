//! Which crate stands on which, and who owns which foreign crate: read from each Cargo.toml.

use std::collections::{BTreeMap, BTreeSet};

use super::circles::{Files, roots};
use super::tree::{Source, words_at};

/// From the bottom up; each may depend on those before it. `cli` is the binary.
const ORDER: &[&str] = &["law", "store", "engine", "intake", "office", "watch", "desk", "cli"];
/// Apart from the order: a crate, and the highest crate that it may depend on.
const APART: &[(&str, &str)] = &[("demo", "law"), ("cluster", "engine")];

/// A foreign crate, and the crates that may depend on it.
const OWNERS: &[(&str, &[&str])] = &[
    ("datafusion", &["engine", "cluster"]),
    ("datafusion-proto", &["cluster"]),
    ("ballista-core", &["cluster"]),
    ("ballista-scheduler", &["cluster"]),
    ("ballista-executor", &["cluster"]),
    ("tonic", &["cluster"]),
    ("arrow", &["engine", "cluster", "intake", "office", "watch", "demo"]),
    ("parquet", &["engine", "intake", "demo"]),
    ("object_store", &["store"]),
    ("rusqlite", &["store"]),
    ("rusqlite_migration", &["store"]),
    ("ed25519-dalek", &["store"]),
    ("sm2", &["store"]),
    ("rand", &["store", "office"]),
    ("calamine", &["intake", "office"]),
    ("rust_xlsxwriter", &["intake", "office", "demo"]),
    ("encoding_rs", &["intake", "demo"]),
    ("rlimit", &["intake"]),
    ("croner", &["law"]),
    ("chrono-tz", &["law"]),
    ("serde-saphyr", &["law"]),
    ("hmac", &["law"]),
    ("minijinja", &["law", "office", "watch"]),
    ("ms-offcrypto-writer", &["office"]),
    ("zip", &["intake", "office"]),
    ("lettre", &["office"]),
    ("tokio", &["engine", "cluster", "office", "watch", "cli"]),
    ("futures", &["store", "engine", "cluster", "watch", "cli"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("tracing-subscriber", &["cli"]),
];

/// What the law may not touch.
const NOT_PURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::io",
    "std::env",
    "std::thread",
    "async fn",
    "Utc::now",
    "Local::now",
    "SystemTime",
    "Instant",
];

/// A crate: its name, its Cargo.toml, and what that says it depends on.
fn crates(files: &[Source]) -> impl Iterator<Item = (&str, &Source, Vec<&str>)> {
    files.iter().filter_map(|file| {
        let name = match file.path.strip_suffix("Cargo.toml")? {
            "" => "cli",
            folder => folder.strip_prefix("src/")?.trim_end_matches('/'),
        };
        let section = file.text.split_once("\n[dependencies]\n")?.1.split("\n[").next()?;
        let names =
            section.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|name| !name.is_empty());
        Some((name, file, names.collect()))
    })
}

/// The code files of a crate; the tests belong to the binary's package.
fn code_of<'a>(name: &'a str, files: &'a [Source]) -> impl Iterator<Item = &'a Source> {
    files.iter().filter(move |file| file.module() == Some(name) || (name == "cli" && file.module() == Some("main")))
}

pub(super) fn crates_depend_downward(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, file, dependencies) in crates(files) {
        let place = |name: &str| ORDER.iter().position(|other| *other == name);
        let apart = |name: &str| APART.iter().find(|(crate_name, _)| *crate_name == name);
        let below = match (place(name), apart(name).and_then(|(_, highest)| place(highest))) {
            (Some(at), _) => &ORDER[..at],
            (None, Some(at)) => &ORDER[..=at],
            (None, None) => {
                faults.push(format!("{}: {name} has no place in the order of crates (tests/tidy)", file.path));
                continue;
            }
        };
        let ours = |other: &&&str| place(other).is_some() || (apart(other).is_some() && name != "cli");
        let above = dependencies.iter().filter(ours).filter(|other| !below.contains(*other));
        faults.extend(above.map(|other| format!("{}: {name} may not depend on {other}", file.path)));
    }
    faults
}

pub(super) fn foreign_crates_have_owners(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, file, dependencies) in crates(files) {
        for (foreign, owners) in OWNERS.iter().filter(|(foreign, owners)| {
            // The binary's package lists what its tests need too: there the code says who uses what.
            let is_named = name != "cli" || code_of(name, files).any(|file| names(file, foreign));
            dependencies.contains(foreign) && is_named && !owners.contains(&name)
        }) {
            faults.push(format!("{}: {foreign} belongs to {}", file.path, owners.join(", ")));
        }
    }
    faults
}

pub(super) fn no_dependency_is_unused(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, file, dependencies) in crates(files) {
        let with_tests = || {
            let tests = files.iter().filter(|file| name == "cli" && file.path.starts_with("tests/") && file.is_rust());
            code_of(name, files).chain(tests)
        };
        let unused = dependencies.iter().filter(|foreign| !with_tests().any(|file| names(file, foreign)));
        faults.extend(unused.map(|foreign| format!("{}: no code of {name} names {foreign}", file.path)));
    }
    faults
}

fn names(file: &Source, foreign: &str) -> bool {
    let word = foreign.replace('-', "_");
    let code = super::tree::code_only(&file.text);
    words_at(&code, &word).iter().any(|at| code[at + word.len()..].starts_with("::") || code[..*at].ends_with("use "))
}

pub(super) fn the_law_is_pure(files: &[Source]) -> Vec<String> {
    super::rust::naming(code_of("law", files), NOT_PURE, "the law does no IO and reads no clock")
}

/// The house in numbers: lines of code per crate and their share, who depends on whom, circles of files.
pub(super) fn graph(files: &[Source]) -> (String, BTreeMap<String, usize>) {
    let lines = |name: &str| {
        let code = code_of(name, files).map(Source::code);
        code.map(|code| code.lines().filter(|line| !line.trim().is_empty()).count()).sum::<usize>()
    };
    let all: BTreeMap<String, usize> = crates(files).map(|(name, ..)| (name.to_owned(), lines(name))).collect();
    let total: usize = all.values().sum();
    let place = |name: &str| ORDER.iter().position(|other| *other == name).unwrap_or(ORDER.len());
    let mut rows: Vec<_> = crates(files).collect();
    rows.sort_by_key(|(name, ..)| place(name));
    let mut text = String::from("crate    lines  share  depends on\n");
    for (name, _, dependencies) in rows {
        let ours: BTreeSet<_> = dependencies.into_iter().filter(|other| all.contains_key(*other)).collect();
        let mut ours: Vec<_> =
            ours.into_iter().filter(|other| code_of(name, files).any(|file| names(file, other))).collect();
        ours.sort_by_key(|other| place(other));
        let share = all[name] * 100 / total.max(1);
        text += &format!("{name:<8} {:>5}   {share:>3}%  {}\n", all[name], ours.join(" "));
    }
    let (mut count, mut circles) = (0, 0);
    for inner in roots(files).filter_map(|root| Files::of(root, files)) {
        count += inner.len();
        circles += inner.circles().len();
    }
    text += &format!(
        "{total} lines of code without comments and tests in {count} files; {circles} circles between files\n"
    );
    (text, all)
}
