//! What a plan says: it changes nothing, the run agrees with it, and a rule that moves many people is held.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::determinism::land_fixtures;
use crate::income_year::{claims, figure, prefecture};
use crate::workspace::{Workspace, files_below, sha256_of};

const NIGHT: [&str; 4] = ["nightly", "--as-of", "2026-10-31", "--format=json"];
const MONTH: [&str; 4] = ["monthly", "--month", "2026-10", "--format=json"];
const POLICY: &str = "pipelines/policies/fujian.toml";

/// SHA-256 of every file of the workspace.
fn hashes(workspace: &Workspace) -> BTreeMap<String, String> {
    let files = files_below(workspace.root()).into_iter();
    files.map(|path| (path.strip_prefix(workspace.root()).unwrap().display().to_string(), sha256_of(&path))).collect()
}

fn plan(workspace: &Workspace, arguments: &[&str]) -> Value {
    let told = workspace.ok(&[&["plan"], arguments].concat());
    serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// A workspace of few buckets: each costs a statement.
fn small(workspace: Workspace, area: &str) -> Workspace {
    let settings = format!("policy = \"fujian\"\narea = \"{area}\"\n[warehouse]\nbuckets = 3\n");
    workspace.write("poverty-watch.toml", settings.as_bytes());
    workspace
}

/// The small fixtures with October's files landed after a night.
fn before_october() -> Workspace {
    let workspace = small(Workspace::new("fujian", "990000"), "990000");
    land_fixtures(&workspace, None);
    let october = ["claims/claims-2026-10.csv", "rosters/rural-affairs-2026-10.csv"];
    let moved = october.map(|name| {
        let path = workspace.root().join("landing").join(name);
        let content = std::fs::read(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        (name, content)
    });
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    for (name, content) in moved {
        workspace.write(&format!("landing/{name}"), &content);
    }
    workspace
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))
}

fn rows(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// Flagged, near and undecided persons by rule.
fn statuses(workspace: &Workspace) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for finding in workspace.findings("2026-10") {
        *counts.entry((finding.rule, finding.status)).or_default() += 1;
    }
    counts
}

#[test]
fn a_plan_changes_nothing_and_the_run_agrees_with_it() {
    let workspace = before_october();
    let (before, flagged_before) = (hashes(&workspace), flagged(&workspace));
    let night = plan(&workspace, &NIGHT);
    let text = workspace.ok(&["plan", "nightly", "--as-of", "2026-10-31", "--persons"]);
    let month = workspace.ok(&["plan", "monthly", "--month", "2026-10"]);
    assert!(hashes(&workspace) == before, "a plan has changed a file");
    let hash = night["hash"].as_str().unwrap();
    assert!(text.ends_with(&format!("plan hash {hash}\n")), "text and JSON name one hash: {text}");
    assert!(month.contains("does not take in") && month.contains("claims/claims-2026-10.csv"), "{month}");
    let masked = text.lines().filter(|line| line.starts_with("  enters ")).count();

    let told = workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    let status: Value = serde_json::from_str(&workspace.ok(&["status", "--format", "json"])).unwrap();
    assert_eq!(night["cases"], status["runs"][0]["summary"]["cases"], "cases move as planned");
    for file in rows(&night["files"]) {
        assert_eq!(file["verdict"], "taken");
        assert!(told.contains(&format!("{}/{}", file["feed"].as_str().unwrap(), file["name"].as_str().unwrap())));
    }
    let taken: Vec<Value> = workspace.versions().iter().flat_map(|version| rows(&version["taken"]).to_vec()).collect();
    for file in rows(&night["files"]) {
        let same = taken.iter().find(|taken| taken["name"] == file["name"]).unwrap();
        assert_eq!(same["outcome"], file["outcome"]);
    }
    let found = statuses(&workspace);
    for totals in rows(&night["totals"]) {
        for status in ["flagged", "near", "undecided"] {
            let key = (totals["rule"].as_str().unwrap().to_owned(), status.to_owned());
            assert_eq!(count(&totals[status]), found.get(&key).copied().unwrap_or_default(), "{key:?}");
        }
    }
    let after = flagged(&workspace);
    let sum = |way: &str| rows(&night["moves"]).iter().map(|moved| count(&moved[way])).sum::<u64>();
    let entered = after.difference(&flagged_before).count() as u64;
    assert!(entered >= 5 && masked as u64 == entered, "{masked} of {entered} persons");
    assert_eq!((sum("enter"), sum("leave")), (entered, flagged_before.difference(&after).count() as u64));
    let again = plan(&workspace, &NIGHT);
    assert_eq!((rows(&again["stale"]), rows(&again["files"]), rows(&again["moves"])), (&[][..], &[][..], &[][..]));
    assert!(workspace.ok(&["plan", "nightly", "--as-of", "2026-10-31"]).contains("nothing new"));

    let before = hashes(&workspace);
    let month = plan(&workspace, &MONTH);
    assert!(hashes(&workspace) == before, "a plan has changed a file");
    workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    let mut sealed = workspace.manifests("2026-10");
    sealed.retain(|id, _| !id.contains("YB-SUM"));
    let planned: Vec<&str> = rows(&month["lists"]).iter().map(|list| list["list_id"].as_str().unwrap()).collect();
    assert_eq!(planned, sealed.keys().map(String::as_str).collect::<Vec<_>>());
    for list in rows(&month["lists"]) {
        let counts = &sealed[list["list_id"].as_str().unwrap()]["counts"];
        for change in ["new", "continuing", "escalated", "withdrawn"] {
            assert_eq!(count(&list[change]), count(&counts[change]), "{list} {counts}");
        }
    }
    let sealed_now = plan(&workspace, &MONTH);
    assert_eq!(sealed_now["since_sealed"], serde_json::json!([0, 0]), "{sealed_now}");
    println!("plan and run: {} files, {} lists, {entered} persons enter", taken.len(), planned.len());
}

fn flagged(workspace: &Workspace) -> std::collections::BTreeSet<(String, i64)> {
    let findings = workspace.findings("2026-10").into_iter();
    findings.filter(|found| found.status == "flagged").map(|found| (found.rule, found.person_key)).collect()
}

#[test]
fn a_plan_leaves_nothing_behind_and_a_killed_one_is_swept() {
    let workspace = before_october();
    for job in ["nightly", "monthly", "plan"] {
        workspace.write("staging/plan-killed/ledger.sqlite", b"half");
        match job {
            "plan" => drop(plan(&workspace, &NIGHT)),
            job => drop(workspace.ok(&["run", job, "--month", "2026-10"])),
        }
        assert!(!workspace.root().join("staging/plan-killed").exists(), "{job}");
    }
    // An error in the middle: a check that fails in the shadow as it would in the run.
    let check = "sql/checks/check_persons.sql";
    let text = std::fs::read_to_string(workspace.root().join(check)).unwrap();
    let broken = text.replacen("count(*)", "count(*) + 1", 1);
    assert_ne!(text, broken);
    workspace.write(check, broken.as_bytes());
    let before = hashes(&workspace);
    let output = workspace.run(&["plan", "nightly", "--as-of", "2026-10-31"]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(hashes(&workspace) == before && !workspace.root().join("staging").exists());
}

/// A March with two people over the line of 28,134 yuan and one at 16,000; sealed.
fn sealed_march() -> Workspace {
    let workspace = small(prefecture("withdraw"), "990100");
    workspace.land("income", "2025.csv", figure(2025, "28134.00", 1, "2026-02-11").as_bytes());
    let rows = [(0, "30000.00"), (1, "29000.00"), (2, "16000.00"), (3, "200.00")];
    workspace.land("claims", "2026-03.csv", claims("2026-03", &rows).as_bytes());
    workspace.ok(&["run", "nightly", "--month", "2026-03"]);
    workspace.ok(&["run", "monthly", "--month", "2026-03"]);
    workspace
}

/// Replaces the first `from` in a file of the workspace.
fn change(workspace: &Workspace, path: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(workspace.root().join(path)).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    workspace.write(path, text.replacen(from, to, 1).as_bytes());
}

fn reasons(plan: &Value, table: &str) -> Vec<String> {
    let of_table = rows(&plan["stale"]).iter().filter(|stale| stale["table"] == table);
    let mut found: Vec<String> =
        of_table.flat_map(|stale| rows(&stale["reasons"])).map(|reason| reason.as_str().unwrap().to_owned()).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn stale_files_are_told_with_their_reasons() {
    let sealed = sealed_march();
    let march = ["nightly", "--month", "2026-03", "--format", "json"];
    let cases: [(&str, fn(&Workspace), &[&str], &[&str]); 7] = [
        ("nothing", |_| {}, &[], &[]),
        (
            "claims",
            |workspace| workspace.land("claims", "b.csv", claims("2026-02", &[(4, "100.00")]).as_bytes()),
            &["new claims"],
            &["new claims"],
        ),
        (
            "more claims of March",
            |workspace| {
                let rows = claims("2026-03", &[(4, "31000.00")]);
                workspace.land("claims", "b.csv", rows.as_bytes());
            },
            &["new claims"],
            &["new claims"],
        ),
        (
            "figure",
            |workspace| workspace.land("income", "b.csv", figure(2025, "28200.00", 2, "2026-03-01").as_bytes()),
            &[],
            &["changed figure"],
        ),
        (
            "rule",
            |workspace| change(workspace, POLICY, "warn_at = \"0.8\"", "warn_at = \"0.7\""),
            &[],
            &["changed rule"],
        ),
        (
            "SQL of claims",
            |workspace| change(workspace, "sql/staging/stg_amounts.sql", "-- Purpose:", "-- Purpose: the"),
            &["changed SQL"],
            &["changed SQL"],
        ),
        (
            "SQL of rules",
            |workspace| change(workspace, "sql/intermediate/judged.sql", "-- Purpose:", "-- Purpose: the"),
            &[],
            &["changed SQL"],
        ),
    ];
    for (name, act, reach, findings) in &cases {
        let workspace = Workspace::copy_of(sealed.root());
        act(&workspace);
        let plan = plan(&workspace, &march);
        assert_eq!(reasons(&plan, "reach"), *reach, "{name}: {:#}", plan["stale"]);
        assert_eq!(reasons(&plan, "findings"), *findings, "{name}: {:#}", plan["stale"]);
        let moved: Vec<&str> = rows(&plan["lines"]).iter().map(|line| line["after"].as_str().unwrap()).collect();
        assert_eq!(moved, if *name == "figure" { vec!["28200.00", "56400.00"] } else { vec![] }, "{name}");
        let (rules, models) = (rows(&plan["rules"]).len(), rows(&plan["models"]).len());
        assert_eq!((rules, models), (usize::from(*name == "rule"), usize::from(name.starts_with("SQL"))), "{name}");
    }
    println!("plan reasons: {} cases", cases.len());
}

/// What `run monthly` for April says: exit code and text.
fn april(workspace: &Workspace, more: &[&str]) -> (Option<i32>, String) {
    let output = workspace.run(&[&["run", "monthly", "--month", "2026-04"], more].concat());
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_rule_that_moves_many_is_held_until_its_plan_is_accepted() {
    let workspace = sealed_march();
    // New claims double the flagged; that is no change of a rule.
    workspace.land("claims", "2026-04.csv", claims("2026-04", &[(4, "40000.00"), (5, "41000.00")]).as_bytes());
    workspace.ok(&["run", "nightly", "--month", "2026-04"]);
    change(&workspace, POLICY, "multiple = \"1.0\"", "multiple = \"0.5\"");
    let before = hashes(&workspace);
    let planned = plan(&workspace, &["monthly", "--month", "2026-04", "--format", "json"]);
    let hash = planned["hash"].as_str().unwrap();
    let expected = serde_json::json!({
        "rule": "fujian-relapse", "before": 4, "after": 5, "enter": 1, "leave": 0, "share": "0.25",
    });
    assert_eq!(rows(&planned["hold"]["effects"])[1], expected);
    assert_eq!(planned["hold"]["is_held"], true);
    assert_eq!(planned["rules"][0]["name"], "fujian-relapse");

    let (code, told) = april(&workspace, &[]);
    assert_eq!(code, Some(4), "{told}");
    let said = "rule fujian-relapse: 4 flagged before, 5 after on the same data (1 enter, 0 leave; share 0.25)";
    let go_on = format!("--accept-change {}", &hash[..12]);
    assert!(told.contains(said) && told.contains("2026-03") && told.contains(&go_on), "{told}");
    let (code, told) = april(&workspace, &["--accept-change", "0123456789"]);
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("names another plan"), "{told}");
    let held: Vec<_> = hashes(&workspace).into_iter().filter(|(path, hash)| before.get(path) != Some(hash)).collect();
    assert!(held.iter().all(|(path, _)| path == "ledger.sqlite" || path == "run.lock"), "{held:?}");
    let rehearsed = Workspace::copy_of(workspace.root());
    let (code, told) = april(&rehearsed, &["--rehearsal"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("would be held") && told.contains(said), "{told}");

    let accepted = Workspace::copy_of(workspace.root());
    let (code, told) = april(&accepted, &["--accept-change", &hash[..8]]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("accepted") && told.contains("\nsealed "), "{told}");
    let ledger = rusqlite::Connection::open(accepted.root().join("ledger.sqlite")).unwrap();
    let sql = "select actor, object, detail from audit where action = 'accepted a change of rules'";
    let entry = ledger.query_row(sql, [], |row| Ok([row.get(0)?, row.get(1)?, row.get::<_, String>(2)?])).unwrap();
    assert_eq!((entry[0].as_str(), entry[1].as_str()), ("operator", "monthly 2026-04"));
    assert!(entry[2].contains(hash), "{entry:?}");
    store::ledger::Ledger::open(&accepted.root().join("ledger.sqlite")).unwrap().verify_audit().unwrap();
    // An accepted run that ends early is finished by the next, without a word; other texts are held again.
    let early = Workspace::copy_of(workspace.root());
    early.write("lists/2026-04", b"in the way");
    assert_eq!(april(&early, &["--accept-change", hash]).0, Some(1));
    std::fs::remove_file(early.root().join("lists/2026-04")).unwrap();
    let other = Workspace::copy_of(early.root());
    let (code, told) = april(&early, &[]);
    assert!(code == Some(0) && told.contains("\nsealed "), "{told}");
    change(&other, POLICY, "multiple = \"0.5\"", "multiple = \"0.51\"");
    assert_eq!(april(&other, &[]).0, Some(4), "the same effect, but not the texts that were accepted");
    accepted.ok(&["run", "nightly", "--month", "2026-05"]);
    accepted.ok(&["run", "monthly", "--month", "2026-05"]);
}

/// Each change after March, and whether it holds April.
const CHANGES: &[(&str, fn(&Workspace), bool)] = &[
    ("nothing", |_| {}, false),
    ("a comment", |workspace| change(workspace, POLICY, "# Fujian", "# The Fujian"), false),
    ("a small change", |workspace| change(workspace, POLICY, "multiple = \"1.0\"", "multiple = \"0.9\""), false),
    ("a line too high", |workspace| change(workspace, POLICY, "multiple = \"1.0\"", "multiple = \"10\""), true),
    (
        "the share allows it",
        |workspace| {
            change(workspace, POLICY, "multiple = \"1.0\"", "multiple = \"0.5\"");
            change(workspace, POLICY, "[defaults]", "[defaults]\nhold_change = \"0.5\"");
        },
        false,
    ),
    (
        "nobody gets the lists any more",
        |workspace| change(workspace, POLICY, "recipients = [\"civil_affairs\", \"rural_affairs\"]", "recipients = []"),
        true,
    ),
    (
        "the SQL of the line",
        |workspace| {
            let judged = "sql/intermediate/judged.sql";
            change(
                workspace,
                judged,
                "when measured_amount >= over_amount then",
                "when measured_amount >= over_amount * 2 then",
            );
        },
        true,
    ),
    (
        "the SQL of claims, to the same effect",
        |workspace| change(workspace, "sql/staging/stg_amounts.sql", "-- Purpose:", "-- Purpose: the"),
        false,
    ),
    (
        "a version that was dated long before",
        |workspace| {
            let text = std::fs::read_to_string(workspace.root().join(POLICY)).unwrap();
            let (head, rules) = text.split_once("[[rules]]").unwrap();
            let first = rules.split("[[rules]]").next().unwrap();
            let ended = first.replace("from = \"2022-01-01\"", "from = \"2022-01-01\", to = \"2026-03-31\"");
            let later = first.replace("from = \"2022-01-01\"", "from = \"2026-04-01\"").replace("\"1.0\"", "\"10\"");
            let rest = rules.strip_prefix(first).unwrap();
            let text = format!("{head}[[rules]]{ended}[[rules]]{later}{rest}");
            workspace.write(POLICY, text.as_bytes());
            // sealed with March already
            let root = workspace.root();
            std::fs::remove_file(root.join("ledger.sqlite")).unwrap();
            for folder in ["warehouse", "lists"] {
                std::fs::remove_dir_all(root.join(folder)).unwrap();
            }
            workspace.ok(&["run", "nightly", "--month", "2026-03"]);
            workspace.ok(&["run", "monthly", "--month", "2026-03"]);
        },
        true,
    ),
];

#[test]
fn only_what_moves_people_is_held() {
    let sealed = sealed_march();
    for (name, act, is_held) in CHANGES {
        let workspace = Workspace::copy_of(sealed.root());
        act(&workspace);
        // The night never holds.
        workspace.ok(&["run", "nightly", "--month", "2026-04"]);
        let (code, told) = april(&workspace, &[]);
        assert_eq!(code, Some(if *is_held { 4 } else { 0 }), "{name}: {told}");
        assert_eq!(told.contains("--accept-change"), *is_held, "{name}: {told}");
    }
    println!("changes held: {} cases", CHANGES.len());
}

/// Texts of March that no program of today carries out: a policy in other words, SQL on a column that is gone.
const FORMER: [&str; 2] = [
    "update texts set text = replace(text, 'warn_at', 'warned_from') where text like '%[[rules]]%'",
    "update texts set text = replace(text, 'from decided as d', 'from judged_by_hand as d') \
     where text like '-- Purpose:    How a rule decides%'",
];

#[test]
fn former_texts_that_cannot_be_tried_are_weighed_by_the_sealed_lists() {
    let sealed = sealed_march();
    let unheld = |workspace: &Workspace| {
        // new claims double the flagged: that is no change of a program
        workspace.land("claims", "2026-04.csv", claims("2026-04", &[(4, "40000.00"), (5, "41000.00")]).as_bytes());
        workspace.ok(&["run", "nightly", "--month", "2026-04"]);
    };
    for sql in FORMER {
        let workspace = Workspace::copy_of(sealed.root());
        let ledger = rusqlite::Connection::open(workspace.root().join("ledger.sqlite")).unwrap();
        assert!(ledger.execute(sql, []).unwrap() > 0, "{sql}");
        drop(ledger);
        // a comment, so that the texts of the program differ as well
        change(&workspace, "sql/intermediate/judged.sql", "-- Purpose:", "-- Purpose: the");
        unheld(&workspace);
        let other = Workspace::copy_of(workspace.root());
        let (code, told) = april(&workspace, &[]);
        assert!(code == Some(0) && told.contains("\nsealed "), "{sql}: {told}");

        change(&other, POLICY, "multiple = \"1.0\"", "multiple = \"10\"");
        let (code, told) = april(&other, &[]);
        assert_eq!(code, Some(4), "{sql}: {told}");
        let said = "rule fujian-relapse: 2 flagged before, 0 after on the same data (0 enter, 2 leave; share 1)";
        assert!(told.contains(said) && told.contains("the old texts cannot be tried"), "{sql}: {told}");
    }
    println!("former texts: {} cases", 2 * FORMER.len());
}
