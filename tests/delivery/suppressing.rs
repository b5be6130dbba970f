//! Suppressions: who is kept off a list is counted, and comes back when the word ends.

use super::{MONTH, SETTINGS};
use crate::determinism::land_fixtures;
use crate::workspace::{Workspace, whole_id};

#[test]
fn whoever_is_suppressed_is_off_the_list_and_counted() {
    let workspace = Workspace::new("fujian", "990000");
    workspace.write("poverty-watch.toml", SETTINGS.as_bytes());
    land_fixtures(&workspace, None);
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    let before = Workspace::copy_of(workspace.root());
    let said = before.ok(&["run", "monthly", "--month", MONTH]);
    let listed = account(&said);
    assert_eq!((listed[0], listed[2]), (listed[1] + listed[3], 0), "{said}");

    let flagged: Vec<String> = {
        let findings = workspace.findings(MONTH).into_iter().filter(|one| one.status == "flagged");
        let ids = findings.filter_map(|one| {
            let key = law::domain::PersonKey(one.person_key);
            law::domain::IdNumber::from_key(key).map(|id| id.as_str().to_owned())
        });
        ids.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    };
    let suppress = |rest: &[&str]| {
        let mut args = vec!["lists", "suppress", "--by", "甲"];
        args.extend(rest);
        workspace.run(&args)
    };
    let usage = |rest: &[&str]| assert_eq!(suppress(rest).status.code(), Some(2), "{rest:?}");
    let ok = |rest: &[&str]| assert!(suppress(rest).status.success(), "{rest:?}");
    let person = flagged.as_slice();
    usage(&["--person", &person[0], "--reason", "because"]);
    usage(&["--person", &person[0], "--reason", "snoozed"]);
    usage(&["--person", "12", "--reason", "deceased"]);
    usage(&["--person", &person[0]]);
    ok(&["--person", &person[0], "--reason", "data_error"]);
    ok(&["--person", &person[1], "--reason", "snoozed", "--until", "2026-12-31"]);
    // Over by the period's last day, taken back, and for a rule that has not flagged the person: all stay on.
    ok(&["--person", &person[2], "--reason", "snoozed", "--until", "2026-10-30"]);
    ok(&["--person", &person[3], "--reason", "refused"]);
    ok(&["--person", &person[3], "--lift"]);
    usage(&["--person", &person[4], "--reason", "deceased", "--rule", "no-such-rule"]);
    ok(&["--person", &person[4], "--reason", "deceased", "--rule", &other_rule(&workspace, &person[4])]);
    // Nobody of that number was ever found, and one keyboard is not two people.
    usage(&["--person", &whole_id("99019919880101001"), "--reason", "deceased"]);
    let agree = |number: &str, by: &str| workspace.run(&["lists", "suppress", "--agree", number, "--by", by]);
    assert_eq!(agree("1", " 甲 ").status.code(), Some(2), "the second person is another one");
    assert_eq!(agree("99", "乙").status.code(), Some(2));
    for said in ["agreed", "agreed before"] {
        assert!(String::from_utf8(agree("1", "乙").stdout).unwrap().contains(said));
    }
    let said = workspace.ok(&["run", "monthly", "--month", MONTH]);
    let counted = account(&said);
    assert_eq!(counted[0], listed[0], "flagged are the same: {said}");
    assert_eq!(counted[2], 2, "{said}");
    assert_eq!(counted[1] + counted[3] + 2, listed[1] + listed[3], "{said}");
    assert!(said.contains("(data_error 1, snoozed 1)"), "{said}");
    let on_a_list = |id: &str| {
        let folder = workspace.root().join("lists").join(MONTH);
        let files = crate::workspace::files_below(&folder).into_iter();
        let csv = files.filter(|path| path.extension().is_some_and(|kind| kind == "csv"));
        let referrals = csv.filter(|path| !path.to_string_lossy().contains("-YB"));
        referrals.into_iter().any(|path| std::fs::read_to_string(path).unwrap().contains(id))
    };
    // All who are kept off stand before the bureau.
    let own = crate::workspace::files_below(&workspace.root().join("lists").join(MONTH)).into_iter();
    let own =
        own.filter(|path| path.to_string_lossy().contains("-YBU-") && path.extension().is_some_and(|e| e == "csv"));
    let own: String = own.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for id in &person[..2] {
        assert!(own.lines().any(|line| line.contains(id) && line.contains("suppressed")), "{own}");
    }
    let on: Vec<bool> = person[..5].iter().map(|id| on_a_list(id)).collect();
    assert_eq!(on, [false, false, true, true, true]);
    // What is said of persons later changes no list that was sealed before.
    ok(&["--person", &person[5], "--reason", "refused"]);
    ok(&["--person", &person[0], "--lift"]);
    let told = workspace.ok(&["reproduce", "--all"]);
    assert!(told.trim_end().ends_with("equal, 0 not"), "{told}");
}

/// A rule that has not flagged the person.
fn other_rule(workspace: &Workspace, id: &str) -> String {
    let key = law::domain::IdNumber::parse(id).unwrap().key().0;
    let findings = workspace.findings(MONTH);
    let hits =
        |rule: &str| findings.iter().any(|one| one.person_key == key && one.rule == rule && one.status == "flagged");
    ["fujian-relapse", "fujian-into-poverty"].into_iter().find(|rule| !hits(rule)).unwrap().to_owned()
}

/// flagged, listed, suppressed, pending.
fn account(said: &str) -> [usize; 4] {
    let line = said.lines().find(|line| line.starts_with("flagged ")).unwrap_or_else(|| panic!("no account: {said}"));
    ["flagged ", "listed ", "suppressed ", "pending "].map(|word| {
        let rest = line.split(word).nth(1).unwrap();
        rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    })
}
