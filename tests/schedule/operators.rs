//! What operators see: alerts that are raised and cleared, metrics that Prometheus reads.

use std::io::Write as _;
use std::process::{Command, Stdio};

use store::ledger::Ledger;

use super::{has, text_of};
use crate::determinism::land_fixtures;
use crate::workspace::{Workspace, files_below, land_ordinary_everywhere};

/// Settings with a metrics file, and a claims feed that must never be older than a day.
const SETTINGS: &[u8] = b"policy = \"fujian\"\narea = \"990000\"\n[warehouse]\nbuckets = 4\n\
    [operators]\naddress = \"ops@example.gov.cn\"\nmetrics = \"metrics/poverty-watch.prom\"\n\
    [feeds.claims]\nmax_age_days = 1\n";

#[test]
fn alerts_are_raised_once_and_cleared_with_their_cause() {
    let workspace = Workspace::new("fujian", "990000");
    workspace.write("poverty-watch.toml", SETTINGS);
    std::fs::create_dir(workspace.root().join("metrics")).unwrap();
    // No figures, no claims: the month cannot be sealed.
    assert_eq!(workspace.run(&["run", "monthly", "--month", "2026-10"]).status.code(), Some(75));
    let told = workspace.run(&["alerts"]);
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert_eq!(told.status.code(), Some(75));
    assert!(
        text.contains("run_failed:monthly") && text.contains("feed_missing:claims") && text.ends_with("alerts: 2\n"),
        "{text}"
    );
    let mail = String::from_utf8(workspace.run(&["alerts", "--mail"]).stdout).unwrap();
    assert!(mail.starts_with("To: ops@example.gov.cn\nSubject: [poverty-watch] 2 "), "{mail}");
    assert!(mail.contains("作业 monthly（2026-10）上次运行失败") && mail.contains("Feed claims is late"), "{mail}");
    let since = |workspace: &Workspace| {
        let ledger = Ledger::open(&workspace.root().join("ledger.sqlite")).unwrap();
        ledger.standing_alerts().unwrap().into_iter().map(|alert| (alert.key, alert.raised_at)).collect::<Vec<_>>()
    };
    let first = since(&workspace);
    workspace.run(&["alerts"]);
    assert_eq!(first, since(&workspace), "raised once");
    assert!(workspace.ok(&["status"]).starts_with("ALERT run_failed:monthly (since "));
    land_fixtures(&workspace, None);
    land_ordinary_everywhere(&workspace, "2026-10");
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    assert_eq!(since(&workspace).len(), 1, "claims have come");
    workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    assert_eq!(since(&workspace), [], "the month is sealed");
    assert!(workspace.ok(&["alerts"]).ends_with("alerts: 0\n"));
    assert_eq!(workspace.ok(&["alerts", "--mail"]), "");
}

#[test]
fn prometheus_reads_what_a_run_leaves() {
    let workspace = Workspace::new("fujian", "990000");
    workspace.write("poverty-watch.toml", SETTINGS);
    std::fs::create_dir(workspace.root().join("metrics")).unwrap();
    land_fixtures(&workspace, None);
    for args in [&["run", "nightly", "--as-of", "2026-10-31"][..], &["run", "monthly", "--month", "2026-10"]] {
        workspace.ok(args);
    }
    let files = files_below(&workspace.root().join("metrics"));
    assert_eq!(files.len(), 1, "no unfinished file is left: {files:?}");
    let text = text_of(&files[0]);
    for line in [
        "poverty_watch_runs_total{job=\"monthly\",state=\"done\"} 1\n",
        "poverty_watch_step_duration_seconds{job=\"nightly\",step=\"intake\"} ",
        "poverty_watch_feed_rows{feed=\"claims\",outcome=\"accepted\"} ",
        "poverty_watch_feed_late{feed=\"claims\"} 0\n",
        "poverty_watch_lists{office=\"NC\",kind=\"FULL\"} ",
        "poverty_watch_alerts{kind=\"run_late\"} 0\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let mut samples = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, figure) = line.rsplit_once(' ').unwrap();
        assert!(figure.bytes().all(|b| b.is_ascii_digit() || b == b'.'), "{line}");
        let counts_persons =
            ["findings", "cases", "list_persons"].iter().any(|of| name.starts_with(&format!("poverty_watch_{of}{{")));
        assert!(!counts_persons || !["1", "2", "3", "4"].contains(&figure), "a small count is shown: {line}");
        // Seventeen digits in a row could be a person's key.
        assert!(!line.as_bytes().windows(15).any(|digits| digits.iter().all(u8::is_ascii_digit)), "{line}");
        samples += 1;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&files[0]).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "the collector reads it under another account");
    }
    if has("promtool", "metrics by promtool") {
        let mut promtool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = promtool.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.is_empty(), "promtool: {told}");
    }
    println!("schedule: {samples} metric cases");
}

#[test]
fn a_metrics_file_that_cannot_be_written_fails_no_run() {
    let workspace = Workspace::new("fujian", "990000");
    workspace.write("poverty-watch.toml", SETTINGS);
    // Its folder is not there.
    let output = workspace.run(&["run", "nightly", "--as-of", "2026-10-31"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("the metrics file could not be written"));
    for (settings, told) in [
        (&b"[operators]\nmetrics = \"a.txt\"\n"[..], "poverty-watch.toml:4: the metrics file would not be read"),
        (b"[operators]\naddress = \"a b@c\"\n", "poverty-watch.toml:4: address is no mail address"),
        (b"[operators]\nlate_after_minutes = 0\n", "poverty-watch.toml:4: late_after_minutes must lie"),
        (b"[operators]\nadress = \"\"\n", "poverty-watch.toml:4: unknown field `adress`"),
    ] {
        workspace.write("poverty-watch.toml", &[b"policy = \"fujian\"\narea = \"990000\"\n", settings].concat());
        let output = workspace.run(&["check"]);
        assert_eq!(output.status.code(), Some(3));
        assert!(String::from_utf8_lossy(&output.stderr).contains(told), "{told}: {output:?}");
    }
}
