//! The job `deliver`: what the clock starts sends as the command does, and a past period is told to nobody.

use store::ledger::{MailState, RunState};

use super::signing::{approve, review};
use super::{MONTH, ledger, places, sealed, spooled};

#[test]
fn the_job_sends_what_is_signed_and_only_where_mail_is_live() {
    let workspace = sealed();
    let root = workspace.root();
    let settings = std::fs::read_to_string(root.join("poverty-watch.toml")).unwrap();
    review(&workspace);
    approve(&workspace);
    let count = places(root).len();
    workspace.write("poverty-watch.toml", settings.replace("live = true", "live = false").as_bytes());
    let said = workspace.ok(&["run", "deliver", "--scheduled"]);
    assert!(said.contains(&format!("dry run: {count} letters are due, nothing was sent")), "{said}");
    assert!(spooled(root).is_empty());
    workspace.write("poverty-watch.toml", settings.as_bytes());
    let said = workspace.ok(&["run", "deliver"]);
    assert!(said.contains(&format!("accepted {count}, deferred 0, rejected 0, unknown 0")), "{said}");
    assert_eq!(workspace.run(&["plan", "deliver"]).status.code(), Some(2), "it computes nothing");
    let sent = spooled(root);
    assert_eq!(sent.len(), count);
    assert!(workspace.ok(&["run", "deliver"]).contains("accepted 0, "));
    assert_eq!(spooled(root), sent, "nothing goes twice");
    let runs = ledger(root).job_runs("deliver", 10).unwrap();
    assert!(runs.len() == 3 && runs.iter().all(|run| run.state == RunState::Done), "{runs:?}");
    // Somebody else is sending: the scheduler tries again later, and a faulty table of routes is no matter of time.
    let lock = std::fs::File::create(root.join("deliver.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(workspace.run(&["run", "deliver"]).status.code(), Some(75));
    lock.unlock().unwrap();
    workspace.write("pipelines/tables/routes.csv", b"county,office\n");
    assert_eq!(workspace.run(&["run", "deliver"]).status.code(), Some(3), "the same as `deliver` says");
    assert!(workspace.ok(&["status"]).starts_with("ALERT run_failed:deliver "));
    println!("delivery, the job: {count} letters");
}

#[test]
fn a_backfill_sends_nothing_unless_it_is_to_notify() {
    let workspace = sealed();
    let root = workspace.root();
    // A bureau whose monthly job ends with sending.
    let monthly = std::fs::read_to_string(root.join("pipelines/monthly.toml")).unwrap();
    workspace.write("pipelines/monthly.toml", format!("{monthly}\n[[steps]]\nrun = \"deliver\"\n").as_bytes());
    review(&workspace);
    approve(&workspace);
    workspace.ok(&["plan", "monthly", "--month", "2026-11"]);
    workspace.ok(&["run", "monthly", "--month", "2026-11", "--rehearsal"]);
    let backfill = |more: &[&str]| {
        let past = ["backfill", "monthly", "--from", MONTH, "--to", MONTH, "--force"];
        workspace.ok(&[&past[..], more].concat())
    };
    backfill(&[]);
    assert!(spooled(root).is_empty(), "neither a plan, nor a rehearsal, nor a backfill sends");
    backfill(&["--notify"]);
    assert_eq!(spooled(root).len(), places(root).len());
    assert_eq!(ledger(root).letters(&[MailState::Queued]).unwrap(), []);
}
