//! Past periods: oldest first, each once, and not a word to the offices unless asked.

use law::domain::Period;
use store::ledger::Ledger;

use crate::determinism::land_fixtures;
use crate::workspace::Workspace;

#[test]
fn past_periods_run_oldest_first_and_quietly() {
    let workspace = Workspace::new("fujian", "990000");
    workspace.write("poverty-watch.toml", b"policy = \"fujian\"\narea = \"990000\"\n[warehouse]\nbuckets = 2\n");
    land_fixtures(&workspace, None);
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    let told = workspace.ok(&["backfill", "monthly", "--from", "2026-08", "--to", "2026-09"]);
    let (august, september) = (told.find("monthly 2026-08: done"), told.find("monthly 2026-09: done"));
    assert!(august.is_some() && august < september, "{told}");
    assert!(told.ends_with("backfill monthly: 2 run, 0 passed over; no office is written to\n"), "{told}");
    workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    let ledger = Ledger::open(&workspace.root().join("ledger.sqlite")).unwrap();
    let quiet = |period: &str| {
        let lists = ledger.sealed_lists(Period::parse(period).unwrap()).unwrap();
        let quiet = lists.iter().filter(|list| ledger.is_quiet(&list.list_id).unwrap()).count();
        assert!(!lists.is_empty());
        (quiet, lists.len() - quiet)
    };
    let (lists, none) = quiet("2026-08");
    assert_eq!((quiet("2026-09"), quiet("2026-10")), ((lists, none), (0, lists)), "only a backfill is quiet");
    // Again: nothing is run, and nothing that was sent becomes quiet.
    let again = workspace.ok(&["backfill", "monthly", "--from", "2026-08", "--to", "2026-10"]);
    assert!(again.ends_with("0 run, 3 passed over; no office is written to\n"), "{again}");
    let before = workspace.lists();
    workspace.ok(&["backfill", "monthly", "--from", "2026-09", "--to", "2026-10", "--force"]);
    assert_eq!(before, workspace.lists(), "sealed lists never change");
    assert_eq!(quiet("2026-10"), (0, lists), "lists that were sealed aloud stay so");
    // Asked to notify, it lifts the quiet, with nothing to run either.
    workspace.ok(&["backfill", "monthly", "--from", "2026-08", "--to", "2026-08", "--notify"]);
    assert_eq!((quiet("2026-08"), quiet("2026-09")), ((0, lists), (lists, 0)));
    ledger.verify_audit().unwrap();
    println!("schedule: backfill over {} lists", lists * 3);
}

#[test]
fn what_is_no_past_period_is_refused() {
    let workspace = Workspace::new("fujian", "990000");
    let cases = [
        (["monthly", "2026-09", "2026-08"], "lies after"),
        (["monthly", "2026-08-10", "2026-09"], "is for whole months"),
        (["monthly", "2026-08", "2199-01"], "has not ended"),
        (["tendays", "2199-01-10", "2199-01-20"], "has not ended"),
        (["deliver", "2026-08", "2026-09"], "nothing past to run"),
    ];
    for ([job, from, to], why) in cases {
        let output = workspace.run(&["backfill", job, "--from", from, "--to", to]);
        assert_eq!(output.status.code(), Some(2), "{job} {from} {to}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{:?}", output.stderr);
    }
    println!("schedule: {} backfill refusal cases", cases.len());
}
