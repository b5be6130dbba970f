//! `lists approve` and `deliver` killed at each durable call: the next run leads to the same letters, each once.

use std::collections::BTreeMap;

use store::ledger::MailState;

use super::{MONTH, ledger, sealed, spooled, totals};
use crate::kill::{durable_calls, has_strace};
use crate::workspace::{Workspace, in_parallel};

const COUNTY: &str = "990103";

#[test]
fn a_killed_delivery_is_finished_by_the_next() {
    if !has_strace() {
        println!("delivery kills: 0 trials (strace is missing)");
        return;
    }
    let reviewed = sealed();
    reviewed.ok(&["lists", "review", "--month", MONTH, "--county", COUNTY, "--by", "甲", "--reason", "核对"]);
    let (rows, control) = totals(reviewed.root(), |county| county == COUNTY);
    let approve = [
        "lists",
        "approve",
        "--month",
        MONTH,
        "--county",
        COUNTY,
        "--by",
        "乙",
        "--reason",
        "同意",
        "--rows",
        &rows,
        "--control",
        &control,
    ];
    let approved = Workspace::copy_of(reviewed.root());
    approved.ok(&approve);
    let expected: Vec<String> = message_ids(&approved);
    let deliver = ["deliver"];
    let mut trials: Vec<(&Workspace, &[&str], usize)> = Vec::new();
    for (before, args) in [(&reviewed, &approve[..]), (&approved, &deliver[..])] {
        let calls = durable_calls(&Workspace::copy_of(before.root()), args, None).0;
        trials.extend((1..=calls).map(|n| (before, args, n)));
    }
    let killed = in_parallel(&trials, |(before, args, n)| {
        let workspace = Workspace::copy_of(before.root());
        let hit = durable_calls(&workspace, args, Some(*n)).1;
        let what = format!("{} killed at call {n}", args[..args.len().min(2)].join(" "));
        // Approved already, or to be approved now: both are right.
        let again = workspace.run(&approve);
        assert!(matches!(again.status.code(), Some(0 | 4)), "{what}: {}", String::from_utf8_lossy(&again.stderr));
        for _ in 0..2 {
            workspace.ok(&["deliver"]);
        }
        let ledger = ledger(workspace.root());
        ledger.verify_audit().unwrap();
        let letters = ledger.letters(&MailState::ALL).unwrap();
        assert!(letters.iter().all(|letter| letter.standing.state == MailState::Accepted), "{what}: {letters:?}");
        assert_eq!(message_ids(&workspace), expected, "{what}");
        let bytes: BTreeMap<String, Vec<u8>> = letters
            .iter()
            .map(|letter| {
                let name = format!("{}.eml", letter.message_id.split('@').next().unwrap());
                (name, ledger.letter_bytes(letter.letter_id).unwrap())
            })
            .collect();
        assert_eq!(spooled(workspace.root()), bytes, "{what}: lost or sent twice");
        hit
    });
    let hits = killed.iter().filter(|hit| **hit).count();
    println!("delivery kills: {} trials, {hits} killed, 0 lost, 0 sent twice", trials.len());
    assert!(hits * 2 > trials.len(), "most of the kills came too late to matter");
}

fn message_ids(workspace: &Workspace) -> Vec<String> {
    let letters = ledger(workspace.root()).letters(&MailState::ALL).unwrap();
    letters.into_iter().map(|letter| letter.message_id).collect()
}
