//! Who may import whom, and who owns which crate.

use super::tree::{Source, words_at};

/// Module, and the modules that it may import.
const FLOORS: &[(&str, &[&str])] = &[
    // 0: words.
    ("domain", &[]),
    ("config", &["domain"]),
    // 1: core. No IO, no async, no clock.
    ("contracts", &["domain", "config"]),
    ("policy", &["domain", "config", "contracts"]),
    ("cases", &["domain", "config", "contracts", "policy"]),
    ("referrals", &["domain", "config", "contracts", "policy", "cases"]),
    ("schedule", &["domain", "config"]),
    // 2: rim.
    ("workspace", CORE),
    ("warehouse", CORE),
    // The engine reads and writes where the warehouse's files lie.
    ("engine", &["domain", "config", "contracts", "policy", "cases", "referrals", "warehouse"]),
    ("ledger", CORE),
    ("keys", CORE),
    ("handover", &["domain", "config", "contracts", "policy", "cases", "referrals", "ledger", "keys"]),
    (
        "intake",
        &[
            "domain",
            "config",
            "contracts",
            "policy",
            "cases",
            "referrals",
            "schedule",
            "workspace",
            "warehouse",
            "engine",
            "ledger",
        ],
    ),
    // 3: use. Never each other.
    ("pipeline", RIM),
    ("demo", RIM),
    ("delivery", RIM),
    ("receipts", RIM),
    ("web", RIM),
];

const CORE: &[&str] = &["domain", "config", "contracts", "policy", "cases", "referrals", "schedule"];
const RIM: &[&str] = &[
    "domain",
    "config",
    "contracts",
    "policy",
    "cases",
    "referrals",
    "schedule",
    "workspace",
    "warehouse",
    "engine",
    "ledger",
    "keys",
    "handover",
    "intake",
];

/// Crate, and the modules that may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("datafusion", &["engine"]),
    ("object_store", &["warehouse"]),
    ("datafusion_proto", &["engine"]),
    ("ballista_core", &["engine"]),
    ("ballista_scheduler", &["engine"]),
    ("ballista_executor", &["engine"]),
    ("tonic", &["engine"]),
    ("rusqlite", &["ledger"]),
    ("rusqlite_migration", &["ledger"]),
    ("arrow", &["engine", "intake", "pipeline", "demo"]),
    ("parquet", &["engine", "intake", "pipeline", "demo"]),
    ("calamine", &["intake", "pipeline"]),
    ("rust_xlsxwriter", &["pipeline", "demo"]),
    ("encoding_rs", &["intake", "demo"]),
    ("rlimit", &["intake"]),
    ("croner", &["schedule"]),
    ("chrono_tz", &["schedule"]),
    ("minijinja", &["schedule", "pipeline", "delivery"]),
    ("serde_saphyr", &["policy"]),
    ("hmac", &["domain"]),
    ("ed25519_dalek", &["keys"]),
    ("sm2", &["keys", "cli"]),
    ("rand", &["keys", "handover"]),
    ("ms_offcrypto_writer", &["handover"]),
    ("zip", &["handover"]),
    ("clap", &["cli", "main"]),
    ("tracing_subscriber", &["cli", "main"]),
    ("lettre", &["delivery"]),
    ("axum", &[]),
];

/// What the core may not touch.
const RIM_ONLY: &[&str] = &["std::fs", "std::net", "std::process", "std::io", "tokio", "futures", "async fn"];

pub(super) fn imports_go_down(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let Some(module) = file.module().filter(|module| !["lib", "main", "cli"].contains(module)) else { continue };
        let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == module) else {
            faults
                .push(format!("{}: module {module} stands on no floor; add it to the table in tests/tidy", file.path));
            continue;
        };
        let code = file.code();
        for (at, imported) in crate_paths(&code) {
            let is_module = FLOORS.iter().any(|(name, _)| *name == imported) || imported == "cli";
            if is_module && imported != module && !allowed.contains(&imported.as_str()) {
                faults.push(format!("{}:{}: {module} may not import {imported}", file.path, file.line_at(at)));
            }
        }
        if climbs_to_the_root(file, &code) {
            faults.push(format!("{}: reaches another module by super::; write crate::", file.path));
        }
    }
    faults
}

/// The first segment of every `crate::` path, groups in braces included.
fn crate_paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in words_at(code, "crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push((at, first_word(rest)));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (n, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' | ',' if depth == 0 => {
                    found.push((at, first_word(&group[start..n])));
                    start = n + 1;
                    if c == '}' {
                        break;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Whether some `super::super::...` leaves the file's own top module.
fn climbs_to_the_root(file: &Source, code: &str) -> bool {
    let below = file.path.trim_start_matches("src/").trim_end_matches(".rs");
    let depth = below.split('/').filter(|part| *part != "mod").count();
    code.contains(&"super::".repeat(depth))
}

pub(super) fn crates_have_one_owner(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let Some(module) = file.module() else { continue };
        let code = file.code();
        for (name, owners) in OWNERS.iter().filter(|(_, owners)| !owners.contains(&module)) {
            let path = format!("{name}::");
            let uses = words_at(&code, &path).into_iter().filter(|at| !code[..*at].ends_with("::"));
            let whole = words_at(&code, &format!("use {name}")).into_iter();
            if let Some(at) = uses.chain(whole).next() {
                let owners = if owners.is_empty() { "nobody yet".to_owned() } else { owners.join(", ") };
                faults.push(format!("{}:{}: {name} belongs to {owners}", file.path, file.line_at(at)));
            }
        }
    }
    faults
}

pub(super) fn the_core_does_no_io(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let Some(module) = file.module().filter(|module| CORE.contains(module)) else { continue };
        let code = file.code();
        for forbidden in RIM_ONLY {
            if let Some(at) = words_at(&code, forbidden).first() {
                faults.push(format!("{}:{}: {module} is core: no {forbidden}", file.path, file.line_at(*at)));
            }
        }
    }
    faults
}
