//! January to March, by the command line: lists under a provisional line, the figure's publication, the exact difference.

use std::collections::BTreeMap;

use calamine::{Reader, Xlsx, open_workbook};

use crate::doubt::files::{answer, open};
use crate::workspace::{Workspace, files_below, land_ordinary};

/// Invented people of 青屏县, all of them lifted out of poverty.
pub(crate) const IDS: [&str; 6] = [
    "990103196203050018",
    "990103196203050026",
    "990103196203050034",
    "990103196203050042",
    "990103196203050050",
    "990103196203050069",
];
/// Far over both lines.
const HIGH: usize = 0;
/// Over the provisional line of 26,722 yuan, below the published one of 28,134.
const BETWEEN: usize = 1;
/// Over the provisional line in January, over the published one in February.
const RISING: usize = 2;
/// Comes between the lines only after publication.
const LATE: usize = 3;
/// Over the published line in March only.
const MARCH: usize = 4;
/// Over the provisional line in January; an insurer pays in February.
const REPAID: usize = 5;

const CLAIMS: &str = "setl_id,init_setl_id,psn_no,psn_cert_type,certno,psn_name,psn_type,nwb_flag,insutype,med_type,\
setl_type,insuplc_admdvs,begndate,enddate,setl_time,medfee_sumamt,fulamt_ownpay_amt,overlmt_selfpay,preselfpay_amt,\
inscp_scp_amt,act_pay_dedc,hifp_pay,maf_pay,fund_pay_sumamt,hosp_part_amt,psn_part_amt,acct_pay,psn_cash_pay,\
refd_setl_flag,vali_flag,manl_reim_rea,updt_time\n";
const INCOME: &str = "指标,区划代码,年份,数值,版次,发布日期,来源\n";

/// What a person bore on the fifth of a month.
pub(crate) fn claims(month: &str, rows: &[(usize, &str)]) -> String {
    let line = |(person, yuan): &(usize, &str)| {
        let day = format!("{month}-05");
        format!(
            "{month}-{person},,{person},01,{},测某,15,0,390,21,2,990103,{day},{day},{day} 10:00:00,{yuan},0.00,0.00,0.00,\
             {yuan},0.00,0.00,0.00,0.00,0.00,{yuan},0.00,{yuan},0,1,,{day} 10:00:00\n",
            IDS[*person]
        )
    };
    rows.iter().fold(CLAIMS.to_owned(), |text, row| text + &line(row))
}

pub(crate) fn figure(year: i32, yuan: &str, release: i32, day: &str) -> String {
    format!("{INCOME}rural_disposable_income,990000,{year},{yuan},{release},{day},演示公报(虚构)\n")
}

/// The prefecture with its people, and no claim.
pub(crate) fn prefecture(on_publication: &str) -> Workspace {
    let workspace = Workspace::new("fujian", "990100");
    let policy = include_str!("../pipelines/policies/fujian.toml");
    let changed =
        policy.replace("operator = \">\" }", &format!("operator = \">\", on_publication = \"{on_publication}\" }}"));
    assert_ne!(policy, changed);
    workspace.write("pipelines/policies/fujian.toml", changed.as_bytes());
    let residents = IDS.iter().fold("certno,psn_name,county\n".to_owned(), |text, id| text + id + ",测某,990103\n");
    workspace.land("residents", "r.csv", residents.as_bytes());
    let roster =
        IDS.iter().fold("姓名,身份证号码,对象类别,起始日期,来源单位\n".to_owned(), |text, id| {
            text + "测某," + id + ",脱贫人口,2024-01-01,演示市农业农村局\n"
        });
    workspace.land("rosters", "r.csv", roster.as_bytes());
    workspace
}

fn january(workspace: &Workspace) {
    let rows = [(HIGH, "30000.00"), (BETWEEN, "27500.00"), (RISING, "27000.00"), (REPAID, "27600.00")];
    workspace.land("claims", "2026-01.csv", claims("2026-01", &rows).as_bytes());
}

pub(crate) fn month(workspace: &Workspace, month: &str) -> String {
    land_ordinary(workspace, &["990103"], month);
    workspace.ok(&["run", "nightly", "--month", month]);
    workspace.ok(&["run", "monthly", "--month", month])
}

pub(crate) type Listed = BTreeMap<usize, (String, String, String)>;

/// Change, its reason, and what the line is drawn from, by person; none for a NIL list.
pub(crate) fn listed(workspace: &Workspace, month: &str, office: &str) -> Listed {
    let compact = month.replace('-', "");
    let id = format!("{compact}-990103-{office}-FULL-v1");
    let path = workspace.root().join(format!("lists/{month}/{id}/{id}.csv"));
    let Ok(text) = std::fs::read_to_string(path) else { return Listed::new() };
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let cell = |name: &str| row[header.iter().position(|column| column == name).unwrap()].to_owned();
        let person = IDS.iter().position(|id| *id == cell("id_number")).unwrap();
        (person, (cell("delta"), cell("delta_reason"), cell("line_status")))
    });
    rows.collect()
}

pub(crate) fn row(delta: &str, reason: &str, status: &str) -> (String, String, String) {
    (delta.to_owned(), reason.to_owned(), status.to_owned())
}

/// All text of a workbook's sheet.
fn sheet(path: &std::path::Path, name: &str) -> String {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let cells = workbook.worksheet_range(name).unwrap();
    cells.rows().flatten().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A year's first quarter; answers the lists of February and March.
fn quarter(on_publication: &str) -> (Workspace, Listed, Listed) {
    let workspace = prefecture(on_publication);
    january(&workspace);
    workspace.land("income", "2024.csv", figure(2024, "26722.00", 1, "2025-02-11").as_bytes());
    workspace.ok(&["intake"]);
    let status = workspace.ok(&["status", "--as-of", "2026-01-15"]);
    let said = "reminder: rural_disposable_income of 990000 for 2025, needed for 2026-01, is not there: 2024 stands in";
    assert!(status.contains(said), "{status}");
    month(&workspace, "2026-01");
    let first = listed(&workspace, "2026-01", "MZ");
    let new = || row("new", "", "provisional");
    assert_eq!(first, [HIGH, BETWEEN, RISING, REPAID].map(|person| (person, new())).into());
    let id = "202601-990103-MZ-FULL-v1";
    let book = workspace.root().join(format!("lists/2026-01/{id}/{id}.xlsx"));
    assert!(sheet(&book, "填报说明").contains("暂用2024年"), "{}", sheet(&book, "填报说明"));
    assert_eq!(sheet(&book, "名单").matches("暂用").count(), 4, "every row says so");
    let frozen = workspace.lists();

    workspace.land("income", "2025.csv", figure(2025, "28134.00", 1, "2026-02-11").as_bytes());
    let rows = [(RISING, "2000.00"), (LATE, "27500.00")];
    workspace.land("claims", "2026-02.csv", claims("2026-02", &rows).as_bytes());
    let paid = format!(
        "报销编号,结算ID,身份证号,金额,支付方,支付日期\nA1,2026-01-5,{},7600.00,二次报销,2026-02-12\n",
        IDS[REPAID]
    );
    workspace.land("adjustments", "a.csv", paid.as_bytes());
    month(&workspace, "2026-02");
    let second = listed(&workspace, "2026-02", "MZ");
    let status = workspace.ok(&["status", "--as-of", "2026-02-15"]);
    assert!(!status.contains("of 990000"), "{status}");

    workspace.land("claims", "2026-03.csv", claims("2026-03", &[(MARCH, "29000.00")]).as_bytes());
    month(&workspace, "2026-03");
    let third = listed(&workspace, "2026-03", "MZ");
    let now = workspace.lists();
    assert!(frozen.iter().all(|(path, hash)| now.get(path) == Some(hash)), "a sealed list changed");
    assert!(workspace.ok(&["run", "monthly", "--month", "2026-01"]).contains("sealed before"));
    assert!(frozen.iter().all(|(path, hash)| workspace.lists().get(path) == Some(hash)), "a sealed list changed");
    (workspace, second, third)
}

fn flagged_cases(workspace: &Workspace) -> u64 {
    let status: serde_json::Value = serde_json::from_str(&workspace.ok(&["status", "--format", "json"])).unwrap();
    let cases = status["cases"].as_array().unwrap();
    let of = |case: &&serde_json::Value| case[1] == "fujian-relapse" && case[2] == "flagged";
    cases.iter().find(of).map_or(0, |case| case[3].as_u64().unwrap())
}

#[test]
fn publication_withdraws_whom_only_the_provisional_line_listed() {
    let (workspace, february, march) = quarter("withdraw");
    let expected = [
        (HIGH, row("continuing", "", "official")),
        (BETWEEN, row("withdrawn", "line_published", "provisional")),
        (RISING, row("continuing", "", "official")),
        (REPAID, row("withdrawn", "gone", "provisional")),
    ];
    assert_eq!(february, expected.into());
    let expected = [
        (HIGH, row("continuing", "", "official")),
        (RISING, row("continuing", "", "official")),
        (MARCH, row("new", "", "official")),
    ];
    assert_eq!(march, expected.into());
    assert_eq!(flagged_cases(&workspace), 3);
}

#[test]
fn publication_keeps_whom_the_provisional_line_listed() {
    let (workspace, february, march) = quarter("keep");
    let kept = || row("continuing", "kept_provisional", "official");
    let expected = [
        (HIGH, row("continuing", "", "official")),
        (BETWEEN, kept()),
        (RISING, row("continuing", "", "official")),
        (REPAID, row("withdrawn", "gone", "provisional")),
    ];
    assert_eq!(february, expected.into());
    let expected = [
        (HIGH, row("continuing", "", "official")),
        (BETWEEN, kept()),
        (RISING, row("continuing", "", "official")),
        (MARCH, row("new", "", "official")),
    ];
    assert_eq!(march, expected.into());
    // Who came between the lines after publication is only near; nobody is on two lists.
    assert_eq!(listed(&workspace, "2026-02", "YBN").into_keys().collect::<Vec<_>>(), [LATE]);
    assert_eq!(flagged_cases(&workspace), 4, "the kept case stays flagged");
}

#[test]
fn an_official_run_refuses_without_a_figure_and_a_rehearsal_is_marked() {
    let workspace = prefecture("withdraw");
    january(&workspace);
    workspace.ok(&["run", "nightly", "--month", "2026-01"]);
    let refused = workspace.run(&["run", "monthly", "--month", "2026-01"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(75), "{told}");
    for said in ["rural_disposable_income of 990000 for 2025, needed for 2026-01", "landing/income/", "--rehearsal"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(workspace.lists().is_empty());
    let nothing = workspace.run(&["run", "nightly", "--month", "2026-01", "--rehearsal"]);
    assert_eq!(nothing.status.code(), Some(2));

    let told = workspace.ok(&["run", "monthly", "--month", "2026-01", "--rehearsal"]);
    assert!(told.contains("rehearsed, nothing is sealed"), "{told}");
    assert!(workspace.lists().is_empty());
    let files = files_below(&workspace.root().join("rehearsals/2026-01"));
    assert!(files.len() > 20, "{files:?}");
    let mut seen = 0;
    for path in &files {
        let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        assert!(folder.starts_with("REHEARSAL-"), "{path:?}");
        let kind = path.extension().unwrap().to_str().unwrap();
        match kind {
            "csv" | "json" => {
                let text = std::fs::read_to_string(path).unwrap();
                let rows = text.lines().count() > 1;
                assert!(text.contains("rehearsal") && (!rows || text.contains("演练，不得外发")), "{path:?}: {text}");
            }
            "xlsx" if folder.contains("YB-SUM") => assert!(sheet(path, "汇总表").contains("演练，不得外发")),
            "xlsx" => {
                for name in ["名单", "填报说明"] {
                    assert!(sheet(path, name).contains("演练，不得外发"), "{path:?} {name}");
                }
            }
            _ => {}
        }
        seen += 1;
    }
    let status: serde_json::Value = serde_json::from_str(&workspace.ok(&["status", "--format", "json"])).unwrap();
    assert_eq!(status["lists"].as_array().unwrap().len(), 0, "the ledger knows of no list");

    // A figure that jumps is doubtful until a later release says it again.
    let figures = figure(2024, "20000.00", 1, "2025-02-11");
    workspace.land("income", "2024.csv", figures.as_bytes());
    workspace.land("income", "2025.csv", figure(2025, "28134.00", 1, "2026-01-28").as_bytes());
    let night = workspace.run(&["run", "nightly", "--month", "2026-01"]);
    assert_eq!(night.status.code(), Some(4), "the gate holds it first");
    let held = open(&workspace);
    assert_eq!((held.len(), &held[0]["files"][0]), (1, &"income/2025.csv".into()));
    answer(&workspace, "accept", &held[0]);
    workspace.ok(&["run", "nightly", "--month", "2026-01"]);
    let refused = workspace.run(&["run", "monthly", "--month", "2026-01"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(75), "{told}");
    assert!(told.contains("differs too much") && told.contains("higher release"), "{told}");
    workspace.land("income", "2025-2.csv", figure(2025, "28134.00", 2, "2026-01-29").as_bytes());
    month(&workspace, "2026-01");
    assert_eq!(listed(&workspace, "2026-01", "MZ"), [(HIGH, row("new", "", "official"))].into());
    println!("official runs: {} cases", seen + 8);
}
