//! From the finding to the help, and whom no rule found.

use super::{filled, hand_over, import, january};
use crate::income_year::IDS;

const MZ: &str = "202601-990103-MZ-FULL-v1";

/// The line of the text that begins so, as words.
fn words(text: &str, start: &str) -> Vec<String> {
    let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start}: {text}"));
    line.strip_prefix(start).unwrap().split_whitespace().map(str::to_owned).collect()
}

#[test]
fn persons_are_counted_as_far_as_they_came() {
    let workspace = january();
    let text = || workspace.ok(&["funnel", "--month", "2026-01"]);
    assert_eq!(words(&text(), "990103 MZ")[..6], ["5", "5", "0", "0", "0", "0"]);
    hand_over(&workspace, MZ, "2026-02-02");
    assert_eq!(words(&text(), "990103 MZ")[..6], ["5", "5", "5", "0", "0", "0"]);
    let answers = filled(
        &workspace,
        MZ,
        "a.xlsx",
        &[
            (0, &[("签收情况", "接收")]),
            (1, &[("是否纳入监测", "是"), ("帮扶措施", "低保"), ("帮扶金额（元）", "800.00")]),
            (2, &[("是否纳入监测", "否"), ("未纳入原因", "收入足以承担"), ("帮扶措施", "无")]),
        ],
    );
    assert_eq!(import(&workspace, &answers).0, Some(0));
    assert_eq!(words(&text(), "990103 MZ")[..6], ["5", "5", "5", "3", "2", "1"]);
    assert_eq!(words(&text(), "990103 NC")[..6], ["5", "5", "0", "0", "0", "0"]);
    assert_eq!(words(&text(), "total")[..6], ["10", "10", "5", "3", "2", "1"]);
    let year = workspace.ok(&["funnel"]);
    assert_eq!(words(&year, "990103 MZ")[..6], ["5", "5", "5", "3", "2", "1"]);

    // Helped on application: one whom a rule flagged, one below the line with claims, one without any claim.
    let nobody = "990103196203050077";
    let aided = format!(
        "姓名,身份证号,救助日期,救助类别,救助金额,县区代码,来源单位\n\
         测某,{},2026-01-20,临时救助,1000.00,990103,民政局\n\
         测某,{},2026-01-21,临时救助,1000.00,990103,民政局\n\
         测某,{},2026-01-21,临时救助,1000.00,990103,民政局\n\
         测某,{nobody},2026-01-22,医疗救助,500.00,990103,医保局\n\
         测某,{nobody},2025-12-31,医疗救助,500.00,990103,医保局\n\
         测某,{nobody},2026-01-22,医疗救助,-1.00,990103,医保局\n",
        IDS[0], IDS[5], IDS[5]
    );
    workspace.land("aided", "a.csv", aided.as_bytes());
    workspace.land("claims", "small.csv", crate::income_year::claims("2026-01", &[(5, "100.00")]).as_bytes());
    let told = workspace.ok(&["run", "nightly", "--month", "2026-01"]);
    assert!(told.contains("duplicate 1") && told.contains("rejected out_of_range 1"), "{told}");
    let text = text();
    assert!(text.contains("helped on application: 3 persons, 1 of them flagged"), "{text}");
    assert!(text.contains("not flagged, below_line: 1") && text.contains("not flagged, no_claims: 1"), "{text}");

    let json: serde_json::Value =
        serde_json::from_str(&workspace.ok(&["funnel", "--month", "2026-01", "--format", "json"])).unwrap();
    let shown = json["lines"].as_array().unwrap();
    for line in shown {
        for stage in ["flagged", "listed", "sent", "acknowledged", "verified", "aided"] {
            let count = line[stage].as_u64();
            assert!(count.is_none_or(|count| !(1..=4).contains(&count)), "{line}");
        }
        assert!(line["aid_amount"].as_str().is_none_or(|amount| amount == "0.00"), "{line}");
    }
    assert!(json["aided_on_application"]["persons"].is_null());
    assert!(
        json["aided_on_application"]["by_rule_result"].as_object().unwrap().values().all(serde_json::Value::is_null)
    );
    assert!(!json.to_string().contains(IDS[0]));
    println!("funnel and recall: {} cases", 12 + shown.len() * 6);
}
