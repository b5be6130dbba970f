//! Files of a newer format are refused by name; those of 6311a20 carry no number and are read.

use std::fs;

use serde_json::Value;

use super::{ended, upgraded};
use crate::workspace::Workspace;

fn change_json(workspace: &Workspace, path: &str, act: impl Fn(&mut Value)) {
    let file = workspace.root().join(path);
    let mut value: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    act(&mut value);
    fs::write(file, value.to_string()).unwrap();
}

fn ledger(workspace: &Workspace) -> rusqlite::Connection {
    rusqlite::Connection::open(workspace.root().join("ledger.sqlite")).unwrap()
}

#[test]
fn files_of_a_newer_format_are_refused_by_name() {
    const NIGHT: [&str; 4] = ["run", "nightly", "--as-of", "2026-10-31"];
    const LIST: &str = "202610-990104-MZ-FULL-v1";
    let newest = |workspace: &Workspace| format!("warehouse/versions/{}.json", workspace.versions().len());
    type Case<'a> = (&'a str, &'a dyn Fn(&Workspace), &'a [&'a str], i32, &'a str);
    let cases: [Case; 6] = [
        (
            "shipped",
            &|workspace| change_json(workspace, ".shipped.json", |kept| kept["format"] = 99.into()),
            &["upgrade"],
            3,
            ".shipped.json: made by a newer version",
        ),
        (
            "version",
            &|workspace| change_json(workspace, &newest(workspace), |version| version["format"] = 99.into()),
            &NIGHT,
            3,
            ".json: made by a newer version",
        ),
        (
            "findings",
            &|workspace| {
                // made now, so that the next night takes them as they are
                workspace.ok(&NIGHT);
                change_json(workspace, &newest(workspace), |version| {
                    let files = version["files"].as_array_mut().unwrap();
                    let mut findings = files.iter_mut().filter(|file| file["table"] == "findings").collect::<Vec<_>>();
                    findings.iter_mut().for_each(|file| file["format"] = 99.into());
                });
            },
            &NIGHT,
            3,
            "warehouse/findings/month=2026-10/",
        ),
        (
            "ledger",
            &|workspace| ledger(workspace).pragma_update(None, "user_version", 99).unwrap(),
            &["status"],
            3,
            "ledger.sqlite: made by a newer version",
        ),
        (
            "manifest, verified",
            &|workspace| {
                change_json(workspace, &format!("lists/2026-10/{LIST}/manifest.json"), |m| m["format"] = 99.into());
            },
            &["verify", "lists/2026-10/202610-990104-MZ-FULL-v1", "--key", "keys/signing.pub.pem"],
            4,
            "sealed by a newer version",
        ),
        (
            "manifest, made again",
            &|workspace| {
                change_json(workspace, &format!("lists/2026-10/{LIST}/manifest.json"), |m| m["format"] = 99.into());
            },
            &["reproduce", LIST],
            4,
            "made by a newer version",
        ),
    ];
    for (name, act, command, code, told) in &cases {
        let workspace = upgraded();
        act(&workspace);
        let said = ended(&workspace, *code, command);
        assert!(said.contains(told), "{name}: {said}");
        assert!(said.contains("newer version"), "{name}: {said}");
    }
    println!("newer formats: {} cases", cases.len());
}

#[test]
fn a_list_is_made_again_by_the_recipe_that_the_ledger_keeps() {
    let workspace = upgraded();
    super::copy_tree(&super::fixture("november"), &workspace.root().join("landing"));
    workspace.ok(&["run", "nightly", "--as-of", "2026-11-30"]);
    workspace.ok(&["run", "monthly", "--month", "2026-11"]);
    let list = "202611-990103-MZ-FULL-v1";
    let recipe = workspace.manifests("2026-11")[list]["recipe"].as_str().unwrap().to_owned();
    // All that was written has changed since.
    super::edit(&workspace, "pipelines/policies/fujian.toml", |text| {
        text.replace("multiple = \"1.0\"", "multiple = \"0.5\"")
    });
    super::edit(&workspace, super::COUNTIES, |text| text.replace("青屏县", "青屏新区"));
    super::edit(&workspace, "poverty-watch.toml", |text| text.replace("演示市医疗保障局", "别的局"));
    let said = workspace.ok(&["reproduce", list]);
    assert!(said.contains(": equal, 5 files (every byte)"), "{said}");

    let kept = ledger(&workspace);
    let format = "update texts set text = replace(text, 'format = 1', 'format = 99') where text like 'format = 1%'";
    assert_eq!(kept.execute(format, []).unwrap(), 1);
    assert!(ended(&workspace, 4, &["reproduce", list]).contains("made by a newer version"));
    kept.execute_batch("pragma foreign_keys = off").unwrap();
    assert_eq!(kept.execute("delete from text_sets where set_id = ?1", [&recipe]).unwrap(), 1);
    assert!(ended(&workspace, 4, &["reproduce", list]).contains("restore ledger.sqlite"));
}

#[test]
fn files_without_a_number_are_those_of_the_old_program() {
    let workspace = upgraded();
    let versions = workspace.versions();
    assert!(versions.iter().all(|version| version.get("format").is_none()) && versions.len() > 6);
    assert!(workspace.manifests("2026-10").values().all(|manifest| manifest.get("format").is_none()));
    assert!(
        workspace.ok(&["findings", "--month", "2026-10"]).contains("99010319620305004,fujian-into-poverty,flagged")
    );
    let shown = workspace.ok(&["lists", "show", "--month", "2026-10"]);
    assert!(shown.contains("202610-990104-MZ-FULL-v1         READY"), "{shown}");
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    let newest = workspace.versions().pop().unwrap();
    assert!(newest["format"] == 1 || newest["number"] == versions.len(), "{newest}");
}
