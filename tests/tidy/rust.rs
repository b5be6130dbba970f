//! What Rust files look like, as far as clippy.toml cannot say it.

use super::tree::{Source, words_at};

/// Longest file without its tests.
const FILE_LINES: usize = 400;

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

/// A count typed by hand says nothing: it stays when the cases go.
pub(super) fn printed_counts_are_counted(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in rust(files) {
        for (at, _) in file.text.match_indices("println!(\"") {
            let text = file.text[at + "println!(\"".len()..].split('"').next().unwrap_or_default();
            let is_typed = |word: &str| word.parse::<u32>().is_ok_and(|count| count > 0);
            if text.contains("case") && text.split_whitespace().any(is_typed) {
                faults.push(format!("{}:{}: a count of cases typed by hand", file.path, file.line_at(at)));
            }
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

/// The first place in each file where one of the words stands.
pub(super) fn naming<'a>(files: impl Iterator<Item = &'a Source>, words: &[&str], why: &str) -> Vec<String> {
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
