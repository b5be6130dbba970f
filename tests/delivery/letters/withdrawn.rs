//! Lists that are taken back before their letters have gone: those letters never go, and other lists lose nothing.

use store::ledger::{Letter, MailState};

use super::{approve, ledger, places, review, sealed, spooled, totals_of};
use crate::workspace::Workspace;

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
