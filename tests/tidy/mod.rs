//! The house's order, checked: floors, owners, sizes, names. Each rule first proves that it can fail.

mod floors;
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
    imports_go_down: floors::imports_go_down,
        planted [
            ("src/domain/money.rs", "use crate::engine::EngineError;"),
            ("src/engine/mod.rs", "use crate::{domain::Fen, pipeline::{a, b}};"),
            ("src/ledger/store.rs", "fn f() { crate::warehouse::open() }"),
            ("src/cellar/mod.rs", "//! On no floor."),
            ("src/engine/writer.rs", "use super::super::pipeline::Job;"),
        ],
        sound [
            ("src/engine/mod.rs", "use crate::{contracts::Feed, domain::{Fen, Month}};\n// crate::pipeline\n"),
            ("src/engine/run/pool.rs", "use super::super::engine_error;\n#[cfg(test)] mod tests { use crate::demo; }"),
        ];
    crates_have_one_owner: floors::crates_have_one_owner,
        planted [
            ("src/intake/mod.rs", "use datafusion::prelude::*;"),
            ("src/engine/mod.rs", "let x = rusqlite::Connection::open();"),
            ("src/pipeline/mod.rs", "use axum::Router;"),
        ],
        sound [("src/engine/mod.rs", "use datafusion::arrow::array;\nuse crate::config; // object_store::path\n")];
    the_core_does_no_io: floors::the_core_does_no_io,
        planted [
            ("src/policy/mod.rs", "std::fs::read(path)"),
            ("src/referrals/build.rs", "pub async fn build() {}"),
        ],
        sound [("src/engine/mod.rs", "use std::fs;")];
    modules_open_with_docs: rust::modules_open_with_docs,
        planted [("src/engine/mod.rs", "use std::fs;"), ("tests/kill.rs", "// A comment.")],
        sound [("src/engine/mod.rs", "//! What lives here.")];
    files_are_short: rust::files_are_short,
        planted [("src/engine/mod.rs", &"let a = 1;\n".repeat(401))],
        sound [(
            "src/engine/mod.rs",
            &format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "let a = 1;\n".repeat(300), "// x\n".repeat(300)),
        )];
    functions_are_short: rust::functions_are_short,
        planted [
            ("src/engine/a.rs", &format!("pub fn f<T: Fn(u8) -> u8>(x: [u8; 2])\nwhere T: Copy {{\n{}}}", "g();\n".repeat(60))),
            ("src/engine/b.rs", &format!("impl A {{ async fn f() {{ if a {{ }}\n{} }} }}", "g('{');\n".repeat(61))),
        ],
        sound [(
            "src/engine/mod.rs",
            &format!("type F = fn(u8) -> u8;\ntrait A {{ fn f(&self); }}\nfn g() {{ \"{{\"; }}\n{}", "const A: u8 = 1;\n".repeat(70)),
        )];
    folders_are_small: rust::folders_are_small,
        planted [("src/engine/mod.rs", "//! Alone.")],
        sound [("src/a/mod.rs", ""), ("src/a/b.rs", ""), ("src/a/c.rs", "")];
    money_is_never_a_float: rust::money_is_never_a_float,
        planted [("src/engine/mod.rs", "let yuan: f64 = 0.1;"), ("src/domain/money.rs", "let a = 1f32 as f32;")],
        sound [("src/engine/mod.rs", "// no f64 here\nlet name = \"f64\"; let af64 = 1;")];
    the_clock_is_read_at_the_entry: rust::the_clock_is_read_at_the_entry,
        planted [
            ("src/pipeline/mod.rs", "let now = Utc::now();"),
            ("src/intake/mod.rs", "std::env::current_exe()"),
        ],
        sound [("src/cli/mod.rs", "let now = Local::now();"), ("src/main.rs", "std::env::args()")];
    only_the_entry_prints: rust::only_the_entry_prints,
        planted [("src/pipeline/mod.rs", "println!(\"done\");")],
        sound [("src/cli/run.rs", "println!(\"done\");"), ("src/engine/a.rs", "#[cfg(test)]\nmod t { fn f() { println!(); } }")];
    tests_are_only_tests: rust::tests_are_only_tests,
        planted [("src/policy/tests.rs", "//! Tests."), ("src/engine/tests.rs", "#[test] fn f() {}")],
        sound [("src/policy/tests.rs", "fn f() { println!(); }"), ("src/policy/mod.rs", "#[cfg(test)]\nmod tests;\n")];
    no_test_is_ignored: rust::no_test_is_ignored,
        planted [("tests/kill.rs", concat!("#[ign", "ore]\nfn f() {}"))],
        sound [("tests/kill.rs", "// #[ignore] is not used\n")];
    test_families_say_how_many_cases: rust::test_families_say_how_many_cases,
        planted [("tests/all.rs", "mod silent;\n")],
        sound [("tests/all.rs", "mod loud;\nmod workspace;\n"), ("tests/loud.rs", "println!(\"loud: {n} cases\");")];
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
fn comments_strings_and_characters_are_no_code() {
    let code = tree::code_only(
        "let a = \"f64 \\\" {\"; // f64\nlet b: &'static str = r#\"}\"#; let c = '{'; /* } */ let d = b'\\'';",
    );
    assert!(!code.contains("f64") && !code.contains('{') && !code.contains('}'), "{code}");
    assert!(code.contains("&'static str") && code.contains("let d"), "{code}");
    assert_eq!(
        rust::functions("fn a() { b(|x| { x }); }\nfn c(f: fn(u8) -> u8);\nfn d() -> [u8; 2] { [1, 2] }").len(),
        2
    );
}
