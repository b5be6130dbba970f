//! The early warning: what the lists of near persons say, that nobody else gets to see it, and how it is scored on
//! past months.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use law::domain::IdNumber;
use serde_json::Value;

use crate::workspace::{Workspace, copy_tree, files_below};

/// Columns that only the lists of near persons have.
const NEAR_ONLY: [&str; 5] =
    ["margin_amount", "first_warned_date", "recent_amount", "run_rate_amount", "expected_month"];

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// The small fixtures, decided and sealed for October.
fn sealed() -> Workspace {
    let workspace = Workspace::new("fujian", "990100");
    let landing = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/small/landing");
    copy_tree(&landing, &workspace.root().join("landing"));
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    workspace
}

/// The CSV of every sealed list, by the code of its office.
fn lists(workspace: &Workspace) -> Vec<(String, String)> {
    let files = files_below(&workspace.root().join("lists")).into_iter();
    let csv = files.filter(|path| path.extension().is_some_and(|kind| kind == "csv"));
    let named = csv.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name.split('-').nth(2).unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
    });
    named.filter(|(office, _)| office != "YB").collect()
}

#[test]
fn near_persons_stand_on_no_referral_list() {
    let workspace = sealed();
    let findings = rows(&workspace.ok(&["findings", "--month", "2026-10"]));
    let with = |status: &str| -> BTreeSet<String> {
        let keys = findings.iter().filter(|row| row["status"] == status).map(|row| row["person_key"].parse().unwrap());
        keys.filter_map(|key| IdNumber::from_key(law::domain::PersonKey(key)))
            .map(|id| id.as_str().to_owned())
            .collect()
    };
    let (flagged, near) = (with("flagged"), with("near"));
    let only_near: BTreeSet<&String> = near.difference(&flagged).collect();
    assert!(only_near.len() >= 5, "{only_near:?}");
    let (mut shown, mut referred) = (BTreeSet::new(), 0);
    for (office, text) in lists(&workspace) {
        let header = text.lines().next().unwrap();
        let ids: Vec<String> = rows(&text).into_iter().map(|row| row["id_number"].clone()).collect();
        for column in NEAR_ONLY {
            assert_eq!(header.split(',').any(|name| name == column), office == "YBN", "{office}: {column}");
        }
        if office == "YBN" {
            shown.extend(ids);
        } else {
            assert!(ids.iter().all(|id| !only_near.contains(id)), "somebody near stands on a list of {office}");
            referred += ids.len();
        }
    }
    assert!(referred > 20);
    assert_eq!(shown, only_near.into_iter().cloned().collect::<BTreeSet<_>>());
    println!("near persons and lists: {} cases", shown.len() + referred);
}

#[test]
fn the_near_list_says_since_when_how_fast_and_until_when() {
    let workspace = sealed();
    let all: Vec<_> = lists(&workspace).into_iter().filter(|(office, _)| office == "YBN").collect();
    let near: Vec<_> = all.iter().flat_map(|(_, text)| rows(text)).collect();
    let of = |id: &str| near.iter().find(|row| row["id_number"] == id).unwrap_or_else(|| panic!("{id} is not near"));
    let said = |id: &str| NEAR_ONLY.map(|column| of(id)[column].as_str());
    // exactly the line: 14,067.00 on 1 April and again later
    assert_eq!(said("990103196203050026")[0], "0.00");
    // a quarter was reversed in October and booked on June: nothing since
    assert_eq!(said("990103196203050114"), ["2934.00", "2026-06-06", "0.00", "0.00", "not_this_year"]);
    for row in &near {
        assert!(!row["first_warned_date"].is_empty() && !row["expected_month"].is_empty(), "{row:?}");
        assert!(row["first_crossed_date"].is_empty(), "{row:?}");
    }
    println!("near list columns: {} cases", near.len() * NEAR_ONLY.len());
}

/// What somebody paid in one month, and whether it was taken back in April.
type Spent = (u32, i64, bool);

/// Invented people with known months, near above 8,000 and over above 10,000 yuan.
const HISTORY: [(&str, &[Spent]); 8] = [
    // near in February, over in April: two months' notice
    ("A", &[(1, 5_000, false), (2, 3_500, false), (4, 2_000, false)]),
    // near in January and for good
    ("B", &[(1, 8_500, false)]),
    // over in February, taken back in April: at the end of February nobody knew that
    ("C", &[(1, 9_000, false), (2, 3_000, true)]),
    // over all at once in March
    ("D", &[(3, 12_000, false)]),
    // over in the first month: nobody could have warned
    ("E", &[(1, 15_000, false)]),
    // near in May, over in June
    ("F", &[(5, 9_000, false), (6, 2_000, false)]),
    // near in the last month: nobody knows yet
    ("G", &[(6, 9_000, false)]),
    // half the line in January and nothing since
    ("H", &[(1, 6_000, false)]),
];

fn id_of(at: usize) -> IdNumber {
    let body = format!("99010319620305{at:03}");
    IdNumber::from_key(law::domain::PersonKey(body.parse().unwrap())).unwrap()
}

fn land_history(workspace: &Workspace) {
    let mut claims = String::from(
        "SETL_ID,INIT_SETL_ID,PSN_NO,PSN_CERT_TYPE,CERTNO,PSN_NAME,INSUTYPE,MED_TYPE,INSU_ADMDVS,BEGNDATE,ENDDATE,\
         SETL_TIME,MEDFEE_SUMAMT,FULAMT_OWNPAY_AMT,OVERLMT_SELFPAY,PRESELFPAY_AMT,INSCP_AMT,FUND_PAY_SUMAMT,PSN_PAY,\
         REFD_SETL_FLAG,VALI_FLAG,UPDT_TIME\n",
    );
    let mut roster = String::from("姓名,身份证号码,对象类别,起始日期,来源单位\n");
    for (at, (name, spent)) in (1..).zip(HISTORY) {
        let id = id_of(at);
        let id = id.as_str();
        roster.push_str(&format!("测{name},{id},脱贫人口,2024-01-01,演示市农业农村局\n"));
        for (month, yuan, is_reversed) in spent {
            let mut row = |claim: &str, original: &str, settled: &str, yuan: i64, flag: u8| {
                let day = format!("2026-{month:02}-15");
                claims.push_str(&format!(
                    "{claim},{original},{at},01,{id},测{name},390,21,990103,{day},{day},{settled} 10:00:00,{yuan},0,0,0,\
                     {yuan},0,{yuan},{flag},1,{settled} 10:00:00\n"
                ));
            };
            let claim = format!("{name}{month}");
            row(&claim, "", &format!("2026-{month:02}-15"), *yuan, 0);
            if *is_reversed {
                row(&format!("R{claim}"), &claim, "2026-04-20", -yuan, 1);
            }
        }
    }
    workspace.land("claims", "claims.csv", claims.as_bytes());
    workspace.land("rosters", "roster.csv", roster.as_bytes());
    let income =
        "指标,区划代码,年份,数值,版次,发布日期,来源\nrural_disposable_income,990000,2025,10000.00,1,2026-01-05,虚构\n";
    workspace.land("income", "income.csv", income.as_bytes());
}

/// Persons, hits, crossings, at once, precision, recall, lead, month right, month named.
fn score(of: &Value, method: &str) -> String {
    let found = of.as_array().unwrap().iter().find(|score| score["method"] == method).unwrap();
    let fields = ["warned", "hits", "crossings", "crossed_at_once", "precision", "recall", "median_lead_months"];
    let told = fields.into_iter().chain(["month_right", "month_named"]).map(|field| match &found[field] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    told.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_history_made_by_hand_scores_as_counted_by_hand() {
    let workspace = Workspace::new("fujian", "990100");
    land_history(&workspace);
    workspace.ok(&["run", "nightly", "--as-of", "2026-06-30"]);
    let text = workspace.ok(&["backtest", "--from", "2026-01", "--to", "2026-06", "--format", "json"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    let relapse = found["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "fujian-relapse").unwrap();
    let cases = [
        // A, B, C and F are near; A (2 months before), C and F (1 month) cross; D was never near, G is not judged
        ("near", "4 3 4 1 0.75 0.75 1 0 0"),
        // the last months named: April for A, February for C, June for F
        ("forecast_of_near", "4 3 4 1 0.75 0.75 1 3 3"),
        // A is told in January already, and H, who spends nothing more
        ("forecast_of_all", "5 3 4 1 0.6 0.75 1 3 3"),
        ("baseline_pace_of_near", "4 3 4 1 0.75 0.75 1 3 3"),
        ("baseline_pace_of_all", "5 3 4 1 0.6 0.75 1 3 3"),
        // as many as are near: C and B in January, A and B in February, F, B and C in May
        ("baseline_top_spenders", "4 3 4 1 0.75 0.75 1 0 0"),
    ];
    for (method, expected) in cases {
        assert_eq!(score(&relapse["methods"], method), expected, "{method}: {text}");
        // by the second rule, at twice the line, seven are told too early, and nobody is near
        let total = if expected.starts_with('5') { "12 3 4 1 0.25 0.75 1 3 3" } else { expected };
        assert_eq!(score(&found["total"], method), total, "{method} in total: {text}");
    }
    for hidden in (1..=HISTORY.len()).map(id_of) {
        assert!(!text.contains(&hidden.as_str()[..14]), "a person in the report");
    }
    let shown = workspace.ok(&["backtest"]);
    assert!(shown.contains("2026-01 to 2026-06") && shown.contains("3 of 3") && shown.contains("0.75"), "{shown}");
    // a shorter replay knows less: in March, A has not crossed
    let short = workspace.ok(&["backtest", "--from", "2026-01", "--to", "2026-03", "--format", "json"]);
    let short: Value = serde_json::from_str(&short).unwrap();
    assert_eq!(score(&short["total"], "near"), "3 1 2 1 0.333 0.5 1 0 0");
    assert_eq!(workspace.run(&["backtest", "--from", "2026-03", "--to", "2026-03"]).status.code(), Some(2));
    println!("backtest by hand: {} cases", cases.len() * 2 + 2);
}

#[test]
fn windows_without_a_forecast_are_scored_by_the_tier_alone() {
    let workspace = Workspace::new("fujian", "990100");
    land_history(&workspace);
    let policy = include_str!("../pipelines/policies/fujian.toml");
    let rolling = policy.replace("window = \"calendar_year\"", "window = \"rolling_months\", months = 12");
    workspace.write("pipelines/policies/fujian.toml", rolling.as_bytes());
    workspace.ok(&["run", "nightly", "--as-of", "2026-06-30"]);
    let text = workspace.ok(&["backtest", "--format", "json"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(found["total"].as_array().unwrap().len(), 1, "{text}");
    assert_eq!(score(&found["total"], "near"), "4 3 4 1 0.75 0.75 1 0 0");
    assert!(found["rules"][0]["no_forecast_because"].as_str().unwrap().contains("滚动"), "{text}");
    // and the officers are told the same
    workspace.ok(&["run", "monthly", "--month", "2026-06"]);
    let near: Vec<_> = lists(&workspace).into_iter().filter(|(office, _)| office == "YBN").collect();
    let near: Vec<_> = near.iter().flat_map(|(_, text)| rows(text)).collect();
    assert!(!near.is_empty() && near.iter().all(|row| row["expected_month"] == "no_forecast"), "{near:?}");
    let told = workspace.ok(&["explain", "--person", id_of(2).as_str(), "--month", "2026-06"]);
    assert!(told.contains("滚动计算,旧的月份逐月退出,不作预计"), "{told}");
    println!("backtest without a forecast: {} cases", near.len() + 3);
}
