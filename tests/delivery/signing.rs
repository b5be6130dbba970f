//! From the sealed list to the spool folder, by the commands that people type.

use std::collections::BTreeSet;

use law::domain::CountyCode;
use store::ledger::MailState;

use super::{MONTH, ledger, places, sealed, spooled, totals};
use crate::workspace::Workspace;

/// Runs, expects that exit code, gives what was said on both outputs.
fn refused(workspace: &Workspace, code: i32, args: &[&str]) -> String {
    let output = workspace.run(args);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    said
}

pub(super) fn review(workspace: &Workspace) {
    workspace.ok(&["lists", "review", "--month", MONTH, "--by", "甲", "--reason", "逐户核对"]);
}

pub(super) fn approve(workspace: &Workspace) -> String {
    let (rows, control) = totals(workspace.root(), |_| true);
    workspace.ok(&[
        "lists",
        "approve",
        "--month",
        MONTH,
        "--by",
        "乙",
        "--reason",
        "同意",
        "--rows",
        &rows,
        "--control",
        &control,
    ])
}

#[test]
fn two_people_sign_and_the_letters_go_once() {
    let workspace = sealed();
    let root = workspace.root();
    let count = places(root).len();
    let (rows, control) = totals(root, |_| true);
    let approving = |by: &str, rows: &str, control: &str| {
        let args = [
            "lists",
            "approve",
            "--month",
            MONTH,
            "--reason",
            "同意",
            "--by",
            by,
            "--rows",
            rows,
            "--control",
            control,
        ];
        refused(&workspace, 4, &args)
    };
    assert!(approving("乙", &rows, &control).contains("nobody has reviewed it"));
    review(&workspace);
    assert!(
        refused(&workspace, 4, &["lists", "review", "--month", MONTH, "--by", "丙", "--reason", "x"])
            .contains("already")
    );
    for same in ["甲", " 甲", "甲 "] {
        assert!(approving(same, &rows, &control).contains("cannot approve it"));
    }
    assert!(approving("乙", "1", &control).contains("typed row count or control total"));
    assert!(approving("乙", &rows, "0.01").contains("typed row count or control total"));
    let nobody = ["lists", "approve", "--month", MONTH, "--by", " ", "--reason", "x", "--rows", "1", "--control", "1"];
    assert!(refused(&workspace, 2, &nobody).contains("one line of 1 to 200 characters"));
    assert_eq!(ledger(root).letters(&MailState::ALL).unwrap(), [], "nothing is written before the second signature");
    assert!(approve(&workspace).contains(&format!("{count} letters in the outbox")));
    assert!(approving("丁", &rows, &control).contains("approved already"));

    let rehearsed = workspace.ok(&["deliver", "--dry-run"]);
    assert!(rehearsed.contains(&format!("dry run: {count} letters are due, nothing was sent")), "{rehearsed}");
    assert!(spooled(root).is_empty());
    assert!(workspace.ok(&["deliver"]).contains(&format!("accepted {count}, deferred 0, rejected 0, unknown 0")));
    let sent = spooled(root);
    assert_eq!(sent.len(), count);
    assert!(workspace.ok(&["deliver"]).contains("accepted 0, "));
    assert_eq!(spooled(root), sent);
    let shown = workspace.ok(&["lists", "show"]);
    assert_eq!(shown.matches(" READY ").count(), count, "{shown}");
    assert_eq!(shown.matches("  accepted  (甲, 乙)").count(), count, "{shown}");
    assert!(workspace.ok(&["status"]).contains(&format!("letters: accepted {count}")));
    ledger(root).verify_audit().unwrap();
    println!("delivery, signing: {count} letters");
}

#[test]
fn letters_go_to_their_own_county_and_name_nobody() {
    let workspace = sealed();
    review(&workspace);
    approve(&workspace);
    workspace.ok(&["deliver"]);
    let ledger = ledger(workspace.root());
    // Everybody of the fixtures, on a list or not.
    let mut people: BTreeSet<String> = BTreeSet::new();
    for (_, bytes) in crate::workspace::files_below(&workspace.root().join("landing"))
        .into_iter()
        .filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes)))
    {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        people.extend(words.filter(|word| word.len() == 18 && word.starts_with("99")).map(str::to_owned));
    }
    assert!(people.len() > 20, "the fixtures' ids are found");
    let letters = ledger.letters(&[MailState::Accepted]).unwrap();
    for letter in &letters {
        let bytes = ledger.letter_bytes(letter.letter_id).unwrap();
        let name = format!("{}.eml", letter.message_id.split('@').next().unwrap());
        assert_eq!(spooled(workspace.root())[&name], bytes, "the file is what was approved");
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(&format!("\r\nTo: {}\r\n", letter.recipient)), "{text}");
        assert!(letter.recipient.contains(&letter.county) && CountyCode::parse(&letter.county).is_ok());
        assert_eq!(text.matches("\r\nTo: ").count() + text.matches("\r\nCc: ").count(), 1);
        assert!(people.iter().all(|id| !text.contains(id.as_str())));
    }
    println!("delivery, letters: {} letters, {} ids looked for, {} cases", letters.len(), people.len(), letters.len());
}

#[test]
fn an_operator_repeats_and_notes_what_came_back() {
    let workspace = sealed();
    review(&workspace);
    approve(&workspace);
    let ledger = ledger(workspace.root());
    let first = ledger.letters(&[MailState::Queued]).unwrap().remove(0);
    let list = first.lists[0].as_str();
    let resend = ["deliver", "resend", list, "--by", "丙", "--reason", "对方未收到"];
    assert!(refused(&workspace, 4, &resend).contains("still waits"));
    workspace.ok(&["deliver"]);
    workspace.ok(&resend);
    workspace.ok(&["deliver"]);
    let letters = ledger.letters_of(list).unwrap();
    assert_eq!(letters.iter().map(|letter| letter.resend_no).collect::<Vec<_>>(), [0, 1]);
    assert_ne!(letters[0].message_id, letters[1].message_id);
    let again = String::from_utf8(ledger.letter_bytes(letters[1].letter_id).unwrap()).unwrap();
    assert!(again.contains("Subject: =?utf-8?b?44CQ6YeN5Y+R44CR"), "the subject begins with 【重发】: {again}");

    let report = |to: &str, id: &str| {
        format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; r.example\r\n\r\n\
             Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n\
             Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}>\r\n\r\n--b--\r\n"
        )
    };
    workspace.write("good.eml", report(&first.recipient, &first.message_id).as_bytes());
    workspace.write("other.eml", report("mz000000@county.example", &letters[1].message_id).as_bytes());
    workspace.write("foreign.eml", report(&first.recipient, "00@elsewhere.example").as_bytes());
    let said = refused(&workspace, 4, &["deliver", "bounces", "good.eml", "other.eml", "foreign.eml"]);
    assert!(said.contains(&format!("good.eml: letter {} came back", first.message_id)), "{said}");
    assert!(said.contains("other.eml: not noted") && said.contains("foreign.eml: not noted"), "{said}");
    let states: Vec<MailState> = ledger.letters_of(list).unwrap().iter().map(|letter| letter.standing.state).collect();
    assert_eq!(states, [MailState::Bounced, MailState::Accepted]);
    let resolve = ["deliver", "resolve", &letters[1].message_id, "--sent", "--by", "丙", "--reason", "x"];
    assert!(refused(&workspace, 4, &resolve).contains("nothing to resolve"));
}

#[test]
fn what_was_changed_on_disk_is_not_signed_or_sent() {
    let workspace = sealed();
    let place = places(workspace.root()).into_iter().next().unwrap();
    let list = ledger(workspace.root()).sealed_lists(MONTH.parse().unwrap()).unwrap();
    let list = list.into_iter().find(|list| (&list.county, &list.office) == (&place.0, &place.1)).unwrap().list_id;
    let reviewing = ["lists", "review", &list, "--by", "甲", "--reason", "核对"];
    let mut cases = 0;
    for file in [format!("{list}.csv"), format!("{list}.xlsx"), "manifest.json".to_owned()] {
        let path = format!("lists/{MONTH}/{list}/{file}");
        let whole = std::fs::read(workspace.root().join(&path)).unwrap();
        let mut changed = whole.clone();
        let at = changed.len() / 2;
        changed[at] ^= 1;
        workspace.write(&path, &changed);
        assert!(refused(&workspace, 4, &reviewing).contains("sealed"));
        workspace.write(&path, &whole);
        cases += 1;
    }
    review(&workspace);
    approve(&workspace);
    // Two addresses swapped after approval: the table is refused, and nothing goes.
    let table = std::fs::read_to_string(workspace.root().join("pipelines/tables/routes.csv")).unwrap();
    let swapped = table.replace("mz990101@", "x@").replace("mz990102@", "mz990101@").replace("x@", "mz990102@");
    assert_ne!(swapped, table);
    workspace.write("pipelines/tables/routes.csv", swapped.as_bytes());
    assert!(refused(&workspace, 3, &["deliver"]).contains("routes.csv:"));
    assert!(refused(&workspace, 3, &["check"]).contains("changed after it was confirmed"));
    assert!(spooled(workspace.root()).is_empty());
    // An address that is no longer in force: its letter is refused, the others go.
    let ended = super::route("990101", "MZ");
    let line = table.lines().find(|line| line.starts_with("990101,MZ,")).unwrap();
    let mut row = law::referrals::RouteRow { address: "new990101@county.example".into(), ..ended };
    row.code = row.expected_code();
    let renewed = format!("990101,MZ,{},{},,甲,乙,{}", row.address, row.valid_from, row.code);
    workspace.write("pipelines/tables/routes.csv", table.replace(line, &renewed).as_bytes());
    let count = places(workspace.root()).len();
    let said = refused(&workspace, 4, &["deliver"]);
    assert!(said.contains(&format!("accepted {}, deferred 0, rejected 1", count - 1)), "{said}");
    println!("delivery, changed files and routes: {} cases", cases + 3);
}

#[test]
fn clear_text_goes_to_this_machine_only() {
    let workspace = sealed();
    let settings = std::fs::read_to_string(workspace.root().join("poverty-watch.toml")).unwrap();
    for (smtp, said) in [
        ("host = \"mail.county.example\"\nsecurity = \"none\"", "sends in clear text to mail.county.example"),
        ("host = \"10.0.0.1\"\nsecurity = \"none\"", "sends in clear text to 10.0.0.1"),
        ("security = \"none\"\nusername = \"u\"\npassword_file = \"p\"", "password would go out in clear text"),
        ("username = \"u\"", "username and password_file go together"),
        ("accept_seconds = 0", "waits lie between"),
    ] {
        let text = format!("{settings}transport = \"smtp\"\n[delivery.smtp]\n{smtp}\n");
        workspace.write("poverty-watch.toml", text.as_bytes());
        assert!(refused(&workspace, 3, &["deliver"]).contains(said), "{said}");
    }
}

#[test]
fn an_office_gets_one_letter_a_day() {
    let workspace = sealed();
    let count = places(workspace.root()).len();
    let next = |month: &str, as_of: &str| {
        workspace.ok(&["run", "nightly", "--as-of", as_of]);
        workspace.ok(&["run", "monthly", "--month", month]);
        workspace.ok(&["lists", "review", "--month", month, "--by", "甲", "--reason", "核对"]);
        let (rows, control) = super::totals_of(workspace.root(), month, |_| true);
        let word = ["--by", "乙", "--reason", "同意", "--rows", &rows, "--control", &control];
        workspace.ok(&[&["lists", "approve", "--month", month][..], &word[..]].concat());
    };
    let states = |state: MailState| ledger(workspace.root()).letters(&[state]).unwrap();
    review(&workspace);
    approve(&workspace);
    next("2026-11", "2026-11-30");
    // The letters of the day had not gone: the second list joins them.
    assert_eq!(states(MailState::Replaced).len(), count);
    assert!(states(MailState::Queued).iter().all(|letter| letter.lists.len() == 2));
    assert!(workspace.ok(&["deliver"]).contains(&format!("accepted {count}, ")));
    assert_eq!(spooled(workspace.root()).len(), count);
    // They have gone: what is signed now goes the next working morning.
    next("2026-12", "2026-12-31");
    assert!(workspace.ok(&["deliver"]).contains("accepted 0, "));
    let waiting = states(MailState::Queued);
    assert_eq!(waiting.len(), count);
    assert!(waiting.iter().all(|letter| letter.due_at > letter.written_at && letter.lists.len() == 1));
    println!("delivery, one letter a day: {} cases", count * 3);
}

#[test]
fn without_an_audit_entry_nothing_is_signed_or_sent() {
    let workspace = sealed();
    let audit = |sql: &str| {
        rusqlite::Connection::open(workspace.root().join("ledger.sqlite")).unwrap().execute_batch(sql).unwrap();
    };
    let close = "create trigger audit_closed before insert on audit begin select raise(abort, 'closed'); end";
    let (rows, control) = totals(workspace.root(), |_| true);
    let word = ["--by", "乙", "--reason", "同意", "--rows", &rows, "--control", &control];
    let approving = [&["lists", "approve", "--month", MONTH][..], &word[..]].concat();
    let reviewing = ["lists", "review", "--month", MONTH, "--by", "甲", "--reason", "核对"];
    let steps: [&[&str]; 3] = [&reviewing, &approving, &["deliver"]];
    for step in steps {
        audit(close);
        refused(&workspace, 1, step);
        audit("drop trigger audit_closed");
        if step[0] == "deliver" {
            assert!(spooled(workspace.root()).is_empty(), "no audit entry, no letter");
        }
        workspace.ok(step);
    }
    assert_eq!(spooled(workspace.root()).len(), places(workspace.root()).len());
    println!("delivery, closed audit chain: {} cases", steps.len());
}

#[test]
fn a_history_that_was_changed_stops_all_mail() {
    let workspace = sealed();
    let root = workspace.root();
    review(&workspace);
    let (rows, control) = totals(root, |_| true);
    let word = ["--by", "乙", "--reason", "同意", "--rows", &rows, "--control", &control];
    let approving = [&["lists", "approve", "--month", MONTH][..], &word[..]].concat();
    let tampered = |workspace: &Workspace| {
        let change = "drop trigger audit_keep; update audit set detail = 'changed' where seq = 3";
        rusqlite::Connection::open(workspace.root().join("ledger.sqlite")).unwrap().execute_batch(change).unwrap();
        assert!(ledger(workspace.root()).audit_head().unwrap().seq > 10, "one entry of many");
    };
    let early = Workspace::copy_of(root);
    tampered(&early);
    assert!(refused(&early, 4, &approving).contains("broken at entry 3"));
    assert!(!early.root().join("collect").exists());
    workspace.ok(&approving);
    tampered(&workspace);
    let list = places(root).into_iter().next().map(|(county, office)| format!("202610-{county}-{office}")).unwrap();
    let list = ledger(root)
        .sealed_lists(MONTH.parse().unwrap())
        .unwrap()
        .into_iter()
        .find(|one| one.list_id.starts_with(&list));
    let list = list.unwrap().list_id;
    for step in [
        &["deliver"][..],
        &["run", "deliver"],
        &["deliver", "--dry-run"],
        &["deliver", "resend", &list, "--by", "丙", "--reason", "x"],
    ] {
        assert!(refused(&workspace, 4, step).contains("broken at entry 3"), "{step:?}");
    }
    assert!(spooled(root).is_empty());
    assert!(workspace.ok(&["status"]).contains("ALERT audit_broken:"));
}

#[test]
fn the_loop_hands_over_what_the_ledger_holds() {
    use chrono::{TimeZone as _, Utc};
    use futures::FutureExt as _;
    use office::delivery::{Clearance, DispatchReport, MemoryTransport, dispatch};

    let workspace = sealed();
    review(&workspace);
    approve(&workspace);
    let (ledger, memory) = (ledger(workspace.root()), MemoryTransport::default());
    let clock = || Utc.with_ymd_and_hms(2099, 1, 1, 0, 0, 0).unwrap();
    let run = || dispatch(&ledger, &memory, clock, |_| Ok(Clearance::Go)).now_or_never().unwrap().unwrap();
    let count = places(workspace.root()).len();
    assert_eq!(run(), DispatchReport { accepted: count as u64, ..DispatchReport::default() });
    assert_eq!(run(), DispatchReport::default());
    let taken = memory.taken();
    assert_eq!(taken.len(), count);
    for (letter, bytes) in &taken {
        assert_eq!(*bytes, ledger.letter_bytes(letter.letter_id).unwrap());
        let events: Vec<String> =
            ledger.letter_history(letter.letter_id).unwrap().into_iter().map(|event| event.event).collect();
        assert_eq!(events, ["written", "taken", "accepted"]);
    }
    println!("delivery, memory: {count} cases");
}

#[test]
fn no_office_is_written_to_about_a_quiet_period() {
    let workspace = sealed();
    let month = "2026-09";
    let backfill = ["backfill", "monthly", "--from", month, "--to", month];
    workspace.ok(&backfill);
    workspace.ok(&["lists", "review", "--month", month, "--by", "甲", "--reason", "核对"]);
    let (rows, control) = super::totals_of(workspace.root(), month, |_| true);
    let word = ["--by", "乙", "--reason", "同意", "--rows", &rows, "--control", &control];
    let said = workspace.ok(&[&["lists", "approve", "--month", month][..], &word[..]].concat());
    assert!(said.contains(", 0 letters in the outbox"), "{said}");
    let mut lists = ledger(workspace.root()).sealed_lists(month.parse().unwrap()).unwrap().into_iter();
    let list = lists.find(|list| list.office == "MZ").unwrap().list_id;
    let resend = ["deliver", "resend", &list, "--by", "丙", "--reason", "补发"];
    assert!(refused(&workspace, 4, &resend).contains("its period is quiet"));
    workspace.ok(&[&backfill[..], &["--notify"]].concat());
    workspace.ok(&resend);
    assert!(workspace.ok(&["deliver"]).contains("accepted 1, "));
    assert_eq!(ledger(workspace.root()).letters_of(&list).unwrap()[0].resend_no, 0);
}
