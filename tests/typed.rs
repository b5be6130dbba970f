//! What people type, and where they pipe it: every verb into a pipe that nobody reads, and mistyped values for every
//! argument of every verb. The verbs and their arguments are read from the program's own help.

use std::io::Read as _;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::workspace::Workspace;

/// What every verb takes; it is not tried for each of them again.
const COMMON: [&str; 4] = ["--workspace", "--log-format", "--help", "--version"];
/// It ends only when it is told to.
const ENDLESS: &str = "daemon";

/// One verb, or one command of a verb.
struct Leaf {
    path: Vec<String>,
    /// Arguments with which it comes further than reading them.
    arguments: Vec<String>,
    /// Its options that take a value.
    options: Vec<String>,
}

/// A value that an argument of this name usually has.
fn usual(placeholder: &str) -> &'static str {
    match placeholder {
        "JOB" => "nightly",
        "FEED" => "claims",
        "DIR" => "made",
        "POLICY" => "fujian",
        "FILE" => "pipelines/policies/fujian.toml",
        "FILES" => "poverty-watch.toml",
        "PERIOD" | "MONTH" => "2026-10",
        "PERSON" | "KEEP" => "990103196203050018",
        "OTHER" => "990103196203050026",
        "BY" | "NAME" => "王五",
        "REASON" | "TEXT" => "测试所用的原因",
        "CONTROL" => "1.00",
        "FORM" => "zip",
        "TO" => "civil_affairs",
        "LIST_ID" => "202610-990103-MZ-IP-v1",
        "PATH" => ".",
        _ => "1",
    }
}

fn help(workspace: &Workspace, path: &[String]) -> String {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    workspace.ok(&arguments)
}

/// All verbs below a path.
fn leaves(workspace: &Workspace, path: &[String], found: &mut Vec<Leaf>) {
    let help = help(workspace, path);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let named = |line: &str| line.strip_prefix("  ")?.split_whitespace().next().map(str::to_owned);
    let of_line = commands.filter(|line| line.chars().nth(2).is_some_and(|c| c.is_ascii_alphabetic()));
    let below: Vec<String> = of_line.filter_map(named).filter(|name| name != "help").collect();
    for name in &below {
        leaves(workspace, &[path, std::slice::from_ref(name)].concat(), found);
    }
    if !below.is_empty() && (path.is_empty() || help.contains("<COMMAND>")) {
        return;
    }
    let usage = help.lines().find_map(|line| line.strip_prefix("Usage: poverty-watch")).unwrap();
    let mut arguments: Vec<String> = Vec::new();
    for word in usage.split_whitespace().skip(path.len()).filter(|word| !matches!(*word, "[OPTIONS]" | "[COMMAND]")) {
        let inner = word.trim_end_matches("...").trim_matches(['<', '>', '[', ']']);
        arguments.push(match inner.split_once('|') {
            Some((first, _)) => first.to_owned(),
            None if inner.starts_with("--") => inner.to_owned(),
            None => usual(inner).to_owned(),
        });
    }
    match path.first().map(String::as_str) {
        Some("demo") => arguments.extend(["--only-generate", "--persons", "20"].map(str::to_owned)),
        // One month of ten.
        Some("backtest") => arguments.extend(["--from", "2026-10", "--to", "2026-10"].map(str::to_owned)),
        _ => {}
    }
    let option = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("-C, ").unwrap_or(line);
        let name = line.strip_prefix("--")?.split([' ', '[', '=']).next()?;
        line.contains('<').then(|| format!("--{name}"))
    };
    let options = help.lines().filter_map(option).filter(|name| !COMMON.contains(&name.as_str()));
    found.push(Leaf { path: path.to_vec(), arguments, options: options.collect() });
}

fn all_leaves(workspace: &Workspace) -> Vec<Leaf> {
    let mut found = Vec::new();
    leaves(workspace, &[], &mut found);
    assert!(found.len() > 45, "{}", found.len());
    found
}

/// A workspace that knows the `gate` and `findings` of engineers too.
fn workspace() -> Workspace {
    let workspace = Workspace::new("fujian", "990100");
    workspace.ok(&["run", "nightly", "--month", "2026-10"]);
    workspace
}

/// Ends within a minute, by itself, without a fault of the program.
fn ends_well(workspace: &Workspace, arguments: &[String]) -> Output {
    let shown: Vec<String> = arguments.iter().map(|word| word.chars().take(30).collect()).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut child = workspace.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let read_err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        err.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_mins(1) {
            child.kill().unwrap();
            panic!("{shown:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let output = Output { status, stdout: read.join().unwrap(), stderr: read_err.join().unwrap() };
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_well =
        !told.contains("has a fault") && !told.contains("panicked") && status.code().is_some_and(|code| code != 101);
    assert!(is_well, "{shown:?}: {status}: {told}");
    output
}

#[test]
fn every_verb_may_be_piped_into_head() {
    let workspace = workspace();
    let leaves = all_leaves(&workspace);
    let mut cases = 0;
    for leaf in leaves.iter().filter(|leaf| leaf.path != [ENDLESS]) {
        let arguments = [leaf.path.clone(), leaf.arguments.clone()].concat();
        let before = ends_well(&workspace, &arguments);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        // Nobody reads the results; then nobody reads the messages either.
        for both in [false, true] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let mut command = workspace.command(&words);
            command.stdout(writer.try_clone().unwrap());
            let output = if both { command.stderr(writer) } else { command.stderr(Stdio::piped()) };
            let output = output.spawn().unwrap().wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!told.contains("has a fault") && !told.contains("panicked"), "{arguments:?}: {told}");
            // The first one changed something: a folder is there, say.
            let is_again = before.status.success() && !output.status.success() && !told.is_empty();
            let is_same = output.status.code() == before.status.code() || is_again;
            assert!(is_same, "{arguments:?}: {} then {}: {told}", before.status, output.status);
            cases += 1;
        }
    }
    // What cannot be written for another reason is told.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = workspace.command(&["contract", "claims"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && told.contains("the output could not be written"), "{told}");
    println!("closed pipes: {} cases of {} verbs", cases + 1, leaves.len());
}

#[test]
fn mistyped_values_are_told_and_end_nothing() {
    let workspace = workspace();
    let (leaves, long) = (all_leaves(&workspace), "元".repeat((64 << 10) / 3));
    let (mut cases, mut refused) = (0, 0);
    for leaf in &leaves {
        let places = (0..leaf.arguments.len()).filter(|at| {
            let is_value = |at: usize| !leaf.arguments[at].starts_with("--");
            is_value(*at)
        });
        let mut tries: Vec<Vec<String>> = Vec::new();
        for value in ["12.5元", "26小时", "５０００", &long] {
            for at in places.clone() {
                let mut arguments = leaf.arguments.clone();
                value.clone_into(&mut arguments[at]);
                tries.push(arguments);
            }
            for option in leaf.options.iter().filter(|option| !leaf.arguments.contains(option)) {
                tries.push([leaf.arguments.clone(), vec![format!("{option}={value}")]].concat());
            }
        }
        for arguments in tries {
            let output = ends_well(&workspace, &[leaf.path.clone(), arguments].concat());
            cases += 1;
            refused += usize::from(!output.status.success());
        }
    }
    assert!(refused * 2 > cases, "{refused} of {cases} were refused");
    println!("mistyped values: {cases} cases, {refused} refused");
}
