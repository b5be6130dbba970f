//! The house's order, as far as crate borders and clippy.toml cannot say it. Each rule first proves that it can fail.
//!
//! `cargo test --test all -- --nocapture tidy::graph` prints the crates, their sizes and arrows.

mod circles;
mod crates;
mod rust;
mod texts;
mod tree;

use std::sync::OnceLock;

use tree::Source;

type Check = fn(&[Source]) -> Vec<String>;

/// The project's files, read once.
fn project() -> &'static [Source] {
    static FILES: OnceLock<Vec<Source>> = OnceLock::new();
    FILES.get_or_init(tree::project)
}

/// A rule must find the planted fault, must not find one in the sound example, and must find none in the project.
fn enforce(name: &str, check: Check, planted: &[(&str, &str)], sound: &[(&str, &str)]) {
    let sources = |files: &[(&str, &str)]| files.iter().map(|(path, text)| Source::new(path, text)).collect::<Vec<_>>();
    for fault in planted {
        assert!(!check(&sources(&[*fault])).is_empty(), "{name}: does not find the fault planted in {}", fault.0);
    }
    assert_eq!(check(&sources(sound)), Vec::<String>::new(), "{name}: finds a fault in the sound example");
    let faults = check(project());
    assert!(faults.is_empty(), "{name}: {} faults\n{}", faults.len(), faults.join("\n"));
}

macro_rules! rules {
    ($($name:ident: $check:path, planted [$($planted:expr),* $(,)?], sound [$($sound:expr),* $(,)?];)*) => {
        $(#[test] fn $name() { enforce(stringify!($name), $check, &[$($planted),*], &[$($sound),*]); })*
        const RULES: usize = [$(stringify!($name)),*].len();
    };
}

rules! {
    crates_depend_downward: crates::crates_depend_downward,
        planted [
            ("src/law/Cargo.toml", "[package]\n\n[dependencies]\nengine.workspace = true\n"),
            ("src/demo/Cargo.toml", "[package]\n\n[dependencies]\nlaw.workspace = true\nstore = { path = \"src/store\" }\n"),
            ("src/cellar/Cargo.toml", "[package]\n\n[dependencies]\n"),
        ],
        sound [("src/watch/Cargo.toml", "[package]\n\n[dependencies]\nlaw.workspace = true\noffice.workspace = true\n\n[lints]\n")];
    foreign_crates_have_owners: crates::foreign_crates_have_owners,
        planted [("src/watch/Cargo.toml", "[package]\n\n[dependencies]\nrusqlite.workspace = true\n")],
        sound [
            ("src/store/Cargo.toml", "[package]\n\n[dependencies]\nrusqlite.workspace = true\n"),
            ("Cargo.toml", "[package]\n\n[dependencies]\nrusqlite.workspace = true\n"),
            ("tests/audit.rs", "use rusqlite::Connection;"),
        ];
    no_dependency_is_unused: crates::no_dependency_is_unused,
        planted [("src/store/Cargo.toml", "[package]\n\n[dependencies]\nrusqlite.workspace = true\n")],
        sound [
            ("src/store/Cargo.toml", "[package]\n\n[dependencies]\nms-crypto.workspace = true\n"),
            ("src/store/lib.rs", "fn f() { ms_crypto::g() }"),
        ];
    the_law_is_pure: crates::the_law_is_pure,
        planted [
            ("src/law/policy/mod.rs", "std::fs::read(path)"),
            ("src/law/referrals/build.rs", "pub async fn build() {}"),
            ("src/law/schedule/due.rs", "let now = chrono::Utc::now();"),
        ],
        sound [("src/store/lib.rs", "use std::fs;")];
    modules_open_with_docs: rust::modules_open_with_docs,
        planted [("src/engine/mod.rs", "use std::fs;"), ("tests/kill.rs", "// A comment.")],
        sound [("src/engine/mod.rs", "//! What lives here.")];
    files_are_short: rust::files_are_short,
        planted [("src/engine/mod.rs", &"let a = 1;\n".repeat(401))],
        sound [(
            "src/engine/mod.rs",
            &format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "let a = 1;\n".repeat(300), "// x\n".repeat(300)),
        )];
    tests_are_only_tests: rust::tests_are_only_tests,
        planted [("src/policy/tests.rs", "//! Tests."), ("src/engine/tests.rs", "#[test] fn f() {}")],
        sound [("src/policy/tests.rs", "fn f() { println!(); }"), ("src/policy/mod.rs", "#[cfg(test)]\nmod tests;\n")];
    no_test_is_ignored: rust::no_test_is_ignored,
        planted [("tests/kill.rs", concat!("#[ign", "ore]\nfn f() {}"))],
        sound [("tests/kill.rs", "// #[ignore] is not used\n")];
    printed_counts_are_counted: rust::printed_counts_are_counted,
        planted [("tests/loud.rs", concat!("println!(\"loud: ", "12 cases\");"))],
        sound [("tests/loud.rs", "println!(\"loud: {} cases\", n); println!(\"the data are missing: 0 cases\");")];
    models_are_documented: texts::models_are_documented,
        planted [
            ("sql/staging/a.sql", "-- Purpose: a\n-- Grain: b\n-- Parameters: none\nselect 1"),
            ("sql/staging/b.toml", "kind = \"view\""),
            ("sql/staging/c.sql", "select 1"),
        ],
        sound [
            ("sql/staging/a.sql", "-- Purpose: a\n-- Grain: b\n-- Parameters: none\nselect 1"),
            ("sql/staging/a.toml", "kind = \"view\""),
        ];
    models_are_exact: texts::models_are_exact,
        planted [
            ("sql/a.sql", "select\n  * from claims"),
            ("sql/b.sql", "select c.* from claims c"),
            ("sql/c.sql", "select now()"),
            ("sql/d.sql", "select cast(a as double) from b"),
            ("sql/e.sql", "select a from b where day = Current_Date"),
        ],
        sound [("sql/a.sql", "-- no select *, no now()\nselect count(*) as n, a * 2 as unreal from b")];
    models_keep_sides_apart: texts::models_keep_sides_apart,
        planted [
            ("sql/a.sql", "select coalesce(o.day, c.day) as day from o right join c on o.id = c.id"),
            ("sql/b.sql", "select coalesce(o.a, case when o.id is null then coalesce(c.a, 1) end) as a from o"),
        ],
        sound [("sql/a.sql", "-- coalesce(o.day, c.day)\nselect coalesce(o.first_day, c.day), coalesce(c.a, 1) + o.a from o")];
    the_readme_shows_the_real_tree: texts::the_readme_shows_the_real_tree,
        planted [
            ("README.md", "No tree."),
            ("README.md", "```\nCargo.toml\nsrc/attic/   nothing\n```\n"),
        ],
        sound [
            ("README.md", "```sh\nls\n```\n```\nCargo.toml  README.md\nsrc/domain/   words\ntests/   all\n```\n"),
            ("Cargo.toml", ""), ("src/domain/mod.rs", ""), ("src/lib.rs", ""), ("tests/all.rs", ""), (".ci/run", ""),
        ];
    the_docs_name_real_things: texts::the_docs_name_real_things,
        planted [
            ("docs/a.md", "See `src/attic/`."),
            ("docs/a.md", "Call `law::policy::attic`."),
        ],
        sound [
            ("docs/a.md", "`law::policy::Rule` in `src/law/policy/`, not `sh -c`"),
            ("src/law/policy/rule.rs", "pub struct Rule {}"),
        ];
    no_machine_is_named: texts::no_machine_is_named,
        planted [
            ("src/a.rs", concat!("// see /ho", "me/me/notes")),
            ("Cargo.lock", "source = \"registry+https://mirror.example/index\""),
        ],
        sound [("Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\"")];
}

#[test]
fn the_rules_are_counted() {
    println!("tidy: {} files, {RULES} rules", project().len());
    assert!(project().len() > 40, "the project's files are found");
}

#[test]
fn graph() {
    let (text, lines) = crates::graph(project());
    println!("{text}");
    let total: usize = lines.values().sum();
    for (name, lines) in lines {
        assert!(lines * 3 <= total, "{name} has more than a third of all lines of code\n{text}");
    }
}

/// Files that use each other in a loop, by each kind of path; and those that only look like it.
#[test]
fn no_files_use_each_other_in_a_loop() {
    let found = |files: &[(&str, &str)]| {
        let files: Vec<_> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        circles::no_files_in_a_circle(&files).len()
    };
    let root = |text| ("src/a/lib.rs", text);
    let looped: &[&[(&str, &str)]] = &[
        &[root("mod b; mod c;"), ("src/a/b.rs", "use crate::c::C;"), ("src/a/c.rs", "fn f() { super::b::g() }")],
        &[
            root("mod b; mod c; pub use b::B;"),
            ("src/a/b.rs", "use super::{c::{C, D}};"),
            ("src/a/c.rs", "use crate::B as X;"),
        ],
        &[root("mod b; pub fn f() { b::g() }"), ("src/a/b.rs", "use super::*;")],
        &[root("mod b; pub use b::B; fn f(b: B) {}"), ("src/a/b.rs", "use crate::f;")],
        &[
            root("mod b;\nmod c;"),
            ("src/a/b/mod.rs", "mod d;\n#[cfg(x)]\npub(crate) use d::D;"),
            ("src/a/b/d.rs", "use crate::c; fn f() { c::g() }"),
            ("src/a/c.rs", "fn g(d: crate::b::D) {}"),
        ],
    ];
    let sound: &[&[(&str, &str)]] = &[
        &[
            root("mod b; mod c; pub use b::B;"),
            ("src/a/b.rs", "use crate::c::C;"),
            ("src/a/c.rs", "use std::b; // super::b::g"),
        ],
        &[root("mod b; pub use b::B; pub fn f() {}"), ("src/a/b.rs", "use super::f;")],
        &[root("mod b;"), ("src/a/b.rs", "#[cfg(test)]\nmod tests { use super::*; use crate::b::B; }")],
    ];
    looped.iter().for_each(|files| assert_eq!(found(files), 1, "{files:?}"));
    sound.iter().for_each(|files| assert_eq!(found(files), 0, "{files:?}"));
    let faults = circles::faults(project(), circles::OPEN);
    assert!(faults.is_empty(), "{} circles\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn comments_strings_and_characters_are_no_code() {
    let code = tree::code_only(
        "let a = \"f64 \\\" {\"; // f64\nlet b: &'static str = r#\"}\"#; let c = '{'; /* } */ let d = b'\\'';",
    );
    assert!(!code.contains("f64") && !code.contains('{') && !code.contains('}'), "{code}");
    assert!(code.contains("&'static str") && code.contains("let d"), "{code}");
}
