//! Letters to the operators: each alert once when it comes and once when it is over, through the outbox.

use std::collections::BTreeMap;

use store::ledger::{Letter, MailState, OPERATORS};

use super::{MONTH, SETTINGS, approve, ledger, review, sealed, spooled, text_of};
use crate::workspace::Workspace;

const ADDRESS: &str = "[operators]\naddress = \"ops@county.example\"\n[feeds.claims]\nmax_age_days = 1\n";

/// The operators' letters with their text.
fn told(workspace: &Workspace) -> Vec<(Letter, String)> {
    let ledger = ledger(workspace.root());
    let letters = ledger.letters(&MailState::ALL).unwrap().into_iter().filter(|letter| letter.office == OPERATORS);
    letters
        .map(|letter| (text_of(&ledger.letter_bytes(letter.letter_id).unwrap()), letter))
        .map(|(t, l)| (l, t))
        .collect()
}

/// The pause between two letters is over.
fn let_time_pass(workspace: &Workspace) {
    let ledger = rusqlite::Connection::open(workspace.root().join("ledger.sqlite")).unwrap();
    ledger.execute_batch("drop trigger outbox_keep; update outbox set written_at = '2020-01-01T00:00:00Z'").unwrap();
    let keep =
        "create trigger outbox_keep before update on outbox begin select raise(abort, 'a letter never changes'); end";
    ledger.execute_batch(keep).unwrap();
}

#[test]
fn operators_are_written_to_once_about_each_alert() {
    let workspace = sealed();
    let root = workspace.root();
    let settings = |live: bool| SETTINGS.replace("live = true", &format!("live = {live}")) + ADDRESS;
    // Nothing is sent where mail is not live; what stands is told once it is.
    workspace.write("poverty-watch.toml", settings(false).as_bytes());
    workspace.write("pipelines/tables/routes.csv", b"county,office\n");
    review_refused(&workspace);
    assert_eq!(workspace.run(&["run", "monthly", "--month", "2024-03"]).status.code(), Some(75));
    assert_eq!(told(&workspace).len(), 0);
    workspace.write("poverty-watch.toml", settings(true).as_bytes());
    assert_eq!(workspace.run(&["run", "monthly", "--month", "2024-03"]).status.code(), Some(75));
    let letters = told(&workspace);
    let [(letter, text)] = letters.as_slice() else { panic!("one letter: {letters:?}") };
    assert!(
        text.contains("作业 monthly（2024-03）上次运行失败") && text.contains("of monthly for 2024-03 failed"),
        "{text}"
    );
    assert!(!text.contains("已解除"), "{text}");
    assert_eq!((letter.standing.state, letter.recipient.as_str()), (MailState::Accepted, "ops@county.example"));
    assert_eq!(spooled(root).len(), 1, "at once, without the job that sends to offices");
    // It fails again: nothing is new. It ends well: that is told, and nothing else.
    workspace.run(&["run", "monthly", "--month", "2024-03"]);
    let_time_pass(&workspace);
    workspace.run(&["run", "monthly", "--month", "2024-03"]);
    assert_eq!(told(&workspace).len(), 1, "never twice about the same alert");
    workspace.ok(&["run", "monthly", "--month", MONTH]);
    let letters = told(&workspace);
    let text = &letters[1].1;
    assert!(text.contains("已解除 (1):") && text.contains("Cleared (1):") && !text.contains("需要处理"), "{text}");
    // Within the pause nothing is written; after it, what stands then, in one letter.
    let fail = ["run", "deliver"];
    assert_eq!(workspace.run(&fail).status.code(), Some(3));
    workspace.run(&["run", "monthly", "--month", "2024-03"]);
    assert_eq!(told(&workspace).len(), 2);
    let_time_pass(&workspace);
    workspace.run(&fail);
    let letters = told(&workspace);
    assert_eq!(letters.len(), 3);
    assert!(letters[2].1.contains("需要处理 (2):"), "{}", letters[2].1);
    let ids: std::collections::BTreeSet<&str> = letters.iter().map(|(one, _)| one.message_id.as_str()).collect();
    assert_eq!(ids.len(), 3);
    ledger(root).verify_audit().unwrap();
    println!("operators' letters: {} letters", letters.len());
}

/// Routes are faulty: no list is signed, and the operators are told all the same.
fn review_refused(workspace: &Workspace) {
    let review = ["lists", "review", "--month", MONTH, "--by", "甲", "--reason", "核对"];
    assert_eq!(workspace.run(&review).status.code(), Some(3));
}

#[test]
fn mail_that_cannot_be_delivered_is_told_by_county_until_somebody_has_acted() {
    let workspace = sealed();
    workspace.write("poverty-watch.toml", (SETTINGS.to_owned() + ADDRESS).as_bytes());
    review(&workspace);
    approve(&workspace);
    workspace.ok(&["run", "deliver"]);
    assert_eq!(told(&workspace).len(), 0);
    let ledger = ledger(workspace.root());
    let of = |county: &str| -> BTreeMap<String, Letter> {
        let letters = ledger.letters(&MailState::ALL).unwrap().into_iter();
        letters.filter(|letter| letter.county == county).map(|letter| (letter.office.clone(), letter)).collect()
    };
    let bounce = |letter: &Letter, file: &str| {
        let (to, id) = (&letter.recipient, &letter.message_id);
        let report = format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; r.example\r\n\r\n\
             Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n\
             Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}>\r\n\r\n--b--\r\n"
        );
        workspace.write(file, report.as_bytes());
        workspace.ok(&["deliver", "bounces", file]);
    };
    let first = of("990101")["MZ"].clone();
    bounce(&first, "one.eml");
    workspace.ok(&["run", "deliver"]);
    let letters = told(&workspace);
    assert!(letters.len() == 1 && letters[0].1.contains("990101 有 1 封名单通知邮件被退回"), "{letters:?}");
    // Another county's: news of its own. The first is sent again: over.
    bounce(&of("990102")["MZ"].clone(), "two.eml");
    workspace.ok(&["deliver", "resend", &first.lists[0], "--by", "丙", "--reason", "地址已更正"]);
    let_time_pass(&workspace);
    workspace.ok(&["run", "deliver"]);
    let letters = told(&workspace);
    let text = &letters[1].1;
    assert!(text.contains("需要处理 (1):\r\n\r\n1. 990102 "), "{text}");
    assert!(text.contains("已解除 (1):\r\n\r\n1. 990101 "), "{text}");
    workspace.write("poverty-watch.toml", (SETTINGS.to_owned() + &ADDRESS.replace("county", "other")).as_bytes());
    let refused = workspace.run(&["check"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("mail may not go to the operators' address"));
}

#[test]
fn a_day_is_told_in_one_letter() {
    let workspace = sealed();
    let address = "[operators]\naddress = \"ops@county.example\"\n";
    workspace.write("poverty-watch.toml", (SETTINGS.to_owned() + address).as_bytes());
    for _ in 0..2 {
        workspace.run(&["run", "nightly", "--month", MONTH]);
    }
    let letters = told(&workspace);
    let digests: Vec<&String> = letters.iter().map(|(_, text)| text).filter(|text| text.contains("供了解")).collect();
    assert_eq!(digests.len(), 1, "{letters:?}");
    let text = digests[0];
    assert!(text.contains("作业 nightly") && text.contains("越线") && text.contains("for information"), "{text}");
    let digits = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    assert!(digits.is_some_and(|digits| digits < 10), "nobody's number: {text}");
    let status = workspace.ok(&["status"]);
    assert!(status.contains("the last day") && status.contains("findings flagged"), "{status}");
}
