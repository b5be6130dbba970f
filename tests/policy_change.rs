//! A policy that changes between two nights: what the old rules found does not outlive them.

use crate::determinism::land_fixtures;
use crate::workspace::Workspace;

#[test]
fn a_rule_that_is_dropped_leaves_no_findings() {
    let workspace = Workspace::new("fujian", "990000");
    land_fixtures(&workspace, None);
    let night = ["run", "nightly", "--as-of", "2026-10-31"];
    workspace.ok(&night);
    let rules = |workspace: &Workspace| -> Vec<String> {
        let mut rules: Vec<_> = workspace.findings("2026-10").into_iter().map(|finding| finding.rule).collect();
        rules.sort();
        rules.dedup();
        rules
    };
    assert_eq!(rules(&workspace), ["fujian-into-poverty", "fujian-relapse"]);
    let path = workspace.root().join("pipelines/policies/fujian.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let second = text.rfind("[[rules]]").unwrap();
    let left =
        text[..second].replace("extends = \"national\"", "extends = \"national\"\ndrops = [\"national-into-poverty\"]");
    std::fs::write(&path, left).unwrap();
    workspace.ok(&night);
    assert_eq!(rules(&workspace), ["fujian-relapse"]);
    assert!(workspace.ok(&night).contains("nothing new"));
}
