//! Lists that are out and no longer right: what changed goes out as numbered lists, a wrong list is taken back.

use std::collections::BTreeMap;

use super::{folder, hand_over, january, rows};
use crate::income_year::{IDS, claims, listed, month};
use crate::workspace::Workspace;

pub(super) fn correct(workspace: &Workspace, month: &str) -> Vec<String> {
    let told = workspace.ok(&["lists", "correct", "--month", month]);
    let sealed = told.lines().filter_map(|line| line.strip_prefix("sealed ")?.split(':').next());
    sealed.map(str::to_owned).collect()
}

/// Numbers of each office's lists: without gaps, in the order of sealing.
fn check_numbers(workspace: &Workspace, months: &[&str]) -> usize {
    let mut numbers: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
    for month in months {
        for manifest in workspace.manifests(month).values() {
            let text = |name: &str| manifest[name].as_str().unwrap().to_owned();
            numbers.entry((text("county"), text("office"))).or_default().push(manifest["seq"].as_u64().unwrap());
        }
    }
    for (place, found) in &mut numbers {
        found.sort_unstable();
        assert_eq!(*found, (1..=found.len() as u64).collect::<Vec<_>>(), "{place:?}");
    }
    numbers.values().map(Vec::len).sum()
}

/// A late claim for 5, a repayment that takes 1 off the list, one that lowers 2's amount.
pub(super) fn late_data(workspace: &Workspace) {
    workspace.land("claims", "late.csv", claims("2026-01", &[(5, "40000.00")]).as_bytes());
    let paid = |n: usize, yuan: &str| format!("A{n},2026-01-{n},{},{yuan},二次报销,2026-01-20\n", IDS[n]);
    let text = format!("报销编号,结算ID,身份证号,金额,支付方,支付日期\n{}{}", paid(1, "9000.00"), paid(2, "1000.00"));
    workspace.land("adjustments", "late.csv", text.as_bytes());
    workspace.ok(&["run", "nightly", "--month", "2026-01"]);
}

#[test]
fn what_changed_goes_out_as_lists_of_its_own() {
    let workspace = january();
    let before = workspace.lists();
    assert_eq!(correct(&workspace, "2026-01"), Vec::<String>::new(), "nothing has changed");
    late_data(&workspace);
    let told = workspace.ok(&["run", "monthly", "--month", "2026-01"]);
    assert!(told.contains("1 persons would enter and 1 would leave") && told.contains("lists correct"), "{told}");
    let sealed = correct(&workspace, "2026-01");
    for office in ["MZ", "NC"] {
        for kind in ["SUPPLEMENT", "WITHDRAWAL", "CORRECTION"] {
            assert!(sealed.contains(&format!("202601-990103-{office}-{kind}-v1")), "{sealed:?}");
        }
    }
    // The roll-up says the new numbers, under a number of its own, and names the one before it.
    assert!(sealed.contains(&"202601-990100-YB-SUM-v2".to_owned()), "{sealed:?}");
    let sums = |version: u32| {
        let id = format!("202601-990100-YB-SUM-v{version}");
        let text = std::fs::read(folder(&workspace, &id).join(format!("{id}.json"))).unwrap();
        let cells: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        cells.into_iter().rfind(|cell| cell["rule_id"] == "total" && cell["county_code"] == "total").unwrap()
    };
    assert_ne!(sums(1)["measured_amount"], sums(2)["measured_amount"]);
    let manifest = &workspace.manifests("2026-01")["202601-990100-YB-SUM-v2"];
    assert_eq!(manifest["previous"]["list_id"], "202601-990100-YB-SUM-v1");
    let of = |kind: &str| rows(&workspace, &format!("202601-990103-MZ-{kind}-v1"));
    let (came, left, changed) = (of("SUPPLEMENT"), of("WITHDRAWAL"), of("CORRECTION"));
    assert_eq!(came.keys().collect::<Vec<_>>(), [&5]);
    assert_eq!((left.keys().collect::<Vec<_>>(), left[&1]["delta"].as_str()), (vec![&1], "withdrawn"));
    assert_eq!(
        (changed[&2]["measured_amount"].as_str(), changed[&2]["delta_reason"].as_str()),
        ("31000.00", "was:32000.00")
    );
    let now = workspace.lists();
    assert!(before.iter().all(|(file, hash)| now.get(file) == Some(hash)), "history is never edited");
    let manifest = &workspace.manifests("2026-01")["202601-990103-MZ-WITHDRAWAL-v1"];
    assert_eq!(manifest["previous"]["list_id"], "202601-990103-MZ-FULL-v1");
    assert_eq!(correct(&workspace, "2026-01"), Vec::<String>::new(), "told once");
    let told = workspace.ok(&["run", "monthly", "--month", "2026-01"]);
    assert!(!told.contains("would enter"), "{told}");

    // The next month goes on from what stands, not from the first list.
    month(&workspace, "2026-02");
    let february = listed(&workspace, "2026-02", "MZ");
    assert_eq!(february.keys().collect::<Vec<_>>(), [&0, &2, &3, &4, &5]);
    assert!(february.values().all(|row| row.0 == "continuing"), "{february:?}");
    let refused = workspace.run(&["lists", "correct", "--month", "2026-01"]);
    assert_eq!(refused.status.code(), Some(75), "February has told it");
    let numbered = check_numbers(&workspace, &["2026-01", "2026-02"]);
    let all = workspace.ok(&["reproduce", "--all"]);
    assert!(all.contains(" 0 not"), "{all}");
    println!("corrections: {} cases", 17 + numbered);
}

#[test]
fn a_wrong_list_is_taken_back_and_comes_again() {
    let workspace = january();
    let list = "202601-990103-MZ-FULL-v1";
    let collected = hand_over(&workspace, list, "2026-02-02");
    let retract =
        |list: &str| workspace.run(&["lists", "retract", list, "--by", "张科长", "--reason", "发错县区"]).status.code();
    assert_eq!(retract("202601-990103-MZ-FULL-v9"), Some(2));
    assert_eq!(retract("202601-990103-YBU-NIL-v1"), Some(75), "the bureau's own list");
    assert!(collected.exists());
    assert_eq!(retract(list), Some(0));
    assert!(!collected.exists(), "the folder is emptied");
    assert_eq!(retract(list), Some(75), "only once");
    let notice = "202601-990103-MZ-RETRACTION-v1";
    assert!(rows(&workspace, notice).is_empty(), "the notice names nobody again");
    assert!(folder(&workspace, list).join("manifest.json").is_file(), "history stays");
    let told = workspace.ok(&["lists", "deleted", list, "--by", "民政局小陈"]);
    assert!(told.contains("noted"));
    late_data(&workspace);
    let sealed = correct(&workspace, "2026-01");
    assert!(sealed.contains(&"202601-990103-MZ-FULL-v2".to_owned()), "{sealed:?}");
    assert!(sealed.contains(&"202601-990103-NC-WITHDRAWAL-v1".to_owned()), "{sealed:?}");
    let again = rows(&workspace, "202601-990103-MZ-FULL-v2");
    assert_eq!(again.keys().collect::<Vec<_>>(), [&0, &2, &3, &4, &5]);
    assert!(again.values().all(|row| row["delta"] == "new"), "the list taken back never counted");
    let record = workspace.ok(&["lists", "incident", list]);
    for said in [
        "retracted by 张科长: 发错县区",
        "deleted by 民政局小陈",
        notice,
        "FULL-v2",
        "1 persons of the list taken back",
        "not on the list taken back",
        "31000.00 yuan, was 32000.00",
    ] {
        assert!(record.contains(said), "{said}: {record}");
    }
    assert!(crate::income_year::IDS.iter().all(|id| !record.contains(id)));
    month(&workspace, "2026-02");
    assert!(listed(&workspace, "2026-02", "MZ").values().all(|row| row.0 == "continuing"));
    check_numbers(&workspace, &["2026-01", "2026-02"]);
    let all = workspace.ok(&["reproduce", "--all"]);
    assert!(all.contains(" 0 not"), "{all}");
    // The notice too is made again: equal, and a byte that was changed is found.
    let told = workspace.ok(&["reproduce", notice]);
    assert!(told.starts_with(&format!("{notice}: equal, ")) && !told.contains("equal, 0 files"), "{told}");
    for file in std::fs::read_dir(folder(&workspace, notice)).unwrap().map(|entry| entry.unwrap().path()) {
        let whole = std::fs::read(&file).unwrap();
        let mut bytes = whole.clone();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(workspace.run(&["reproduce", notice]).status.code(), Some(4), "{}", file.display());
        std::fs::write(&file, &whole).unwrap();
    }
}
