//! Which file of a crate uses which: paths that begin with `crate`, `super`, `self`, a child or an imported name, each
//! followed through re-exports to the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Source, words_at};

/// A name that a file brings in, and by which path.
struct Use {
    name: String,
    path: Vec<String>,
    /// `pub use`: a door for others, no use of its own.
    is_door: bool,
}

struct Module<'a> {
    file: &'a Source,
    code: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    uses: Vec<Use>,
}

/// The files of one crate, its root first.
pub(super) struct Files<'a>(Vec<Module<'a>>);

#[derive(Clone, Copy)]
enum Place {
    Module(usize),
    Item(usize),
}

impl<'a> Files<'a> {
    /// `root` is `src/law/lib.rs`; modules lie beside it and in folders below.
    pub(super) fn of(root: &str, files: &'a [Source]) -> Option<Self> {
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut found = Vec::new();
        add(files.iter().find(|file| file.path == root)?, folder, None, files, &mut found);
        Some(Self(found))
    }

    /// Whom each file uses, by position.
    fn edges(&self) -> Vec<BTreeSet<usize>> {
        let each = self.0.iter().enumerate().map(|(at, module)| {
            let code = own_code(&module.code);
            let own = module.uses.iter().filter(|used| !used.is_door || !words_at(&code, &used.name).is_empty());
            let paths = own.map(|used| used.path.clone()).chain(paths_in(&code));
            let ends = paths.filter_map(|mut path| {
                let is_glob = path.last().is_some_and(|last| last == "*");
                path.truncate(path.len() - usize::from(is_glob));
                match self.find(at, &path, 0)? {
                    Place::Item(file) => Some(file),
                    Place::Module(file) => is_glob.then_some(file),
                }
            });
            ends.filter(|end| *end != at).collect()
        });
        each.collect()
    }

    fn find(&self, from: usize, path: &[String], depth: usize) -> Option<Place> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => 0,
            "self" => from,
            "super" => self.0[from].parent?,
            name => match self.member(from, name, depth)? {
                Place::Module(module) => module,
                item @ Place::Item(_) => return Some(item),
            },
        };
        while let Some((name, after)) = rest.split_first() {
            at = match name.as_str() {
                "super" => self.0[at].parent?,
                name => match self.member(at, name, depth) {
                    Some(Place::Module(module)) => module,
                    Some(item) => return Some(item),
                    None => return Some(Place::Item(at)),
                },
            };
            rest = after;
        }
        Some(Place::Module(at))
    }

    /// What a name means inside a module: a child, or what an import of that name stands for.
    fn member(&self, at: usize, name: &str, depth: usize) -> Option<Place> {
        let module = &self.0[at];
        if let Some(child) = module.children.get(name) {
            return Some(Place::Module(*child));
        }
        let used = module.uses.iter().find(|used| used.name == name).filter(|_| depth < 9)?;
        self.find(at, &used.path, depth + 1)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Groups of files that use each other in a loop, by path.
    pub(super) fn circles(&self) -> Vec<Vec<&str>> {
        let edges = self.edges();
        let reach: Vec<BTreeSet<usize>> = (0..edges.len()).map(|start| reach(&edges, start)).collect();
        let groups = (0..edges.len()).filter(|at| reach[*at].contains(at));
        let groups = groups.map(|at| reach[at].iter().copied().filter(|to| reach[*to].contains(&at)).collect());
        let groups: BTreeSet<Vec<usize>> = groups.collect();
        groups.into_iter().map(|group| group.into_iter().map(|at| self.0[at].file.path.as_str()).collect()).collect()
    }
}

/// Everybody whom a file uses, also by way of others; itself only where it stands in a loop.
fn reach(edges: &[BTreeSet<usize>], start: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut next: Vec<usize> = edges[start].iter().copied().collect();
    while let Some(at) = next.pop() {
        if found.insert(at) {
            next.extend(&edges[at]);
        }
    }
    found
}

fn add<'a>(
    file: &'a Source,
    folder: &str,
    parent: Option<usize>,
    files: &'a [Source],
    found: &mut Vec<Module<'a>>,
) -> usize {
    let (at, code) = (found.len(), file.code());
    let uses = words_at(&code, "use ").into_iter().flat_map(|start| {
        let text = code[start + "use ".len()..].split(';').next().unwrap_or_default();
        let before = code[..start].trim_end();
        let is_door = before.ends_with("pub") || before.ends_with("pub(crate)") || before.ends_with("pub(super)");
        let mut uses = Vec::new();
        expand(&[], text, is_door, &mut uses);
        uses
    });
    let uses = uses.collect();
    let names: Vec<String> = words_at(&code, "mod ")
        .into_iter()
        .filter_map(|start| Some(code[start + "mod ".len()..].split_once(';')?.0.trim().to_owned()))
        .collect();
    found.push(Module { file, code, parent, children: BTreeMap::new(), uses });
    for name in names {
        let paths = [(format!("{folder}/{name}.rs")), (format!("{folder}/{name}/mod.rs"))];
        if let Some(child) = files.iter().find(|other| paths.contains(&other.path)) {
            let child = add(child, &format!("{folder}/{name}"), Some(at), files, found);
            found[at].children.insert(name, child);
        }
    }
    at
}

/// `a::{b, c as d}` as its single paths.
fn expand(before: &[String], text: &str, is_door: bool, uses: &mut Vec<Use>) {
    let text = text.trim();
    let Some((head, group)) = text.split_once('{') else {
        let (path, name) = text.split_once(" as ").unwrap_or((text, ""));
        let mut path: Vec<String> = before.iter().cloned().chain(segments(path)).collect();
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = if name.is_empty() { path.last().cloned().unwrap_or_default() } else { name.trim().to_owned() };
        uses.push(Use { name, path, is_door });
        return;
    };
    let before: Vec<String> = before.iter().cloned().chain(segments(head)).collect();
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                if !group[start..at].trim().is_empty() {
                    expand(&before, &group[start..at], is_door, uses);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

fn segments(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty())
}

/// Code without its `use` and `mod` statements; same bytes.
fn own_code(code: &str) -> String {
    let mut out = code.to_owned();
    for start in [words_at(code, "use "), words_at(code, "mod ")].concat() {
        let end = code[start..].find(';').map_or(code.len(), |end| start + end + 1);
        out.replace_range(start..end, &" ".repeat(end - start));
    }
    out
}

/// Every `a::b::c` in code, without what follows in angle brackets.
fn paths_in(code: &str) -> Vec<Vec<String>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c| !is_part(c)).filter(|word| word.contains("::") && !word.starts_with("::"));
    words.map(|word| segments(word).collect()).collect()
}

/// Every crate's root file that is there.
pub(super) fn roots(files: &[Source]) -> impl Iterator<Item = &str> {
    let is_root = |path: &&str| *path == "src/main.rs" || (path.starts_with("src/") && path.ends_with("/lib.rs"));
    files.iter().map(|file| file.path.as_str()).filter(is_root)
}

/// One file of each circle that is still to be broken. A circle that is gone, or a new one, is a fault.
pub(super) const OPEN: &[&str] = &[];

/// Circles that nobody knew of, and known ones that are gone.
pub(super) fn faults(files: &[Source], open: &[&str]) -> Vec<String> {
    let found = no_files_in_a_circle(files);
    let is_of = |fault: &str, file: &str| fault.split([' ', ',']).any(|word| word == file);
    let gone = open.iter().filter(|file| !found.iter().any(|fault| is_of(fault, file)));
    let gone: Vec<_> = gone.map(|file| format!("{file} is in no circle any more: take it out of OPEN")).collect();
    let new = found.iter().filter(|fault| !open.iter().any(|file| is_of(fault, file)));
    new.cloned().chain(gone).collect()
}

pub(super) fn no_files_in_a_circle(files: &[Source]) -> Vec<String> {
    let crates = roots(files).filter_map(|root| Files::of(root, files));
    crates
        .flat_map(|files| {
            files
                .circles()
                .iter()
                .map(|group| format!("use each other in a loop: {}", group.join(", ")))
                .collect::<Vec<_>>()
        })
        .collect()
}
