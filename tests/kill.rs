//! Killed anywhere, finished by the next run: the same bytes as if nothing had happened.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::determinism::land_fixtures;
use crate::workspace::{Workspace, count_from_environment, in_parallel};

const NIGHTLY: &[&str] = &["run", "nightly", "--as-of", "2026-10-31"];
const MONTHLY: &[&str] = &["run", "monthly", "--month", "2026-10"];

/// Calls after which something is on disk for good or has another name.
const DURABLE: &str = "fsync,fdatasync,link,linkat,rename,renameat,renameat2,unlink,unlinkat";

/// A job to be killed: the workspace as it is before, and what must lie there in the end.
struct Job {
    name: &'static str,
    args: &'static [&'static str],
    before: Workspace,
    duration: Duration,
}

enum Blow {
    /// After so much time.
    At(Duration),
    /// Right after the n-th durable call of all its threads.
    Call(usize),
}

#[test]
fn a_killed_run_is_finished_by_the_next() {
    let (jobs, expected) = prepare();
    let timed = count_from_environment("KILL_POINTS", 30);
    let mut trials: Vec<(&Job, Blow)> = Vec::new();
    for job in &jobs {
        for at in 0..timed {
            let fraction = (at as u32 * 2 + 1, timed as u32 * 2);
            trials.push((job, Blow::At(job.duration * fraction.0 / fraction.1)));
        }
        if has_strace() {
            let all = durable_calls(&Workspace::copy_of(job.before.root()), job.args, None).0;
            let points = count_from_environment("KILL_CALLS", 14).min(all);
            trials
                .extend((0..points).map(|at| (job, Blow::Call(1 + at * (all - 1) / points.max(2).saturating_sub(1)))));
            println!("kill: {} makes {all} durable calls", job.name);
        }
    }
    let outcomes = in_parallel(&trials, |(job, blow)| try_once(job, blow, &expected));
    let wrong: Vec<&String> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    let killed = |is_call: bool| {
        let of_kind = |(_, blow): &&(&Job, Blow)| matches!(blow, Blow::Call(..)) == is_call;
        let pairs = trials.iter().zip(&outcomes).filter(|(trial, _)| of_kind(trial));
        pairs.filter(|(_, outcome)| matches!(outcome, Ok(true))).count()
    };
    println!(
        "kill: {} trials, {} killed by time, {} killed at a durable call{}",
        trials.len(),
        killed(false),
        killed(true),
        if has_strace() { "" } else { " (strace is missing)" }
    );
    assert!(wrong.is_empty(), "{} trials differ, the first:\n{}", wrong.len(), wrong[0]);
    assert!(killed(false) * 2 > timed, "most of the kills came too late to matter");
}

/// The workspaces before each job, and what a clean run of both leaves.
fn prepare() -> (Vec<Job>, BTreeMap<String, String>) {
    let fresh = Workspace::new("fujian", "990000");
    fresh.write(
        "poverty-watch.toml",
        b"policy = \"fujian\"\narea = \"990000\"\n[warehouse]\nbuckets = 4\n[engine]\nworkers = 1\n",
    );
    land_fixtures(&fresh, None);
    let nightly_done = Workspace::copy_of(fresh.root());
    let nightly = timed(&nightly_done, NIGHTLY);
    let all_done = Workspace::copy_of(nightly_done.root());
    let monthly = timed(&all_done, MONTHLY);
    let expected = all_done.published();
    assert!(expected.keys().any(|file| file.starts_with("lists/")));
    let jobs = vec![
        Job { name: "nightly", args: NIGHTLY, before: fresh, duration: nightly },
        Job { name: "monthly", args: MONTHLY, before: nightly_done, duration: monthly },
    ];
    (jobs, expected)
}

fn timed(workspace: &Workspace, args: &[&str]) -> Duration {
    let start = Instant::now();
    workspace.ok(args);
    start.elapsed()
}

/// Whether the blow hit; an error when the runs after it do not lead where a clean run leads.
fn try_once(job: &Job, blow: &Blow, expected: &BTreeMap<String, String>) -> Result<bool, String> {
    let workspace = Workspace::copy_of(job.before.root());
    let versions = job.before.versions().len();
    let (what, hit) = match blow {
        Blow::At(after) => (format!("after {after:?}"), killed_after(&workspace, job.args, *after)),
        Blow::Call(n) => (format!("after durable call {n}"), durable_calls(&workspace, job.args, Some(*n)).1),
    };
    let told = |text: String| Err(format!("{} killed {what}: {text}", job.name));
    // Whatever a reader sees now is a whole version.
    if workspace.versions().len() < versions {
        return told("a committed version is gone".to_owned());
    }
    let _ = workspace.published_warehouse();
    for args in [NIGHTLY, MONTHLY] {
        let again = workspace.run(args);
        if !again.status.success() {
            let text = String::from_utf8_lossy(&again.stderr).into_owned();
            return told(format!("{} then ends with {:?}\n{text}", args.join(" "), again.status));
        }
    }
    let found = workspace.published();
    let files = expected.keys().chain(found.keys());
    let other: Vec<&String> = files.filter(|file| expected.get(*file) != found.get(*file)).collect();
    if other.is_empty() {
        Ok(hit)
    } else {
        told(format!("{} files differ: {:?}", other.len(), &other[..other.len().min(6)]))
    }
}

fn killed_after(workspace: &Workspace, args: &[&str], after: Duration) -> bool {
    let mut child = workspace.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

/// Runs under strace, counting durable calls; at number `kill_at` the job is killed before it can do anything else.
/// Answers the count and whether the job was killed.
pub(crate) fn durable_calls(workspace: &Workspace, args: &[&str], kill_at: Option<usize>) -> (usize, bool) {
    let job = workspace.command(args);
    let pid_file = workspace.root().with_file_name("pid");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "--seccomp-bpf", "-e", "signal=none", "-e"]).arg(format!("trace={DURABLE}"));
    if kill_at.is_some() {
        // Long enough for the blow to fall before the caller goes on.
        command.arg("-e").arg(format!("inject={DURABLE}:delay_exit=10000"));
    }
    command
        .args(["-o", "/dev/stdout", "sh", "-c"])
        .arg("echo $$ > \"$0\"; exec \"$@\" > /dev/null")
        .arg(&pid_file)
        .arg(job.get_program())
        .args(job.get_args())
        .current_dir(workspace.root())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut strace = command.spawn().unwrap();
    let mut seen = 0;
    for line in BufReader::new(strace.stdout.take().unwrap()).lines() {
        let is_end_of_call = line.unwrap().contains(" = ");
        seen += usize::from(is_end_of_call);
        if Some(seen) == kill_at && is_end_of_call {
            let pid = std::fs::read_to_string(&pid_file).unwrap();
            let _ = Command::new("kill").args(["-9", pid.trim()]).stderr(Stdio::null()).status();
        }
    }
    (seen, !strace.wait().unwrap().success())
}

pub(crate) fn has_strace() -> bool {
    let works = |path: &str| Path::new(path).exists();
    works("/usr/bin/strace")
        && Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success())
}

#[test]
fn a_gate_killed_from_outside_refuses_no_file_for_good() {
    let workspace = Workspace::new("fujian", "990000");
    land_fixtures(&workspace, None);
    let clean = Workspace::copy_of(workspace.root());
    clean.ok(NIGHTLY);
    let mut job = workspace.command(NIGHTLY).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let children = format!("/proc/{0}/task/{0}/children", job.id());
    let mut killed = 0;
    // As the system does when memory runs out: the gate's child dies, the job lives on.
    while job.try_wait().unwrap().is_none() {
        let child = std::fs::read_to_string(&children).unwrap_or_default();
        if let Some(pid) = child.split_whitespace().next().filter(|_| killed < 3) {
            killed += usize::from(Command::new("kill").args(["-9", pid]).status().unwrap().success());
        }
    }
    workspace.ok(NIGHTLY);
    let rows = |workspace: &Workspace| format!("{:?}", workspace.findings("2026-10"));
    println!("kill: {killed} gate cases");
    assert_eq!(rows(&workspace), rows(&clean), "a file stays refused because its gate was killed");
}
