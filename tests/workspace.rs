//! A workspace in a temporary folder and the product's binary to run in it; shared by all tests here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use law::domain::Fen;
use sha2::{Digest, Sha256};
use store::keys::Keys;

/// A person whom a rule noticed, as the `findings` verb prints one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) person_key: i64,
    pub(crate) rule: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) measured_fen: i64,
    /// Of somebody near: margin, run rate and the month in which to expect the crossing, joined by `|`.
    pub(crate) outlook: String,
}

/// Bounds that no file passes, as `pipelines/holds.toml`.
const NOTHING_HELD: &str = "\
least_files = 1000000
amounts = { times = \"1000000\", least_rows = 1000000, small_times = \"1000000\", small_least_rows = 1000000 }
ids = { share = \"1\", least = 1000000 }
income = { low = \"-1\", high = \"1000\", least_yuan = \"0\", most_yuan = \"1000000000\" }
institution_voided = { share = \"1\", least = 1000000 }
institution_dropped = { least = 1000000 }
newly_dead = { share = \"1\", least = 1000000 }
rows_useless = { share = \"1\", least = 1000000 }
";

/// A folder that lives as long as the test, with a workspace in it.
pub(crate) struct Workspace {
    _keep: Option<tempfile::TempDir>,
    root: PathBuf,
}

impl Workspace {
    /// A fresh workspace, made by the product itself.
    pub(crate) fn new(policy: &str, area: &str) -> Self {
        let keep = tempfile::tempdir().unwrap();
        let root = keep.path().join("workspace");
        let made = Self { _keep: Some(keep), root };
        let args = ["init", made.root.to_str().unwrap(), "--policy", policy, "--area", area];
        check(&args, &binary().args(args).output().unwrap());
        fix_keys(&made.root);
        made
    }

    /// An existing workspace folder copied to a new place.
    pub(crate) fn copy_of(source: &Path) -> Self {
        let keep = tempfile::tempdir().unwrap();
        let root = keep.path().join("workspace");
        copy_tree(source, &root);
        Self { _keep: Some(keep), root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The binary with this workspace as its folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = binary();
        command.current_dir(&self.root).args(args).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs, expects exit code 0, returns what was printed.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        check(args, &output);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Puts a file of the workspace in place, e.g. `pipelines/policies/own.toml`.
    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        if path.starts_with(self.root.join("landing")) {
            lain(&path);
        }
    }

    /// Files that surprise are taken as they come, without a question.
    pub(crate) fn hold_nothing(&self) {
        self.write("pipelines/holds.toml", NOTHING_HELD.as_bytes());
    }

    /// Drops a file where an office would.
    pub(crate) fn land(&self, feed: &str, name: &str, content: &[u8]) {
        self.write(&format!("landing/{feed}/{name}"), content);
    }

    /// All findings of a month that somebody must look at.
    pub(crate) fn findings(&self, month: &str) -> BTreeSet<Finding> {
        let csv = self.ok(&["findings", "--month", month, "--format", "csv"]);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let header = reader.headers().unwrap().clone();
        let at = |name: &str| header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name}"));
        let (person, rule, status, reason, measured) =
            (at("person_key"), at("rule_id"), at("status"), at("reason"), at("measured_amount"));
        let outlook = ["margin_amount", "run_rate_amount", "expected_month"].map(at);
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            Finding {
                person_key: row[person].parse().unwrap(),
                rule: row[rule].to_owned(),
                status: row[status].to_owned(),
                reason: row[reason].to_owned(),
                measured_fen: Fen::parse(&row[measured]).unwrap().0,
                outlook: outlook.map(|at| &row[at]).join("|"),
            }
        });
        rows.filter(|row| ["flagged", "near", "undecided"].contains(&row.status.as_str())).collect()
    }

    /// The committed versions, oldest first.
    pub(crate) fn versions(&self) -> Vec<serde_json::Value> {
        let versions = (1..).map(|n| fs::read(self.root.join(format!("warehouse/versions/{n}.json"))));
        versions.map_while(Result::ok).map(|json| serde_json::from_slice(&json).unwrap()).collect()
    }

    /// SHA-256 of every file that the newest version names, checked against what it says, and of every list.
    pub(crate) fn published(&self) -> BTreeMap<String, String> {
        let mut hashes = self.published_warehouse();
        hashes.extend(self.lists());
        hashes
    }

    /// SHA-256 of every file that the newest version names, checked against what it says.
    pub(crate) fn published_warehouse(&self) -> BTreeMap<String, String> {
        let mut hashes = BTreeMap::new();
        for file in self.versions().last().map(|v| v["files"].as_array().unwrap().clone()).unwrap_or_default() {
            let path = format!("warehouse/{}", file["path"].as_str().unwrap());
            let sha256 = sha256_of(&self.root.join(&path));
            assert_eq!(sha256, file["sha256"].as_str().unwrap(), "{path}");
            hashes.insert(path, sha256);
        }
        hashes
    }

    /// The sealed lists of a month: folder name and manifest.
    pub(crate) fn manifests(&self, month: &str) -> BTreeMap<String, serde_json::Value> {
        let mut found = BTreeMap::new();
        for path in files_below(&self.root.join("lists").join(month)) {
            if path.file_name().is_some_and(|name| name == "manifest.json") {
                let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
                found.insert(folder, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap());
            }
        }
        found
    }

    /// SHA-256 of everything below `lists/`.
    pub(crate) fn lists(&self) -> BTreeMap<String, String> {
        let mut hashes = BTreeMap::new();
        for path in files_below(&self.root.join("lists")) {
            let name = path.strip_prefix(&self.root).unwrap().to_str().unwrap().to_owned();
            hashes.insert(name, sha256_of(&path));
        }
        hashes
    }
}

/// Lands what makes a month an ordinary one: a small claim of an invented person in each county, for every month of a year
/// up to one. Lists stay as they are, and no county's data are missing.
pub(crate) fn land_ordinary(workspace: &Workspace, counties: &[&str], month: &str) {
    let (year, last) = month.split_once('-').unwrap();
    for number in 1..=last.get(..2).unwrap().parse::<u32>().unwrap() {
        let month = format!("{year}-{number:02}");
        let mut text = ORDINARY.to_owned();
        for county in counties {
            let (id, day) = (whole_id(&format!("{county}19900101001")), format!("{month}-03"));
            text += &format!(
                "O{month}-{county},,O{county},01,{id},常某,15,0,390,11,2,{county},{day},{day},{day} 09:00:00,10.00,0.00,0.00,\
                 0.00,10.00,0.00,0.00,0.00,0.00,0.00,10.00,0.00,10.00,0,1,,{day} 09:00:00\n"
            );
        }
        let path = workspace.root().join(format!("landing/claims/ordinary-{month}.csv"));
        if !path.exists() {
            workspace.land("claims", &format!("ordinary-{month}.csv"), text.as_bytes());
        }
    }
}

/// The same for the twelve counties of the fixtures' prefecture; the fixtures' one large claim without a legible person,
/// which leaves its county's May in doubt, is taken out.
pub(crate) fn land_ordinary_everywhere(workspace: &Workspace, month: &str) {
    let counties: Vec<String> = (1..=12).map(|number| format!("9901{number:02}")).collect();
    land_ordinary(workspace, &counties.iter().map(String::as_str).collect::<Vec<_>>(), month);
    let path = workspace.root().join("landing/claims/claims-2026-01-09.csv");
    let text = fs::read_to_string(&path).unwrap();
    let whole: Vec<&str> = text.lines().filter(|line| !line.contains("199998.00")).collect();
    assert_eq!(whole.len() + 1, text.lines().count());
    workspace.land("claims", "claims-2026-01-09.csv", (whole.join("\n") + "\n").as_bytes());
}

const ORDINARY: &str = "setl_id,init_setl_id,psn_no,psn_cert_type,certno,psn_name,psn_type,nwb_flag,insutype,med_type,\
setl_type,insuplc_admdvs,begndate,enddate,setl_time,medfee_sumamt,fulamt_ownpay_amt,overlmt_selfpay,preselfpay_amt,\
inscp_scp_amt,act_pay_dedc,hifp_pay,maf_pay,fund_pay_sumamt,hosp_part_amt,psn_part_amt,acct_pay,psn_cash_pay,\
refd_setl_flag,vali_flag,manl_reim_rea,updt_time\n";

/// Seventeen digits of a resident id with the check character of GB 11643.
pub(crate) fn whole_id(digits: &str) -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = "10X98765432".as_bytes()[sum as usize % 11];
    format!("{digits}{}", char::from(check))
}

/// The product's binary in an environment that does not depend on who runs the tests.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poverty-watch"));
    command.env("NO_COLOR", "1").env_remove("TZ").env_remove("RUST_LOG");
    command
}

#[track_caller]
pub(crate) fn check(args: &[&str], output: &Output) {
    assert!(
        output.status.success(),
        "{} ended with {:?}\n{}\n{}",
        args.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

pub(crate) fn sha256_of(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Every file below a folder, in order; none when the folder does not exist.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The same keys in every workspace of the tests: their lists must have the same bytes.
pub(crate) fn fix_keys(root: &Path) {
    let keys = Keys::from_secrets([7; 32], [9; 32]);
    fs::write(root.join("keys/tokens.key"), "07".repeat(32)).unwrap();
    fs::write(root.join("keys/signing.pem"), keys.signer.to_pem().unwrap()).unwrap();
    fs::write(root.join("keys/signing.pub.pem"), keys.signer.public().to_pem().unwrap()).unwrap();
    // a checkout keeps no such modes
    for (path, mode) in [("keys", 0o700), ("keys/tokens.key", 0o600), ("keys/signing.pem", 0o600)] {
        fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
}

pub(crate) fn copy_tree(source: &Path, target: &Path) {
    fs::create_dir_all(target).unwrap();
    fs::set_permissions(target, fs::metadata(source).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        let to = target.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
            let since = fs::metadata(entry.path()).unwrap().modified().unwrap();
            let file = fs::File::open(&to).unwrap();
            // what lies in landing folders has lain there for a while
            file.set_modified(since.min(SystemTime::now() - LAIN)).unwrap();
        }
    }
}

/// For so long files of tests have lain in their landing folders: nobody is still writing them.
const LAIN: Duration = Duration::from_hours(1);

/// Makes a file one that nobody is writing any more.
pub(crate) fn lain(path: &Path) {
    fs::File::open(path).unwrap().set_modified(SystemTime::now() - LAIN).unwrap();
}

/// Runs `work` on every item on as many threads as there are processors; results in order.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let done = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((at, item)) = {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    items.get(at).map(|item| (at, item))
                } {
                    let result = work(item);
                    done.lock().unwrap().push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A count from the environment, for longer runs than the default.
pub(crate) fn count_from_environment(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
