//! A world through the command line, month by month, and what came out of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;

use super::province::{COUNTY_NAMES, World, code};
use super::truth::MONTHS;
use crate::workspace::{Workspace, files_below};

/// The clause with the monitored besides, so that both kinds of tag are tried: that which absence never ends, and others.
const TAGS: (&str, &str) = (
    "tags = [\"lifted_out\"]",
    "tags = [\"lifted_out\", \"unstable_lifted_out\", \"vulnerable\", \"sudden_hardship\"]",
);

/// The row of the office that another succeeds.
const MERGED: &str = "XC,rural_revitalisation,乡村振兴局,因病返贫致贫风险预警名单,,2024-12-31,rural_affairs";

/// A row of a sealed list.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) county: String,
    pub(super) office: String,
    /// The month that the list is of: a supplement names an earlier one.
    pub(super) period: String,
    pub(super) cells: BTreeMap<String, String>,
}

impl Listed {
    pub(super) fn cell(&self, name: &str) -> &str {
        self.cells.get(name).map_or("", String::as_str)
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        self.cell("delta") == "withdrawn"
    }

    /// Whether the row says that something about the person is open.
    pub(super) fn is_marked(&self) -> bool {
        let says = ["question", "questions", "mark", "marks", "open"].iter().any(|name| !self.cell(name).is_empty());
        let is_open = !self.cell("reason").is_empty() || self.cell("delta_reason").starts_with("open:");
        says || is_open || self.cell("line_status") == "provisional"
    }
}

/// What one month's night and seal left behind.
#[derive(Debug, Clone, Default)]
pub(super) struct Sealed {
    pub(super) rows: Vec<Listed>,
    /// Manifests of the lists sealed, by list id.
    pub(super) lists: BTreeMap<String, Value>,
    pub(super) codes: [Option<i32>; 2],
    /// What both runs printed.
    pub(super) told: String,
    /// Open questions, as the verb lists them.
    pub(super) questions: Vec<Value>,
    pub(super) alerts: String,
}

impl Sealed {
    /// The row on a referral list that keeps somebody listed.
    pub(super) fn referred(&self, id: &str) -> Option<&Listed> {
        self.rows.iter().find(|row| !row.office.starts_with("YB") && row.cell("id_number") == id && !row.is_withdrawn())
    }

    /// The row on one of the bureau's own lists of open cases.
    pub(super) fn open(&self, id: &str) -> Option<&Listed> {
        self.rows.iter().find(|row| row.office == "YBU" && row.cell("id_number") == id && !row.is_withdrawn())
    }

    pub(super) fn withdrawn(&self, id: &str) -> Option<&Listed> {
        self.rows.iter().find(|row| !row.office.starts_with("YB") && row.cell("id_number") == id && row.is_withdrawn())
    }

    /// Persons on referral lists of a county, by id.
    pub(super) fn of_county(&self, county: usize, period: &str) -> BTreeMap<&str, &Listed> {
        let code = code(county);
        let rows = self.rows.iter().filter(|row| {
            row.county == code && !row.office.starts_with("YB") && !row.is_withdrawn() && row.period == period
        });
        rows.map(|row| (row.cell("id_number"), row)).collect()
    }
}

/// Where worlds run: those that begin alike share their first months.
pub(super) struct Bench {
    template: Workspace,
    begun: Mutex<HashMap<u64, Arc<OnceLock<Begun>>>>,
}

/// A workspace after some months, and what they left behind.
struct Begun {
    workspace: Workspace,
    sealed: Vec<Sealed>,
}

impl Bench {
    pub(super) fn new() -> Self {
        let template = Workspace::new("fujian", "990100");
        let path = "pipelines/policies/fujian.toml";
        let policy = std::fs::read_to_string(template.root().join(path)).unwrap();
        assert!(policy.contains(TAGS.0), "{path} has no {}", TAGS.0);
        template.write(path, policy.replacen(TAGS.0, TAGS.1, 1).as_bytes());
        let settings = "policy = \"fujian\"\narea = \"990100\"\n[warehouse]\nbuckets = 1\n[engine]\nworkers = 1\n\
                        [landing]\nquiet_seconds = 0\n";
        template.write("poverty-watch.toml", settings.as_bytes());
        Self { template, begun: Mutex::default() }
    }

    /// Runs a world up to a month; what lies before `own` is taken from a world that began alike, where there is one.
    pub(super) fn run(&self, world: &World, own: usize, until: usize) -> Vec<Sealed> {
        let mut begun = self.after(world, own.min(until));
        for at in own..until {
            begun.go_on(world, at);
        }
        if let Ok(kept) = std::env::var("WORLDS_KEEP") {
            crate::workspace::copy_tree(begun.workspace.root(), Path::new(&kept));
        }
        begun.sealed
    }

    /// A copy of the world's workspace after its first months.
    fn after(&self, world: &World, months: usize) -> Begun {
        if months == 0 {
            return Begun { workspace: self.fresh(world), sealed: Vec::new() };
        }
        let mut hasher = DefaultHasher::new();
        (world.counties, world.style.merger).hash(&mut hasher);
        for sheet in world.nights[..months].iter().flatten() {
            (&sheet.name, sheet.text(), &sheet.manifest).hash(&mut hasher);
        }
        let cell = Arc::clone(self.begun.lock().unwrap().entry(hasher.finish()).or_default());
        let begun = cell.get_or_init(|| {
            let mut begun = self.after(world, months - 1);
            begun.go_on(world, months - 1);
            begun
        });
        Begun { workspace: Workspace::copy_of(begun.workspace.root()), sealed: begun.sealed.clone() }
    }

    /// A world's workspace before its first night.
    fn fresh(&self, world: &World) -> Workspace {
        let workspace = Workspace::copy_of(self.template.root());
        let rows: String = (0..world.counties).fold("code,name,level\n".to_owned(), |text, county| {
            format!("{text}{},{},rural\n", code(county), COUNTY_NAMES[county])
        });
        workspace.write("pipelines/tables/counties.csv", rows.as_bytes());
        if let Some(at) = world.style.merger {
            let path = "pipelines/tables/offices.csv";
            let offices = std::fs::read_to_string(workspace.root().join(path)).unwrap();
            assert!(offices.contains(MERGED), "{path} has no {MERGED}");
            let until = ["2025-10-31", "2025-11-30", "2025-12-31", "2026-01-31"][at];
            workspace.write(path, offices.replacen(MERGED, &MERGED.replace("2024-12-31", until), 1).as_bytes());
        }
        workspace
    }
}

impl Begun {
    fn go_on(&mut self, world: &World, at: usize) {
        if world.upgrade == Some(at) {
            let path = "sql/intermediate/judged.sql";
            let text = std::fs::read_to_string(self.workspace.root().join(path)).unwrap();
            self.workspace.write(path, format!("{text}-- As of the next version.\n").as_bytes());
        }
        let before: BTreeSet<String> = self.sealed.iter().flat_map(|month| month.lists.keys().cloned()).collect();
        self.sealed.push(month(&self.workspace, world, at, &before));
    }
}

fn month(workspace: &Workspace, world: &World, at: usize, before: &BTreeSet<String>) -> Sealed {
    for sheet in &world.nights[at] {
        sheet.land(workspace);
    }
    let night = workspace.run(&["run", "nightly", "--month", MONTHS[at]]);
    let seal = workspace.run(&["run", "monthly", "--month", MONTHS[at]]);
    let mut sealed = Sealed { codes: [night.status.code(), seal.status.code()], ..Sealed::default() };
    for bytes in [night.stdout, night.stderr, seal.stdout, seal.stderr] {
        sealed.told.push_str(&String::from_utf8_lossy(&bytes));
    }
    for path in files_below(&workspace.root().join("lists")) {
        if path.file_name().is_none_or(|name| name != "manifest.json") {
            continue;
        }
        let manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let list_id = manifest["list_id"].as_str().unwrap().to_owned();
        if !before.contains(&list_id) {
            rows(path.parent().unwrap(), &manifest, &mut sealed.rows);
            sealed.lists.insert(list_id, manifest);
        }
    }
    let told = workspace.run(&["questions", "list", "--format", "json"]);
    if let Ok(Value::Array(questions)) = serde_json::from_slice(&told.stdout) {
        sealed.questions = questions;
    }
    sealed.alerts = String::from_utf8(workspace.run(&["alerts"]).stdout).unwrap();
    sealed
}

fn rows(folder: &Path, manifest: &Value, into: &mut Vec<Listed>) {
    let text = |name: &str| manifest[name].as_str().unwrap_or_default().to_owned();
    let (county, office, period) = (text("county"), text("office"), text("period"));
    let csv = folder.join(format!("{}.csv", text("list_id")));
    let Ok(content) = std::fs::read_to_string(csv) else { return };
    if office == "YB" {
        return;
    }
    let mut reader = csv::Reader::from_reader(content.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    for record in reader.records() {
        let record = record.unwrap();
        let cells = header.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect();
        let (county, office, period) = (county.clone(), office.clone(), period.clone());
        into.push(Listed { county, office, period, cells });
    }
}
