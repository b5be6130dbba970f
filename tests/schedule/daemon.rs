//! The daemon: its loop with a fake clock over a real workspace, and the real process with signals and a stand-in.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use engine::{Context, PipelineError, Progress};
use law::schedule::{Decision, decide};
use store::ledger::{Ledger, RunState};
use watch::{run_job, timetable};

use crate::determinism::land_fixtures;
use crate::workspace::Workspace;

struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) {}
    fn reached(&self, _: u64) {}
    fn end(&self, _: &str, _: &str) {}
}

fn context(workspace: &Workspace, now: DateTime<Utc>) -> Context {
    let opened = store::workspace::load(workspace.root()).unwrap();
    Context::open(opened, now, env!("CARGO_BIN_EXE_poverty-watch").into(), Arc::new(Silent), None).unwrap()
}

fn ledger(workspace: &Workspace) -> Ledger {
    Ledger::open(&workspace.root().join("ledger.sqlite")).unwrap()
}

/// What the daemon does from `from` on until nothing is due, by its own decisions: job and period of each run.
fn live(workspace: &Workspace, from: DateTime<Utc>) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (mut now, mut runs) = (from, Vec::new());
    loop {
        let context = context(workspace, now);
        match decide(&timetable(&context).unwrap().jobs, now) {
            Decision::Wait(until) => {
                assert!(until.unwrap() > now);
                return runs;
            }
            Decision::Run(due) => {
                let outcome = runtime.block_on(run_job(&context, &context.job(&due.job).unwrap(), due.period));
                let how = match outcome {
                    Ok(_) => "",
                    Err(PipelineError::Figures(_)) => " lacks a figure",
                    Err(error) => panic!("{error}"),
                };
                runs.push(format!("{} {}{how}", due.job, due.period));
                now += TimeDelta::minutes(1);
            }
        }
    }
}

#[test]
fn after_months_of_downtime_each_list_is_sealed_oldest_first() {
    let workspace = Workspace::new("fujian", "990000");
    workspace.write("poverty-watch.toml", b"policy = \"fujian\"\narea = \"990000\"\n[warehouse]\nbuckets = 2\n");
    land_fixtures(&workspace, None);
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    for job in ["nightly", "monthly", "deliver"] {
        ledger(&workspace).watch_job(job, at("2026-08-20T00:00:00Z")).unwrap();
    }
    // Back on the twentieth of November: one night takes everything in, then the months follow.
    assert_eq!(
        live(&workspace, at("2026-11-20T00:00:00Z")),
        [
            "deliver 2026-11",
            "nightly 2026-11",
            "monthly 2026-08",
            "monthly 2026-09",
            "monthly 2026-10",
            "deliver 2026-11"
        ]
    );
    assert_eq!(live(&workspace, at("2026-11-20T12:00:00Z")), ["deliver 2026-11"]);
    assert_eq!(live(&workspace, at("2026-11-20T13:00:00Z")), Vec::<String>::new());
    assert_eq!(live(&workspace, at("2026-11-20T17:30:00Z")), ["nightly 2026-11"]);
    // The clock is a year back: all of that has been done.
    assert_eq!(live(&workspace, at("2025-11-20T12:00:00Z")), Vec::<String>::new());
    let sealed = ledger(&workspace);
    let lists: Vec<usize> =
        ["2026-08", "2026-09", "2026-10"].map(|of| sealed.sealed_lists(of.parse().unwrap()).unwrap().len()).into();
    assert!(lists.iter().all(|count| *count > 0), "{lists:?}");
}

/// A daemon under way, with the lines of its log.
struct Daemon {
    child: Child,
    log: Receiver<String>,
}

impl Daemon {
    fn start(root: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_poverty-watch"))
            .args(["daemon", "--heartbeat", "1", "--patience", "3"])
            .current_dir(root)
            .env("NO_COLOR", "1")
            .env("RUST_LOG", "poverty_watch=info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, log) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).all(|line| to.send(line).is_ok()));
        Self { child, log }
    }

    /// Waits until it has said so.
    fn says(&self, words: &str) {
        let mut said = String::new();
        loop {
            match self.log.recv_timeout(Duration::from_mins(2)) {
                Ok(line) if line.contains(words) => return,
                Ok(line) => said.push_str(&format!("{line}\n")),
                Err(error) => panic!("never said `{words}` ({error}), but:\n{said}"),
            }
        }
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    fn ends(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

/// A workspace whose nightly job has been due for long.
fn overdue() -> Workspace {
    let workspace = Workspace::new("fujian", "990000");
    workspace.write(
        "poverty-watch.toml",
        b"policy = \"fujian\"\narea = \"990000\"\n[warehouse]\nbuckets = 4\n[engine]\nworkers = 1\n",
    );
    // Due once a year, so that no test is at work while it falls due.
    let nightly = std::fs::read_to_string(workspace.root().join("pipelines/nightly.toml")).unwrap();
    workspace.write("pipelines/nightly.toml", nightly.replace("30 1 * * *", "30 1 1 1 *").as_bytes());
    let deliver = std::fs::read_to_string(workspace.root().join("pipelines/deliver.toml")).unwrap();
    workspace.write("pipelines/deliver.toml", deliver.replace("5 8-18 * * *", "5 8 1 1 *").as_bytes());
    let long_ago = Utc::now() - TimeDelta::days(400);
    ledger(&workspace).watch_job("nightly", long_ago).unwrap();
    for job in ["monthly", "deliver"] {
        ledger(&workspace).watch_job(job, Utc::now() + TimeDelta::days(1)).unwrap();
    }
    workspace
}

#[test]
fn one_works_the_other_stands_by_and_takes_over() {
    let workspace = overdue();
    let first = Daemon::start(workspace.root());
    first.says("daemon at work");
    let second = Daemon::start(workspace.root());
    second.says("standing by");
    first.says("run begins");
    // The night is done: what was due for days is made up for by one run.
    let done = || ledger(&workspace).job_runs("nightly", 10).unwrap();
    while done().iter().all(|run| run.state != RunState::Done) {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(done().len(), 1);
    // Asked to end, it gives the lease back; the other one is at work at once.
    first.signal("-TERM");
    assert_eq!(first.ends(), Some(143));
    second.says("daemon at work");
    // Killed, it leaves the lease behind; a third one sees that its heart has stopped.
    let third = Daemon::start(workspace.root());
    third.says("standing by");
    second.signal("-KILL");
    assert_eq!(second.ends(), None);
    third.says("daemon at work");
    third.signal("-INT");
    assert_eq!(third.ends(), Some(130));
    assert_eq!(done().len(), 1, "nobody ran it again");
    ledger(&workspace).verify_audit().unwrap();
}

#[test]
fn asked_to_end_in_the_middle_it_leaves_nothing_half_done() {
    let mut stopped = 0;
    let expected = {
        let clean = overdue();
        land_fixtures(&clean, None);
        clean.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
        clean.published()
    };
    let pauses = [0, 150, 500, 1_200];
    for pause in pauses {
        let workspace = overdue();
        land_fixtures(&workspace, None);
        let daemon = Daemon::start(workspace.root());
        daemon.says("run begins");
        std::thread::sleep(Duration::from_millis(pause));
        daemon.signal("-TERM");
        assert_eq!(daemon.ends(), Some(143));
        let runs = ledger(&workspace).job_runs("nightly", 10).unwrap();
        assert!(runs.iter().all(|run| run.state == RunState::Done || run.is_stopped), "{runs:?}");
        stopped += usize::from(runs.iter().any(|run| run.is_stopped));
        let _ = workspace.published_warehouse();
        workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
        let found = workspace.published();
        let october =
            |file: &&String| !file.contains("findings") && !file.contains("areas") && !file.contains("stated");
        for file in expected.keys().filter(october) {
            assert_eq!(expected.get(file), found.get(file), "{file} after {pause} ms");
        }
        assert!(
            ledger(&workspace).standing_alerts().unwrap().iter().all(|alert| alert.kind != "run_failed"),
            "no failure"
        );
    }
    println!("schedule: {} stop cases, {stopped} in the middle of a run", pauses.len());
    assert!(stopped > 0, "all of them came too late");
}

#[test]
fn a_scheduler_from_outside_gets_the_same_runs_and_codes() {
    let workspace = overdue();
    let run = |args: &[&str]| {
        let output = workspace.run(args);
        (
            output.status.code().unwrap(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    assert_eq!(run(&["run", "nightly", "--scheduled", "--skip-code"]).0, 0);
    let (code, told) = run(&["run", "nightly", "--scheduled"]);
    assert!(code == 0 && told.contains("nightly: nothing is due"), "{told}");
    assert_eq!(run(&["run", "nightly", "--scheduled", "--skip-code"]).0, 99);
    // The moment that the scheduler names decides the period: the fifth of March in Shanghai, for February.
    let (code, told) = run(&["run", "monthly", "--scheduled=2026-03-04T20:00:00+00:00"]);
    assert!(code == 75 && told.contains("2025"), "the figure of 2025 is missing: {told}");
    assert_eq!(ledger(&workspace).job_runs("monthly", 1).unwrap()[0].period.to_string(), "2026-02");
    for (args, code) in [
        (&["run", "monthly", "--scheduled=2199-03-04T20:00:00+00:00"][..], 2),
        (&["run", "monthly", "--scheduled=2026-03-04"], 2),
        (&["run", "tendays", "--scheduled"], 3),
        (&["run", "nightly", "--skip-code"], 2),
        (&["run", "nightly", "--scheduled", "--month", "2026-10"], 2),
        (&["daemon", "--heartbeat", "60", "--patience", "90"], 2),
    ] {
        assert_eq!(run(args).0, code, "{args:?}");
    }
}
