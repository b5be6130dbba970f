//! Files that surprise are held at the gate as if they had not landed, by the command line: each bound just at it and just
//! beyond it.

use law::domain::{IdNumber, PersonKey};
use serde_json::Value;

use crate::workspace::Workspace;

/// The id of an invented person on an area code that does not exist.
fn id(person: i64) -> String {
    IdNumber::from_key(PersonKey(99_010_319_620_305_000 + person)).unwrap().as_str().to_owned()
}

const CLAIMS: &str = "setl_id,certno,psn_name,insutype,med_type,insu_admdvs,setl_time,medfee_sumamt,fulamt_ownpay_amt,\
                      overlmt_selfpay,preselfpay_amt,inscp_amt,fund_pay_sumamt,psn_pay\n";

/// So many settlements of a month, each of the same amount; `damaged` of them have an id with a wrong check digit.
fn claims(month: &str, rows: i64, yuan: &str, damaged: i64) -> String {
    (0..rows).fold(CLAIMS.to_owned(), |text, row| {
        let mut person = id(row % 900 + 1);
        if row < damaged {
            let last = person.pop().unwrap();
            person.push(if last == '1' { '2' } else { '1' });
        }
        text + &format!("{month}-{row},{person},测某,390,21,990103,{month}-05 10:00:00,{yuan},0,0,0,{yuan},0,{yuan}\n")
    })
}

fn night(workspace: &Workspace) -> (i32, String) {
    let output = workspace.run(&["run", "nightly", "--as-of", "2026-10-31"]);
    let told = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), told)
}

fn intake(workspace: &Workspace) -> (i32, String) {
    let output = workspace.run(&["intake"]);
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// The questions that wait for an answer.
pub(crate) fn open(workspace: &Workspace) -> Vec<Value> {
    let listed: Value = serde_json::from_str(&workspace.ok(&["questions", "--format", "json"])).unwrap();
    listed.as_array().unwrap().clone()
}

/// Answers a question by two people.
pub(crate) fn answer(workspace: &Workspace, verb: &str, question: &Value) {
    let number = question["question_id"].to_string();
    let first = ["questions", verb, &number, "--by", "张三", "--reason", "已与报送单位核实"];
    workspace.ok(&first);
    let shown = workspace.ok(&["questions", "show", &number, "--by", "李四", "--format", "json"]);
    let seen = serde_json::from_str::<Value>(&shown).unwrap()["seen"].as_str().unwrap().to_owned();
    workspace.ok(&["questions", verb, &number, "--by", "李四", "--reason", "复核无误", "--seen", &seen]);
}

fn small() -> Workspace {
    let workspace = Workspace::new("fujian", "990100");
    let settings = "policy = \"fujian\"\narea = \"990100\"\n[warehouse]\nbuckets = 2\n";
    workspace.write("poverty-watch.toml", settings.as_bytes());
    workspace
}

#[test]
fn claims_in_fen_wait_until_two_people_have_looked() {
    let workspace = small();
    workspace.land("claims", "ok.csv", claims("2026-08", 6, "620.00", 0).as_bytes());
    assert_eq!(night(&workspace).0, 0);
    let before = workspace.findings("2026-10");
    workspace.land("claims", "fen.csv", claims("2026-10", 6, "62000", 0).as_bytes());
    let (code, told) = night(&workspace);
    assert_eq!(code, 4, "{told}");
    assert!(told.contains("claims/fen.csv: held, as if it had not landed, by question"), "{told}");
    assert!(workspace.ok(&["status"]).contains("请核对单位是否为元"));
    assert_eq!(workspace.findings("2026-10"), before, "as if it had not landed");
    let questions = open(&workspace);
    assert_eq!((questions.len(), &questions[0]["files"][0]), (1, &Value::from("claims/fen.csv")));
    assert_eq!(questions[0]["counties"][0], "990103");
    // Other files go on, and leave the question as it is.
    workspace.land("claims", "other.csv", claims("2026-09", 6, "700.00", 0).as_bytes());
    let (code, told) = night(&workspace);
    assert!(code == 4 && told.contains("claims/other.csv: 6"), "{told}");
    assert_eq!(open(&workspace)[0]["hash"], questions[0]["hash"]);
    answer(&workspace, "accept", &questions[0]);
    let (code, told) = night(&workspace);
    assert!(code == 0 && told.contains("claims/fen.csv: 6"), "the next night takes it: {told}");
    assert_eq!(open(&workspace).len(), 0);
}

#[test]
fn a_file_that_two_people_send_back_is_refused_and_its_mended_one_closes_the_question() {
    let workspace = small();
    workspace.land("claims", "ok.csv", claims("2026-08", 6, "620.00", 0).as_bytes());
    workspace.land("claims", "z-fen.csv", claims("2026-10", 6, "62000", 0).as_bytes());
    assert_eq!(intake(&workspace).0, 4);
    answer(&workspace, "reject", &open(&workspace)[0]);
    let (code, told) = intake(&workspace);
    assert!(code == 4 && told.contains("z-fen.csv: refused: sent back by two people"), "{told}");
    assert!(intake(&workspace).1.contains("z-fen.csv: still refused"));
    // Another file in fen, taken away again by its sender: the question no longer arises.
    workspace.land("claims", "z-more.csv", claims("2026-10", 7, "62000", 0).as_bytes());
    assert_eq!((intake(&workspace).0, open(&workspace).len()), (4, 1));
    std::fs::remove_file(workspace.root().join("landing/claims/z-more.csv")).unwrap();
    assert_eq!((intake(&workspace).0, open(&workspace).len()), (0, 0));
}

#[test]
fn rejected_rows_that_come_mended_are_closed_and_told() {
    let workspace = small();
    let rejects = |workspace: &Workspace| -> Vec<(String, u64, u64)> {
        let status: Value = serde_json::from_str(&workspace.ok(&["status", "--format", "json"])).unwrap();
        let files = status["rejects"].as_array().unwrap().iter();
        files
            .map(|file| {
                let count = |name: &str| file[name].as_u64().unwrap();
                (file["name"].as_str().unwrap().to_owned(), count("rows"), count("mended"))
            })
            .collect()
    };
    workspace.land("claims", "a.csv", claims("2026-08", 10, "620.00", 4).as_bytes());
    assert_eq!(night(&workspace).0, 0);
    assert_eq!(rejects(&workspace), [("a.csv".to_owned(), 4, 0)]);
    assert!(workspace.ok(&["status"]).contains("claims a.csv: 4 of 4 rows"));
    // Two of the four come mended; one is wrong again, and so rejected anew.
    let lines: Vec<String> = claims("2026-08", 3, "620.00", 0).lines().map(str::to_owned).collect();
    let wrong = claims("2026-08", 3, "620.00", 3).lines().nth(3).unwrap().to_owned();
    let mended = [lines[0].clone(), lines[1].clone(), lines[2].clone(), wrong].join("\n") + "\n";
    workspace.land("claims", "b.csv", mended.as_bytes());
    let (code, told) = night(&workspace);
    assert!(code == 0 && told.contains("rejected rows of a.csv: 2 have come mended, 2 are still open"), "{told}");
    assert_eq!(rejects(&workspace), [("a.csv".to_owned(), 4, 2), ("b.csv".to_owned(), 1, 0)]);
    let page = |name: &str| {
        let pages = crate::workspace::files_below(&workspace.root().join("acknowledgements"));
        pages.iter().map(|page| std::fs::read_to_string(page).unwrap()).find(|page| page.contains(name)).unwrap()
    };
    assert!(page("b.csv").contains("a.csv退回4行，已更正2行，尚有2行待更正。"), "{}", page("b.csv"));
    // The whole file once more closes the rest, of both files.
    workspace.land("claims", "c.csv", claims("2026-08", 10, "620.00", 0).as_bytes());
    let (code, told) = night(&workspace);
    assert!(code == 0 && told.contains("rejected rows of b.csv: 1 have come mended, 0 are still open"), "{told}");
    assert!(rejects(&workspace).is_empty());
    assert!(page("c.csv").contains("已全部更正"), "{}", page("c.csv"));
    // Rosters: the same person and month.
    let roster = |person: &str| {
        format!(
            "证件号码,姓名,类别,来源单位,名册月份,县区代码\n{},测某,低保,甲县民政局,2026-09,990103\n{person},试某,{},甲县民政局,2026-09,990103\n",
            id(1),
            if person == id(2) { "低保" } else { "低宝" }
        )
    };
    workspace.land("rosters", "r1.csv", roster(&format!(" {}", id(2))).as_bytes());
    assert_eq!(intake(&workspace).0, 0);
    assert_eq!(rejects(&workspace), [("r1.csv".to_owned(), 1, 0)]);
    workspace.land("rosters", "r2.csv", roster(&id(2)).as_bytes());
    let told = intake(&workspace).1;
    assert!(told.contains("rejected rows of r1.csv: 1 have come mended, 0 are still open"), "{told}");
    assert!(rejects(&workspace).is_empty());
    // Where the document is what is wrong: the same name, office and month.
    let other = |person: &str| roster(&id(2)).replace(&id(2), person).replace("2026-09", "2026-08");
    workspace.land("rosters", "s1.csv", other(&id(3).replace("9901", "9902")).as_bytes());
    assert_eq!(intake(&workspace).0, 0);
    assert_eq!(rejects(&workspace), [("s1.csv".to_owned(), 1, 0)]);
    workspace.land("rosters", "s2.csv", other(&id(3)).as_bytes());
    let told = intake(&workspace).1;
    assert!(told.contains("rejected rows of s1.csv: 1 have come mended, 0 are still open"), "{told}");
}

#[test]
fn bounds_of_rows_ids_and_income_hold_beyond_them_and_not_at_them() {
    let workspace = small();
    for month in ["2026-01", "2026-02", "2026-03"] {
        workspace.land("claims", &format!("claims-{month}.csv"), claims(month, 40, "500.00", 0).as_bytes());
    }
    let bounds = |told: &str, name: &str| told.contains(&format!("claims/{name}: held"));
    assert_eq!(intake(&workspace).0, 0);
    for (name, rows, damaged, held) in [
        ("claims-2026-04.csv", 20, 0, false),
        ("claims-2026-05.csv", 19, 0, true),
        ("claims-2026-06.csv", 80, 0, false),
        ("claims-2026-07.csv", 81, 0, true),
        ("补报-2026-08.csv", 3, 0, false),
        ("ids-at.csv", 250, 5, false),
        ("ids-beyond.csv", 249, 5, true),
        ("ids-few.csv", 10, 4, false),
    ] {
        let month = format!("2026-{:02}", rows % 9 + 1);
        workspace.land("claims", name, claims(&month, rows, "500.00", damaged).as_bytes());
        let (_, told) = intake(&workspace);
        assert_eq!(bounds(&told, name), held, "{name}: {told}");
        if held {
            std::fs::remove_file(workspace.root().join("landing/claims").join(name)).unwrap();
        }
    }
    let figure = |year: i32, yuan: &str| {
        format!("指标,区划代码,年份,数值,版次,发布日期\nrural_disposable_income,990000,{year},{yuan},1,{year}-12-31\n")
    };
    for (year, yuan, held) in [
        (2020, "2.67", true),
        (2020, "20000.00", false),
        (2021, "23000.00", false),
        (2022, "26450.01", true),
        (2022, "22310.00", false),
        (2023, "21640.69", true),
    ] {
        let name = format!("{year}-{yuan}.csv");
        workspace.land("income", &name, figure(year, yuan).as_bytes());
        let (_, told) = intake(&workspace);
        assert_eq!(told.contains(&format!("income/{name}: held")), held, "{name}: {told}");
    }
}

#[test]
fn many_deaths_in_one_file_are_held() {
    let workspace = small();
    let register = |dead: i64, updated: &str| {
        (1..=2000).fold("certno,psn_name,county,surv_stas,updt_time\n".to_owned(), |text, person| {
            let alive = i32::from(person > dead);
            text + &format!("{},测某,990103,{alive},{updated}\n", id(person))
        })
    };
    // Many who come as deceased with the first register are not newly so.
    workspace.land("residents", "1.csv", register(60, "2026-08-01").as_bytes());
    assert_eq!(intake(&workspace).0, 0);
    workspace.land("residents", "2.csv", register(109, "2026-09-01").as_bytes());
    let (code, told) = intake(&workspace);
    assert_eq!(code, 0, "49 more: {told}");
    workspace.land("residents", "3.csv", register(159, "2026-10-01").as_bytes());
    let (code, told) = intake(&workspace);
    assert!(code == 4 && told.contains("newly registers 50 deaths among 1891 living people"), "{told}");
}

#[test]
fn a_payer_that_means_no_kind_is_rejected_by_name_with_the_nearest_known_ones() {
    let workspace = small();
    workspace.land("claims", "a.csv", claims("2026-08", 3, "620.00", 0).as_bytes());
    let mut text = "adjustment_id,claim_id,certno,amount,payer,paid_date\n".to_owned();
    for (row, payer) in (0..).zip(["望川区二次报销", "医疗补助", "慈善医疗救助"]) {
        text += &format!("a{row},2026-08-{row},{},10.00,{payer},2026-09-01\n", id(row + 1));
    }
    workspace.land("adjustments", "paid.csv", text.as_bytes());
    let (code, told) = intake(&workspace);
    assert!(code == 0 && told.contains("rejected unknown_code 2"), "{told}");
    let folder = std::fs::read_dir(workspace.root().join("rejects/adjustments")).unwrap();
    let rejects = folder.map(|file| file.unwrap().path()).find(|path| path.extension().is_some_and(|it| it == "csv"));
    let rejects = std::fs::read_to_string(rejects.unwrap()).unwrap();
    let line = |payer: &str| rejects.lines().find(|line| line.contains(payer)).unwrap().to_owned();
    assert!(line("医疗补助").contains("相近的规范名称：医疗救助"), "{rejects}");
    assert!(line("慈善医疗救助").contains("慈善"), "it may be two kinds: {rejects}");
}
