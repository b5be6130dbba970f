//! A model's interface number: a copy that was written for an older one is refused by name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use engine::Models;
use law::domain::stable_hash;

use super::{edit, ended, upgraded};
use crate::workspace::files_below;

#[test]
fn an_edited_model_of_an_older_interface_stops_official_runs() {
    let workspace = upgraded();
    let (sql, toml) = ("sql/intermediate/int_known.sql", "sql/intermediate/int_known.toml");
    edit(&workspace, sql, |text| format!("-- ours\n{text}"));
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    let without = |text: &str| {
        text.lines().filter(|line| !line.starts_with("interface")).fold(String::new(), |t, l| t + l + "\n")
    };
    for (interface, told) in [(0, "this copy has interface 0, the program's model has"), (99, "newer version")] {
        edit(&workspace, toml, |text| format!("interface = {interface}\n{}", without(text)));
        for command in [vec!["run", "nightly", "--as-of", "2026-10-31"], vec!["check"]] {
            let said = ended(&workspace, 3, &command);
            assert!(said.contains(&format!("{toml}:1: ")) && said.contains(told), "{said}");
        }
    }
    edit(&workspace, toml, |text| format!("interface = 0\n{}", without(text)));
    let said = ended(&workspace, 3, &["run", "monthly", "--month", "2026-10"]);
    assert!(said.contains("`poverty-watch upgrade` renews it") && said.contains("set interface = "), "{said}");
    // Looking on is allowed.
    workspace.ok(&["run", "monthly", "--month", "2026-10", "--rehearsal"]);
    workspace.ok(&["status"]);
}

#[test]
fn steps_that_jobs_no_longer_have_are_told_with_the_remedy() {
    for step in ["split", "totals"] {
        let workspace = upgraded();
        let job = "pipelines/nightly.toml";
        edit(&workspace, job, |text| format!("{text}\n[[steps]]\nrun = \"{step}\"\n"));
        for command in [vec!["run", "nightly", "--as-of", "2026-10-31"], vec!["check"]] {
            let said = ended(&workspace, 3, &command);
            assert!(said.contains(job) && said.contains("`poverty-watch upgrade` renews the file"), "{said}");
        }
    }
}

/// What a model takes and gives: its kind, parameters, columns, and the columns of what it reads.
fn contract(models: &Models, model: &engine::Model) -> String {
    let columns = |table: &str| {
        let schema = models.schema_of(table).unwrap();
        let fields = schema.fields().iter().map(|field| format!("{} {}, ", field.name(), field.data_type()));
        format!("{table}: {}\n", fields.collect::<String>())
    };
    let inputs: String = model.inputs.iter().map(|input| columns(input)).collect();
    let text = format!("{:?} {:?}\n{}{inputs}", model.kind, model.parameters, columns(&model.name));
    format!("{:016x}", stable_hash(&text))
}

/// `interfaces.txt` holds the contracts that were shipped, from 6311a20 on. A number that no release has shipped yet
/// stands for whatever its model says; a release adds its lines.
#[test]
fn a_model_with_another_contract_has_another_interface_number() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<(String, String, String)> = files_below(&root.join("sql"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "sql"))
        .map(|path| {
            let name = path.strip_prefix(root.join("sql")).unwrap().with_extension("");
            let texts = ["sql", "toml"].map(|ending| fs::read_to_string(path.with_extension(ending)).unwrap());
            let [sql, toml] = texts;
            (name.to_str().unwrap().to_owned(), sql, toml)
        })
        .collect();
    let models = Models::parse(&files).unwrap();
    let mut known: BTreeMap<(&str, u32), &str> = BTreeMap::new();
    let ever = fs::read_to_string(root.join("tests/upgrade/interfaces.txt")).unwrap();
    for line in ever.lines() {
        let [path, interface, hash] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert_eq!(known.insert((path, interface.parse().unwrap()), hash), None, "{line}");
    }
    let mut changed = Vec::new();
    for model in models.iter() {
        let hash = contract(&models, model);
        let shipped = known.get(&(model.path.as_str(), model.interface));
        if shipped.is_some_and(|shipped| **shipped != hash) {
            changed.push(format!("sql/{}.toml: raise interface above {}", model.path, model.interface));
        }
    }
    assert_eq!(changed, Vec::<String>::new(), "other columns, parameters or inputs than were shipped");
    println!("contracts of models: {} cases", models.iter().count());
}
