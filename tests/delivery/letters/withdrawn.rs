//! Lists that are taken back before their letters have gone: those letters never go, and other lists lose nothing.

use store::ledger::{Letter, MailState};

use super::{approve, ledger, places, review, sealed, spooled, totals_of};
use crate::kill::{durable_calls, has_strace};
use crate::workspace::{Workspace, in_parallel};

fn retract(workspace: &Workspace, list: &str) -> String {
    workspace.ok(&["lists", "retract", list, "--by", "张科长", "--reason", "口径有误"])
}

fn in_state(workspace: &Workspace, state: MailState) -> Vec<Letter> {
    ledger(workspace.root()).letters(&[state]).unwrap()
}

#[test]
fn a_letter_for_a_list_that_was_taken_back_never_goes() {
    let workspace = sealed();
    let root = workspace.root();
    review(&workspace);
    approve(&workspace);
    let count = places(root).len();
    let waiting = in_state(&workspace, MailState::Queued);
    let (gone, sent, unknown) = (&waiting[0], &waiting[1], &waiting[2]);
    let said = retract(&workspace, &gone.lists[0]);
    assert!(said.contains(&format!("letter {} had not gone, and will not", gone.message_id)), "{said}");
    // Another was in hand when its run was killed, and nobody knows what became of it.
    let kill = |sql: &str| rusqlite::Connection::open(root.join("ledger.sqlite")).unwrap().execute_batch(sql).unwrap();
    let id = unknown.letter_id;
    kill(&format!("update outbox_standing set state = 'unknown', attempts = 1 where letter_id = {id}"));
    retract(&workspace, &unknown.lists[0]);
    assert_eq!(in_state(&workspace, MailState::Unknown).len(), 1, "what may have gone is not said to have stayed");
    // The folder says that it is not there: it would be sent again, and is not.
    let said = workspace.ok(&["run", "deliver"]);
    assert!(
        said.contains(&format!("accepted {}, deferred 0, rejected 0, unknown 0, withdrawn 1", count - 2)),
        "{said}"
    );
    let name = |letter: &Letter| format!("{}.eml", letter.message_id.split('@').next().unwrap());
    let spool = spooled(root);
    assert!(spool.contains_key(&name(sent)) && !spool.contains_key(&name(gone)) && !spool.contains_key(&name(unknown)));
    assert_eq!(in_state(&workspace, MailState::Withdrawn).len(), 2);
    let refused = workspace.run(&["deliver", "resend", &gone.lists[0], "--by", "丙", "--reason", "x"]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("the list was taken back"));
    // What was withdrawn is no letter that somebody must look after, and the chain knows who did it.
    assert!(!workspace.ok(&["status"]).contains("mail_undeliverable"));
    let chain = rusqlite::Connection::open(root.join("ledger.sqlite")).unwrap();
    let by: String = chain
        .query_row("select actor from audit where action = 'withdrawn' and object = ?1", [&gone.message_id], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(by, "张科长");
    ledger(root).verify_audit().unwrap();
    println!("delivery, lists taken back: {count} letters");
}

#[test]
fn while_somebody_works_or_sends_nothing_is_taken_back() {
    let workspace = sealed();
    let root = workspace.root();
    review(&workspace);
    approve(&workspace);
    let count = places(root).len();
    let list = in_state(&workspace, MailState::Queued).remove(0).lists.remove(0);
    let before = (workspace.lists(), collected(&workspace), ledger(root).audit_head().unwrap());
    for name in ["run.lock", "deliver.lock"] {
        let lock = std::fs::File::create(root.join(name)).unwrap();
        lock.lock().unwrap();
        let output = workspace.run(&["lists", "retract", &list, "--by", "张科长", "--reason", "口径有误"]);
        assert_eq!(output.status.code(), Some(75), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        lock.unlock().unwrap();
        let after = (workspace.lists(), collected(&workspace), ledger(root).audit_head().unwrap());
        assert!(after == before, "{name}: nothing is changed");
    }
    assert!(workspace.ok(&["deliver"]).contains(&format!("accepted {count}, ")), "it stands, and is announced");
}

/// What the offices find.
fn collected(workspace: &Workspace) -> std::collections::BTreeSet<std::path::PathBuf> {
    crate::workspace::files_below(&workspace.root().join("collect")).into_iter().collect()
}

#[test]
fn a_killed_retraction_announces_nothing_that_is_gone() {
    if !has_strace() {
        println!("retraction kills: 0 trials (strace is missing)");
        return;
    }
    let approved = sealed();
    review(&approved);
    approve(&approved);
    let list = in_state(&approved, MailState::Queued).remove(0).lists.remove(0);
    let args = ["lists", "retract", &list, "--by", "张科长", "--reason", "口径有误"];
    let calls = durable_calls(&Workspace::copy_of(approved.root()), &args, None).0;
    let trials: Vec<usize> = (1..=calls).step_by(calls.div_ceil(24)).collect();
    let outcomes = in_parallel(&trials, |n| {
        let workspace = Workspace::copy_of(approved.root());
        let root = workspace.root();
        let hit = durable_calls(&workspace, &args, Some(*n)).1;
        let is_there = || collected(&workspace).iter().any(|path| path.to_string_lossy().contains(&list));
        let was_there = is_there();
        workspace.ok(&["deliver"]);
        let letters = ledger(root).letters_of(&list).unwrap();
        let is_announced = letters.iter().any(|letter| letter.standing.state == MailState::Accepted);
        assert!(!is_announced || was_there, "killed at call {n}: a letter announces what is gone");
        let is_noted = ledger(root).is_retracted(&list).unwrap();
        assert!(!(is_noted && (is_announced || is_there())), "killed at call {n}: taken back, and announced or there");
        let again = workspace.run(&args).status.code();
        assert!(matches!(again, Some(0 | 75)), "killed at call {n}: {again:?}");
        let notices = workspace.manifests(super::MONTH).into_keys().filter(|id| id.contains("RETRACTION"));
        assert_eq!((notices.count(), is_there()), (1, false), "killed at call {n}: done by whoever asks again");
        ledger(root).verify_audit().unwrap();
        (hit, is_announced)
    });
    let hits = outcomes.iter().filter(|(hit, _)| *hit).count();
    let announced = outcomes.iter().filter(|(_, announced)| *announced).count();
    println!(
        "retraction kills: {} of {calls} calls, {hits} killed, {announced} before anything was taken back",
        trials.len()
    );
    assert!(hits * 2 > trials.len() && announced > 0 && announced < trials.len());
}

#[test]
fn the_other_lists_of_a_withdrawn_letter_get_one_of_their_own() {
    let workspace = sealed();
    let root = workspace.root();
    let next = "2026-11";
    review(&workspace);
    approve(&workspace);
    workspace.ok(&["run", "nightly", "--as-of", "2026-11-30"]);
    workspace.ok(&["run", "monthly", "--month", next]);
    workspace.ok(&["lists", "review", "--month", next, "--by", "甲", "--reason", "核对"]);
    let (rows, control) = totals_of(root, next, |_| true);
    let word = ["--by", "乙", "--reason", "同意", "--rows", &rows, "--control", &control];
    workspace.ok(&[&["lists", "approve", "--month", next][..], &word[..]].concat());
    let letter = in_state(&workspace, MailState::Queued).remove(0);
    let [kept, gone] = letter.lists.as_slice() else { panic!("a letter with two lists: {letter:?}") };
    assert!(kept.starts_with("202610") && gone.starts_with("202611"));
    retract(&workspace, gone);
    assert_eq!(in_state(&workspace, MailState::Withdrawn).remove(0).message_id, letter.message_id);
    for _ in 0..2 {
        workspace.ok(&["run", "deliver"]);
    }
    let ledger = ledger(root);
    let letters = ledger.letters_of(kept).unwrap();
    let [again] = letters.as_slice() else { panic!("one letter: {letters:?}") };
    assert_eq!((again.standing.state, again.lists.as_slice()), (MailState::Accepted, &[kept.clone()][..]));
    assert_ne!(again.message_id, letter.message_id);
    assert_eq!(again.due_at, letter.due_at);
    let text = String::from_utf8(ledger.letter_bytes(again.letter_id).unwrap()).unwrap();
    assert!(!text.contains(gone.as_str()));
    let count = places(root).len();
    assert_eq!(spooled(root).len(), count, "each office has its letter, once");
    // Its first letter of all, replaced by the digest, named the same list to the same office: it is another one.
    let ids: std::collections::BTreeSet<String> =
        ledger.letters(&MailState::ALL).unwrap().into_iter().map(|letter| letter.message_id).collect();
    assert_eq!(ids.len(), 2 * count + 1);
    println!("delivery, lists taken back out of a digest: {count} letters");
}
