//! The case books: bundled ones and those of choices that no bundled policy makes; and what a slip is told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use engine::{Declared, PipelineError};
use store::workspace::Assets;
use watch::{CaseReport, CaseSelection, cases_by_rule, read_cases, run_case_books};

use crate::determinism::land_fixtures;
use crate::workspace::Workspace;

/// Policies that show the choices that no bundled policy makes.
pub(crate) fn choices() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/casebook")
}

/// Carries out the case books of some policies, with a folder's files over the bundled ones.
pub(crate) fn carry_out(root: &Path, policies: &[&str], stops_early: bool) -> Result<CaseReport, PipelineError> {
    let policies = policies.iter().map(|name| (*name).to_owned()).collect();
    let selection = CaseSelection { policies, stops_early, ..CaseSelection::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build().unwrap();
    runtime.block_on(run_case_books(&Assets::of(root), &selection))
}

fn told(report: &CaseReport) -> String {
    report.failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_case_comes_out_as_written() {
    let nothing = tempfile::tempdir().unwrap();
    let bundled = carry_out(nothing.path(), &[], false).unwrap();
    assert!(bundled.failures.is_empty(), "{}", told(&bundled));
    assert!(bundled.cases >= 80 && bundled.policies >= 12, "{bundled:?}");
    let own = ["choices", "choices-cash", "choices-component", "choices-net", "choices-over-limit"];
    let own = carry_out(&choices(), &own, false).unwrap();
    assert!(own.failures.is_empty(), "{}", told(&own));
    println!("case books: {} policies, {} cases", bundled.policies + own.policies, bundled.cases + own.cases);
}

#[test]
fn every_rule_has_cases_of_both_ends() {
    let (assets, mut missing) = (Assets::of(&choices()), Vec::new());
    for name in assets.policies() {
        let policy = Declared::read(&assets, &name).unwrap_or_else(|problems| panic!("{problems:#?}")).into_policy();
        let cases = read_cases(&assets, &name, &policy).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let counts = cases_by_rule(&cases);
        for rule in &policy.rules {
            let of_rule = || cases.iter().flat_map(|case| &case.results).filter(|result| result.rule == rule.id);
            let found: BTreeSet<&str> = of_rule().map(|result| result.status.code()).collect();
            let is_own =
                !name.starts_with("choices") && rule.id.starts_with(name.split('-').next().unwrap_or_default());
            if !counts.contains_key(&rule.id) || (is_own && !found.contains("flagged")) {
                missing.push(format!("{name}/{}: {found:?}", rule.id));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A workspace whose Fujian case book has its first `from` replaced.
fn changed(from: &str, to: &str) -> Workspace {
    let workspace = Workspace::new("fujian", "990000");
    let path = "pipelines/policies/fujian/cases/relapse.yaml";
    let text = std::fs::read_to_string(workspace.root().join(path)).unwrap();
    assert!(text.contains(from), "{from}");
    workspace.write(path, text.replacen(from, to, 1).as_bytes());
    workspace
}

#[test]
fn a_wrong_case_and_a_slip_end_with_3_and_are_named() {
    let command = ["check", "--case-book", "--policy", "fujian"];
    for (from, to, said) in [
        ("结果: 未达", "结果: 列入", "relapse.yaml:"),
        ("结果: 未达", "结果: 列入", "结论 status: 应为 expected 列入, 实为 found 未达"),
        ("标准: 28000, 超出: 0,", "标准: 27000, 超出: 0,", "标准 line: 应为 expected 27000.00, 实为 found 28000.00"),
        ("自付: \"22400.01\"", "自付: 22400.01", "put the amount in quotes"),
        ("说明:", "說明:", "did you mean `说明`?"),
        ("编号: FJ-A02", "编号: FJ-A01", "编号 `FJ-A01` stands in"),
        ("规则: fujian-relapse", "规则: fujian-relapsed", "did you mean `fujian-relapse`?"),
    ] {
        let workspace = changed(from, to);
        let output = workspace.run(&command);
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains(said), "{to}: {text}");
    }
}

#[test]
fn coverage_goes_clause_by_clause() {
    let workspace = Workspace::new("fujian", "990000");
    let text = workspace.ok(&["check", "--coverage"]);
    assert!(text.contains("第11条") && text.contains("fujian-relapse 因病返贫监测"), "{text}");
    assert!(text.contains("1 of 20 clauses by rules") && !text.contains("problem:"), "{text}");
    assert!(text.contains("第7条") && text.contains("无规则"), "{text}");
    land_fixtures(&workspace, None);
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    assert!(workspace.ok(&["check", "--coverage"]).contains("no list sealed yet"));
    workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    let text = workspace.ok(&["check", "--coverage"]);
    assert!(text.contains("last run: monthly 2026-10") && text.contains("lists of 2026-10"), "{text}");
    let listed = |rule: &str| -> u32 {
        let line = text.lines().find(|line| line.contains(rule)).unwrap();
        line.split(" cases, ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
    };
    assert!(listed("fujian-relapse") > 0 && listed("fujian-into-poverty") > 0, "{text}");
    // of no clause, and without a case
    let path = "pipelines/policies/fujian.toml";
    let policy = std::fs::read_to_string(workspace.root().join(path)).unwrap();
    workspace.write(path, policy.replacen("article = \"11\"", "article = \"21\"", 1).as_bytes());
    let book = "pipelines/policies/fujian/cases/into-poverty.yaml";
    workspace.write(book, "案例: []\n".as_bytes());
    let output = workspace.run(&["check", "--coverage"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("rule fujian-relapse cites article 21, which"), "{text}");
    assert!(!text.contains("rule fujian-into-poverty has no case"), "the other book has one of it: {text}");
    workspace.write("pipelines/policies/fujian/cases/relapse.yaml", "案例: []\n".as_bytes());
    let text = String::from_utf8_lossy(&workspace.run(&["check", "--coverage"]).stdout).into_owned();
    assert!(text.contains("rule fujian-into-poverty has no case"), "{text}");
    let output = workspace.run(&["check"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("warning: pipelines/policies/fujian.toml: rule fujian-relapse has no case"), "{text}");
}

#[test]
fn the_verb_needs_no_workspace() {
    let nothing = tempfile::tempdir().unwrap();
    let workspace = Workspace::new("fujian", "990000");
    let output = workspace
        .command(&["check", "--case-book", "--policy", "fujian"])
        .env("POVERTY_WATCH_DIR", nothing.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("1 policies, 0 failed"), "{text}");
}
