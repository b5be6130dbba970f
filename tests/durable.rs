//! A version is on the disk before anybody hears of it, and one that is not whole is refused by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::determinism::land_fixtures;
use crate::kill::has_strace;
use crate::workspace::Workspace;

const NIGHTLY: &[&str] = &["run", "nightly", "--as-of", "2026-10-31"];

/// What a process did to files, in the order in which it was done.
#[derive(Debug, PartialEq, Eq)]
enum Deed {
    /// The disk has the file's bytes, or the folder's names.
    Synced(PathBuf),
    /// A finished file got this name; a folder that was made has none before.
    Named(Option<PathBuf>, PathBuf),
    /// The ledger was written.
    Told,
}

#[test]
fn a_version_is_on_the_disk_before_the_ledger_hears_of_it() {
    if !has_strace() {
        println!("!! NOT CHECKED: what the disk has when a version is committed (missing: strace)");
        return;
    }
    let workspace = Workspace::new("fujian", "990000");
    land_fixtures(&workspace, None);
    let deeds = deeds_of(&workspace, NIGHTLY);
    let warehouse = workspace.root().join("warehouse");
    let (mut on_disk, mut known) = (BTreeSet::new(), BTreeSet::new());
    let (mut versions, mut files) = (0, 0);
    for (at, deed) in deeds.iter().enumerate() {
        match deed {
            Deed::Told => {}
            Deed::Synced(path) => drop(on_disk.insert(path.clone())),
            Deed::Named(from, to) => {
                on_disk.remove(to.parent().unwrap());
                if from.as_ref().is_some_and(|from| on_disk.remove(from)) {
                    on_disk.insert(to.clone());
                }
                if from.is_none() || to.parent() != Some(&warehouse.join("versions")) {
                    continue;
                }
                let version = &workspace.versions()[versions];
                versions += 1;
                assert!(on_disk.contains(to), "{} was not synced before it got its name", to.display());
                for file in version["files"].as_array().unwrap() {
                    let path = warehouse.join(file["path"].as_str().unwrap());
                    if !known.insert(path.clone()) {
                        continue;
                    }
                    files += 1;
                    let up_to_root = path.ancestors().take_while(|folder| folder.starts_with(&warehouse));
                    for needed in up_to_root {
                        assert!(on_disk.contains(needed), "{} is not on the disk yet", needed.display());
                    }
                }
                let after = deeds[at + 1..].iter().find(|deed| match deed {
                    Deed::Told => true,
                    Deed::Synced(path) => Some(path.as_path()) == to.parent(),
                    Deed::Named(..) => false,
                });
                assert!(matches!(after, Some(Deed::Synced(_))), "the ledger hears of {} too early", to.display());
            }
        }
    }
    assert!(versions > 0 && files > 0 && versions == workspace.versions().len());
    assert!(deeds.contains(&Deed::Told));
    println!("durable: {versions} versions with {files} files on the disk before the ledger hears of them");
}

/// Runs a command under strace.
fn deeds_of(workspace: &Workspace, args: &[&str]) -> Vec<Deed> {
    let job = workspace.command(args);
    let log = workspace.root().with_file_name("strace.log");
    let calls = "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat,mkdir,mkdirat,pwrite64";
    let status = Command::new("strace")
        .args(["-f", "-y", "-qq", "-s", "0", "-e", "signal=none", "-e", calls, "-o"])
        .arg(&log)
        .arg(job.get_program())
        .args(job.get_args())
        .current_dir(workspace.root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    // A call of one thread may be interrupted by another's: it counts where it ends.
    let mut begun: BTreeMap<String, String> = BTreeMap::new();
    let mut deeds = Vec::new();
    for line in std::fs::read_to_string(log).unwrap().lines() {
        let (thread, text) = line.split_once(' ').unwrap();
        let text = text.trim_start();
        if let Some(start) = text.strip_suffix("<unfinished ...>") {
            begun.insert(thread.to_owned(), start.to_owned());
            continue;
        }
        let start = if text.starts_with("<...") { begun.remove(thread).unwrap() } else { String::new() };
        let whole = format!("{start}{text}");
        if whole.trim_end().ends_with(" = 0") || whole.starts_with("pwrite64") {
            deeds.extend(deed(workspace.root(), &whole));
        }
    }
    deeds
}

/// What one call did: `fsync(5</path>) = 0`, `rename("/from", "/to") = 0`.
fn deed(root: &Path, call: &str) -> Option<Deed> {
    let (name, arguments) = call.split_once('(')?;
    let open = || arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| root.join(path));
    let mut quoted = arguments.split('"').skip(1).step_by(2).map(|path| root.join(path));
    match name {
        "fsync" | "fdatasync" => open().map(Deed::Synced),
        "pwrite64" => open().filter(|path| path.ends_with("ledger.sqlite-wal")).map(|_| Deed::Told),
        "mkdir" | "mkdirat" => Some(Deed::Named(None, quoted.next()?)),
        _ => Some(Deed::Named(Some(quoted.next()?), quoted.next()?)),
    }
}

#[test]
fn a_version_that_is_not_whole_is_refused_by_name_with_the_remedy() {
    let workspace = Workspace::new("fujian", "990000");
    land_fixtures(&workspace, None);
    workspace.ok(NIGHTLY);
    let name = format!("warehouse/versions/{}.json", workspace.versions().len());
    let path = workspace.root().join(&name);
    let whole = std::fs::read(&path).unwrap();
    let mut refused = 0;
    for damaged in [&[][..], &whole[..whole.len() / 2], &[0; 4096]] {
        std::fs::write(&path, damaged).unwrap();
        let ended = workspace.run(NIGHTLY);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && said.contains(&name), "{said}");
        assert!(said.contains("restore it from the backup of warehouse/versions"), "{said}");
        refused += 1;
    }
    std::fs::write(&path, whole).unwrap();
    workspace.ok(NIGHTLY);
    println!("durable: {refused} damaged versions refused");
}
