//! The project's own files as text, and Rust text without what is no code.

use std::fs;
use std::path::Path;

/// A file of the project.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// From the project's root, with forward slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(super) fn is_rust(&self) -> bool {
        extension(&self.path) == "rs"
    }

    /// `engine` for `src/engine/schema.rs`, `main` for `src/main.rs`; `None` outside `src/`.
    pub(super) fn module(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/").filter(|_| self.is_rust())?;
        Some(below.split_once('/').map_or(below.trim_end_matches(".rs"), |(first, _)| first))
    }

    /// The code without comments, strings and test modules; same lines, blanks in their place.
    pub(super) fn code(&self) -> String {
        if self.is_tests() { String::new() } else { without_tests(&code_only(&self.text)) }
    }

    /// A module of tests in a file of its own; `rust::tests_are_only_tests` holds its parent to it.
    pub(super) fn is_tests(&self) -> bool {
        self.path.starts_with("src/") && self.path.ends_with("/tests.rs")
    }

    /// Lines before the tests.
    pub(super) fn lines_of_code(&self) -> usize {
        self.code().trim_end().lines().count()
    }

    /// The number of the line at which a byte stands.
    pub(super) fn line_at(&self, byte: usize) -> usize {
        self.text[..byte].matches('\n').count() + 1
    }
}

pub(super) fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Every text file of the project; build folders and the version control's own are left out.
pub(super) fn project() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(root, root, &mut found);
    found.sort_by(|a: &Source, b| a.path.cmp(&b.path));
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    if folder.join("CACHEDIR.TAG").exists() {
        return;
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if [".git", "target", "demo-workspace", "__pycache__"].contains(&name) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push(Source { path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text });
        }
    }
}

/// Rust text with comments, strings and character literals blanked out.
pub(super) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_or_comment_end(bytes, at);
        if let Some(end) = end {
            for byte in &mut out[at..end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
            at = end;
        } else {
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

/// Where the comment or literal that starts at `at` ends; `None` when none starts there.
fn literal_or_comment_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let until = |needle: &[u8], from: usize| {
        let found = bytes[from..].windows(needle.len()).position(|window| window == needle);
        found.map_or(bytes.len(), |position| from + position + needle.len())
    };
    if rest.starts_with(b"//") {
        return Some(bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n));
    }
    if rest.starts_with(b"/*") {
        return Some(until(b"*/", at + 2));
    }
    let in_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if !in_word && (rest.starts_with(b"r\"") || rest.starts_with(b"r#") || rest.starts_with(b"br")) {
        let start = at + if rest[0] == b'b' { 2 } else { 1 };
        let hashes = bytes[start..].iter().take_while(|b| **b == b'#').count();
        if bytes.get(start + hashes) == Some(&b'"') {
            let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
            return Some(until(&close, start + hashes + 1));
        }
    }
    if rest[0] == b'"' {
        let mut end = at + 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        return Some((end + 1).min(bytes.len()));
    }
    if rest[0] == b'\'' {
        // A character literal closes after one character; a lifetime never does.
        let character = std::str::from_utf8(&rest[1..]).ok()?.chars().next()?;
        if character == '\\' {
            return Some(until(b"'", at + 3));
        }
        return (rest.get(1 + character.len_utf8()) == Some(&b'\'')).then(|| at + 2 + character.len_utf8());
    }
    None
}

/// Code without the items marked `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find("#[cfg(test)]") {
        let after = &out[start..];
        let open = after.find('{').unwrap_or(after.len());
        let end = match after.find(';').filter(|semicolon| *semicolon < open) {
            Some(semicolon) => start + semicolon + 1,
            None => closing_brace(&out, start + open).map_or(out.len(), |close| close + 1),
        };
        let blank: String = out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
    }
    out
}

/// Where the brace that opens at `open` closes.
pub(super) fn closing_brace(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && at >= open {
            return Some(at);
        }
    }
    None
}

/// Where `word` stands in `code` as a word of its own.
pub(super) fn words_at(code: &str, word: &str) -> Vec<usize> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let first_is_part = is_part(word.chars().next());
    let last_is_part = is_part(word.chars().last());
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| !(first_is_part && is_part(code[..*at].chars().last())))
        .filter(|at| !(last_is_part && is_part(code[at + word.len()..].chars().next())))
        .collect()
}
