//! Letters of which nobody knows whether they arrived: the operator's way from the list of them to each one's end.

use store::ledger::{Letter, MailState};

use super::{approve, ledger, review, sealed, spooled, text_of};
use crate::workspace::Workspace;

/// A workspace in which the connection was lost after the final dot of so many letters, and nothing can be looked up.
fn with_unknown(count: usize) -> (Workspace, Vec<Letter>) {
    let workspace = sealed();
    review(&workspace);
    approve(&workspace);
    let letters = ledger(workspace.root()).letters(&[MailState::Queued]).unwrap();
    workspace.ok(&["run", "deliver"]);
    let lost: Vec<Letter> = letters.into_iter().take(count).collect();
    let chain = rusqlite::Connection::open(workspace.root().join("ledger.sqlite")).unwrap();
    for letter in &lost {
        let sql = "update outbox_standing set state = 'unknown' where letter_id = ?1";
        chain.execute(sql, [letter.letter_id]).unwrap();
    }
    (workspace, lost)
}

fn said(workspace: &Workspace, code: i32, args: &[&str]) -> String {
    let output = workspace.run(args);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    said
}

#[test]
fn an_operator_finds_out_and_says_so() {
    let (workspace, lost) = with_unknown(4);
    let root = workspace.root();
    let [arrived, absent, unclear, dropped] = lost.as_slice() else { panic!("four letters") };
    let id = |letter: &Letter| letter.message_id.clone();
    let log = format!("relay: A1: message-id=<{}>\nrelay: A1: to=<{}>, status=sent\n", id(arrived), arrived.recipient);
    workspace.write("relay.log", log.as_bytes());
    let report = format!(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; r.example\r\n\r\n\
         Final-Recipient: rfc822; {}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n\
         Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{}>\r\n\r\n--b--\r\n",
        absent.recipient,
        id(absent)
    );
    workspace.write("report.eml", report.as_bytes());
    let listed = said(&workspace, 4, &["deliver", "unknown", "relay.log", "report.eml"]);
    assert!(lost.iter().all(|letter| listed.contains(&letter.message_id)), "{listed}");
    assert_eq!((listed.matches("relay.log names it").count(), listed.matches("came back").count()), (1, 1));
    assert!(listed.contains("4 letters are unclear"), "{listed}");

    let resolve = |letter: &Letter, code: i32, more: &[&str]| {
        let id = id(letter);
        let word = ["deliver", "resolve", &id, "--by", "丙", "--reason", "查过中继日志"];
        said(&workspace, code, &[&word[..], more].concat())
    };
    // One word, with a name, a reason, and a file that says something of this very letter.
    resolve(arrived, 2, &[]);
    resolve(arrived, 2, &["--sent", "--resend"]);
    assert!(resolve(unclear, 4, &["--sent", "--evidence", "relay.log"]).contains("does not name the letter"));
    assert!(resolve(absent, 4, &["--sent", "--evidence", "report.eml"]).contains("deliver bounces"));
    let nobody = ["deliver", "resolve", &id(arrived), "--sent", "--by", " ", "--reason", "x"];
    assert!(said(&workspace, 2, &nobody).contains("one line of 1 to 200 characters"));
    assert!(resolve(arrived, 0, &["--sent", "--evidence", "relay.log"]).contains("is now accepted"));
    workspace.ok(&["deliver", "bounces", "report.eml"]);
    let again = resolve(unclear, 0, &["--resend"]);
    resolve(dropped, 0, &["--take-out"]);
    assert!(resolve(dropped, 4, &["--take-out"]).contains("nothing to resolve"));
    assert!(said(&workspace, 0, &["deliver", "unknown"]).contains("0 letters are unclear"));

    let ledger = ledger(root);
    let state = |letter: &Letter| ledger.letter_named(&letter.message_id).unwrap().unwrap().standing.state;
    use MailState::{Accepted, Bounced, Rejected};
    assert_eq!(lost.iter().map(state).collect::<Vec<_>>(), [Accepted, Bounced, Rejected, Rejected]);
    let letters = ledger.letters_of(&unclear.lists[0]).unwrap();
    let [_, repeated] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(again.contains(&repeated.message_id) && repeated.message_id != unclear.message_id, "{again}");
    assert!(text_of(&ledger.letter_bytes(repeated.letter_id).unwrap()).contains("第 1 次重发"));
    let before = spooled(root).len();
    workspace.ok(&["run", "deliver"]);
    assert_eq!(spooled(root).len(), before + 1, "the repetition goes, and nothing else");
    // Who said so, why, and by which file stands in the chain.
    let chain = rusqlite::Connection::open(root.join("ledger.sqlite")).unwrap();
    let entry = |letter: &Letter, action: &str| -> (String, String) {
        let sql = "select actor, detail from audit where action = ?1 and object = ?2";
        chain.query_row(sql, [action, &letter.message_id], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let hash = law::domain::hex(&<sha2::Sha256 as sha2::Digest>::digest(log.as_bytes()));
    let (by, detail) = entry(arrived, "found");
    assert!(by == "丙" && detail.contains(&format!("evidence sha256 {hash}: 查过中继日志")), "{detail}");
    assert_eq!(entry(unclear, "taken_out").0, "丙");
    ledger.verify_audit().unwrap();
    println!("delivery, unclear letters: {} letters", lost.len());
}
