//! A scheduler and two executors as processes of this machine: the same bytes as a local run, whoever dies.

mod machines;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use machines::{Authority, Machine, Trust, bucket, executor, executor_command, free_port, recorder, scheduler};

use crate::workspace::{Workspace, binary, check, files_below};

/// The credential that must never be in a plan.
const SECRET: &str = "a-secret-that-no-plan-may-hold";

const NIGHTLY: &[&str] = &["run", "nightly", "--as-of", "2026-10-31"];

/// Invented people, landed and not yet taken in; and what a local run makes of them.
struct Town {
    landed: Workspace,
    published: BTreeMap<String, String>,
    versions: Vec<serde_json::Value>,
    month: String,
}

/// Made once for all tests here.
fn town() -> &'static Town {
    static TOWN: OnceLock<Town> = OnceLock::new();
    TOWN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let demo = folder.path().join("demo");
        let args = ["demo", "--persons", "2000", "--only-generate", "--quiet", "--dir", demo.to_str().unwrap()];
        check(&args, &binary().args(args).output().unwrap());
        let landed = Workspace::copy_of(&demo);
        let local = Workspace::copy_of(&demo);
        local.ok(NIGHTLY);
        let month = "2026-10".to_owned();
        local.ok(&["run", "monthly", "--month", &month]);
        Town { landed, published: local.published(), versions: local.versions(), month }
    })
}

/// The town's workspace, with its bucket jobs on a cluster.
fn workspace_on(port: u16, trust: &Trust, warehouse: &str) -> Workspace {
    let workspace = Workspace::copy_of(town().landed.root());
    let settings = std::fs::read_to_string(workspace.root().join("poverty-watch.toml")).unwrap();
    let cluster = format!(
        "[engine]\nengine = \"cluster\"\nscheduler = \"df://localhost:{port}\"\nstall_seconds = 60\n{}",
        trust.settings("application")
    );
    let settings =
        settings.replace("[engine]\n", &cluster).replace("[warehouse]\n", &format!("[warehouse]\n{warehouse}"));
    workspace.write("poverty-watch.toml", settings.as_bytes());
    std::fs::create_dir_all(workspace.root().join("warehouse")).unwrap();
    workspace
}

fn warehouse_of(workspace: &Workspace) -> String {
    workspace.root().join("warehouse").to_str().unwrap().to_owned()
}

/// The same files with the same bytes as a local run's, and the same versions.
#[track_caller]
fn same_as_local(workspace: &Workspace) {
    let (expected, found) = (&town().published, workspace.published());
    let files = expected.keys().chain(found.keys());
    let other: Vec<&String> = files.filter(|file| expected.get(*file) != found.get(*file)).collect();
    assert!(other.is_empty(), "{} files differ: {:?}", other.len(), &other[..other.len().min(6)]);
    assert_eq!(workspace.versions(), town().versions);
    let left: Vec<_> = files_below(&workspace.root().join("warehouse/jobs"));
    assert!(left.is_empty(), "answers are left: {left:?}");
}

fn application(workspace: &Workspace, args: &[&str]) -> Machine {
    Machine::start(workspace.command(args))
}

#[test]
fn the_same_bytes_as_local_with_certificates() {
    let authority = Authority::new();
    for name in ["scheduler", "executor", "application"] {
        authority.certify(name);
    }
    let list = ["executor", "application"].map(|name| authority.list_line(name)).concat();
    std::fs::write(authority.path("allowed"), list).unwrap();
    let trust = Trust::Certificates(authority);
    let port = free_port();
    let _scheduler = scheduler(port, &trust);
    let workspace = workspace_on(port, &trust, "");
    let executors = [(); 2].map(|()| executor(port, &trust, &warehouse_of(&workspace), &[]));
    workspace.ok(NIGHTLY);
    workspace.ok(&["run", "monthly", "--month", &town().month]);
    same_as_local(&workspace);
    let done = executors.each_ref().map(|executor| executor.count("job done"));
    assert!(done.iter().all(|count| *count > 0), "an executor did nothing: {done:?}");
    println!(
        "cluster: {} files by two executors with certificates, {} cases",
        town().published.len(),
        done[0] + done[1]
    );
}

#[test]
fn an_executor_killed_at_work_changes_nothing() {
    let port = free_port();
    let _scheduler = scheduler(port, &Trust::Insecure);
    let workspace = workspace_on(port, &Trust::Insecure, "");
    let mut executors = [(); 2].map(|()| executor(port, &Trust::Insecure, &warehouse_of(&workspace), &[]));
    let mut run = application(&workspace, NIGHTLY);
    executors[0].wait_for("job begins", 3);
    executors[0].kill();
    let (begun, done) = (executors[0].count("job begins"), executors[0].count("job done"));
    assert_eq!(run.end(), Some(0), "{}", run.text());
    workspace.ok(&["run", "monthly", "--month", &town().month]);
    same_as_local(&workspace);
    println!("cluster: an executor killed with {} of {begun} jobs unfinished", begun.saturating_sub(done));
}

#[test]
fn an_executor_told_to_stop_finishes_what_it_has_begun() {
    let port = free_port();
    let _scheduler = scheduler(port, &Trust::Insecure);
    let workspace = workspace_on(port, &Trust::Insecure, "");
    let mut executors = [(); 2].map(|()| executor(port, &Trust::Insecure, &warehouse_of(&workspace), &[]));
    let mut run = application(&workspace, NIGHTLY);
    executors[0].wait_for("job begins", 3);
    executors[0].terminate();
    assert_eq!(executors[0].end(), Some(0), "{}", executors[0].text());
    let (begun, done) = (executors[0].count("job begins"), executors[0].count("job done"));
    assert_eq!(begun, done, "{}", executors[0].text());
    assert_eq!(run.end(), Some(0), "{}", run.text());
    workspace.ok(&["run", "monthly", "--month", &town().month]);
    same_as_local(&workspace);
    println!("cluster: an executor told to stop after {done} jobs");
}

#[test]
fn a_bucket_that_fails_is_tried_again() {
    let port = free_port();
    let _scheduler = scheduler(port, &Trust::Insecure);
    let workspace = workspace_on(port, &Trust::Insecure, "");
    let executors = [(); 2].map(|()| executor(port, &Trust::Insecure, &warehouse_of(&workspace), &[]));
    // A file lies where one bucket's folder must be.
    let of_bucket = |file: &&String| file.starts_with("warehouse/findings/") && file.contains("/bucket=001/");
    let file = town().published.keys().find(of_bucket).unwrap();
    let folder = workspace.root().join(Path::new(file).parent().unwrap());
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let mut run = application(&workspace, NIGHTLY);
    run.wait_for("a bucket failed and is tried again", 1);
    std::fs::remove_file(&folder).unwrap();
    assert_eq!(run.end(), Some(0), "{}", run.text());
    workspace.ok(&["run", "monthly", "--month", &town().month]);
    same_as_local(&workspace);
    let begun: usize = executors.iter().map(|executor| executor.count("job begins")).sum();
    let done: usize = executors.iter().map(|executor| executor.count("job done")).sum();
    assert!(begun > done, "nothing failed");
    println!("cluster: a bucket failed {} times before it succeeded, {done} cases", begun - done);
}

#[test]
fn without_its_scheduler_a_run_ends_cleanly_and_the_next_succeeds() {
    let port = free_port();
    let mut first = scheduler(port, &Trust::Insecure);
    let workspace = workspace_on(port, &Trust::Insecure, "");
    let mut executors = [(); 2].map(|()| executor(port, &Trust::Insecure, &warehouse_of(&workspace), &[]));
    let mut run = application(&workspace, NIGHTLY);
    executors[0].wait_for("job done", 3);
    first.kill();
    assert_eq!(run.end(), Some(75), "{}", run.text());
    assert!(run.text().contains("run again"), "{}", run.text());
    let committed = workspace.versions();
    assert!(committed.len() < town().versions.len(), "the scheduler died too late to matter");
    assert_eq!(committed, town().versions[..committed.len()], "a version is not whole");
    let _ = workspace.published_warehouse();
    // The executors live on and find the next scheduler.
    let _second = scheduler(port, &Trust::Insecure);
    workspace.ok(NIGHTLY);
    workspace.ok(&["run", "monthly", "--month", &town().month]);
    same_as_local(&workspace);
    println!("cluster: scheduler killed after {} versions", committed.len());
}

#[test]
fn a_run_told_to_stop_takes_its_jobs_back() {
    let port = free_port();
    let _scheduler = scheduler(port, &Trust::Insecure);
    let workspace = workspace_on(port, &Trust::Insecure, "");
    let mut executor = executor(port, &Trust::Insecure, &warehouse_of(&workspace), &[]);
    let mut run = application(&workspace, NIGHTLY);
    executor.wait_for("job begins", 3);
    run.terminate();
    assert_eq!(run.end(), Some(75), "{}", run.text());
    assert!(run.text().contains("taking jobs back"), "{}", run.text());
    let count = |executor: &Machine| executor.count("job begins").saturating_sub(executor.count("job done"));
    let begun = std::time::Instant::now();
    while count(&executor) > 0 && begun.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let at_rest = executor.count("job begins");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(executor.count("job begins"), at_rest, "jobs that were taken back are still handed out");
    assert!(at_rest < town().published.len(), "all was done before the stop");
    workspace.ok(NIGHTLY);
    workspace.ok(&["run", "monthly", "--month", &town().month]);
    same_as_local(&workspace);
    println!("cluster: stopped after {at_rest} jobs");
}

#[test]
fn a_wrong_certificate_is_refused() {
    let authority = Authority::new();
    for name in ["scheduler", "executor", "application", "unlisted"] {
        authority.certify(name);
    }
    std::fs::write(authority.path("allowed"), authority.list_line("application")).unwrap();
    let foreign = Authority::new();
    foreign.certify("application");
    let folder = tempfile::tempdir().unwrap();
    let warehouse = folder.path().to_str().unwrap().to_owned();
    // Of another authority, but taking the scheduler for what it is.
    let mut mixed = foreign.arguments("application");
    mixed[1] = authority.path("authority.pem").to_str().unwrap().to_owned();
    let refused = [
        ("not on the list", authority.arguments("unlisted"), &[3][..], &["not on the scheduler's list"][..]),
        // A server that turns a certificate away closes the connection, and does not always come to say why.
        ("of another authority", mixed, &[3, 75], &["fatal alert", "certificate of its authority?"]),
        ("trusting another authority", foreign.arguments("application"), &[3], &["invalid peer certificate"]),
        ("none at all", vec!["--insecure".to_owned()], &[75], &["certificate of its authority?"]),
    ];
    let trust = Trust::Certificates(authority);
    let port = free_port();
    let _scheduler = scheduler(port, &trust);
    for (name, identity, codes, words) in &refused {
        let mut machine = Machine::start(executor_command(port, identity, &warehouse, &[]));
        let code = machine.end();
        let text = machine.text();
        assert!(code.is_some_and(|code| codes.contains(&code)), "{name}: {code:?}\n{text}");
        assert!(words.iter().any(|words| text.contains(words)), "{name}: {text}");
        assert_eq!(machine.count("executor is ready"), 0, "{name}: {text}");
    }
    // An application whose certificate is not on the list is told so and publishes nothing.
    let workspace = workspace_on(port, &trust, "");
    let settings = std::fs::read_to_string(workspace.root().join("poverty-watch.toml")).unwrap();
    workspace.write("poverty-watch.toml", settings.replace("application.", "unlisted.").as_bytes());
    let output = workspace.run(NIGHTLY);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not on the scheduler's list"));
    // Nothing goes unprotected beyond this machine.
    let open = binary().args(["cluster", "scheduler", "--insecure", "--bind", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(open.status.code(), Some(3), "{}", String::from_utf8_lossy(&open.stderr));
    println!("cluster: wrong certificates, {} cases", refused.len() + 2);
}

#[test]
fn a_warehouse_in_a_bucket_is_the_same_and_anyone_can_take_it_up() {
    let Some((mut moto, environment)) = bucket() else { return };
    let port = free_port();
    let scheduler = scheduler(port, &Trust::Insecure);
    let storage = "s3://warehouse/town";
    let (entrance, sent) = recorder(port);
    let workspace = workspace_on(entrance, &Trust::Insecure, &format!("storage = \"{storage}\"\n"));
    let executors = [(); 2].map(|()| executor(port, &Trust::Insecure, storage, &environment));
    let run = |workspace: &Workspace, args: &[&str]| {
        let output = workspace.command(args).envs(environment.iter().map(|(name, value)| (*name, value))).output();
        let output = output.unwrap();
        check(args, &output);
        String::from_utf8(output.stdout).unwrap()
    };
    run(&workspace, NIGHTLY);
    run(&workspace, &["run", "monthly", "--month", &town().month]);
    assert!(executors.iter().all(|executor| executor.count("job done") > 0));
    same_as_local(&workspace);
    let expected = &town().published;
    // On another machine with an empty folder the same run finds everything done.
    let other = Workspace::copy_of(workspace.root());
    std::fs::remove_dir_all(other.root().join("warehouse")).unwrap();
    let told = run(&other, NIGHTLY);
    assert!(told.contains("nothing new"), "{told}");
    same_as_local(&other);
    let brought = files_below(&other.root().join("warehouse")).len();
    // Nobody but the machines themselves learns the credential.
    let sent = sent.lock().unwrap();
    let holds = |words: &str| sent.windows(words.len()).any(|part| part == words.as_bytes());
    assert!(holds("person_key") && holds("claims/month="), "no plan was seen");
    assert!(!holds(SECRET) && !holds("an-access-key-id") && !holds("AWS_"), "a credential was sent with a plan");
    let said = executors.iter().map(Machine::text).chain([scheduler.text(), told]).collect::<String>();
    assert!(!said.contains(SECRET), "a log holds the credential");
    // Without credentials nobody looks for them elsewhere; a bucket that is away may be back.
    let bare = other.run(NIGHTLY);
    assert_eq!(bare.status.code(), Some(3), "{}", String::from_utf8_lossy(&bare.stderr));
    moto.kill();
    let away = other.command(NIGHTLY).envs(environment.iter().map(|(name, value)| (*name, value))).output().unwrap();
    assert_eq!(away.status.code(), Some(75), "{}", String::from_utf8_lossy(&away.stderr));
    println!("cluster: {} files in a bucket, {brought} cases brought back", expected.len());
}

/// The commit of a version is the creation of its file: of two, one succeeds. Runs itself again in a process that has
/// the bucket's credentials.
#[test]
fn a_version_in_a_bucket_is_created_once() {
    use store::warehouse::{Version, Warehouse, WarehouseError};
    if std::env::var_os("AWS_ENDPOINT").is_none() {
        let Some((_moto, environment)) = bucket() else { return };
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "cluster::a_version_in_a_bucket_is_created_once", "--nocapture"]).envs(environment);
        let output = again.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        print!(
            "{}",
            text.lines().filter(|line| line.starts_with("cluster: ")).map(|l| format!("{l}\n")).collect::<String>()
        );
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let open = |root: &Path| Warehouse::open_shared(root, 4, "s3://warehouse/race").unwrap();
    let folders = [(); 8].map(|()| tempfile::tempdir().unwrap());
    let outcomes: Vec<_> = runtime.block_on(async {
        let commits = folders.iter().enumerate().map(|(at, folder)| {
            let warehouse = open(folder.path());
            async move {
                let mine = warehouse.current().await.unwrap().next(&format!("run {at}"), Vec::new(), Vec::new());
                warehouse.commit(&mine).await.map(|()| mine)
            }
        });
        let commits: Vec<_> = commits.map(tokio::spawn).collect();
        let mut outcomes = Vec::new();
        for commit in commits {
            outcomes.push(commit.await.unwrap());
        }
        outcomes
    });
    let first: Vec<&Version> = outcomes.iter().flatten().filter(|version| version.number == 1).collect();
    assert_eq!(first.len(), 1, "{outcomes:?}");
    let others = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(others.clone().all(|error| matches!(error, WarehouseError::Conflict(_))), "{outcomes:?}");
    let stands = runtime.block_on(open(folders[0].path()).version(1)).unwrap();
    assert_eq!(stands.job, first[0].job);
    // One that comes late is refused for certain.
    let late = runtime.block_on(open(folders[1].path()).commit(&Version { job: "late".to_owned(), ..stands.clone() }));
    assert!(matches!(late, Err(WarehouseError::Conflict(1))), "{late:?}");
    println!("cluster: {} commits of one version in a bucket, {} refused", outcomes.len(), others.count() + 1);
}
