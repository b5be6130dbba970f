//! What SQL models, the README and all other texts look like.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Source, extension, words_at};

const MODEL_LINES: usize = 120;

pub(super) fn models_are_documented(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in models(files) {
        let header: String = file.text.lines().take_while(|line| line.starts_with("--")).collect();
        for part in ["Purpose:", "Grain:", "Parameters:"] {
            if !header.contains(part) {
                faults.push(format!("{}: the header says no {part}", file.path));
            }
        }
        let twin = file.path.replace(".sql", ".toml");
        if !files.iter().any(|other| other.path == twin) {
            faults.push(format!("{}: {twin} is missing", file.path));
        }
        let lines = file.text.lines().count();
        if lines > MODEL_LINES {
            faults.push(format!("{}: {lines} lines, at most {MODEL_LINES}", file.path));
        }
    }
    for file in files.iter().filter(|file| file.path.starts_with("sql/") && extension(&file.path) == "toml") {
        let twin = file.path.replace(".toml", ".sql");
        if !files.iter().any(|other| other.path == twin) {
            faults.push(format!("{}: {twin} is missing", file.path));
        }
    }
    faults
}

/// The engine (DataFusion 55.2) pushes a filter over `coalesce(a.x, b.x)` below the outer join of a and b, and takes one
/// x for the other: what is put together from two sides has two names.
pub(super) fn models_keep_sides_apart(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in models(files) {
        let code = code_of(file);
        for (at, _) in code.match_indices("coalesce(") {
            let mut columns: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            let words =
                inside(&code[at + "coalesce".len()..]).split(|c: char| !(c.is_alphanumeric() || "._".contains(c)));
            for (side, column) in words.filter_map(|word| word.split_once('.')) {
                columns.entry(column).or_default().insert(side);
            }
            let mixed = columns.into_iter().filter(|(_, sides)| sides.len() > 1);
            faults.extend(mixed.map(|(column, _)| format!("{}: {column} of two sides in one coalesce", file.path)));
        }
    }
    faults
}

/// What stands between the bracket with which a text begins and its end.
fn inside(text: &str) -> &str {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

/// A statement without its comments, in lower case.
fn code_of(file: &Source) -> String {
    let lines = file.text.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n").to_lowercase()
}

pub(super) fn models_are_exact(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in models(files) {
        let tight: String = code_of(file).split_whitespace().collect::<Vec<_>>().join(" ");
        if tight.contains("select *") || tight.contains(".*") || tight.contains("select distinct *") {
            faults.push(format!("{}: name the columns instead of *", file.path));
        }
        for word in ["now(", "current_date", "current_timestamp", "today(", "float", "double", "real", "random("] {
            if !words_at(&tight, word).is_empty() {
                faults.push(format!("{}: {word} makes a result that cannot be repeated exactly", file.path));
            }
        }
    }
    faults
}

fn models(files: &[Source]) -> impl Iterator<Item = &Source> {
    files.iter().filter(|file| file.path.starts_with("sql/") && extension(&file.path) == "sql")
}

/// The README's tree against the real one: top-level folders and those of `src/`.
pub(super) fn the_readme_shows_the_real_tree(files: &[Source]) -> Vec<String> {
    let Some(readme) = files.iter().find(|file| file.path == "README.md") else {
        return vec!["README.md is missing".to_owned()];
    };
    let block = readme.text.split("```").skip(1).step_by(2).map(|block| block.trim_start_matches(char::is_alphabetic));
    let Some(tree) = block.map(str::trim_start).find(|block| block.starts_with("Cargo.toml")) else {
        return vec!["README.md: no fenced block that starts with Cargo.toml".to_owned()];
    };
    let shown: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let mut faults = Vec::new();
    for path in &shown {
        let bare = path.trim_end_matches('/');
        let exists = files.iter().any(|file| file.path == bare || file.path.starts_with(&format!("{bare}/")));
        if !exists {
            faults.push(format!("README.md shows {path}, which does not exist"));
        }
    }
    let folders = files.iter().filter_map(|file| {
        let parts: Vec<&str> = file.path.split('/').collect();
        match parts.as_slice() {
            ["src", module, _, ..] => Some(format!("src/{module}")),
            [top, _, ..] if *top != "src" && !top.starts_with('.') => Some((*top).to_owned()),
            _ => None,
        }
    });
    for folder in folders.collect::<BTreeSet<String>>() {
        let shows = |path: &&&str| {
            let bare = path.trim_end_matches('/');
            bare == folder || bare.starts_with(&format!("{folder}/"))
        };
        if !shown.iter().any(|path| shows(&path)) {
            faults.push(format!("README.md does not show {folder}/"));
        }
    }
    faults
}

/// Each path, and each `crate::...::name`, that a page below `docs/` has in backticks.
pub(super) fn the_docs_name_real_things(files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for page in files.iter().filter(|file| file.path.starts_with("docs/")) {
        for word in page.text.split('`').skip(1).step_by(2).filter(|word| !word.contains(char::is_whitespace)) {
            let is_real = if let Some((room, rest)) = word.split_once("::") {
                let name = rest.rsplit("::").next().unwrap_or(rest);
                let items = ["fn", "struct", "enum", "trait", "type", "mod"].map(|kind| format!("{kind} {name}"));
                let mut own = files.iter().filter(|file| file.module() == Some(room));
                room == "tidy" || own.any(|file| items.iter().any(|item| !words_at(&file.text, item).is_empty()))
            } else {
                let is_path = ["src/", "sql/", "tests/", "pipelines/", "docs/", "benches/"]
                    .iter()
                    .any(|top| word.starts_with(top));
                !is_path
                    || files.iter().any(|file| {
                        file.path == word || file.path.starts_with(&format!("{}/", word.trim_end_matches('/')))
                    })
            };
            if !is_real {
                faults.push(format!("{}: `{word}` is not there", page.path));
            }
        }
    }
    faults
}

/// Nothing in the project tells on which machine, or from which mirror, it was made.
pub(super) fn no_machine_is_named(files: &[Source]) -> Vec<String> {
    // Split, so that this file does not name them either.
    let forbidden: Vec<String> = [
        ("/tmp", "/pw"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        ("/Us", "ers/"),
        ("/wo", "rk/"),
        ("C:\\", "Users"),
        ("index", "-url"),
        ("rsp", "roxy"),
        ("pypi.", "org"),
        ("arti", "factory"),
        ("tuna.", "tsinghua"),
    ]
    .iter()
    .map(|(head, tail)| format!("{head}{tail}"))
    .collect();
    let index = "registry+https://github.com/rust-lang/crates.io-index";
    let mut faults = Vec::new();
    for file in files {
        for word in &forbidden {
            if let Some(at) = file.text.find(word) {
                faults.push(format!("{}:{}: names {word}", file.path, file.line_at(at)));
            }
        }
        if file.path == "Cargo.lock" {
            let sources = file.text.lines().filter_map(|line| line.strip_prefix("source = \"")?.strip_suffix('"'));
            faults.extend(sources.filter(|source| *source != index).map(|source| format!("Cargo.lock: {source}")));
        }
    }
    faults
}
