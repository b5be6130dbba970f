//! What Rust files look like: documented, short, without floats for money, clocks and print statements.

use std::collections::BTreeMap;

use super::tree::{Source, closing_brace, words_at};

/// Longest file without its tests, and longest function.
const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;
const FOLDER_FILES: std::ops::RangeInclusive<usize> = 3..=8;

/// Files that may name a float, and why.
const FLOAT_FILES: &[(&str, &str)] = &[
    (
        "src/intake/gate/rules/cells/money.rs",
        "senders' float columns are read here, each within a tolerance of a whole fen",
    ),
    ("src/pipeline/seal/sheet/list.rs", "workbook cells are doubles: the nearest one to the exact decimal"),
    ("src/pipeline/seal/sheet/rollup.rs", "workbook cells are doubles: the nearest one to the exact decimal"),
];

/// Folders with more files than usual, and why.
const ODD_FOLDERS: &[(&str, &str)] = &[
    ("src/referrals/rollup", "the table and its suppression"),
    ("src/cli", "one file per verb"),
    ("src/contracts", "one file per feed"),
    ("src/demo", "one file per feed, and what they share"),
    ("src/intake/gate/rules", "one file per kind of rule"),
    ("src/intake/tables", "one file per table"),
    ("src/ledger", "one file per kind of record"),
    ("src/referrals", "one file per thing that a list is made of"),
    ("src/cases", "one state machine"),
    ("src", "lib.rs and main.rs"),
];

pub(super) fn modules_open_with_docs(files: &[Source]) -> Vec<String> {
    rust(files)
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| format!("{}: open it with //! saying what lives here and what does not", file.path))
        .collect()
}

pub(super) fn files_are_short(files: &[Source]) -> Vec<String> {
    in_src(files)
        .map(|file| (file, file.lines_of_code()))
        .filter(|(_, lines)| *lines > FILE_LINES)
        .map(|(file, lines)| format!("{}: {lines} lines without tests, at most {FILE_LINES}", file.path))
        .collect()
}

pub(super) fn functions_are_short(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in in_src(files) {
        let code = file.code();
        for (at, end) in functions(&code) {
            let lines = code[at..end].lines().count();
            if lines > FUNCTION_LINES {
                let line = file.line_at(at);
                faults.push(format!("{}:{line}: a function of {lines} lines, at most {FUNCTION_LINES}", file.path));
            }
        }
    }
    faults
}

/// Where each function that has a body starts and ends.
pub(super) fn functions(code: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for at in words_at(code, "fn ") {
        let is_named = code[at + 3..].trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_');
        let mut depth = 0;
        let body = code[at..].char_indices().find(|(_, c)| {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                _ => {}
            }
            depth <= 0 && matches!(c, '{' | ';' | ',' | '=')
        });
        if let Some((open, _)) = body.filter(|(_, c)| is_named && *c == '{') {
            found.extend(closing_brace(code, at + open).map(|close| (at, close + 1)));
        }
    }
    found
}

pub(super) fn folders_are_small(files: &[Source]) -> Vec<String> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for file in in_src(files) {
        *folders.entry(file.path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default() += 1;
    }
    folders
        .into_iter()
        .filter(|(folder, count)| !FOLDER_FILES.contains(count) && !ODD_FOLDERS.iter().any(|(odd, _)| odd == folder))
        .map(|(folder, count)| format!("{folder}: {count} files, 3 to 8 are right"))
        .collect()
}

pub(super) fn money_is_never_a_float(files: &[Source]) -> Vec<String> {
    let files = in_src(files).filter(|file| !FLOAT_FILES.iter().any(|(path, _)| *path == file.path));
    naming(files, &["f32", "f64"], "floats lose fen; use domain::Fen or DECIMAL")
}

pub(super) fn the_clock_is_read_at_the_entry(files: &[Source]) -> Vec<String> {
    let clocks = ["std::env", "env::var", "Utc::now", "Local::now", "SystemTime::now"];
    naming(below_entry(files), &clocks, "clock and environment are read in cli and passed down")
}

pub(super) fn only_the_entry_prints(files: &[Source]) -> Vec<String> {
    let prints = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];
    naming(below_entry(files), &prints, "only cli and main write to the terminal")
}

/// `tests.rs` is no code only where its parent leaves it out of the program.
pub(super) fn tests_are_only_tests(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in in_src(files).filter(|file| file.is_tests()) {
        let parent = file.path.replace("/tests.rs", "/mod.rs");
        let parent = files.iter().find(|other| other.path == parent);
        if parent.is_none_or(|parent| !parent.text.contains("#[cfg(test)]\nmod tests;")) {
            faults.push(format!("{}: its mod.rs does not say #[cfg(test)] mod tests;", file.path));
        }
    }
    faults
}

pub(super) fn no_test_is_ignored(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in rust(files) {
        let code = super::tree::code_only(&file.text);
        if let Some(at) = code.find("#[ignore") {
            faults.push(format!("{}:{}: a test that is not run is no test", file.path, file.line_at(at)));
        }
    }
    faults
}

pub(super) fn test_families_say_how_many_cases(files: &[Source]) -> Vec<String> {
    let Some(all) = files.iter().find(|file| file.path == "tests/all.rs") else { return Vec::new() };
    let names = all.text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let mut faults = Vec::new();
    // Not a family: what all of them use.
    for name in names.filter(|name| *name != "workspace") {
        let (file, folder) = (format!("tests/{name}.rs"), format!("tests/{name}/"));
        let mut own = files.iter().filter(|source| source.path == file || source.path.starts_with(&folder));
        if !own.any(|source| source.text.contains("println!(")) {
            faults.push(format!("tests/{name}: prints no count of its cases"));
        }
    }
    faults
}

fn rust(files: &[Source]) -> impl Iterator<Item = &Source> {
    files.iter().filter(|file| file.is_rust())
}

fn in_src(files: &[Source]) -> impl Iterator<Item = &Source> {
    files.iter().filter(|file| file.module().is_some())
}

fn below_entry(files: &[Source]) -> impl Iterator<Item = &Source> {
    in_src(files).filter(|file| !["main", "cli"].contains(&file.module().unwrap_or_default()))
}

/// The first place in each file where one of the words stands.
fn naming<'a>(files: impl Iterator<Item = &'a Source>, words: &[&str], why: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let code = file.code();
        for word in words {
            if let Some(at) = words_at(&code, word).first() {
                faults.push(format!("{}:{}: {word}: {why}", file.path, file.line_at(*at)));
            }
        }
    }
    faults
}
