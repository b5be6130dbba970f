//! A county whose data have not come: its list is sealed on its day, nobody leaves it, it is not NIL, and somebody is told.

use std::collections::BTreeMap;

use calamine::{Reader as _, Xlsx, open_workbook};

use crate::income_year::{IDS, claims, figure};
use crate::workspace::{Workspace, land_ordinary};

/// The county with the data in doubt, and one that nothing happens to.
const COUNTY: &str = "990103";
const OTHER: &str = "990104";

/// Two counties with whole months to September and three listed people of 青屏县, sealed.
fn sealed_september() -> Workspace {
    let workspace = Workspace::new("fujian", "990100");
    let counties = "code,name,level\n990103,青屏县,rural\n990104,云麓县,rural\n";
    workspace.write("pipelines/tables/counties.csv", counties.as_bytes());
    workspace.land("income", "2025.csv", figure(2025, "28134.00", 1, "2026-01-01").as_bytes());
    let residents = IDS.iter().fold("certno,psn_name,county\n".to_owned(), |text, id| text + id + ",测某,990103\n");
    workspace.land("residents", "r.csv", residents.as_bytes());
    let roster =
        IDS.iter().fold("姓名,身份证号码,对象类别,起始日期,来源单位\n".to_owned(), |text, id| {
            text + "测某," + id + ",脱贫人口,2024-01-01,演示市农业农村局\n"
        });
    workspace.land("rosters", "r.csv", roster.as_bytes());
    land_ordinary(&workspace, &[COUNTY, OTHER], "2026-09");
    let listed = claims("2026-08", &[(0, "30000.00"), (1, "31000.00"), (2, "32000.00")]);
    workspace.land("claims", "listed.csv", listed.as_bytes());
    workspace.ok(&["run", "nightly", "--month", "2026-09"]);
    let said = workspace.ok(&["run", "monthly", "--month", "2026-09"]);
    assert!(!said.contains("INCOMPLETE"), "{said}");
    assert_eq!(persons(&workspace, "2026-09", COUNTY), Some((3, 0)));
    assert_eq!(persons(&workspace, "2026-09", OTHER), None, "a whole county with nobody is NIL");
    workspace
}

/// Persons and withdrawn ones on a county's list; `None`: it is NIL.
fn persons(workspace: &Workspace, month: &str, county: &str) -> Option<(u64, u64)> {
    let manifests = workspace.manifests(month);
    let id = |kind: &str| format!("{}-{county}-MZ-{kind}-v1", month.replace('-', ""));
    if manifests.contains_key(&id("NIL")) {
        return None;
    }
    let counts = &manifests[&id("FULL")]["counts"];
    Some((counts["persons"].as_u64().unwrap(), counts["withdrawn"].as_u64().unwrap()))
}

/// All text of the page 填报说明 of a county's list.
fn notes(workspace: &Workspace, month: &str, county: &str) -> String {
    let id = format!("{}-{county}-MZ-FULL-v1", month.replace('-', ""));
    let path = workspace.root().join(format!("lists/{month}/{id}/{id}.xlsx"));
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let cells = workbook.worksheet_range("填报说明").unwrap();
    cells.rows().flatten().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Alerts by their key, as `status` tells them.
fn alerts(workspace: &Workspace) -> BTreeMap<String, String> {
    let status: serde_json::Value = serde_json::from_str(&workspace.ok(&["status", "--format", "json"])).unwrap();
    let alerts = status["alerts"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    alerts.map(|alert| (text(&alert["key"]), text(&alert["chinese"]))).collect()
}

/// A payment that takes a listed person below the line: were the data whole, it would withdraw them.
fn paid(workspace: &Workspace) {
    let text =
        "报销编号,结算ID,身份证号,金额,支付方,支付日期\nA1,2026-08-1,990103196203050026,9000.00,二次报销,2026-10-12\n";
    workspace.land("adjustments", "a.csv", text.as_bytes());
}

/// Runs October, and expects of both counties what the fault asks for.
fn october(workspace: &Workspace, what: &str, alert: &str) {
    paid(workspace);
    let night = workspace.run(&["run", "nightly", "--month", "2026-10"]);
    let refused = alert.starts_with("file_refused");
    assert_eq!(night.status.code(), Some(if refused { 4 } else { 0 }));
    let said = workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    assert!(said.contains(&format!("INCOMPLETE {COUNTY}: ")) && said.contains(what), "{said}");
    assert_eq!(persons(workspace, "2026-10", COUNTY), Some((3, 0)), "nobody leaves the list");
    let told = notes(workspace, "2026-10", COUNTY);
    assert!(told.contains("数据缺口") && told.contains(what) && told.contains("暂不撤回"), "{told}");
    let alerts = alerts(workspace);
    let found = alerts.iter().find(|(key, _)| key.starts_with(alert));
    assert!(found.is_some_and(|(_, chinese)| alert != "data_missing" || chinese.contains("青屏县")), "{alerts:?}");
    let told = workspace.ok(&["reproduce", "--all"]);
    assert!(told.trim_end().ends_with("equal, 0 not"), "{told}");
}

/// A claims file of one county for October.
fn of_county(county: &str) -> String {
    let scratch = Workspace::new("fujian", "990100");
    land_ordinary(&scratch, &[county], "2026-10");
    std::fs::read_to_string(scratch.root().join("landing/claims/ordinary-2026-10.csv")).unwrap()
}

#[test]
fn a_refused_claims_file_is_not_a_county_without_claims() {
    let workspace = sealed_september();
    workspace.land("claims", "claims-990104-2026-10.csv", of_county(OTHER).as_bytes());
    let broken = of_county(COUNTY).replacen("medfee_sumamt", "medfee", 1);
    workspace.land("claims", "claims-990103-2026-10.csv", broken.as_bytes());
    october(&workspace, "2026年10月医疗费用结算数据未通过校验", "file_refused:claims");
    assert_eq!(persons(&workspace, "2026-10", OTHER), None, "the other county is whole, and NIL");
    // The sender has a page that says why, and how to mend it.
    let pages = crate::workspace::files_below(&workspace.root().join("acknowledgements"));
    let text: String = pages.iter().map(|page| std::fs::read_to_string(page).unwrap()).collect();
    assert!(text.contains("整份未通过校验") && text.contains("claims-990103-2026-10.csv"), "{text}");
    assert!(text.contains("全部记录可用，无需处理") && !text.contains("99010319900101001"), "{text}");
    // Mended: the alert clears, and the next list is told from whole data.
    workspace.land("claims", "claims-990103-2026-10.csv", of_county(COUNTY).as_bytes());
    workspace.ok(&["run", "nightly", "--month", "2026-10"]);
    assert!(!alerts(&workspace).keys().any(|key| key.starts_with("file_refused") || key.starts_with("data_missing")));
    let said = workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    assert!(said.contains("since then 0 persons would enter and 1 would leave"), "{said}");
    assert!(!said.contains("INCOMPLETE"), "{said}");
}

#[test]
fn a_file_that_waits_for_its_manifest_is_not_a_county_without_claims() {
    let workspace = sealed_september();
    workspace.land("claims", "claims-990104-2026-10.csv", of_county(OTHER).as_bytes());
    workspace.land("claims", "claims-990103-2026-10.csv", of_county(COUNTY).as_bytes());
    workspace.land("claims", "claims-990103-2026-10.csv.manifest.json", b"{\"rows\": 7}");
    october(&workspace, "2026年10月医疗费用结算数据未传完", "data_missing:claims 2026-10");
    let status = workspace.ok(&["status"]);
    assert!(status.contains("claims-990103-2026-10.csv (waiting)"), "{status}");
    assert_eq!(persons(&workspace, "2026-10", OTHER), None);
}

#[test]
fn a_file_whose_rows_are_all_rejected_is_not_a_county_without_claims() {
    let workspace = sealed_september();
    workspace.land("claims", "claims-990104-2026-10.csv", of_county(OTHER).as_bytes());
    let wrong = of_county(COUNTY).replace("10.00,0.00,10.00,0,1", "99.00,0.00,10.00,0,1");
    workspace.land("claims", "claims-990103-2026-10.csv", wrong.as_bytes());
    october(&workspace, "2026年10月医疗费用结算数据不完整", "data_missing:claims 2026-10");
    assert_eq!(persons(&workspace, "2026-10", OTHER), None);
}

#[test]
fn a_county_that_is_missing_inside_an_area_wide_file_is_told() {
    let workspace = sealed_september();
    workspace.land("claims", "claims-2026-10.csv", of_county(OTHER).as_bytes());
    october(&workspace, "2026年10月医疗费用结算数据缺报", "data_missing:claims 2026-10");
    assert_eq!(persons(&workspace, "2026-10", OTHER), None);
    // The roll-up names the county.
    let manifest = workspace.manifests("2026-10")["202610-990100-YB-SUM-v1"].clone();
    assert!(manifest["gaps"][0].as_str().unwrap().starts_with("青屏县：2026年10月"), "{manifest}");
}

#[test]
fn a_county_that_never_had_claims_is_incomplete_and_the_table_of_senders_says_who_is_late() {
    let workspace = sealed_september();
    let counties = "code,name,level\n990103,青屏县,rural\n990104,云麓县,rural\n990105,石桥县,rural\n";
    workspace.write("pipelines/tables/counties.csv", counties.as_bytes());
    let senders = "feed,sender,counties,cadence,due,tags,contact\n\
                   claims,青屏县医疗保障局,990103,monthly,3,,信息科\nclaims,云麓县医疗保障局,990104,monthly,3,,信息科\n";
    workspace.write("pipelines/tables/senders.csv", senders.as_bytes());
    land_ordinary(&workspace, &[COUNTY, OTHER], "2026-10");
    workspace.ok(&["run", "nightly", "--month", "2026-10"]);
    let said = workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    assert!(said.contains("INCOMPLETE 990105: ") && !said.contains("INCOMPLETE 990103"), "{said}");
    assert_eq!(persons(&workspace, "2026-10", "990105"), Some((0, 0)), "never NIL");
    let status: serde_json::Value = serde_json::from_str(&workspace.ok(&["status", "--format", "json"])).unwrap();
    let late = status["late_senders"].as_array().unwrap();
    assert!(late.iter().any(|one| one["sender"] == "青屏县医疗保障局" && one["month"] == "2026-01"), "{late:?}");
    workspace.write("pipelines/tables/senders.csv", senders.replace("monthly", "mothly").as_bytes());
    let output = workspace.run(&["check"]);
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("pipelines/tables/senders.csv:2: `mothly` is no cadence"), "{told}");
}

#[test]
fn a_file_of_a_sender_that_gives_manifests_waits_for_it() {
    let workspace = Workspace::new("fujian", "990100");
    let senders = "feed,sender,counties,cadence,due,tags,contact,require_manifest\n\
                   claims,青屏县医疗保障局,990103,monthly,3,,,yes\nclaims,云麓县医疗保障局,990104,monthly,3,,,\n";
    workspace.write("pipelines/tables/senders.csv", senders.as_bytes());
    let (name, bytes) = ("claims-990103-2026-10.csv", of_county(COUNTY));
    workspace.land("claims", name, bytes.as_bytes());
    workspace.land("claims", "claims-990104-2026-10.csv", of_county(OTHER).as_bytes());
    let told = workspace.ok(&["intake"]);
    assert!(told.contains("claims/claims-990104-2026-10.csv: ") && !told.contains("990104-2026-10.csv: not"), "{told}");
    for part in
        [format!("claims/{name}: not whole yet"), "it has no manifest; by".to_owned(), "缺少清单文件".to_owned()]
    {
        assert!(told.contains(&part), "{part}: {told}");
    }
    workspace.land("claims", &format!("{name}.manifest.json"), b"{\"rows\": 1}");
    let told = workspace.ok(&["intake"]);
    assert!(told.contains("its manifest states no sha256"), "{told}");
    let hash: String =
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), bytes.as_bytes()))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
    workspace.land("claims", &format!("{name}.manifest.json"), format!("{{\"sha256\": \"{hash}\"}}").as_bytes());
    let told = workspace.ok(&["intake"]);
    assert!(told.contains(&format!("claims/{name}: ")) && told.contains("= accepted"), "{told}");
    // What was taken stays taken without it.
    std::fs::remove_file(workspace.root().join(format!("landing/claims/{name}.manifest.json"))).unwrap();
    assert!(workspace.ok(&["intake"]).contains("2 files were taken in before"));
}

#[test]
fn a_file_that_just_came_waits_unless_a_manifest_names_its_bytes() {
    let workspace = Workspace::new("fujian", "990100");
    let text = "certno,psn_name,county,updt_time\n990103196203050018,测某,990103,2026-01-01\n";
    let path = workspace.root().join("landing/residents/a.csv");
    std::fs::write(&path, text).unwrap();
    let told = workspace.ok(&["intake"]);
    assert!(
        told.contains("residents/a.csv: may not be whole yet, left for the next run: changed less than 60 s"),
        "{told}"
    );
    assert!(!workspace.root().join("acknowledgements").exists(), "nobody is to do anything about it");
    let manifest = |sha256: &str| format!("{{\"rows\": 1, \"bytes\": {}{sha256}}}", text.len());
    std::fs::write(path.with_extension("csv.manifest.json"), manifest("")).unwrap();
    assert!(workspace.ok(&["intake"]).contains("may not be whole yet"), "of its size alone nobody knows its bytes");
    let sha256 = law::domain::hex(&<sha2::Sha256 as sha2::Digest>::digest(text));
    let named = format!(", \"sha256\": \"{sha256}\"");
    std::fs::write(path.with_extension("csv.manifest.json"), manifest(&named)).unwrap();
    let told = workspace.ok(&["intake"]);
    assert!(told.contains("residents/a.csv: 1 rows = accepted 1"), "{told}");
    // Left alone for a while it is taken as it is; one from the future never gets older.
    let (now, days) = (std::time::SystemTime::now(), std::time::Duration::from_hours(240));
    for (name, at) in [("b.csv", now - days), ("c.csv", now + days)] {
        let path = workspace.root().join("landing/residents").join(name);
        std::fs::write(&path, text.replace("测某", name)).unwrap();
        std::fs::File::options().append(true).open(&path).unwrap().set_modified(at).unwrap();
    }
    let told = workspace.ok(&["intake"]);
    assert!(told.contains("residents/b.csv: 1 rows") && told.contains("residents/c.csv: 1 rows"), "{told}");
}
