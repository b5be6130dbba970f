//! An accepted file is taken back by two people: afterwards everything is as if it had not come, by the command line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use arrow::util::display::array_value_to_string;
use engine::read_table;
use law::domain::{IdNumber, PersonKey};
use serde_json::Value;

use super::files::open;
use crate::workspace::Workspace;

/// The id of an invented person on an area code that does not exist.
fn id(person: i64) -> String {
    IdNumber::from_key(PersonKey(99_010_319_620_305_000 + person)).unwrap().as_str().to_owned()
}

const CLAIMS: &str = "setl_id,init_setl_id,psn_no,certno,psn_name,insutype,med_type,insu_admdvs,setl_time,medfee_sumamt,\
                      fulamt_ownpay_amt,overlmt_selfpay,preselfpay_amt,inscp_amt,fund_pay_sumamt,psn_pay,refd_setl_flag,\
                      vali_flag,updt_time\n";

/// One settlement of a person's own cost; below nothing it is a reversal of the one that it names.
fn claim((number, original): (&str, &str), person: i64, yuan: i64, updated: u32) -> String {
    let (of, flag) = (id(person), i32::from(yuan < 0));
    format!(
        "{number},{original},P{},{of},测某,390,21,990103,2026-03-05 10:00:00,{yuan},0,0,0,{yuan},0,{yuan},{flag},1,\
         2026-0{updated}-01 09:00:00\n",
        person % 3
    )
}

fn small() -> Workspace {
    let workspace = Workspace::new("fujian", "990100");
    workspace.hold_nothing();
    let settings = "policy = \"fujian\"\narea = \"990100\"\n[warehouse]\nbuckets = 2\n";
    workspace.write("poverty-watch.toml", settings.as_bytes());
    workspace
}

fn intake(workspace: &Workspace) -> (i32, String) {
    let output = workspace.run(&["intake"]);
    let told = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), told)
}

/// Every row of every table that intake writes, but for the number of the version that took it in.
fn rows(workspace: &Workspace) -> BTreeMap<String, Vec<String>> {
    let versions = workspace.versions();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in versions.last().unwrap()["files"].as_array().unwrap() {
        if file.get("inputs").is_some() {
            continue;
        }
        let path = workspace.root().join("warehouse").join(file["path"].as_str().unwrap());
        for batch in read_table(&path, None).unwrap() {
            let batch = batch.unwrap();
            for row in 0..batch.num_rows() {
                let mut text = format!("{}", file["month"]);
                for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                    if field.name() != "taken_in" {
                        let _ = write!(text, "|{}={}", field.name(), array_value_to_string(column, row).unwrap());
                    }
                }
                found.entry(file["table"].as_str().unwrap().to_owned()).or_default().push(text);
            }
        }
    }
    found.values_mut().for_each(|rows| rows.sort());
    found
}

/// Two people ask a file back.
fn take_back(workspace: &Workspace, file: &str) -> String {
    let asked = workspace.ok(&["intake", "take-back", file, "--by", "张三", "--reason", "误将测试文件报送"]);
    agree(workspace);
    asked
}

/// The second person agrees to all that is asked back.
fn agree(workspace: &Workspace) {
    for question in open(workspace) {
        let number = question["question_id"].to_string();
        let shown = workspace.ok(&["questions", "show", &number, "--by", "李四", "--format", "json"]);
        let seen = serde_json::from_str::<Value>(&shown).unwrap()["seen"].as_str().unwrap().to_owned();
        workspace.ok(&["questions", "accept", &number, "--by", "李四", "--reason", "复核属实", "--seen", &seen]);
    }
}

#[test]
fn a_file_that_two_people_take_back_has_never_come() {
    let workspace = small();
    workspace.land("claims", "a.csv", (CLAIMS.to_owned() + &claim(("1", ""), 1, 100, 3)).as_bytes());
    assert_eq!(intake(&workspace).0, 0);
    let before = rows(&workspace);
    // It corrects what came before, and one of its rows is rejected.
    let broken = claim(("3", ""), 3, 30, 4).replace(&id(3), "990103196203050001");
    let text = CLAIMS.to_owned() + &claim(("1", ""), 1, 900, 4) + &claim(("2", ""), 2, 70, 4) + &broken;
    workspace.land("claims", "b.csv", text.as_bytes());
    let (code, told) = intake(&workspace);
    assert!(code == 0 && told.contains("rejected rows for the sender"), "{told}");
    let with = rows(&workspace);

    let unknown = workspace.run(&["intake", "take-back", "x.csv", "--by", "张三", "--reason", "误报"]);
    assert_eq!(unknown.status.code(), Some(4));
    let asked = workspace.ok(&["intake", "take-back", "claims/b.csv", "--by", "张三", "--reason", "误将测试文件报送"]);
    assert!(asked.contains("2 rows of 2 people in 1 counties stand, and 0 files"), "{asked}");
    let again = workspace.run(&["intake", "take-back", "b.csv", "--by", "李四", "--reason", "同意"]);
    let told = String::from_utf8(again.stderr).unwrap();
    assert!(again.status.code() == Some(4) && told.contains("asked back already, by question"), "{told}");
    assert_eq!(intake(&workspace).0, 0);
    assert_eq!(rows(&workspace), with, "one person changes nothing");
    let question = open(&workspace).remove(0);
    assert_eq!((&question["people"], &question["files"][0]), (&2.into(), &"claims/b.csv".into()));
    assert!(question["chinese"][0].as_str().unwrap().contains("现存记录2行，涉及2人、1个县（市、区）"), "{question}");
    assert_eq!(question["answers"][0]["reason"], "误将测试文件报送");
    agree(&workspace);
    let plan = workspace.ok(&["plan", "nightly", "--as-of", "2026-10-31"]);
    assert!(plan.contains("b.csv"), "{plan}");
    assert_eq!(rows(&workspace), with, "a plan changes nothing");

    let (code, told) = intake(&workspace);
    assert!(code == 0 && told.contains("claims/b.csv: taken back by question"), "{told}");
    assert_eq!(rows(&workspace), before, "what it had corrected is back");
    assert!(told.contains("taken back before, and left where it lies"), "{told}");
    let rejects = std::fs::read_dir(workspace.root().join("rejects/claims")).unwrap().count();
    assert_eq!(rejects, 0, "its rejects are gone");
    assert!(!intake(&workspace).1.contains("by question"), "once");
    assert_eq!(rows(&workspace), before);

    // The same bytes land again: under another name, or once they had gone.
    std::fs::rename(workspace.root().join("landing/claims/b.csv"), workspace.root().join("landing/claims/again.csv"))
        .unwrap();
    let (code, told) = intake(&workspace);
    assert!(code == 0 && told.contains("claims/again.csv: 3 (1000.00 yuan) rows"), "{told}");
    let named = |rows: BTreeMap<String, Vec<String>>| format!("{rows:?}").replace("again.csv", "b.csv");
    assert_eq!(named(rows(&workspace)), named(with));
    assert!(take_back(&workspace, "again.csv").contains("question 2"));
    assert!(intake(&workspace).1.contains("claims/again.csv: taken back by question 2"));
    assert_eq!(rows(&workspace), before);
    workspace.ok(&["audit", "verify"]);
}

#[test]
fn without_the_bytes_of_what_came_after_it_a_file_stays() {
    let workspace = small();
    for (name, person) in [("a.csv", 1), ("b.csv", 2), ("c.csv", 3)] {
        workspace.land("claims", name, (CLAIMS.to_owned() + &claim((name, ""), person, 100, 3)).as_bytes());
        assert_eq!(intake(&workspace).0, 0);
    }
    let (whole, c) = (rows(&workspace), workspace.root().join("landing/claims/c.csv"));
    let text = std::fs::read(&c).unwrap();
    std::fs::remove_file(&c).unwrap();
    let refused = workspace.run(&["intake", "take-back", "b.csv", "--by", "张三", "--reason", "误报"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(
        refused.status.code() == Some(4) && told.contains("claims/c.csv") && told.contains("Nothing is changed"),
        "{told}"
    );
    assert_eq!(open(&workspace).len(), 0);
    // They go between the answer and the night: told each night, and done once they are there again.
    workspace.land("claims", "c.csv", &text);
    take_back(&workspace, "b.csv");
    std::fs::remove_file(&c).unwrap();
    let (code, told) = intake(&workspace);
    assert!(code == 4 && told.contains("claims/b.csv: not taken back yet") && told.contains("claims/c.csv"), "{told}");
    assert_eq!(rows(&workspace), whole);
    workspace.land("claims", "c.csv", &text);
    let (code, told) = intake(&workspace);
    assert!(code == 0 && told.contains("1 later files were taken in again"), "{told}");
    let claims = rows(&workspace).remove("claims").unwrap();
    assert!(claims.len() == 2 && !format!("{claims:?}").contains("b.csv"), "{claims:?}");
}

/// Random rows of a feed's file that collide with those of others.
fn text_of(feed: &str, random: &mut fastrand::Rng, at: u32) -> String {
    let lines = |head: &str, random: &mut fastrand::Rng, line: &dyn Fn(&mut fastrand::Rng) -> String| {
        (0..random.usize(3..9)).fold(head.to_owned(), |text, _| text + &line(random))
    };
    match feed {
        "claims" => lines(CLAIMS, random, &|random| {
            let (number, person) = (random.u8(0..6), random.i64(1..6));
            match random.u8(0..5) {
                0 => claim((&format!("r{number}"), &format!("c{number}")), person, -i64::from(random.u8(1..3)), at + 2),
                1 => claim((&format!("r{number}"), ""), person, -40, at + 2),
                _ => claim((&format!("c{number}"), ""), person, i64::from(random.u8(1..4)) * 20, random.u32(2..6)),
            }
        }),
        "adjustments" => lines("adjustment_id,claim_id,id_number,amount,payer,paid_date\n", random, &|random| {
            let (number, person) = (random.u8(0..6), random.i64(1..6));
            format!("a{number},c{number},{},{}.00,医疗救助,2026-07-0{at}\n", id(person), random.u8(1..30))
        }),
        "residents" => lines("certno,psn_no,psn_name,county,updt_time\n", random, &|random| {
            let person = random.i64(1..6);
            let name = ["测某", "测甲"][random.usize(0..2)];
            format!("{},P{},{name},990103,2026-0{}-01\n", id(person), random.u8(0..3), random.u8(1..5))
        }),
        "rosters" => {
            lines("证件号码,姓名,人员类别,名册月份,来源单位,县区代码\n", random, &|random| {
                let (person, month) = (random.i64(1..6), random.u8(8..10));
                format!("{},测某,脱贫人口,20260{month},甲县农业农村局,990103\n", id(person))
            })
        }
        "applications" => lines(
            "申请编号,申请日期,身份证号,是否申请人,家庭年收入,更新时间\n",
            random,
            &|random| {
                let (number, person) = (random.u8(0..3), random.i64(1..6));
                let applies = ["是", "否"][random.usize(0..2)];
                format!(
                    "p{number},2026-03-01,{},{applies},{}00,2026-0{}-01\n",
                    id(person),
                    random.u8(1..9),
                    random.u8(1..5)
                )
            },
        ),
        _ => format!(
            "指标,区划代码,年份,数值,版次,发布日期\nrural_disposable_income,990000,{},{at}0000.00,{at},2026-01-01\n",
            2020 + random.u32(0..3)
        ),
    }
}

const FEEDS: [&str; 6] = ["claims", "adjustments", "residents", "rosters", "applications", "income"];

#[test]
fn tables_without_a_file_are_those_that_never_had_it_for_every_feed() {
    let mut random = fastrand::Rng::with_seed(11);
    let mut differing = 0;
    for round in 0..2 {
        let files: Vec<(String, String, String)> = (1..=3)
            .flat_map(|at| FEEDS.map(|feed| (at, feed)))
            .map(|(at, feed)| (feed.to_owned(), format!("{feed}-{at}.csv"), text_of(feed, &mut random, at)))
            .collect();
        let land = |workspace: &Workspace, round: usize, without: bool| {
            for (feed, name, text) in files.iter().filter(|(_, name, _)| name.contains(&format!("-{round}"))) {
                if !(without && round == 2) {
                    workspace.land(feed, name, text.as_bytes());
                }
            }
            assert_eq!(intake(workspace).0, 0);
        };
        let (with, never) = (small(), small());
        for round in 1..=3 {
            land(&with, round, false);
            land(&never, round, true);
        }
        let (whole, expected) = (rows(&with), rows(&never));
        differing += usize::from(whole != expected);
        for feed in FEEDS {
            take_back_asked(&with, feed);
        }
        agree(&with);
        let killed = Workspace::copy_of(with.root());
        let (code, told) = intake(&with);
        assert_eq!(code, 0, "{told}");
        let found = rows(&with);
        for table in expected.keys().chain(found.keys()) {
            assert_eq!(found.get(table), expected.get(table), "{table}");
        }
        with.ok(&["audit", "verify"]);
        // A run that is killed leaves what was, or what shall be; the next one ends it.
        for millis in [40, 90, 160, 260].into_iter().filter(|_| round == 0) {
            let mut child = killed.command(&["intake"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(millis));
            let _ = child.kill();
            child.wait().unwrap();
        }
        let (code, told) = intake(&killed);
        assert_eq!(code, 0, "{told}");
        assert_eq!(rows(&killed), expected, "killed in the middle");
    }
    assert_eq!(differing, 2, "the files matter");
}

fn take_back_asked(workspace: &Workspace, feed: &str) {
    workspace.ok(&["intake", "take-back", &format!("{feed}-2.csv"), "--by", "张三", "--reason", "误报"]);
}
