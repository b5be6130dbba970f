//! A year of the demo, list by list, made again after late data and a corrected income figure have arrived.

use std::fs;

use crate::workspace::{Workspace, binary, check, fix_keys};

const MONTHS: [&str; 10] =
    ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"];

#[test]
fn every_list_of_a_year_can_be_made_again() {
    let keep = tempfile::tempdir().unwrap();
    let root = keep.path().join("demo");
    let made = ["demo", "--dir", root.to_str().unwrap(), "--persons", "800", "--only-generate", "--quiet"];
    check(&made, &binary().args(made).output().unwrap());
    fix_keys(&root);
    let workspace = Workspace::copy_of(&root);
    for month in MONTHS {
        workspace.ok(&["run", "nightly", "--month", month, "--quiet"]);
        workspace.ok(&["run", "monthly", "--month", month, "--quiet"]);
    }
    let sealed = workspace.lists();
    // Late claims of March, and the figure that all lines are drawn from, corrected.
    let late = crate::income_year::claims("2026-03", &[(0, "45000.00"), (1, "60000.00")]);
    workspace.land("claims", "late-2026-03.csv", late.as_bytes());
    let figure = "指标,区划代码,年份,数值,版次,发布日期,来源\nrural_disposable_income,990000,2025,27000.00,9,2026-11-02,演示更正(虚构)\n";
    workspace.land("income", "corrected.csv", figure.as_bytes());
    workspace.ok(&["run", "nightly", "--month", "2026-10", "--quiet"]);
    let corrected = workspace.ok(&["lists", "correct", "--month", "2026-10", "--quiet"]);
    assert!(corrected.contains("SUPPLEMENT"), "{corrected}");
    let now = workspace.lists();
    assert!(sealed.iter().all(|(file, hash)| now.get(file) == Some(hash)), "history is never edited");
    let all = workspace.ok(&["reproduce", "--all", "--quiet"]);
    let lists = all.lines().filter(|line| line.contains(": equal, ")).count();
    assert!(all.contains(" 0 not") && lists > 400, "{all}");

    // It does notice: a byte of a sealed file, a file that is gone, a policy of which nothing is left.
    let list = "202605-990103-MZ-";
    let path = crate::workspace::files_below(&workspace.root().join("lists/2026-05"));
    let csv =
        path.iter().find(|path| path.to_string_lossy().contains(list) && path.extension().is_some_and(|e| e == "csv"));
    let csv = csv.unwrap();
    let id = csv.file_stem().unwrap().to_str().unwrap();
    let whole = fs::read(csv).unwrap();
    let mut bytes = whole.clone();
    bytes[17] ^= 1;
    fs::write(csv, &bytes).unwrap();
    let said = workspace.run(&["reproduce", id]);
    assert_eq!(said.status.code(), Some(4));
    assert!(String::from_utf8(said.stdout).unwrap().contains(&format!("{id}.csv differs at byte 17")));
    fs::remove_file(csv).unwrap();
    let said = workspace.run(&["reproduce", id]);
    assert!(String::from_utf8(said.stdout).unwrap().contains("is missing"));
    fs::write(csv, whole).unwrap();
    let policy = workspace.root().join("pipelines/policies/fujian.toml");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, format!("{text}\n# changed\n")).unwrap();
    let said = workspace.run(&["reproduce", id]);
    assert!(String::from_utf8(said.stdout).unwrap().contains("1 equal"), "the policy of then is kept");
    let ledger = rusqlite::Connection::open(workspace.root().join("ledger.sqlite")).unwrap();
    ledger.execute_batch("pragma foreign_keys = off; delete from text_sets").unwrap();
    let said = workspace.run(&["reproduce", id]);
    assert!(String::from_utf8(said.stdout).unwrap().contains("restore ledger.sqlite"));
    println!("reproduce: {} cases, {lists} lists of {} months equal", lists + 4, MONTHS.len());
}
