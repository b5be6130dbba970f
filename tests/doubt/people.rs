//! Listed people who would leave: beyond a bound their withdrawal is set aside and their lists are sealed on their day.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::files::{answer, open};
use crate::workspace::{Workspace, land_ordinary, whole_id};

const CLAIMS: &str = "SETL_ID,INIT_SETL_ID,FIXMEDINS_CODE,PSN_CERT_TYPE,CERTNO,PSN_NAME,INSUTYPE,MED_TYPE,INSU_ADMDVS,BEGNDATE,ENDDATE,SETL_TIME,\
MEDFEE_SUMAMT,FULAMT_OWNPAY_AMT,OVERLMT_SELFPAY,PRESELFPAY_AMT,INSCP_AMT,FUND_PAY_SUMAMT,PSN_PAY,REFD_SETL_FLAG,\
VALI_FLAG,UPDT_TIME\n";
const COUNTIES: [&str; 2] = ["990103", "990104"];
/// Listed people of each county.
const LISTED: usize = 12;

/// The id of a person of a county; all are invented.
fn id(county: &str, number: usize) -> String {
    whole_id(&format!("{county}19620305{number:03}"))
}

/// A person's settlement of June, as of a day: what it cost them is over the line of 28,134 yuan or far below.
fn claim(county: &str, number: usize, yuan: &str, updated: &str) -> String {
    format!(
        "{county}-{number},,H1,01,{},陈某,390,21,{county},2026-06-15,2026-06-15,2026-06-15 10:00:00,{yuan},0.00,0.00,0.00,\
         {yuan},0.00,{yuan},0,1,{updated} 10:00:00\n",
        id(county, number)
    )
}

fn roster(county: &str, month: &str, people: impl IntoIterator<Item = usize>) -> String {
    let head = "证件号码,姓名,人员类别,名册月份,来源单位,县区代码\n".to_owned();
    let row = |number| format!("{},陈某,脱贫人口,{month},{county}农业农村局,{county}\n", id(county, number));
    people.into_iter().fold(head, |text, number| text + &row(number))
}

/// A bureau whose October lists have twelve people in each of two counties.
fn october() -> Workspace {
    with_tags("tag,ends\n")
}

/// The same, by how tags end.
fn with_tags(tags: &str) -> Workspace {
    let workspace = Workspace::new("fujian", "990100");
    workspace.write("pipelines/tables/tags.csv", tags.as_bytes());
    let settings = "policy = \"fujian\"\narea = \"990100\"\n[warehouse]\nbuckets = 1\n";
    workspace.write("poverty-watch.toml", settings.as_bytes());
    let counties = "code,name,level\n990103,甲县,rural\n990104,乙县,rural\n";
    workspace.write("pipelines/tables/counties.csv", counties.as_bytes());
    let mut claims = CLAIMS.to_owned();
    for county in COUNTIES {
        for number in 1..=LISTED {
            claims += &claim(county, number, "30000.00", "2026-06-15");
        }
        let name = format!("{county}-2026-10.csv");
        workspace.land("rosters", &name, roster(county, "202610", 1..=LISTED).as_bytes());
    }
    workspace.land("claims", "june.csv", claims.as_bytes());
    workspace.land("income", "2025.csv", figure("28134.00", 1).as_bytes());
    assert_eq!(month(&workspace, "2026-10"), (0, 0));
    for county in COUNTIES {
        assert_eq!(listed(&workspace, "2026-10", county), [("new".to_owned(), LISTED)].into(), "{county}");
    }
    workspace
}

fn figure(yuan: &str, release: u32) -> String {
    format!(
        "指标,区划代码,年份,数值,版次,发布日期,来源\n\
         rural_disposable_income,990000,2025,{yuan},{release},2026-01-2{release},虚构\n"
    )
}

/// A night and a seal; their exit codes.
fn month(workspace: &Workspace, month: &str) -> (i32, i32) {
    land_ordinary(workspace, &COUNTIES, month);
    let run = |job: &str| {
        let output = workspace.run(&["run", job, "--month", month]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().unwrap();
        assert!(matches!(code, 0 | 4), "{job} {month}: {told}");
        code
    };
    (run("nightly"), run("monthly"))
}

/// People of a county's list of a month, by change; who stays by a question with its word.
fn listed(workspace: &Workspace, month: &str, county: &str) -> BTreeMap<String, usize> {
    let list = format!("{}-{county}-MZ-FULL-v1", month.replace('-', ""));
    let path = workspace.root().join(format!("lists/{month}/{list}/{list}.csv"));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let mut found = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let (delta, reason) = (&row[at("delta")], &row[at("delta_reason")]);
        let word = if reason.starts_with("open:") { format!("{delta} {reason}") } else { delta.to_owned() };
        *found.entry(word).or_default() += 1;
    }
    found
}

fn are<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(word, count)| (word.to_owned(), count)).collect()
}

/// Claims of some people that cost them nearly nothing by a later update.
fn corrected(people: &[(&str, std::ops::RangeInclusive<usize>)]) -> String {
    let mut text = CLAIMS.to_owned();
    for (county, numbers) in people {
        for number in numbers.clone() {
            text += &claim(county, number, "900.00", "2026-11-02");
        }
    }
    text
}

#[test]
fn withdrawals_beyond_the_bound_are_set_aside_and_the_lists_are_sealed() {
    let workspace = october();
    workspace.land("claims", "corrected.csv", corrected(&[("990103", 1..=4), ("990104", 1..=3)]).as_bytes());
    assert_eq!(month(&workspace, "2026-11"), (4, 4), "the question stands after the night, and after the seal");
    let set_aside = |kept, held| are([("continuing", kept), ("continuing open:held_claims", held)]);
    assert_eq!(listed(&workspace, "2026-11", "990103"), set_aside(8, 4));
    assert_eq!(listed(&workspace, "2026-11", "990104"), set_aside(9, 3));
    let questions = open(&workspace);
    let question = &questions[0];
    assert_eq!((questions.len(), &question["people"], &question["cause"]), (1, &7.into(), &"claims".into()));
    assert_eq!(question["counties"], serde_json::json!(COUNTIES));
    assert!(question["files"].as_array().unwrap().contains(&"claims/corrected.csv".into()), "{question}");
    assert!(question["owner"].as_str().is_some_and(|owner| !owner.is_empty()) && question["due"].is_string());
    let said = "名单内24人中有7人将被撤回（29.2%），暂缓撤回，仍列名单";
    for told in [&["questions"][..], &["status"], &["alerts"]] {
        let text = String::from_utf8(workspace.run(told).stdout).unwrap();
        assert!(text.contains(said) || text.contains("7 of 24 listed people would be withdrawn"), "{told:?}: {text}");
    }
    let number = question["question_id"].to_string();
    let shown = workspace.ok(&["questions", "show", &number, "--by", "李四"]);
    assert!(shown.contains("drawn cases, 5 of 7 people") && shown.contains("30000.00 yuan"), "{shown}");

    // Another night with other data asks nothing else; somebody else who would leave is asked about besides.
    let other = CLAIMS.to_owned() + &claim("990104", 90, "40.00", "2026-11-20");
    workspace.land("claims", "other.csv", other.as_bytes());
    assert_eq!(workspace.run(&["run", "nightly", "--month", "2026-11"]).status.code(), Some(4));
    assert_eq!(open(&workspace)[0]["hash"], question["hash"]);
    workspace.land("claims", "more.csv", corrected(&[("990103", 5..=5)]).as_bytes());
    assert_eq!(workspace.run(&["run", "nightly", "--month", "2026-11"]).status.code(), Some(4));
    let people: Vec<Value> = open(&workspace).into_iter().map(|one| one["people"].clone()).collect();
    assert_eq!(people, [Value::from(7), Value::from(1)]);

    // Accepted: the next seal withdraws them, and the one who is not accepted stays.
    answer(&workspace, "accept", question);
    assert_eq!(month(&workspace, "2026-12"), (4, 4));
    let left = |kept, held, withdrawn| {
        are([("continuing", kept), ("continuing open:held_claims", held), ("withdrawn", withdrawn)])
    };
    assert_eq!(listed(&workspace, "2026-12", "990103"), left(7, 1, 4));
    assert_eq!(listed(&workspace, "2026-12", "990104"), are([("continuing", 9), ("withdrawn", 3)]));
    let again = workspace.ok(&["reproduce", "--all"]);
    assert!(again.trim_end().ends_with("equal, 0 not"), "{again}");
    workspace.ok(&["audit", "verify"]);
}

#[test]
fn withdrawals_within_the_bound_are_no_question() {
    let workspace = october();
    workspace.land("claims", "corrected.csv", corrected(&[("990103", 1..=2), ("990104", 1..=2)]).as_bytes());
    assert_eq!(month(&workspace, "2026-11"), (0, 0));
    for county in COUNTIES {
        assert_eq!(listed(&workspace, "2026-11", county), are([("continuing", 10), ("withdrawn", 2)]));
    }
}

#[test]
fn an_accepted_withdrawal_goes_out_at_once_as_a_correction() {
    let workspace = october();
    workspace.land("claims", "corrected.csv", corrected(&[("990103", 1..=4)]).as_bytes());
    assert_eq!(month(&workspace, "2026-11"), (4, 4));
    answer(&workspace, "accept", &open(&workspace)[0]);
    let told = workspace.ok(&["lists", "correct", "--month", "2026-11"]);
    assert!(told.contains("202611-990103-MZ-WITHDRAWAL-v1"), "{told}");
}

#[test]
fn a_roster_cut_short_keeps_its_people_listed_and_sent_back_for_good() {
    let workspace = october();
    let text = roster("990103", "202610", 1..=2);
    workspace.land("rosters", "990103-2026-10（整份）.csv", text.as_bytes());
    assert_eq!(month(&workspace, "2026-11"), (4, 4));
    let held = are([("continuing", 2), ("continuing open:held_roster", 10)]);
    assert_eq!(listed(&workspace, "2026-11", "990103"), held);
    assert_eq!(listed(&workspace, "2026-11", "990104"), are([("continuing", 12)]));
    let question = open(&workspace).remove(0);
    assert_eq!((&question["cause"], &question["people"]), (&"roster".into(), &10.into()));
    assert!(question["files"][0].as_str().unwrap().contains("整份"), "{question}");
    answer(&workspace, "reject", &question);
    assert_eq!(month(&workspace, "2026-12"), (0, 0), "it is answered, and stays set aside");
    assert_eq!(listed(&workspace, "2026-12", "990103"), held);
    // The whole roster again: nothing is open any more.
    let text = roster("990103", "202612", 1..=LISTED);
    workspace.land("rosters", "990103-2026-12（整份）.csv", text.as_bytes());
    assert_eq!(workspace.run(&["run", "nightly", "--month", "2026-12"]).status.code(), Some(0));
    let all: Value = serde_json::from_str(&workspace.ok(&["questions", "list", "--all", "--format", "json"])).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
}

#[test]
fn exits_with_their_last_day_are_the_senders_word() {
    let workspace = october();
    let mut text = "证件号码,姓名,人员类别,起始日期,终止日期,来源单位,县区代码\n".to_owned();
    for number in 1..=6 {
        let _ = writeln!(text, "{},陈某,脱贫人口,2020-01-01,2026-10-31,990103农业农村局,990103", id("990103", number));
    }
    workspace.land("rosters", "990103-退出.csv", text.as_bytes());
    assert_eq!(month(&workspace, "2026-11"), (0, 0));
    assert_eq!(listed(&workspace, "2026-11", "990103"), are([("continuing", 6), ("withdrawn", 6)]));
}

#[test]
fn a_figure_that_is_corrected_upwards_is_a_question_of_income() {
    let workspace = october();
    workspace.land("income", "2025-2.csv", figure("30500.00", 2).as_bytes());
    assert_eq!(month(&workspace, "2026-11"), (4, 4));
    for county in COUNTIES {
        assert_eq!(listed(&workspace, "2026-11", county), are([("continuing open:held_income", LISTED)]));
    }
    let question = open(&workspace).remove(0);
    assert_eq!((&question["cause"], &question["people"]), (&"income".into(), &24.into()));
    assert_eq!(question["files"], serde_json::json!(["income/2025-2.csv"]));
    // The next seal's lists were made by the new figure: the cause is still the same, and so is its answer.
    answer(&workspace, "accept", &question);
    assert_eq!(month(&workspace, "2026-12"), (0, 0));
    assert_eq!(listed(&workspace, "2026-12", "990103"), are([("withdrawn", LISTED)]));
}

#[test]
fn an_office_is_asked_about_holders_whom_its_roster_lacks() {
    let workspace = Workspace::new("fujian", "990100");
    let settings = "policy = \"fujian\"\narea = \"990100\"\n[warehouse]\nbuckets = 2\n";
    workspace.write("poverty-watch.toml", settings.as_bytes());
    workspace.write("pipelines/tables/tags.csv", b"tag,ends\nlifted_out,absence\n");
    let mut claims = CLAIMS.to_owned();
    for county in COUNTIES {
        for number in 1..=LISTED {
            claims += &claim(county, number, "30000.00", "2026-06-15");
        }
    }
    workspace.land("claims", "june.csv", claims.as_bytes());
    workspace.land("income", "2025.csv", figure("28134.00", 1).as_bytes());
    let night = |month: &str| workspace.run(&["run", "nightly", "--month", month]).status.code();
    let land = |county: &str, month: &str, last: usize| {
        workspace.land("rosters", &format!("{county}-{month}.csv"), roster(county, month, 1..=last).as_bytes());
    };
    let found = |month: &str, what: &str| {
        let findings = workspace.findings(month);
        findings.iter().filter(|row| row.reason == what || (row.reason.is_empty() && row.status == what)).count()
    };
    for county in COUNTIES {
        land(county, "202610", LISTED);
    }
    assert_eq!(night("2026-10"), Some(0), "a first roster is no question");
    // Three of twelve are a quarter: no question. Four are more than a third.
    land("990103", "202611", 9);
    assert_eq!(night("2026-11"), Some(0));
    land("990104", "202611", 8);
    assert_eq!(night("2026-11"), Some(4));
    let question = open(&workspace).remove(0);
    assert_eq!((&question["cause"], &question["people"]), (&"roster".into(), &4.into()));
    assert_eq!(question["files"], serde_json::json!(["rosters/990104-202611.csv"]));
    assert_eq!(question["sender"], "990104农业农村局");
    assert_eq!((found("2026-11", "flagged"), found("2026-11", "tag_absent")), (17, 7));
    answer(&workspace, "accept", &question);
    assert_eq!(night("2026-11"), Some(0));
    assert_eq!(
        (found("2026-11", "flagged"), found("2026-11", "tag_absent")),
        (17, 3),
        "their office says they have left"
    );

    // Sent back, a roster ends nobody's tag: a second one that lacks them is the first that counts.
    land("990104", "202612", 3);
    assert_eq!(night("2026-12"), Some(4));
    answer(&workspace, "reject", &open(&workspace)[0]);
    assert_eq!(night("2026-12"), Some(0));
    land("990104", "202701", 3);
    workspace.run(&["run", "nightly", "--as-of", "2026-12-31"]);
    assert_eq!((found("2026-12", "flagged"), found("2026-12", "tag_absent")), (12, 8));
}

const BY_ABSENCE: &str = "tag,ends\nlifted_out,absence\n";

#[test]
fn movements_that_balance_are_the_senders_word() {
    let workspace = with_tags(BY_ABSENCE);
    let head = "证件号码,姓名,人员类别,名册月份,来源单位,县区代码,上月人数,新增人数,退出人数,本月人数\n".to_owned();
    let row = |number| format!("{},陈某,脱贫人口,202611,990103农业农村局,990103,12,0,5,7\n", id("990103", number));
    let text = (1..=7).fold(head, |text, number| text + &row(number));
    workspace.land("rosters", "990103-2026-11.csv", text.as_bytes());
    assert_eq!(month(&workspace, "2026-11"), (0, 0));
    assert_eq!(listed(&workspace, "2026-11", "990103"), are([("continuing", 7), ("withdrawn", 5)]));
}

#[test]
fn two_rosters_that_lack_many_withdraw_nobody_unasked() {
    let workspace = with_tags(BY_ABSENCE);
    workspace.land("rosters", "990103-2026-11.csv", roster("990103", "202611", 1..=8).as_bytes());
    assert_eq!(month(&workspace, "2026-11"), (4, 4));
    let open_by = |word: &str| are([("continuing", 8), (&format!("continuing open:{word}"), 4)]);
    assert_eq!(listed(&workspace, "2026-11", "990103"), open_by("tag_absent"));
    assert_eq!(open(&workspace)[0]["topic"], "roster_absent");
    workspace.land("rosters", "990103-2026-12.csv", roster("990103", "202612", 1..=8).as_bytes());
    assert_eq!(month(&workspace, "2026-12"), (4, 4));
    assert_eq!(listed(&workspace, "2026-12", "990103"), open_by("held_roster"));
    let questions = open(&workspace);
    assert_eq!((questions.len(), &questions[0]["topic"], &questions[0]["people"]), (1, &"people".into(), &4.into()));
}

#[test]
fn one_hospitals_refunds_of_one_month_are_one_question() {
    let workspace = october();
    // Two people of one county and one of another: far below what is many in a county.
    let refund = |county: &str, number: usize, hospital: &str| {
        format!(
            "R{county}-{number},{county}-{number},{hospital},01,{},陈某,390,21,{county},2026-11-02,2026-11-02,2026-11-02 \
             10:00:00,-30000.00,0.00,0.00,0.00,-30000.00,0.00,-30000.00,1,1,2026-11-02 10:00:00\n",
            id(county, number)
        )
    };
    let text = CLAIMS.to_owned() + &refund("990103", 1, "H1") + &refund("990103", 2, "H1") + &refund("990104", 1, "H1");
    workspace.land("claims", "refunds.csv", text.as_bytes());
    assert_eq!(month(&workspace, "2026-11"), (4, 4));
    let set_aside = |kept, held| are([("continuing", kept), ("continuing open:held_claims", held)]);
    assert_eq!(listed(&workspace, "2026-11", "990103"), set_aside(10, 2));
    assert_eq!(listed(&workspace, "2026-11", "990104"), set_aside(11, 1));
    let questions = open(&workspace);
    let question = &questions[0];
    assert_eq!((questions.len(), &question["people"], &question["cause"]), (1, &3.into(), &"claims".into()));
    let said = question["chinese"][0].as_str().unwrap();
    assert_eq!(said, "机构H1在2026-06作废结算，将使名单内3人撤出");
    // The next month knows the question still, and so does its answer.
    assert_eq!(month(&workspace, "2026-12"), (4, 4));
    assert_eq!(open(&workspace)[0]["hash"], question["hash"]);
    assert_eq!(listed(&workspace, "2026-12", "990103"), set_aside(10, 2));
    answer(&workspace, "accept", question);
    workspace.ok(&["run", "nightly", "--month", "2026-12"]);
    assert_eq!(open(&workspace).len(), 0);
    let told = workspace.ok(&["lists", "correct", "--month", "2026-12"]);
    assert!(
        told.contains("202612-990103-MZ-WITHDRAWAL-v1") && told.contains("202612-990104-MZ-WITHDRAWAL-v1"),
        "{told}"
    );
}
