//! Making a workspace: the settings file, the landing folders, the assets that people may change.

use std::path::Path;

use law::config::{Layout, Problem};
use law::contracts::Feed;

use super::shipped::{self, Shipped};
use super::{Assets, SETTINGS_FILE, WorkspaceError, assets, parse_settings};
use crate::durable::At as _;

/// What `init` did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitSummary {
    /// Files written, relative to the workspace.
    pub written: Vec<String>,
    /// Files that were there already and say something else than the built-in ones: kept as they are.
    pub kept: Vec<String>,
}

/// Makes a workspace in an empty or new folder; in a workspace, adds what is missing and changes nothing.
///
/// # Errors
/// When the folder holds other things, the policy or the area code does not exist, or the disk fails.
pub fn init(dir: &Path, policy: &str, area: &str) -> Result<InitSummary, WorkspaceError> {
    let layout = Layout::new(dir);
    let is_new = !layout.settings().exists();
    if is_new && std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(WorkspaceError::NotEmpty { dir: dir.to_owned() });
    }
    if !policy.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        let problem = Problem::new(SETTINGS_FILE, 0, "a policy's name has letters, digits, - and _ only", "");
        return Err(WorkspaceError::Settings(vec![problem]));
    }
    let mut summary = InitSummary::default();
    if is_new {
        let text = settings_text(policy, area);
        parse_settings(&text, &Assets::of(dir))?;
        std::fs::create_dir_all(dir).at(dir)?;
    }
    for feed in Feed::ALL {
        let folder = layout.landing(feed.name());
        std::fs::create_dir_all(&folder).at(&folder)?;
    }
    let mut known = if is_new { Shipped::new() } else { shipped::read(dir)? };
    for path in assets::built_in_paths() {
        let Some(text) = assets::built_in(&path) else { continue };
        if add(dir, &path, &text, &mut summary)? {
            known.insert(path, shipped::hash(&text));
        }
    }
    shipped::write(dir, known)?;
    if is_new {
        // The settings come last: a folder that has them is a whole workspace.
        add(dir, SETTINGS_FILE, &settings_text(policy, area), &mut summary)?;
    }
    Ok(summary)
}

/// Writes a file that is not there yet; whether what is there now is that text.
fn add(dir: &Path, path: &str, text: &str, summary: &mut InitSummary) -> Result<bool, WorkspaceError> {
    match Assets::of(dir).own(path)? {
        Some(own) if own == text => {}
        Some(_) => {
            summary.kept.push(path.to_owned());
            return Ok(false);
        }
        None => {
            put(dir, path, text)?;
            summary.written.push(path.to_owned());
        }
    }
    Ok(true)
}

fn put(dir: &Path, path: &str, text: &str) -> Result<(), WorkspaceError> {
    let target = dir.join(path);
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).at(folder)?;
    }
    std::fs::write(&target, text).at(&target)?;
    Ok(())
}

/// The commented settings file of a new workspace.
fn settings_text(policy: &str, area: &str) -> String {
    format!("policy = \"{policy}\"\narea = \"{area}\"\n{SETTINGS_TAIL}")
        .replace("policy = ", "# The rules that apply: the file pipelines/policies/<policy>.toml.\npolicy = ")
        .replace("\narea = ", "\n# The area that this workspace serves: its six-digit code.\narea = ")
}

const SETTINGS_TAIL: &str = r#"
# Every key below shows its default; take off the # to change it.

[warehouse]
# Into how many parts people are split. Fixed once the first data is in: choose before.
# 16 suits a prefecture, 128 a province.
# buckets = 16
# Where versions and files lie for all machines of a cluster, as s3://bucket/prefix; empty: in warehouse/ here.
# Credentials come from the environment (AWS_ACCESS_KEY_ID ...), never from a file here.
# storage = ""

[engine]
# Parts worked on at once; 0 means one per processor.
# workers = 0
# Memory of all statements together, MiB.
# memory_mib = 512
# Rows per batch.
# batch_rows = 8192
# Who works on the parts: this machine (local) or the executors of a cluster.
# engine = "local"
# Of a cluster, its scheduler, as df://host:50050.
# scheduler = ""
# The certificate of its authority, that of this machine and its key: PEM files, named from here.
# authority = ""
# certificate = ""
# key = ""
# Without certificates, where all of them are processes of one machine.
# insecure = false
# Give up when the cluster finishes nothing for so many seconds.
# stall_seconds = 900

[gate]
# Limits of the process that opens foreign files: memory (MiB), processor time (seconds), file size (MiB).
# memory_mib = 1024
# cpu_seconds = 900
# file_mib = 4096

[landing]
# A file that changed less than so many seconds ago may not be whole and waits for the next run, unless a manifest beside
# it (NAME.manifest.json) names its bytes and sha256. 0 takes it at once: only where files come whole, by renaming.
# quiet_seconds = 60

[bureau]
# Who sends the lists, as they print it, and for which area.
# name = "医疗保障局"
# area_name = ""
# Days that an office has to check and answer.
# feedback_days = 10

[operators]
# Who gets a mail when a run fails or is late, a feed is missing, or mail comes back, and when that is over. It goes
# out where [delivery] live = true, to a domain that allow_domains names. Empty: alerts stand in `status` only.
# address = ""
# A run is late when it is not done so many minutes after its moment.
# late_after_minutes = 180
# File that each run leaves figures for Prometheus in; best node_exporter's textfile folder.
# metrics = "/var/lib/prometheus/node-exporter/poverty-watch.prom"
[delivery]
# Whether `deliver` sends; until then it only says what it would send.
# live = false
# How letters leave: "spool", a folder of .eml files, or "smtp".
# transport = "spool"
# Sender of all mail, and the domains that mail may go to; addresses stand in pipelines/tables/routes.csv.
# from = ""
# allow_domains = []
# Where an office collects its lists, as the mail says it.
# collect = "政务数据交换平台本单位目录"
# Lists go with the mail, encrypted, where `attach` in pipelines/tables/offices.csv says so; not if together they are
# larger than so many MiB. `lists password` shows the password, which goes by another channel.
# attach_mib = 8

[delivery.smtp]
# security: "starttls", "tls", or "none" for a server on this machine. password_file lies below the workspace.
# host = "127.0.0.1"
# port = 25
# security = "starttls"
# username = ""
# password_file = ""
# ca_file = ""
# hello = "localhost"
# Longest waits, seconds: for the connection, for each answer, and for the one after the last byte of a letter.
# connect_seconds = 30
# command_seconds = 300
# accept_seconds = 600
# letters_per_connection = 100

# One section per feed: claims, residents, rosters, income, adjustments.
[feeds.claims]
# Further columns that may stand in the file and are not read.
# ignore_columns = ["local_note"]
# `status` calls the feed late when its newest file is older than so many days.
max_age_days = 40

[feeds.rosters]
max_age_days = 40
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use law::config::Settings;

    #[test]
    fn the_settings_file_says_the_defaults() {
        let text = settings_text("fujian", "350000");
        let plain: Settings = toml::from_str(&text).unwrap();
        assert_eq!((plain.policy.as_str(), plain.area.as_str()), ("fujian", "350000"));
        let is_key = |line: &str| line.starts_with("# ") && line.contains(" = ") && !line.contains(':');
        let opened: String =
            text.lines().map(|line| if is_key(line) { line[2..].to_owned() } else { line.to_owned() } + "\n").collect();
        let opened: Settings = toml::from_str(&opened).unwrap();
        assert_eq!(format!("{:?}", opened.warehouse), format!("{:?}", plain.warehouse));
        assert_eq!(format!("{:?}", opened.engine), format!("{:?}", plain.engine));
        assert_eq!(format!("{:?}", opened.gate), format!("{:?}", plain.gate));
        assert_eq!(format!("{:?}", opened.landing), format!("{:?}", plain.landing));
        assert_eq!(format!("{:?}", opened.delivery), format!("{:?}", plain.delivery));
    }
}
