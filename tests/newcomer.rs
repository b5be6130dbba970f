//! A province that nobody wrote code for: the README's own steps and its own example, carried out word by word, and a
//! province of another shape. A TOML file and cases, no Rust, no SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use law::domain::Fen;

use crate::workspace::{Finding, Workspace, copy_tree, files_below};

const README: &str = include_str!("../README.md");
const FUJIAN: &str = include_str!("../pipelines/policies/fujian.toml");

/// What the README says between two headings of its chapter on changes.
fn chapter(from: &str, to: &str) -> &'static str {
    let at = README.find(from).unwrap_or_else(|| panic!("the README has no {from}"));
    let rest = &README[at..];
    &rest[..rest.find(to).unwrap_or_else(|| panic!("the README has no {to} behind {from}"))]
}

/// The README's first code block of a language in a chapter.
fn block(chapter: &'static str, language: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let at = chapter.find(&fence).unwrap_or_else(|| panic!("no {language} block in\n{chapter}"));
    let rest = &chapter[at + fence.len()..];
    &rest[..rest.find("```").unwrap()]
}

/// The small fixtures in a workspace of the province that the README copies.
fn landed() -> Workspace {
    let workspace = Workspace::new("fujian", "990100");
    let landing = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/small/landing");
    copy_tree(&landing, &workspace.root().join("landing"));
    workspace
}

/// Sets `policy = "..."` in the settings.
fn choose(workspace: &Workspace, policy: &str) {
    let settings = std::fs::read_to_string(workspace.root().join("poverty-watch.toml")).unwrap();
    assert!(settings.contains("policy = \"fujian\""), "{settings}");
    let settings = settings.replace("policy = \"fujian\"", &format!("policy = \"{policy}\""));
    workspace.write("poverty-watch.toml", settings.as_bytes());
}

/// `check`, then the case book, then both jobs; what the rules found of October.
fn decided(workspace: &Workspace, policy: &str, cases: usize) -> BTreeSet<Finding> {
    let checked = workspace.ok(&["check"]);
    assert!(checked.contains("in order"), "{checked}");
    let book = workspace.ok(&["check", "--case-book", "--policy", policy]);
    assert!(book.contains(&format!("case book: {cases} cases, 1 policies, 0 failed")), "{book}");
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    workspace.findings("2026-10")
}

/// Ids on the sealed lists of an office.
fn listed(workspace: &Workspace, office: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for path in files_below(&workspace.root().join("lists")) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".csv") && name.split('-').nth(2) == Some(office) {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let at = reader.headers().unwrap().iter().position(|column| column == "id_number").unwrap();
            ids.extend(reader.records().map(|row| row.unwrap()[at].to_owned()));
        }
    }
    ids
}

#[test]
fn the_readme_alone_makes_a_province() {
    let (province, book) =
        (chapter("**A province**", "**A case book**"), chapter("**A case book**", "**A list column**"));
    for word in ["fujian.toml", "hebei.toml", "`id`", "`name`", "`line.multiple`", "`clause`", "policy = \"hebei\""] {
        assert!(province.contains(word), "the README's steps do not name {word}");
    }
    assert!(book.contains("pipelines/policies/<policy>/cases/*.yaml") && book.contains("check --case-book"));
    // The copy, with the keys changed that the README names. Hebei here draws the relapse line at nine tenths.
    let changed = [
        ("id = \"fujian-", "id = \"hebei-"),
        ("name = \"因病返贫监测\"", "name = \"河北因病返贫监测\""),
        ("multiple = \"1.0\"", "multiple = \"0.9\""),
        ("闽医保〔2021〕93号\", article = \"11\"", "冀医保〔2022〕1号\", article = \"3\""),
    ];
    let mut policy = FUJIAN.to_owned();
    for (from, to) in changed {
        assert!(policy.contains(from), "{from}");
        policy = policy.replace(from, to);
    }
    let workspace = landed();
    workspace.write("pipelines/policies/hebei.toml", policy.as_bytes());
    // The README's example asks for a line of one income, so it is checked on a copy that still draws it there.
    let example = block(book, "yaml");
    let as_printed = Workspace::new("fujian", "990100");
    as_printed
        .write("pipelines/policies/hebei.toml", policy.replace("multiple = \"0.9\"", "multiple = \"1.0\"").as_bytes());
    as_printed.write("pipelines/policies/hebei/cases/first.yaml", example.as_bytes());
    let told = as_printed.ok(&["check", "--case-book", "--policy", "hebei"]);
    assert!(told.contains("case book: 1 cases, 1 policies, 0 failed"), "{told}");
    // And it is a test: under the lower line the same case fails, and says where.
    workspace.write("pipelines/policies/hebei/cases/first.yaml", example.as_bytes());
    let output = workspace.run(&["check", "--case-book", "--policy", "hebei"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(3) && told.contains("HB-01") && told.contains("25200"), "{told}");
    let corrected = example.replace("结论: 关注", "结论: 列入").replace("标准: 28000", "标准: 25200");
    workspace.write("pipelines/policies/hebei/cases/first.yaml", corrected.as_bytes());
    choose(&workspace, "hebei");
    let found = decided(&workspace, "hebei", 1);

    // Whoever lies above nine tenths of Fujian's line under its first rule, as the fixtures promise, is flagged.
    let expected = include_str!("../fixtures/small/expected_findings.csv");
    let mut reader = csv::Reader::from_reader(expected.as_bytes());
    let line = Fen(28_134_00 * 9 / 10);
    let mut flagged = BTreeMap::new();
    for row in reader.records().map(Result::unwrap) {
        let measured = Fen::parse(&row[5]).unwrap();
        if &row[2] == "fujian-relapse" && ["flagged", "near"].contains(&&row[3]) && measured > line {
            *flagged.entry(measured.0).or_insert(0) += 1;
        }
    }
    let relapse = found.iter().filter(|finding| finding.rule == "hebei-relapse" && finding.status == "flagged");
    let mut ours = BTreeMap::new();
    relapse.for_each(|finding| *ours.entry(finding.measured_fen).or_insert(0) += 1);
    assert_eq!(ours, flagged);
    let fujians = expected.lines().filter(|line| line.contains("fujian-relapse,flagged")).count();
    assert!(ours.values().sum::<usize>() > fujians, "the lower line catches more");
    let persons = listed(&workspace, "MZ");
    assert!(persons.len() >= ours.values().sum(), "{persons:?}");
    assert!(persons.contains("990103196203050026"), "exactly Fujian's line is over Hebei's");
    println!("newcomer by the README: {} cases", persons.len());
}

/// Single stays from a fixed amount, and a year's sum in bands: nothing that Fujian's file has.
const OTHER_SHAPE: &str = r#"
extends = "national"
drops = ["national-into-poverty"]

[[rules]]
id = "tianya-stay"
overrides = "national-relapse"
name = "单次住院高额费用预警"
shape = "stay_over_line"
who = { rural = "any" }
cost = { basis = "personal_burden", window = "calendar_year" }
line = { fixed = "29000", operator = ">=" }
recipients = ["civil_affairs"]
valid = { from = "2024-01-01" }
clause = { document = "天涯省医保〔2024〕2号", article = "5" }

[[rules]]
id = "tianya-bands"
name = "年度累计分档预警"
shape = "person_window_over_line"
who = { tags = ["lifted_out"] }
cost = { basis = "personal_burden", window = "calendar_year" }
line = { bands = [
    { name = "关注", outcome = "near", from = "25000", below = "28000" },
    { name = "一档", from = "28000", below = "50000" },
    { name = "二档", from = "50000" },
] }
recipients = ["rural_affairs"]
valid = { from = "2024-01-01" }
clause = { document = "天涯省医保〔2024〕2号", article = "6" }
"#;

const OTHER_CASES: &str = r#"
默认: {数据期: 2026-10, 人员: {身份: 脱贫人口}}
案例:
  - 编号: TY-01
    说明: 一次住院正好达到,以上含本数;年度累计同时进一档
    结算: {日期: 2026-03-05, 自付: 29000}
    结果:
      - {规则: tianya-stay, 结论: 列入, 金额: 29000, 标准: 29000}
      - {规则: tianya-bands, 结论: 列入, 档位: 一档}
  - 编号: TY-02
    说明: 两次住院合计超过,单次不到:只进年度累计的二档
    结算:
      - {日期: 2026-03-05, 自付: 25000, 住院号: 甲}
      - {日期: 2026-05-05, 自付: 25000, 住院号: 乙}
    结果:
      - {规则: tianya-bands, 结论: 列入, 金额: 50000, 档位: 二档}
      - {规则: tianya-stay, 结论: 关注, 金额: 25000}
  - 编号: TY-03
    说明: 年度累计只到关注档
    结算: {日期: 2026-03-05, 自付: "27999.99", 类别: 门诊}
    结果: {规则: tianya-bands, 结论: 关注, 档位: 关注}
"#;

#[test]
fn a_province_of_another_shape_needs_a_toml_file_only() {
    let workspace = landed();
    workspace.write("pipelines/policies/tianya.toml", OTHER_SHAPE.as_bytes());
    workspace.write("pipelines/policies/tianya/cases/all.yaml", OTHER_CASES.as_bytes());
    choose(&workspace, "tianya");
    let found = decided(&workspace, "tianya", 3);
    let flagged = |rule: &str| -> BTreeSet<i64> {
        let of_rule = found.iter().filter(|finding| finding.rule == rule && finding.status == "flagged");
        of_rule.map(|finding| finding.person_key).collect()
    };
    let (stays, bands) = (flagged("tianya-stay"), flagged("tianya-bands"));
    // 王双线 paid 60,000.00 in one stay; 李多分 28,134.01 in two.
    assert!(stays.contains(&99_010_319_620_305_004) && bands.contains(&99_010_319_620_305_004), "{stays:?} {bands:?}");
    assert!(bands.contains(&99_010_319_620_305_003) && !stays.contains(&99_010_319_620_305_003), "{stays:?} {bands:?}");
    for (office, persons) in [("MZ", &stays), ("NC", &bands)] {
        let ids = listed(&workspace, office);
        assert_eq!(ids.len(), persons.len(), "{office}");
        assert!(ids.contains("990103196203050042"), "{office}: {ids:?}");
    }
    println!("newcomer of another shape: {} cases", stays.len() + bands.len());
}
