//! Units as their targets read them: systemd's own verifier, its calendar and its exposure score, the kernel's list of
//! system calls, cron lines, Kubernetes and Airflow; and what `check` says about a wrong schedule.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use law::schedule::Schedule;

use super::{content, has, text_of};
use crate::determinism::land_fixtures;
use crate::workspace::Workspace;

/// A workspace whose policy seals every ten days, and a folder for its units.
fn with_units(args: &[&str]) -> (Workspace, std::path::PathBuf) {
    let workspace = Workspace::new("weixian", "990000");
    let out = workspace.root().join("units");
    let made = [&["schedule", "--out", "units", "--program", "/usr/bin/env"][..], args].concat();
    workspace.ok(&made);
    (workspace, out)
}

#[test]
fn systemd_takes_the_units_and_finds_them_safe() {
    let (_workspace, out) = with_units(&["--systemd", "--at", "/var/lib/poverty watch", "--user", "daemon"]);
    let more = Workspace::new("fujian", "990000");
    let daemon =
        ["schedule", "--systemd", "--daemon", "--user", "daemon", "--program", "/usr/bin/env", "--network", "--out"];
    more.ok(&[&daemon[..], &[out.to_str().unwrap()]].concat());
    let mut units: Vec<String> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path().to_str().unwrap().to_owned()).collect();
    units.sort();
    assert!(units.iter().any(|unit| unit.ends_with("poverty-watch-nightly.timer")), "{units:?}");
    for text in units.iter().map(|unit| text_of(unit.as_ref())) {
        assert!(!text.contains("{{") && !text.contains("{%") && text.ends_with('\n'));
    }
    if !has("systemd-analyze", "systemd units") {
        return;
    }
    content(Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units));
    let mut scores = Vec::new();
    for service in units.iter().filter(|unit| unit.ends_with(".service")) {
        let told = content(Command::new("systemd-analyze").args([
            "security",
            "--offline=true",
            "--no-pager",
            "--threshold=20",
            service,
        ]));
        let score = told.lines().find(|line| line.contains("Overall exposure level")).unwrap();
        scores.push(score.rsplit(": ").next().unwrap().split_whitespace().next().unwrap().to_owned());
    }
    println!("schedule: {} unit files verified by systemd, exposure {} of 10", units.len(), scores.join(", "));
}

#[test]
fn only_the_job_that_reaches_a_mail_server_gets_the_network() {
    let networked = |workspace: &Workspace| {
        workspace.ok(&["schedule", "--systemd", "--out", "units", "--program", "/usr/bin/env"]);
        let is_networked = |job: &str| {
            let unit = text_of(&workspace.root().join(format!("units/poverty-watch-{job}.service")));
            assert!(unit.contains(&format!(" run {job} --scheduled")), "{unit}");
            !unit.contains("PrivateNetwork=yes")
        };
        ["nightly", "monthly", "deliver"].map(is_networked)
    };
    let workspace = Workspace::new("fujian", "990000");
    assert_eq!(networked(&workspace), [false; 3], "a folder needs no network");
    let settings = text_of(&workspace.root().join("poverty-watch.toml"));
    let settings = settings.replace("# transport = \"spool\"", "transport = \"smtp\"");
    workspace.write("poverty-watch.toml", settings.as_bytes());
    assert_eq!(networked(&workspace), [false, false, true]);
}

#[test]
fn systemd_wakes_when_the_schedule_does() {
    if !has("systemd-analyze", "systemd's calendar against the schedule's") {
        return;
    }
    let start: DateTime<Utc> = "2027-02-20T00:00:00Z".parse().unwrap();
    let mut cases = 0;
    for zone in ["Asia/Shanghai", "America/Santiago"] {
        for cron in [
            "30 1 * * *",
            "0 4 5 * *",
            "0 3 1,11,21 * *",
            "*/20 8-18/5 * * 1-5",
            "15 6 31 * *",
            "0 0 29 2 *",
            "45 23 * JAN,mar-may 0",
            "10 5 */10 */3 *",
            "0 12 * * 7",
        ] {
            let schedule = Schedule::parse(cron, zone).unwrap();
            let told = content(Command::new("systemd-analyze").env("TZ", "UTC").args([
                "calendar",
                "--iterations=40",
                "--base-time=2027-02-20 00:00:00 UTC",
                &schedule.on_calendar(),
            ]));
            let moments = told.lines().filter_map(|line| {
                let (label, moment) = line.split_once(": ")?;
                let is_moment = label.contains("Next elapse") || label.contains("Iter. #");
                let moment = is_moment.then(|| moment.trim().split_once(' ').unwrap().1.trim_end_matches(" UTC"))?;
                Some(chrono::NaiveDateTime::parse_from_str(moment, "%Y-%m-%d %H:%M:%S").unwrap().and_utc())
            });
            let mut now = start;
            for moment in moments {
                let next = schedule.first_after(now).unwrap();
                assert_eq!(next, moment, "{cron} {zone} = {}", schedule.on_calendar());
                now = moment;
                cases += 1;
            }
        }
    }
    println!("schedule: {cases} moment cases by systemd's calendar");
    assert!(cases > 200, "systemd told {cases} moments only");
}

/// The calls of a set such as `@system-service`, sets within it opened.
fn calls_of(set: &str) -> BTreeSet<String> {
    let told = content(Command::new("systemd-analyze").args(["syscall-filter", "--no-pager", set]));
    let mut calls = BTreeSet::new();
    for line in told.lines().filter(|line| line.starts_with("    ")).map(str::trim) {
        match line {
            set if set.starts_with('@') => calls.extend(calls_of(set)),
            comment if comment.starts_with('#') => {}
            call => drop(calls.insert(call.to_owned())),
        }
    }
    calls
}

#[test]
fn every_system_call_of_a_run_passes_the_units_filter() {
    if !has("strace", "a run's system calls against the unit's filter")
        || !has("systemd-analyze", "a run's system calls against the unit's filter")
    {
        return;
    }
    let privileged = calls_of("@privileged");
    let allowed: BTreeSet<String> = calls_of("@system-service").difference(&privileged).cloned().collect();
    assert!(allowed.contains("prlimit64") && !allowed.contains("mount"), "{} calls", allowed.len());
    let workspace = Workspace::new("fujian", "990000");
    land_fixtures(&workspace, None);
    let mut seen = BTreeSet::new();
    let mut gates = 0;
    for args in [
        &["run", "nightly", "--as-of", "2026-10-31"][..],
        &["run", "monthly", "--month", "2026-10"],
        &["audit", "verify"],
    ] {
        let log = workspace.root().join("strace.log");
        let run = workspace.command(args);
        let status = Command::new("strace")
            .args(["-f", "-qq", "-e", "signal=none", "-o"])
            .arg(&log)
            .arg(run.get_program())
            .args(run.get_args())
            .current_dir(workspace.root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{args:?} under strace");
        let bytes = std::fs::read(&log).unwrap();
        for line in String::from_utf8_lossy(&bytes).lines() {
            let call = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').split('(').next().unwrap();
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if !call.is_empty() && call.chars().all(is_name) && line.contains('(') {
                gates += usize::from(call == "prlimit64" && line.contains("RLIMIT_AS"));
                seen.insert(call.to_owned());
            }
        }
    }
    // As root, SQLite gives its files to the owner of the database; the unit's account is not root, and it does not.
    let is_root = content(Command::new("id").arg("-u")).trim() == "0";
    let refused: Vec<&String> = seen.difference(&allowed).filter(|call| !(is_root && *call == "fchown")).collect();
    println!(
        "schedule: {} system calls in use, {gates} gate limits set: {} cases pass the filter",
        seen.len(),
        seen.len() - refused.len()
    );
    assert!(gates > 0 && seen.contains("execve"), "the gate was seen at work: {seen:?}");
    assert_eq!(refused, Vec::<&String>::new(), "the unit's filter would refuse these");
}

#[test]
fn crontab_lines_run_through_the_shell_with_odd_paths() {
    let (workspace, out) = with_units(&["--cron", "--at", "/srv/pw 100%/it's"]);
    let text = text_of(&out.join("poverty-watch.crontab"));
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(" flock ") && !line.starts_with('#')).collect();
    assert!(lines.len() >= 2, "{text}");
    for line in &lines {
        // As cron does: five fields, then a command in which `\%` is a percent sign.
        let command = line.splitn(6, ' ').nth(5).unwrap().replace("\\%", "%");
        assert!(!line.replace("\\%", "").contains('%'), "cron would cut {line}");
        let words =
            content(Command::new("sh").args([
                "-c",
                &format!("for word in {}; do echo \"$word\"; done", command.split(" 2>>").next().unwrap()),
            ]));
        assert!(words.lines().any(|word| word == "/srv/pw 100%/it's"), "{words}");
        assert!(words.lines().any(|word| word == "--scheduled"), "{words}");
    }
    if has("flock", "a crontab line's lock") {
        // While another run holds cron's lock, a line ends with 75; the program's own lock is another file.
        let lock = workspace.root().join("cron.lock");
        let held = std::fs::File::create(&lock).unwrap();
        held.lock().unwrap();
        let status = Command::new("flock").args(["-n", "-E", "75"]).arg(&lock).arg("true").status().unwrap();
        assert_eq!(status.code(), Some(75));
        held.unlock().unwrap();
        let status = Command::new("flock")
            .args(["-n", "-E", "75"])
            .arg(&lock)
            .arg(env!("CARGO_BIN_EXE_poverty-watch"))
            .arg("-C")
            .arg(workspace.root())
            .args(["run", "nightly", "--scheduled"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
    }
    println!("schedule: {} crontab cases", lines.len());
}

#[test]
fn python_and_yaml_are_well_formed() {
    let (_workspace, out) = with_units(&["--airflow", "--at", "/srv/a \"quoted\" place"]);
    let dag = out.join("poverty_watch_dags.py");
    let text = text_of(&dag);
    assert!(text.contains("(\"tendays\", \"0 3 * * *\", \"Asia/Shanghai\", True)"), "{text}");
    assert!(text.contains("WORKSPACE = \"/srv/a \\\"quoted\\\" place\""), "{text}");
    if has("python3", "the DAG as Python") {
        content(Command::new("python3").args(["-m", "py_compile"]).arg(&dag));
    }
    let (_workspace, out) = with_units(&["--kubernetes"]);
    let yaml = text_of(&out.join("poverty-watch-tendays.yaml"));
    for line in
        ["concurrencyPolicy: Forbid", "readOnlyRootFilesystem: true", "timeZone: \"Asia/Shanghai\"", "drop: [\"ALL\"]"]
    {
        assert!(yaml.contains(line), "{line} is not in\n{yaml}");
    }
}

#[test]
fn check_tells_what_is_wrong_with_a_schedule() {
    let mut cases = 0;
    for (job, from, to, told) in [
        (
            "nightly",
            "30 1 * * *",
            "30 25 * * *",
            ["pipelines/nightly.toml:11: schedule: `25` is not a valid hour (0 to 23)", "did you mean `23`?"],
        ),
        (
            "nightly",
            "Asia/Shanghai",
            "Asia/Shanghia",
            [
                "pipelines/nightly.toml:11: schedule: there is no time zone `Asia/Shanghia`",
                "did you mean `Asia/Shanghai`?",
            ],
        ),
        (
            "monthly",
            "0 4 5 * *",
            "0 4 31 * *",
            [
                "pipelines/monthly.toml:6: schedule: no run would be due for some periods, such as 2024-01",
                "a day that every month has",
            ],
        ),
        (
            "tendays",
            "0 3 1,11,21 * *",
            "0 3 1,21 * *",
            ["pipelines/tendays.toml:8: schedule: no run would be due for some periods, such as 2024-01-10", "1,11,21"],
        ),
        (
            "monthly",
            "0 4 5 * *",
            "0 4 5 * MON",
            ["pipelines/monthly.toml:6: schedule: day and weekday are both given", "put `*`"],
        ),
        ("monthly", "cron =", "crom =", ["pipelines/monthly.toml:6: unknown field `crom`", "did you mean `cron`?"]),
        (
            "monthly",
            "name = \"monthly\"",
            "name = \"month\"",
            ["pipelines/monthly.toml:3: the file is called `monthly`", "name = \"monthly\""],
        ),
    ] {
        let workspace = Workspace::new("fujian", "990000");
        let file = format!("pipelines/{job}.toml");
        let text = text_of(&workspace.root().join(&file));
        assert!(text.contains(from), "{from} is in {file}");
        workspace.write(&file, text.replacen(from, to, 1).as_bytes());
        let output = workspace.run(&["check"]);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{printed}");
        for part in told {
            assert!(printed.contains(part), "{part} is not in\n{printed}");
        }
        cases += 1;
    }
    println!("schedule: {cases} check cases");
}
