//! The folder that a bureau works in: making it, reading its settings, finding its pipelines and SQL.
//! What the settings mean lives in `config`; the ledger and the warehouse are made by their owners.

mod assets;
mod diff;
mod error;
mod init;
mod lock;
mod recipe;
mod shipped;
mod table;
mod upgrade;

pub use assets::{Asset, Assets, Origin, read_outside};
pub use diff::unified;
pub use error::WorkspaceError;
pub use init::{InitSummary, init};
pub use lock::hold_lock;
pub use recipe::{add_recipe, kept_recipe};
pub use shipped::Change;
pub use table::{TableRow, office_table, people_table, route_rows, sender_table, table_rows, workday_table};
pub use upgrade::{Upgraded, upgrade};

use std::path::Path;

use law::config::{Layout, OperatorSettings, Problem, Settings, nearest};
use law::contracts::Feed;
use law::domain::{CountyCode, MailAddress};

use crate::durable::At as _;

/// The settings file's name, as problems name it.
pub const SETTINGS_FILE: &str = "poverty-watch.toml";

#[derive(Debug, Clone)]
pub struct Workspace {
    pub layout: Layout,
    /// What its settings file says.
    pub settings: Settings,
    /// Its pipelines, policies, tables and SQL models.
    pub assets: Assets,
}

/// Opens the workspace at `dir`.
pub fn load(dir: &Path) -> Result<Workspace, WorkspaceError> {
    let layout = Layout::new(dir);
    let path = layout.settings();
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(WorkspaceError::Missing { dir: dir.to_owned() });
        }
        text => text.at(&path)?,
    };
    let assets = Assets::of(dir);
    let settings = parse_settings(&text, &assets)?;
    Ok(Workspace { layout, settings, assets })
}

/// Reads the settings' text and checks what the types cannot: codes, names and ranges.
fn parse_settings(text: &str, assets: &Assets) -> Result<Settings, WorkspaceError> {
    let settings: Settings = toml::from_str(text)
        .map_err(|error| WorkspaceError::Settings(vec![Problem::in_toml(SETTINGS_FILE, text, &error)]))?;
    let mut problems = Vec::new();
    let mut report = |key: &str, message: String, hint: String| {
        problems.push(Problem::at_key(SETTINGS_FILE, text, key, message, hint));
    };
    if CountyCode::parse(&settings.area).is_err() {
        report("area", format!("area `{}` is no area code", settings.area), "six digits such as 350000".to_owned());
    }
    let policies = assets.policies();
    if !policies.contains(&settings.policy) {
        let hint = nearest(&settings.policy, policies.iter().map(String::as_str)).map_or_else(
            || format!("there are: {}; or write pipelines/policies/{}.toml", policies.join(", "), settings.policy),
            |close| format!("did you mean `{close}`?"),
        );
        report("policy", format!("there is no policy `{}`", settings.policy), hint);
    }
    if !(1..=999).contains(&settings.warehouse.buckets) {
        report("buckets", "buckets must lie between 1 and 999".to_owned(), "16 suits a prefecture".to_owned());
    }
    if settings.engine.memory_mib < 64 {
        report("memory_mib", "the engine needs at least 64 MiB".to_owned(), "512 is the default".to_owned());
    }
    if !(1..=1_048_576).contains(&settings.engine.batch_rows) {
        report("batch_rows", "batch_rows must lie between 1 and 1048576".to_owned(), "8192 is the default".to_owned());
    }
    let OperatorSettings { address, metrics, late_after_minutes } = &settings.operators;
    if !address.is_empty() && !is_address(address) {
        report("address", "address is no mail address".to_owned(), "one address such as ops@example.gov.cn".to_owned());
    }
    let allows = |address| settings.delivery.allows(&address);
    if settings.delivery.live && !address.is_empty() && !MailAddress::parse(address).is_ok_and(allows) {
        let hint = "add its domain to allow_domains in [delivery]".to_owned();
        report("address", "mail may not go to the operators' address".to_owned(), hint);
    }
    if metrics.as_ref().is_some_and(|path| path.extension().is_none_or(|ending| ending != "prom")) {
        let hint = "give it the ending .prom: the collector takes no other".to_owned();
        report("metrics", "the metrics file would not be read".to_owned(), hint);
    }
    if !(1..=43_200).contains(late_after_minutes) {
        let message = "late_after_minutes must lie between 1 and 43200".to_owned();
        report("late_after_minutes", message, "180 is the default".to_owned());
    }
    for (key, message, hint) in settings.cluster_faults(cfg!(feature = "cluster")) {
        report(key, message.to_owned(), hint.to_owned());
    }
    for name in settings.feeds.keys().filter(|name| Feed::parse(name).is_none()) {
        let close = nearest(name, Feed::ALL.map(Feed::name)).unwrap_or("claims");
        let at = text.find(&format!("feeds.{name}")).unwrap_or(0);
        let hint = format!("did you mean `feeds.{close}`?");
        problems.push(Problem::at(SETTINGS_FILE, text, at, format!("there is no feed `{name}`"), hint));
    }
    problems.extend(settings.delivery.problems(SETTINGS_FILE, text));
    if problems.is_empty() { Ok(settings) } else { Err(WorkspaceError::Settings(problems)) }
}

/// Whether a text may be a mail address; what delivers mail looks closer.
fn is_address(text: &str) -> bool {
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"<>,;:\"()[]\\".contains(&b));
    is_plain
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(settings: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("pipelines/policies")).unwrap();
        std::fs::write(dir.path().join("pipelines/policies/trial.toml"), "").unwrap();
        std::fs::write(dir.path().join(SETTINGS_FILE), settings).unwrap();
        dir
    }

    #[test]
    fn a_good_workspace_loads_with_defaults() {
        let dir = workspace("policy = \"trial\"\narea = \"990100\"\n[feeds.claims]\nmax_age_days = 3\n");
        let loaded = load(dir.path()).unwrap();
        assert_eq!(loaded.settings.warehouse.buckets, 16);
        assert_eq!(loaded.settings.feeds["claims"].max_age_days, Some(3));
    }

    #[test]
    fn every_fault_comes_with_its_line() {
        let dir = workspace("policy = \"trail\"\narea = \"../12\"\n[warehouse]\nbuckets = 0\n[feeds.claim]\n");
        let Err(WorkspaceError::Settings(problems)) = load(dir.path()) else { panic!("must fail") };
        let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 1, 4, 5]);
        assert_eq!(problems[1].hint, "did you mean `trial`?");
        assert_eq!(problems[3].hint, "did you mean `feeds.claims`?");
    }

    #[test]
    fn init_adds_what_is_missing_and_keeps_what_is_there() {
        let dir = workspace("policy = \"trial\"\narea = \"990100\"\n");
        std::fs::create_dir_all(dir.path().join("pipelines/tables")).unwrap();
        std::fs::write(dir.path().join("pipelines/tables/counties.csv"), "code,name\n350102,甲\n").unwrap();
        let summary = init(dir.path(), "trial", "990100").unwrap();
        assert_eq!(summary.kept, ["pipelines/tables/counties.csv"]);
        assert!(dir.path().join("landing/claims").is_dir());
        assert!(dir.path().join("pipelines/tables/offices.csv").is_file());
        let assets = load(dir.path()).unwrap().assets;
        assert!(assets.read("pipelines/tables/counties.csv").unwrap().text.contains("350102"));
        assert_eq!(assets.changes().unwrap(), [("pipelines/tables/counties.csv".to_owned(), Change::Edited)].into());
        assert!(init(dir.path(), "trial", "990100").unwrap().written.is_empty());
    }

    #[test]
    fn init_refuses_a_folder_of_other_things() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("thesis.doc"), "").unwrap();
        assert!(matches!(init(dir.path(), "fujian", "990100"), Err(WorkspaceError::NotEmpty { .. })));
        assert!(matches!(load(dir.path()), Err(WorkspaceError::Missing { .. })));
    }
}
