//! A workspace that 6311a20 sealed: it is told what to do, upgraded, runs its next month, and its lists hold. What is
//! edited, of another interface or of a newer format is named.

mod formats;
mod interface;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use law::referrals::LIST_FORMAT;
use sha2::{Digest, Sha256};

use crate::workspace::{Workspace, copy_tree, fix_keys};

const COUNTIES: &str = "pipelines/tables/counties.csv";
/// Lists of 2026-10 that 6311a20 sealed.
const OLD_LISTS: usize = 13;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sealed-6311a20").join(name)
}

/// The workspace as 6311a20 left it.
fn old() -> Workspace {
    let workspace = Workspace::copy_of(&fixture("workspace"));
    fix_keys(workspace.root());
    for secret in ["tokens.key", "signing.pem"] {
        let path = workspace.root().join("keys").join(secret);
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    workspace
}

fn upgraded() -> Workspace {
    let workspace = old();
    workspace.ok(&["upgrade"]);
    workspace
}

/// Runs, expects that exit code, gives everything that was said.
#[track_caller]
fn ended(workspace: &Workspace, code: i32, args: &[&str]) -> String {
    let output = workspace.run(args);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    said
}

/// Edits a file of the workspace.
fn edit(workspace: &Workspace, path: &str, act: impl Fn(&str) -> String) {
    let text = fs::read_to_string(workspace.root().join(path)).unwrap();
    let edited = act(&text);
    assert_ne!(text, edited, "{path}");
    workspace.write(path, edited.as_bytes());
}

/// Makes files look as if an older version had shipped them as they are now.
fn as_shipped(workspace: &Workspace, paths: &[&str]) {
    let file = workspace.root().join(".shipped.json");
    let mut shipped: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    for path in paths {
        let digest = Sha256::digest(fs::read(workspace.root().join(path)).unwrap());
        let hash = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        shipped["files"][*path] = hash.into();
    }
    fs::write(file, shipped.to_string()).unwrap();
}

fn verify_all(workspace: &Workspace, month: &str) -> usize {
    let lists = workspace.manifests(month);
    for list in lists.keys() {
        let folder = format!("lists/{month}/{list}");
        let said = workspace.ok(&["verify", &folder, "--key", "keys/signing.pub.pem"]);
        assert!(said.contains("the list is in order"), "{said}");
    }
    lists.len()
}

#[test]
fn an_old_workspace_is_upgraded_runs_its_next_month_and_its_lists_hold() {
    let workspace = old();
    let said = workspace.ok(&["upgrade"]);
    assert!(said.contains(&format!("kept {COUNTIES}: it is edited\n")), "{said}");
    let counts = said.lines().find(|line| line.contains(" renewed, ")).unwrap();
    let counts: Vec<usize> = counts.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    let [renewed, _added, removed, kept, current] = counts[..] else { panic!("{said}") };
    // what is shipped anew counts as added
    assert!(kept == 1 && renewed + removed + current >= 102, "{said}");
    let again = workspace.ok(&["upgrade"]);
    assert!(again.contains("0 renewed, 0 added, 0 removed, 1 kept"), "{again}");
    let checked = workspace.ok(&["check", "--diff"]);
    assert!(checked.contains("-990101,临江区,urban") && checked.contains("+# 演示市只有两个县"), "{checked}");
    assert!(!checked.contains("older version"), "{checked}");
    assert_eq!(verify_all(&workspace, "2026-10"), OLD_LISTS);

    copy_tree(&fixture("november"), &workspace.root().join("landing"));
    workspace.ok(&["run", "nightly", "--as-of", "2026-11-30"]);
    let sealed = workspace.ok(&["run", "monthly", "--month", "2026-11"]);
    assert!(sealed.contains("\nsealed 4 referral lists, 6 persons, 245402.01 yuan"), "{sealed}");
    let county = &workspace.manifests("2026-11")["202611-990103-MZ-FULL-v1"];
    assert_eq!(
        (county["format"].as_u64(), county["counts"]["new"].as_u64()),
        (Some(LIST_FORMAT.into()), Some(1)),
        "{county}"
    );
    assert_eq!(county["counts"]["continuing"].as_u64(), Some(4), "the supplement's person too: {county}");
    assert!(workspace.root().join("recipes").read_dir().unwrap().count() == 1, "the ledger keeps the new recipe");

    let new_lists = verify_all(&workspace, "2026-11");
    let made = workspace.ok(&["reproduce", "--all"]);
    let by = |what: &str| made.lines().filter(|line| line.contains(": equal, ") && line.contains(what)).count();
    let by_content = format!(
        "(rows, persons, amounts and control total; sealed in list format 1, this program writes {LIST_FORMAT})"
    );
    assert_eq!((by(&by_content), by("(every byte)")), (OLD_LISTS, new_lists), "{made}");
    println!("upgraded workspace: {} cases", 8 + 2 * (OLD_LISTS + new_lists));
}

#[test]
fn lists_of_an_older_format_that_say_something_else_are_found() {
    let workspace = upgraded();
    let id = "202610-990103-MZ-FULL-v1";
    let folder = workspace.root().join("lists/2026-10").join(id);
    let (csv, manifest) = (folder.join(format!("{id}.csv")), folder.join("manifest.json"));
    let text = fs::read_to_string(&csv).unwrap();
    let other = text.replacen("30000.00", "30000.01", 1);
    assert_ne!(text, other);
    fs::write(&csv, &other).unwrap();
    let said = ended(&workspace, 4, &["reproduce", id]);
    assert!(said.contains(&format!("{id}.csv is not as it was sealed")), "{said}");
    // As if it had been sealed so.
    let mut stated: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let line = stated["files"].as_array_mut().unwrap().iter_mut().find(|file| file["name"] == format!("{id}.csv"));
    line.unwrap()["sha256"] = crate::workspace::sha256_of(&csv).into();
    fs::write(&manifest, stated.to_string()).unwrap();
    let ledger = rusqlite::Connection::open(workspace.root().join("ledger.sqlite")).unwrap();
    ledger.execute_batch("drop trigger lists_keep").unwrap();
    let update = "update lists set manifest_sha256 = ?1 where list_id = ?2";
    ledger.execute(update, [crate::workspace::sha256_of(&manifest), id.to_owned()]).unwrap();
    let said = ended(&workspace, 4, &["reproduce", id]);
    assert!(said.contains("sealed: 3 persons, 0 withdrawn, 14626802 fen"), "{said}");
    assert!(said.contains("made again: 3 persons, 0 withdrawn, 14626801 fen"), "{said}");
}

#[test]
fn what_nobody_edited_is_renewed_and_what_somebody_edited_is_named() {
    let workspace = upgraded();
    let (job, sql, toml) = ("pipelines/tendays.toml", "sql/marts/referral_rows.sql", "sql/marts/referral_rows.toml");
    let shipped = |path: &str| fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let gone = ["sql/staging/stg_gone.sql", "sql/staging/stg_left.sql"];
    edit(&workspace, job, |text| format!("# as it was\n{text}"));
    edit(&workspace, toml, |text| format!("# as it was\n{text}"));
    for path in gone {
        workspace.write(path, b"select 1");
    }
    as_shipped(&workspace, &[job, toml, gone[0], gone[1]]);
    workspace.write(gone[1], b"select 2");
    edit(&workspace, sql, |text| format!("-- ours\n{text}"));
    fs::remove_file(workspace.root().join("pipelines/deliver.toml")).unwrap();

    let said = ended(&workspace, 3, &["check"]);
    assert!(said.contains("2 files are as an older version of this program shipped them"), "{said}");
    assert!(said.contains("`poverty-watch upgrade` renews what nobody edited"), "{said}");
    for path in [sql, toml, gone[1], COUNTIES] {
        assert!(said.contains(&format!("note: {path} is edited\n")), "{path}: {said}");
    }
    // A run takes the old file, and says so.
    for path in gone {
        fs::rename(workspace.root().join(path), workspace.root().join(path).with_extension("aside")).unwrap();
    }
    let run = ended(&workspace, 0, &["run", "nightly", "--as-of", "2026-10-31"]);
    assert!(run.contains("1 files are as an older version"), "{run}");
    for path in gone {
        fs::rename(workspace.root().join(path).with_extension("aside"), workspace.root().join(path)).unwrap();
    }

    let said = workspace.ok(&["upgrade"]);
    assert!(said.contains("1 renewed, 1 added, 1 removed, 4 kept"), "{said}");
    assert!(said.contains(&format!("kept {toml}: it is edited; what is new lies in {toml}.new")), "{said}");
    assert!(said.contains(&format!("kept {}: it is edited\n", gone[1])), "{said}");
    assert!(said.contains(&format!("removed {}", gone[0])), "{said}");
    assert_eq!(fs::read(workspace.root().join(job)).unwrap(), shipped(job));
    assert_eq!(fs::read(workspace.root().join(format!("{toml}.new"))).unwrap(), shipped(toml));
    // Nothing is new in a statement that the last version shipped as this one does.
    assert!(!workspace.root().join(format!("{sql}.new")).exists());
    assert!(!workspace.root().join(gone[0]).exists() && workspace.root().join(gone[1]).exists());
    // What is put in place is not edited any more.
    for path in [sql, toml] {
        workspace.write(path, &shipped(path));
    }
    fs::remove_file(workspace.root().join(gone[1])).unwrap();
    assert!(workspace.ok(&["upgrade"]).contains("0 renewed, 0 added, 0 removed, 1 kept"));
    assert!(!workspace.root().join(format!("{toml}.new")).exists());

    let lock = store::workspace::hold_lock(&workspace.root().join("run.lock")).unwrap();
    assert!(ended(&workspace, 75, &["upgrade"]).contains("another run is working in this workspace"));
    drop(lock);
    let nowhere = tempfile::tempdir().unwrap();
    let args = ["-C", nowhere.path().to_str().unwrap(), "upgrade"];
    assert!(ended(&workspace, 3, &args).contains("is no workspace"));
}
