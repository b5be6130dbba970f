//! A workspace whose own SQL counts people of a joint household register as rural: everything that speaks of a person's
//! status says what that SQL says.

use law::domain::{IdNumber, PersonKey};
use serde_json::Value;
use store::workspace::Assets;

use crate::workspace::Workspace;

const MONTH: &str = "2026-10";
const RULE: &str = "fujian-into-poverty";
const KNOWN: &str = "sql/intermediate/int_known.sql";
const BOOK: &str = "pipelines/policies/fujian/cases/into-poverty.yaml";

/// Household type, yuan paid, and how the changed SQL decides; twice 28,000 yuan is the line. Twelve people of each
/// kind, since a report shows no small count.
const KINDS: [(&str, i64, &str); 3] = [("50", 50_000, "near"), ("50", 60_000, "flagged"), ("10", 60_000, "outside")];
const OF_EACH: usize = 12;

fn id(kind: usize, number: usize) -> String {
    let key = format!("99010319620305{kind}{number:02}").parse().unwrap();
    IdNumber::from_key(PersonKey(key)).unwrap().as_str().to_owned()
}

fn land(workspace: &Workspace) {
    let mut residents = "certno,psn_name,county,gend,brdy,resd_natu,is_rural\n".to_owned();
    let mut claims =
        "SETL_ID,INIT_SETL_ID,PSN_NO,PSN_CERT_TYPE,CERTNO,PSN_NAME,INSUTYPE,MED_TYPE,INSU_ADMDVS,BEGNDATE,\
                      ENDDATE,SETL_TIME,MEDFEE_SUMAMT,FULAMT_OWNPAY_AMT,OVERLMT_SELFPAY,PRESELFPAY_AMT,INSCP_AMT,\
                      FUND_PAY_SUMAMT,PSN_PAY,REFD_SETL_FLAG,VALI_FLAG,UPDT_TIME\n"
            .to_owned();
    for (kind, (household, yuan, _)) in KINDS.iter().enumerate() {
        for number in 0..OF_EACH {
            let (id, day) = (id(kind, number), "2026-03-05");
            residents += &format!("{id},测试,990103,1,1962-03-05,{household},\n");
            claims += &format!(
                "C{kind}{number},,{number},01,{id},测试,390,21,990103,{day},{day},{day} 10:00:00,{yuan},0,0,0,{yuan},0,\
                 {yuan},0,1,{day} 10:00:00\n"
            );
        }
    }
    workspace.land("residents", "r.csv", residents.as_bytes());
    workspace.land("claims", "c.csv", claims.as_bytes());
    let income =
        "指标,区划代码,年份,数值,版次,发布日期,来源\nrural_disposable_income,990000,2025,28000.00,1,2026-02-11,虚构\n";
    workspace.land("income", "2025.csv", income.as_bytes());
}

/// Replaces a text that stands once in a file of the workspace, or in the shipped one.
fn change(workspace: &Workspace, file: &str, from: &str, to: &str) {
    let text = Assets::of(workspace.root()).read(file).unwrap().text;
    assert_eq!(text.matches(from).count(), 1, "{file}: {from}");
    workspace.write(file, text.replace(from, to).as_bytes());
}

#[test]
fn nightly_explain_simulate_and_case_book_say_what_the_workspace_s_own_sql_says() {
    let workspace = Workspace::new("fujian", "990100");
    change(&workspace, KNOWN, "household_type in ('20', '21', '22')", "household_type in ('20', '21', '22', '50')");
    land(&workspace);
    workspace.ok(&["run", "nightly", "--month", MONTH]);
    let mut cases = 0;

    let findings = workspace.findings(MONTH);
    for (kind, (household, _, status)) in KINDS.iter().enumerate() {
        let (is_rural, source) = (*household == "50", "户口性质");
        let person = id(kind, 0);
        let key: i64 = person[..17].parse().unwrap();
        let found = findings.iter().find(|found| found.person_key == key && found.rule == RULE);
        // whoever is outside needs no look
        let expected = Some(*status).filter(|status| *status != "outside");
        assert_eq!(found.map(|found| found.status.as_str()), expected, "nightly, kind {kind}");

        let asked = ["explain", "--person", &person, "--month", MONTH];
        let tree: Value = serde_json::from_str(&workspace.ok(&[&asked[..], &["--format", "json"]].concat())).unwrap();
        let branch = tree["rules"].as_array().unwrap().iter().find(|branch| branch["rule_id"] == RULE).unwrap();
        let rural = branch["population"].as_array().unwrap().iter().find(|item| item["item"] == "rural").unwrap();
        assert_eq!(branch["outcome"]["status"], *status, "{branch}");
        assert_eq!((&rural["is_rural"], &rural["passes"]), (&Value::from(is_rural), &Value::from(is_rural)), "{rural}");
        assert_eq!((rural["source"].as_str(), rural["source_name"].as_str()), (Some("household type"), Some(source)));
        let (yes, passes) = if is_rural { ("是", "符合") } else { ("否", "不符合") };
        let words = branch["outcome"]["words"].as_str().unwrap();
        let text = workspace.ok(&asked);
        for said in [format!("农村居民 {yes} (依据: {source}): {passes}"), format!("结论: {words}")] {
            assert!(text.contains(&said), "{said}\n{text}");
        }
        assert!(!text.contains("此后数据或规则有变"), "{text}");
        cases += 2;
    }

    let draft = tempfile::tempdir().unwrap();
    let draft = draft.path().join("draft.toml");
    std::fs::write(&draft, include_str!("../pipelines/policies/fujian.toml")).unwrap();
    let told = workspace.ok(&["simulate", "--policy", draft.to_str().unwrap(), "--month", MONTH, "--format", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let rule = told["rules"].as_array().unwrap().iter().find(|rule| rule["code"] == RULE).unwrap();
    let counts = ["flagged", "near", "undecided"].map(|status| rule[status].as_u64());
    assert_eq!(counts, [Some(OF_EACH as u64), Some(OF_EACH as u64), Some(0)], "{rule}");
    cases += 1;

    // the shipped book says of such a person that nobody knows
    let output = workspace.run(&["check", "--case-book", "--policy", "fujian"]);
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("FJ-B07") && text.contains("应为 expected 待核实, 实为 found 列入"), "{text}");
    let unknown = "{农村: 不明, 户口: 居民户}\n    结算: {日期: 2026-03-05, 自付: 60000}\n    结果: {结论: 待核实, 原因: 城乡不明}";
    let near = "\n  - 编号: FJ-B07N\n    说明: 居民户口算农村居民\n    人员: {农村: 不明, 户口: 居民户}\n    \
                结算: {日期: 2026-03-05, 自付: 50000}\n    结果: {结论: 关注, 标准: 56000}";
    change(
        &workspace,
        BOOK,
        unknown,
        &format!("{{农村: 不明, 户口: 居民户}}\n    结算: {{日期: 2026-03-05, 自付: 60000}}\n    结果: 列入{near}"),
    );
    workspace.ok(&["check", "--case-book", "--policy", "fujian"]);
    cases += 2;
    println!("one law for nightly, explain, simulate and case book: {cases} cases");
}
