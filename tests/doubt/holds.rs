//! Questions: asked once, told everywhere, answered by two people and not by one keyboard under two spellings.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use law::domain::PersonKey;
use law::questions::{Bound, Cause, NewQuestion, Surprise, Topic};
use serde_json::Value;
use store::ledger::Ledger;

use crate::workspace::Workspace;

/// A question about so many people, asked on 2 November 2026.
fn ask(workspace: &Workspace, people: std::ops::Range<i64>) -> i64 {
    let ledger = Ledger::open(&workspace.root().join("ledger.sqlite")).unwrap();
    let question = NewQuestion {
        topic: Topic::People,
        series: String::new(),
        cause: Cause::Roster,
        surprises: vec![Surprise::new(
            Bound::PeopleWithdrawn,
            [("found", people.clone().count().to_string()), ("before", "20".into()), ("share", "25 %".into())],
        )],
        files: Vec::new(),
        counties: BTreeSet::from(["990102".to_owned()]),
        people: people.map(PersonKey).collect(),
        sender: "甲县民政局".to_owned(),
        due: NaiveDate::from_ymd_opt(2026, 11, 4).unwrap(),
    };
    let at = DateTime::parse_from_rfc3339("2026-11-02T01:30:00+08:00").unwrap();
    ledger.open_question(&question, at.to_utc()).unwrap().question_id
}

fn refused(workspace: &Workspace, arguments: &[&str], code: i32) -> String {
    let output = workspace.run(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn seen(workspace: &Workspace, id: &str, by: &str) -> String {
    let shown: Value =
        serde_json::from_str(&workspace.ok(&["questions", "show", id, "--by", by, "--format", "json"])).unwrap();
    assert_eq!(shown["drawn"].as_array().unwrap().len(), 5, "five cases");
    shown["seen"].as_str().unwrap().to_owned()
}

#[test]
fn a_question_is_told_until_two_people_have_answered_it() {
    let workspace = Workspace::new("fujian", "990000");
    let id = ask(&workspace, 100..106).to_string();
    assert_eq!(ask(&workspace, 100..106).to_string(), id, "asked once");
    let listed = workspace.ok(&["questions"]);
    assert!(listed.contains("20人中有6人将被撤回") && listed.ends_with("questions: 1\n"), "{listed}");
    assert!(
        listed.contains("业务经办人") || listed.contains("业务负责人") || listed.contains("报送单位负责人"),
        "{listed}"
    );
    assert!(workspace.ok(&["status"]).contains("questions that wait for an answer"));
    let alerts = workspace.run(&["alerts"]);
    assert!(String::from_utf8(alerts.stdout).unwrap().contains(&format!("question_open:{id}")));
    let night = workspace.run(&["run", "nightly", "--as-of", "2026-10-31"]);
    assert_eq!(night.status.code(), Some(4), "{}", String::from_utf8_lossy(&night.stderr));

    let accept = |by: &'static str, code: &str| {
        let mut arguments = vec!["questions", "accept", &*id, "--by", by, "--reason", "逐户核对"];
        if !code.is_empty() {
            arguments.extend(["--seen", code]);
        }
        arguments.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    let told = |by, code: &str| {
        let arguments = accept(by, code);
        workspace.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert!(told("张三", "").status.success());
    for same in ["張三", "张 三", "张三科长", "张\u{200b}三", "张科长"] {
        let output = told(same, &seen(&workspace, &id, same));
        assert_eq!(output.status.code(), Some(4), "{same} is the first one's keyboard");
    }
    let blind = told("李四", "");
    assert_eq!(blind.status.code(), Some(2), "the second person has not looked");
    assert!(String::from_utf8(blind.stderr).unwrap().contains("--seen"));
    assert_eq!(told("李四", &seen(&workspace, &id, "王五")).status.code(), Some(2), "another's code");
    assert!(told("李四", &seen(&workspace, &id, "李四")).status.success());
    let all: Value = serde_json::from_str(&workspace.ok(&["questions", "list", "--all", "--format", "json"])).unwrap();
    assert_eq!((&all[0]["state"], &all[0]["answer"]), (&Value::from("accepted"), &Value::from("accept")));
    assert!(workspace.ok(&["questions"]).starts_with("questions: 0"));
    assert!(
        refused(&workspace, &["questions", "reject", &id, "--by", "王五", "--reason", "x"], 4).contains("accepted")
    );
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    workspace.ok(&["audit", "verify"]);

    // Fewer people are covered by the answer, another one is not.
    assert_eq!(ask(&workspace, 101..106).to_string(), id);
    let other = ask(&workspace, 100..107);
    assert!(other.to_string() != id && workspace.ok(&["questions"]).ends_with("questions: 1\n"));
}

#[test]
fn only_named_people_and_their_deputies_answer() {
    let workspace = Workspace::new("fujian", "990000");
    let people = "name,role,sender,deputy,from,to\n张三丰,clerk,,李四光,,\n王五六,head,,,,2026-10-31\n赵七,sender_head,甲县民政局,,,\n";
    workspace.write("pipelines/tables/people.csv", people.as_bytes());
    let id = ask(&workspace, 100..106).to_string();
    let say = |by: &str, extra: &[&str]| {
        workspace.run(&[&["questions", "reject", &id, "--by", by, "--reason", "名册不全"], extra].concat())
    };
    for nobody in ["钱八", "张科长", "王五六"] {
        assert_eq!(say(nobody, &[]).status.code(), Some(2), "{nobody}");
    }
    assert!(say("张三丰科长", &[]).status.success());
    assert_eq!(say("張三丰", &["--seen", "00000000"]).status.code(), Some(4));
    let code = seen(&workspace, &id, "李四光");
    assert!(say("李四光", &["--seen", &code]).status.success());
    workspace.write("pipelines/tables/people.csv", b"name,role\n\xe5\xbc\xa0,boss\n");
    let wrong = refused(&workspace, &["questions"], 3);
    assert!(wrong.contains("people.csv:2"), "{wrong}");
}
